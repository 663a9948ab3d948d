"""Where an adapter came from, what it reached and the way back would be lost if these failed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from app.cycle.errors import CycleError
from app.home import Home
from app.operations.adapter_line import LineEntry, adapter_line, bring_back
from app.store import Adapter, Persona, Score, Store, open_store
from tests.gui import homes


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    (made,) = homes.add_personas(store, "Sunny")
    return made


def add_adapter(
    store: Store, home: Home, persona: Persona, number: int, parent: Adapter | None = None
) -> Adapter:
    """A run with its adapter, as it lies on the disk."""
    assert persona.base_id is not None
    run_id = f"2026-{number:02}-sunny-1"
    folder = home.runs / run_id
    (folder / "data").mkdir(parents=True)
    (folder / "adapter.gguf").write_bytes(b"GGUF")
    store.runs.add(run_id, persona.id, persona.base_id, parent and parent.id, "starter", 1)
    return store.adapters.add(
        persona.id, persona.base_id, run_id, parent and parent.id, folder,
        folder / "adapter.gguf", f"d{number}",
    )  # fmt: skip


def go_live(store: Store, adapter: Adapter) -> None:
    store.deployments.put_live(
        adapter.persona_id, adapter.run_id, adapter.id, "runtime", "1", "scale", {}
    )
    store.runs.set_state(adapter.run_id, "done", verdict="passed")


def _entries(home: Home, store: Store, persona: Persona) -> dict[int, LineEntry]:
    line = adapter_line(home, store, persona.id)
    return {each.adapter.version: each for each in line.entries}


def test_a_persona_without_adapters_has_an_empty_line(
    home: Home, store: Store, sunny: Persona
) -> None:
    line = adapter_line(home, store, sunny.id)
    assert line.entries == () and line.live is None
    assert line.base_name == homes.BASE_NAME


def test_each_adapter_says_what_it_grew_from_and_what_it_learned(
    home: Home, store: Store, sunny: Persona
) -> None:
    homes.add_usable(store, sunny, 3)
    first = add_adapter(store, home, sunny, 1)
    go_live(store, first)
    second = add_adapter(store, home, sunny, 2, first)
    said = [turn.message_id for talk in store.learnable(sunny.id) for turn in talk.turns]
    store.runs.use(second.run_id, said)
    manifest = home.runs / second.run_id / "data" / "manifest.json"
    manifest.write_text(json.dumps({"train": {"replay": {"replies": 134}}}), "utf-8")
    go_live(store, second)
    entries = _entries(home, store, sunny)
    assert list(entries) == [2, 1]
    assert (entries[2].parent_version, entries[1].parent_version) == (1, None)
    assert (entries[2].replies, entries[2].replay, entries[1].replay) == (len(said), 134, 0)
    assert [each.standing for each in entries.values()] == ["live", "previous"]
    assert [each.can_come_back for each in entries.values()] == [False, True]
    assert entries[1].verdict == "passed"


def test_going_back_brings_exactly_that_adapter_and_leads_forward_again(
    home: Home, store: Store, sunny: Persona
) -> None:
    first = add_adapter(store, home, sunny, 1)
    go_live(store, first)
    second = add_adapter(store, home, sunny, 2, first)
    go_live(store, second)
    bring_back(home, sunny.id, first.run_id)
    assert store.personas.get(sunny.id).active_adapter_id == first.id
    entries = _entries(home, store, sunny)
    assert entries[1].standing == "live" and entries[2].can_come_back
    bring_back(home, sunny.id, second.run_id)
    assert store.personas.get(sunny.id).active_adapter_id == second.id


def test_one_that_never_was_live_or_has_no_file_is_not_offered(
    home: Home, store: Store, sunny: Persona
) -> None:
    first = add_adapter(store, home, sunny, 1)
    go_live(store, first)
    gone = add_adapter(store, home, sunny, 2, first)
    go_live(store, gone)
    go_live(store, add_adapter(store, home, sunny, 3, gone))
    refused = add_adapter(store, home, sunny, 4, first)
    store.runs.set_state(refused.run_id, "refused", verdict="refused")
    waiting = add_adapter(store, home, sunny, 5, first)
    store.runs.set_state(waiting.run_id, "waiting", verdict="passed")
    gone.gguf_path.unlink()
    entries = _entries(home, store, sunny)
    assert [(each.standing, each.can_come_back) for each in entries.values()] == [
        ("waiting", False), ("refused", False), ("live", False), ("previous", False),
        ("previous", True),
    ]  # fmt: skip
    assert not entries[2].files_there
    with pytest.raises(CycleError):
        bring_back(home, sunny.id, refused.run_id)


def test_where_it_answers_is_told(home: Home, store: Store, sunny: Persona) -> None:
    first = add_adapter(store, home, sunny, 1)
    go_live(store, first)
    begun = store.ollama_models.begin(sunny.id, first.run_id, "127.0.0.1:11434", "sunny")
    assert adapter_line(home, store, sunny.id).in_ollama == ""
    store.ollama_models.went_live(begun.id, "0.34.1", "registry", {}, "")
    line = adapter_line(home, store, sunny.id)
    assert line.in_ollama == "sunny"
    assert line.entries[0].in_ollama == (("sunny", "127.0.0.1:11434"),)


def test_the_main_scores_come_first_and_a_damaged_report_hides_nothing_else(
    home: Home, store: Store, sunny: Persona
) -> None:
    first = add_adapter(store, home, sunny, 1)
    values: list[tuple[str, str, str, float]] = [
        ("base", "checks", "coding", 0.42), ("candidate", "checks", "coding", 0.41),
        ("base", "test_loss", "", 2.71), ("candidate", "test_loss", "", 1.52),
        ("base", "replay_loss", "coding", 1.31), ("candidate", "replay_loss", "coding", 1.33),
        ("base", "checks", "general", 0.5), ("candidate", "checks", "general", 0.5),
    ]  # fmt: skip
    store.scores.put(
        first.run_id,
        [Score(first.run_id, *each, 40) for each in values],  # type: ignore[arg-type]
    )
    (home.runs / first.run_id / "report.json").write_text("{torn", "utf-8")
    (entry,) = adapter_line(home, store, sunny.id).entries
    assert [row["measure"] for row in entry.main_scores] == ["test_loss", "checks", "retention"]
    assert len(entry.scores) == 4 and entry.report is None and not entry.overruled
