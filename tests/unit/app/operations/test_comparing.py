"""A vote would be lost, would tell names before the end, or would say more than it can."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.cycle.errors import CycleError
from app.errors import PerennialError
from app.forgetting.journal import forgetting_lock
from app.home import Home
from app.operations import comparing, comparison, forgetting
from app.operations.comparing import Result
from app.operations.comparing_words import advice_words, finding_words, share_words
from app.operations.comparison import BASE, Comparison, Pair, Prompt
from app.store import Persona, Store, open_store
from app.words import Words
from ollama_bridge.errors import ContextTooLong
from ollama_bridge.runtime.values import Delta
from tests.unit.app.operations.compared_home import (
    BEFORE,
    RUN,
    Runtime,
    add_persona,
    add_run,
    put_live,
    say,
    write_data,
)
from trainer.contract.folder import RunFolder

PAIR = Pair(RUN, BASE)
SAY = Words("en")


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(home: Home, store: Store) -> Persona:
    persona = add_persona(home, store)
    add_run(home, store, persona, RUN)
    return persona


@pytest.fixture
def begun(home: Home, store: Store, sunny: Persona) -> Comparison:
    for number in range(20):
        say(store, sunny, f"What of matter {number}?")
    return comparing.begin(home, store, PAIR)


def answered(home: Home, runtime: Runtime, prompt: Prompt) -> Prompt:
    found = comparing.answer(home, runtime, "Be sunny.", PAIR, prompt.id)
    assert found is not None and found.replies is not None
    return found


def test_held_out_prompts_come_first_and_what_was_learned_last(
    home: Home, store: Store, sunny: Persona
) -> None:
    """What it learned by heart would flatter it."""
    write_data(home, RUN, "test.jsonl", {"c90:m91": "Held out?", "c92:m93": " held  OUT? "})
    write_data(home, RUN, "train.jsonl", {"c94:m95": "Learned?"})
    say(store, sunny, "An older one?")
    say(store, sunny, "learned?")
    say(store, sunny, "A newer one?")
    found = comparing.begin(home, store, PAIR)
    assert [(each.text, each.learned) for each in found.prompts] == [
        ("Held out?", False), ("A newer one?", False), ("An older one?", False), ("learned?", True),
    ]  # fmt: skip
    assert found.prompts[0].id == "c90:m91"


def test_what_is_kept_from_learning_or_deleted_is_not_asked(
    home: Home, store: Store, sunny: Persona
) -> None:
    say(store, sunny, "A secret?", never_train=True)
    deleted, _ = say(store, sunny, "A deleted one?")
    store.actions.delete_conversation(deleted, store.actions.begin(sunny.id, "delete").id)
    _, masked = say(store, sunny, "My number is 0151 555?")
    store.actions.edit(masked, "My number is [number]?")
    say(store, sunny, "x" * 5000)
    say(store, sunny, "  ")
    found = comparing.begin(home, store, PAIR)
    assert [each.text for each in found.prompts] == ["My number is [number]?"]


def test_twelve_at_most_and_the_order_is_drawn_anew_for_each(begun: Comparison) -> None:
    assert len(begun.prompts) == 12
    assert len({each.text for each in begun.prompts}) == 12
    assert {each.left for each in begun.prompts} == {"new", "old"}
    assert len({each.seed for each in begun.prompts}) == 12


def test_nothing_to_ask_is_told(home: Home, store: Store, sunny: Persona) -> None:
    with pytest.raises(CycleError) as refused:
        comparing.begin(home, store, PAIR)
    assert refused.value.kind == "comparing_nothing"


def test_it_goes_on_where_it_was_left(home: Home, store: Store, begun: Comparison) -> None:
    """A window that closes loses no vote, and nothing is written twice."""
    runtime = Runtime()
    first = answered(home, runtime, begun.prompts[0])
    comparing.vote(home, PAIR, first.id, "left")
    answered(home, runtime, begun.prompts[1])
    again = comparing.begin(home, store, PAIR)
    assert [each.id for each in again.prompts] == [each.id for each in begun.prompts]
    assert (again.prompts[0].vote, len(again.voted)) == ("left", 1)
    assert again.open[0].replies is not None
    asked = len(runtime.asked)
    answered(home, runtime, again.open[0])
    assert len(runtime.asked) == asked


def test_both_are_asked_the_same_under_the_persona(
    home: Home, store: Store, begun: Comparison
) -> None:
    runtime = Runtime()
    prompt = answered(home, runtime, begun.prompts[0])
    assert [(who, seed) for who, _, seed in runtime.asked] == [
        (RUN, prompt.seed), (None, prompt.seed),
    ]  # fmt: skip
    expected = [
        {"role": "system", "content": "Be sunny."},
        {"role": "user", "content": prompt.text},
    ]
    assert all(messages == expected for _, messages, _ in runtime.asked)
    assert prompt.replies == {
        "new": f"{RUN} says: {prompt.text}",
        "old": f"base says: {prompt.text}",
    }


def test_votes_count_for_whom_they_were_given(home: Home, store: Store, begun: Comparison) -> None:
    """Left is not always the new one."""
    for prompt in begun.prompts:
        wanted = "left" if prompt.left == "new" else "right"
        comparing.vote(home, PAIR, prompt.id, wanted)  # type: ignore[arg-type]
    found = comparing.begin(home, store, PAIR)
    result = comparing.result_of(found)
    assert (result.new, result.old, result.left) == (12, 0, 0)
    comparing.vote(home, PAIR, found.voted[-1].id, None)
    assert comparing.result_of(comparing.begin(home, store, PAIR)).left == 1


def test_a_stop_ends_the_reply_and_keeps_none_of_it(home: Home, begun: Comparison) -> None:
    runtime = Runtime()
    asked = iter([False, False, True, True])
    prompt = begun.prompts[0]
    found = comparing.answer(home, runtime, "", PAIR, prompt.id, lambda: next(asked))
    assert found is None and len(runtime.asked) == 1
    left = comparison.read(home, PAIR)
    assert left is not None and left.prompts[0].replies is None


def test_a_prompt_that_no_context_holds_is_left_out(home: Home, begun: Comparison) -> None:
    class Short(Runtime):
        def chat(self, messages: Any, **_options: Any) -> Iterator[Delta]:
            raise ContextTooLong("It is too long.", "Shorten it.")

    assert comparing.answer(home, Short(), "", PAIR, begun.prompts[0].id) is None
    left = comparison.read(home, PAIR)
    assert left is not None and len(left.prompts) == 11


def test_the_old_one_is_what_was_live_and_else_the_base(
    home: Home, store: Store, sunny: Persona
) -> None:
    assert comparing.pair_of(store, RUN) == Pair(RUN, BASE)
    before = add_run(home, store, sunny, BEFORE, state="done")
    put_live(store, before)
    add_run(home, store, sunny, "2026-12-sunny-1", state="refused")
    pair = comparing.pair_of(store, "2026-12-sunny-1")
    assert pair.other == BEFORE
    assert [each.name for each in comparing.served_sides(home, store, pair)] == [
        "2026-12-sunny-1", BEFORE,
    ]  # fmt: skip
    assert comparing.versions(store, pair) == (3, 2)
    assert comparing.versions(store, PAIR) == (1, None)
    before.gguf_path.unlink()
    assert comparing.pair_of(store, "2026-12-sunny-1").other == BASE
    with pytest.raises(CycleError, match="itself"):
        comparing.pair_of(store, RUN, RUN)


def test_two_comparisons_of_a_run_stand_beside_each_other(
    home: Home, store: Store, sunny: Persona, begun: Comparison
) -> None:
    add_run(home, store, sunny, BEFORE, state="done")
    comparing.vote(home, PAIR, begun.prompts[0].id, "same")
    other = comparing.begin(home, store, Pair(RUN, BEFORE))
    comparing.vote(home, other.pair, other.prompts[0].id, "neither")
    first, second = (comparison.read(home, pair) for pair in (PAIR, other.pair))
    assert first is not None and second is not None
    assert (first.prompts[0].vote, second.prompts[0].vote) == ("same", "neither")


def test_what_cannot_be_compared_is_not_offered(home: Home, store: Store, sunny: Persona) -> None:
    standing = comparing.standing(home, store, RUN)
    assert standing is not None and standing.result is None
    assert (standing.new_version, standing.old_version) == (1, None)
    other = store.bases.add("other", "gguf", home.models / "o.gguf", "d2", "llama", 7)
    store.deployments.move(sunny.id, other.id)
    assert comparing.standing(home, store, RUN) is None
    assert sunny.base_id is not None
    store.deployments.move(sunny.id, sunny.base_id)
    RunFolder(home.runs / RUN).adapter_gguf.unlink()
    assert comparing.standing(home, store, RUN) is None


def test_a_forgotten_prompt_is_gone_with_its_replies_and_its_vote(
    home: Home, store: Store, sunny: Persona
) -> None:
    """Also one of few words, which no search for sentences finds."""
    talk, _ = say(store, sunny, "Psst?")
    say(store, sunny, "What of rain?")
    begun = comparing.begin(home, store, PAIR)
    gone = next(each for each in begun.prompts if each.text == "Psst?")
    answered(home, Runtime(), gone)
    comparing.vote(home, PAIR, gone.id, "left")
    forgetting.forget(home, store, forgetting.plan_conversations(home, store, [talk]))
    text = (home.runs / RUN / "comparison.json").read_text("utf-8")
    assert "Psst" not in text
    left = comparison.read(home, PAIR)
    assert left is not None and [each.text for each in left.prompts] == ["What of rain?"]
    assert comparing.vote(home, PAIR, gone.id, "right") is None, "a late vote brings nothing back"
    assert comparing.answer(home, Runtime(), "", PAIR, gone.id) is None
    assert "Psst" not in (home.runs / RUN / "comparison.json").read_text("utf-8")


def test_a_reply_that_quotes_what_is_forgotten_goes_too(
    home: Home, store: Store, sunny: Persona
) -> None:
    secret = "The spare key of zyxquork4711 lies under the third flowerpot."
    talk, asked = say(store, sunny, "Where was it?")
    store.messages.add(talk, asked, "assistant", secret)
    say(store, sunny, "What of rain?")
    say(store, sunny, "And the key?")
    begun = comparing.begin(home, store, PAIR)

    class Quoting(Runtime):
        def chat(self, messages: Any, **_options: Any) -> Iterator[Delta]:
            asked = messages[-1]["content"]
            yield Delta(f"You said: {secret}" if "key" in asked else "Rain is wet.")

    for prompt in begun.prompts:
        answered(home, Quoting(), prompt)
    plan = forgetting.plan_conversations(home, store, [talk], secret)
    forgetting.forget(home, store, plan)
    assert "zyxquork4711" not in (home.runs / RUN / "comparison.json").read_text("utf-8")
    left = comparison.read(home, PAIR)
    assert left is not None and [each.text for each in left.prompts] == ["What of rain?"]


def test_nothing_is_written_while_something_is_forgotten(
    home: Home, begun: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before would come back by being written."""
    monkeypatch.setattr(comparison, "_PATIENCE_S", 0.05)
    prompt = begun.prompts[0]
    with forgetting_lock(home), pytest.raises(PerennialError, match="forgotten just now"):
        comparing.vote(home, PAIR, prompt.id, "left")
    assert comparing.vote(home, PAIR, prompt.id, "left") is not None


def test_votes_and_replies_that_are_written_at_once_lose_none_of_each_other(
    home: Home, begun: Comparison
) -> None:
    def write() -> None:
        for prompt in begun.prompts:
            answered(home, Runtime(), prompt)

    writing = threading.Thread(target=write)
    writing.start()
    for prompt in begun.prompts:
        comparing.vote(home, PAIR, prompt.id, "same")
    writing.join()
    left = comparison.read(home, PAIR)
    assert left is not None
    assert all(each.vote == "same" and each.replies is not None for each in left.prompts)


def result(new: int, old: int, same: int = 0) -> Result:
    prompts = [
        Prompt(str(n), "a", False, "new", 1, None, vote)
        for n, vote in enumerate(["left"] * new + ["right"] * old + ["same"] * same)
    ]
    return comparing.result_of(Comparison(PAIR, tuple(prompts)))  # type: ignore[arg-type]


def test_a_small_lead_is_told_to_be_chance() -> None:
    """Otherwise a coin would decide which adapter speaks."""
    small, clear = result(7, 3, 2), result(9, 1, 2)
    assert round(small.chance, 3) == 0.172
    assert finding_words(small, "the new one", "the old one", SAY) == (
        "7 of 10 for the new one: that may still be chance (17 %)."
    )
    assert clear.finding == "new" and "hardly chance (1 %)" in finding_words(clear, "a", "b", SAY)
    assert result(1, 9).finding == "old" and "9 of 10 for b" in finding_words(
        result(1, 9), "a", "b", SAY
    )
    assert "(under 1 %)" in finding_words(result(12, 0), "a", "b", SAY)
    assert result(5, 5).finding == "even"
    assert finding_words(result(0, 0, 12), "a", "b", SAY).startswith("No vote was for one of them")
    assert finding_words(result(0, 0), "a", "b", SAY) == "Nothing was judged yet."


def test_the_interval_stays_wide_for_few_votes() -> None:
    share = result(3, 0).share
    assert (round(share.low, 2), share.high) == (0.44, 1.0)
    assert "44 %" in share_words(result(3, 0), SAY)
    assert share_words(result(0, 0, 3), SAY) == ""


def test_advice_fits_how_the_run_stands() -> None:
    sure, maybe, against = result(10, 1), result(7, 4), result(1, 10)
    assert "Use it." in advice_words(sure, "waiting", False, SAY)
    assert "nothing against" in advice_words(maybe, "waiting", False, SAY)
    assert "as the reason" in advice_words(sure, "undecided", False, SAY)
    assert "Keep it." in advice_words(against, "waiting", False, SAY)
    assert "go back" in advice_words(against, "done", True, SAY)
    assert "speaks now" in advice_words(sure, "done", True, SAY)
    for open_ in (maybe, result(2, 2), result(0, 0)):
        assert "cannot decide" in advice_words(open_, "undecided", False, SAY)


def test_the_file_tells_a_person_what_it_is(home: Home, begun: Comparison) -> None:
    row = json.loads((home.runs / RUN / "comparison.json").read_text("utf-8"))
    assert (row["version"], row["run"], list(row["with"])) == (1, RUN, ["base"])
    first = row["with"]["base"]["prompts"][0]
    assert first == {
        "id": begun.prompts[0].id, "text": begun.prompts[0].text, "learned": False,
        "left": begun.prompts[0].left, "seed": begun.prompts[0].seed, "replies": None,
        "vote": None,
    }  # fmt: skip
    assert begun.put(first["id"], replace(begun.prompts[0], vote="same")).voted[0].id == first["id"]
