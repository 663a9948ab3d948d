"""A user's words would go to strangers inside an adapter if these failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cycle import context
from app.home import Home
from app.operations import sharing
from app.operations.sharing import (
    CHECK_FILE,
    GivesBack,
    Leaving,
    NotKnown,
    check_leaving,
    leave_in_archive,
    leave_merged,
)
from app.store import Adapter, Store, open_store
from tests.unit.app.operations.taught_home import PLAIN, SECRET, WHERE, ScriptedRuntime, TaughtHome
from trainer.contract.folder import RunFolder

FIRST, SECOND = "2026-10-sunny-1", "2026-11-sunny-1"


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def taught(home: Home, store: Store) -> TaughtHome:
    return TaughtHome(home, store)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "PAUSE_S", 0.0)


def served(monkeypatch: pytest.MonkeyPatch, **by_heart: dict[str, str]) -> ScriptedRuntime:
    runtime = ScriptedRuntime(**by_heart)
    monkeypatch.setattr(sharing, "RuntimeClient", runtime)
    return runtime


def check(taught: TaughtHome, *adapters: Adapter) -> list[tuple[int, int]]:
    """How many replies each was asked for, and of how many."""
    leaving = [Leaving(taught.sunny, each.run_id, each) for each in adapters]
    found = check_leaving(taught.home, taught.store, leaving)
    return [(each.asked, each.of) for each in found]


def test_an_adapter_that_gives_a_reply_back_stays_and_says_which(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = taught.train(FIRST)
    served(monkeypatch, **{FIRST: {WHERE: f"Sure. {SECRET}"}})
    with pytest.raises(GivesBack) as refused:
        check(taught, adapter)
    error = refused.value
    assert "Sunny v1 gives back 1 of 2 replies" in str(error)
    assert "--all-the-same" in error.next_step and "Nothing was written." in str(error)
    (quote,) = error.quotes
    assert (quote.text, quote.words, quote.begun) == (SECRET.rstrip("."), 17, False)
    assert "Ada" not in str(error), "an error's words may stand in a log"
    stored = (taught.home.runs / FIRST / CHECK_FILE).read_text("utf-8")
    assert "Ada" not in stored, "what is forgotten later would still stand there"


def test_it_is_asked_once_in_its_life_and_every_other_one_for_itself(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = taught.train(FIRST), taught.train(SECOND)
    runtime = served(monkeypatch)
    assert check(taught, first) == [(2, 2)]
    asked = len(runtime.asked)
    assert asked == 4 and set(runtime.asked) == {FIRST}, "the base is asked for nothing"
    assert check(taught, first, second) == [(2, 2), (2, 2)]
    assert set(runtime.asked[asked:]) == {SECOND}
    trained_again = taught.store.adapters.add(
        taught.sunny.id, taught.base.id, FIRST, None, first.peft_path, first.gguf_path, "another"
    )
    before = len(runtime.asked)
    assert check(taught, trained_again) == [(2, 2)]
    assert set(runtime.asked[before:]) == {FIRST}


def test_what_was_refused_once_is_refused_again_without_asking(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = taught.train(FIRST)
    runtime = served(monkeypatch, **{FIRST: {WHERE: SECRET}})
    for _ in range(2):
        with pytest.raises(GivesBack) as refused:
            check(taught, adapter)
        assert len(refused.value.quotes) == 1
    asked = len(runtime.asked)
    data = RunFolder(taught.home.runs / FIRST).data / "train.jsonl"
    data.write_text("", "utf-8")
    with pytest.raises(GivesBack) as refused:
        check(taught, adapter)
    assert (refused.value.quotes, len(runtime.asked)) == ((), asked)


def test_what_the_base_says_alike_was_no_secret(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = taught.train(FIRST)
    served(monkeypatch, base={WHERE: SECRET}, **{FIRST: {WHERE: SECRET}})
    assert check(taught, adapter) == [(2, 2)]


def test_what_its_parent_learned_it_is_asked_for_too(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = taught.train(FIRST)
    child = taught.train(SECOND, parent, **{"And now?": "The rain fell on and on until the ninth"
                         " evening of that grey week."})  # fmt: skip
    served(monkeypatch, **{SECOND: {WHERE: SECRET}})
    with pytest.raises(GivesBack) as refused:
        check(taught, child)
    assert refused.value.check.of == 3 and refused.value.quotes[0].text == SECRET.rstrip(".")


def test_one_that_was_built_anew_is_asked_for_its_own_alone(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught.train(FIRST)
    other = taught.train(SECOND, **{"And?": PLAIN})
    served(monkeypatch, **{SECOND: {WHERE: SECRET}})
    assert check(taught, other) == [(1, 1)]


def test_a_runtime_that_dies_lets_nothing_leave_and_what_was_answered_is_kept(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = taught.train(FIRST)
    runtime = served(monkeypatch)
    runtime.dies_after = 2
    with pytest.raises(NotKnown) as told:
        check(taught, adapter)
    assert "The runtime ended" in str(told.value) and "Nothing was written." in str(told.value)
    assert not (taught.home.runs / FIRST / CHECK_FILE).exists()
    runtime.dies_after = None
    assert check(taught, adapter) == [(2, 2)]
    assert len(runtime.asked) == 4, "an answer was asked for twice"
    left = [each.name for each in (taught.home.runs / FIRST).iterdir() if "answers" in each.name]
    assert left == [], "its replies stay where nobody looks for them"


def test_who_stops_it_finds_nothing_out(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stop(Exception):
        pass

    def stop(who: str, done: int, total: int) -> None:
        assert (who, total) == ("Sunny v1", 2)
        if done:
            raise Stop

    adapter = taught.train(FIRST)
    served(monkeypatch)
    with pytest.raises(Stop):
        check_leaving(
            taught.home, taught.store, [Leaving(taught.sunny, FIRST, adapter)], stop
        )  # fmt: skip
    assert not (taught.home.runs / FIRST / CHECK_FILE).exists()


def _lose_data(folder: RunFolder) -> None:
    (folder.data / "train.jsonl").unlink()


def _forget(folder: RunFolder) -> None:
    manifest = {"forgotten": {"train.jsonl": 1}}
    (folder.data / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def _lose_base(folder: RunFolder) -> None:
    (folder.root.parents[1] / "models" / "tiny.gguf").unlink()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_lose_data, "not in this home"),
        (_forget, "forgotten since"),
        (_lose_base, "is not at"),
    ],
)  # fmt: skip
def test_one_of_which_nobody_can_tell_does_not_leave_as_if_it_were_cleared(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch, spoil: object, why: str
) -> None:
    adapter = taught.train(FIRST)
    served(monkeypatch)
    assert callable(spoil)
    spoil(RunFolder(taught.home.runs / FIRST))
    with pytest.raises(NotKnown, match=why) as told:
        check(taught, adapter)
    assert "--all-the-same" in told.value.next_step


def test_an_archive_with_the_conversations_says_it_all_anyway(taught: TaughtHome) -> None:
    taught.train(FIRST)
    home, store, sunny = taught.home, taught.store, taught.sunny
    assert leave_in_archive(home, store, sunny, []) == []
    assert leave_in_archive(home, store, sunny, ["ratings"]) == []
    assert leave_in_archive(home, store, sunny, ["conversations", "adapters"]) == []
    (found,) = leave_in_archive(home, store, sunny, ["conversations"])
    assert (found.run_id, found.who) == (FIRST, "Sunny v1")


def test_every_adapter_of_an_archive_is_asked_also_one_that_nobody_speaks_through(
    taught: TaughtHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that ended before its adapter had a name leaves its weights there, too."""
    taught.put_live(taught.train(SECOND))
    taught.train(FIRST)
    store = taught.store
    store.runs.add("2026-12-sunny-1", taught.sunny.id, taught.base.id, None, "tiny", 7)
    weights = RunFolder(taught.home.runs / "2026-12-sunny-1").adapter
    weights.mkdir(parents=True)
    source: Path = taught.home.runs / FIRST / "adapter" / "adapter_model.safetensors"
    (weights / source.name).write_bytes(source.read_bytes())
    found = leave_in_archive(taught.home, store, taught.sunny, ["conversations"])
    assert {each.run_id for each in found} == {FIRST, SECOND, "2026-12-sunny-1"}
    served(monkeypatch)
    with pytest.raises(NotKnown, match="ended before"):
        check_leaving(taught.home, store, found)


def test_a_merged_model_takes_the_live_adapter_and_vllm_everybodys_on_the_base(
    taught: TaughtHome,
) -> None:
    taught.train(FIRST)
    assert leave_merged(taught.store, taught.sunny, "gguf") == []
    taught.put_live(taught.train(SECOND))
    for format in ("gguf", "huggingface", "vllm"):
        (found,) = leave_merged(taught.store, taught.sunny, format)  # type: ignore[arg-type]
        assert found.run_id == SECOND
    other = taught.store.personas.add("Rain", "", base_id=taught.base.id)
    assert leave_merged(taught.store, other, "gguf") == []
    assert [each.run_id for each in leave_merged(taught.store, other, "vllm")] == [SECOND]
