"""A persona moves to another home: nothing is lost, nothing speaks before it was examined."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.archive.provenance import came_along
from app.cycle import process
from app.errors import ArchiveRefused, ExportRefused
from app.home import Home, open_home
from app.operations import month, personas
from app.operations.archive import export_archive, import_archive, look_into
from app.operations.mixing import draw_month
from app.store import Store, open_store
from app.store.portable_tables import AT_HOME, BY_NAME, TABLES
from app.store.portable_writing import NOT_OVER
from tests.unit.app.operations.full_home import (
    ODD,
    RUNS,
    FullHome,
    stored_tables,
    tables_of,
)

# What an archive changes on purpose: nothing that came along is live, was live, or goes on here.
CHANGED = {
    "personas": {"active_adapter_id": None},
    "adapters": {"status": lambda was: "candidate" if was in ("live", "previous") else was},
    "runs": {
        "state": lambda was: "stopped" if was in ("running", "waiting") else was,
        "reason": None,
    },
    "deployments": {"undone": None},
}
# Columns that are found out again or made anew, so that none travels.
LOCAL_COLUMNS = {
    "bases": {"path"},
    "personas": {"id", "deleted"},
    "actions": {"persona_id"},
    "conversations": {"persona_id"},
    "runs": {"persona_id"},
    "adapters": {"persona_id", "peft_path", "gguf_path"},
    "deployments": {"id", "persona_id"},
    "tombstones": {"persona_id"},
    "deletions": {"since"},
    "replay_items": {"persona_id"},
    **{name: {"id"} for name in ("ratings", "edits", "topics", "choices")},
}


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def full(home: Home, store: Store) -> FullHome:
    return FullHome(home, store)


@pytest.fixture
def other(tmp_path: Path) -> Home:
    return open_home(tmp_path / "other")


@pytest.fixture
def archive(full: FullHome, tmp_path: Path) -> Path:
    path = tmp_path / "sunny.perennial"
    export_archive(full.home, full.store, full.persona, path)
    return path


def differences(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> str:
    """Each table that differs, row by row, to be read."""
    told = []
    for name in BY_NAME:
        old, new = before.get(name, []), after.get(name, [])
        for number in range(max(len(old), len(new))):
            pair = [rows[number] if number < len(rows) else None for rows in (old, new)]
            if pair[0] != pair[1]:
                told.append(f"{name}, row {number + 1}:\n  before {pair[0]}\n  after  {pair[1]}")
    return "\n".join(told)


def as_it_comes_in(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The rows with everything in place that an archive changes on purpose."""
    found = json.loads(json.dumps(tables))
    for name, changes in CHANGED.items():
        for row in found.get(name, []):
            stopped = name == "runs" and row["state"] in ("running", "waiting")
            for column, change in changes.items():
                if callable(change):
                    row[column] = change(row[column])
                elif column == "reason":
                    row[column] = NOT_OVER if stopped else row[column]
                elif column == "undone":
                    row[column] = row[column] or "moment of the import"
                else:
                    row[column] = change
    return found


def unmoved(tables: dict[str, list[Any]], known: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The moment of the import by one name, where the archive had none."""
    for row, was in zip(tables["deployments"], known["deployments"], strict=True):
        if was["undone"] is None:
            assert row["undone"] is not None
            row["undone"] = "moment of the import"
    return tables


def test_every_kind_of_row_is_the_same_after_a_move(
    full: FullHome, archive: Path, other: Home, tmp_path: Path
) -> None:
    """Conversations, branches, ratings with their history, undo, adapters: all of it moves."""
    before = stored_tables(full.store, full.persona)
    assert {name for name, rows in before.items() if not rows} == set()
    assert tables_of(archive) == before
    (other.models / "tiny.gguf").write_bytes(b"GGUF")
    with open_store(other) as there:
        there.bases.add("tiny", "gguf", other.models / "tiny.gguf", "d1")
        before["bases"][0] |= {"architecture": "", "size_bytes": 0}
        before["bases"][0]["languages"] = ["en"]
        there.personas.add("Already here")
        came = import_archive(other, there, archive)
        after = unmoved(stored_tables(there, came.persona), before)
        assert differences(as_it_comes_in(before), after) == ""
        again = tmp_path / "again.perennial"
        export_archive(other, there, came.persona, again)
        assert differences(as_it_comes_in(before), unmoved(tables_of(again), before)) == ""
    assert came.missing_base == ""
    assert _files_in(archive) == _files_in(again)


def words_in(archive: Path) -> str:
    """Everything that stands in an archive."""
    with zipfile.ZipFile(archive) as zipped:
        return b"".join(zipped.read(name) for name in zipped.namelist()).decode("utf-8", "replace")


def _files_in(archive: Path) -> dict[str, str]:
    members = look_into(archive).members
    return {name: each.sha256 for name, each in members.items() if name.startswith("adapters/")}


def test_every_table_and_column_travels_or_is_known_to_stay(home: Home, store: Store) -> None:
    """A table or a column that was added and forgotten here would be lost on the way."""
    with sqlite3.connect(home.database) as connection:
        names = [row[0] for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name NOT LIKE 'message_index_%'")]  # fmt: skip
        assert set(names) == set(BY_NAME) | set(AT_HOME)
        for table in TABLES:
            if table.name == "settings":
                continue
            columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
            assert columns - LOCAL_COLUMNS.get(table.name, set()) == set(table.columns), table.name
    connection.close()


def test_a_move_takes_nothing_of_somebody_else_along(archive: Path) -> None:
    assert "SECRET" not in words_in(archive)
    assert "tiny.gguf" not in words_in(archive)  # nor where things lie on this machine


def test_what_came_in_is_found_by_search_and_counts_for_learning(
    archive: Path, other: Home
) -> None:
    with open_store(other) as there:
        came = import_archive(other, there, archive)
        assert there.search.find("소금") == []
        assert [hit.snippet for hit in there.search.find("sodium")]
        talks = list(there.learnable(came.persona.id))
        assert [talk.turns[-1].used for talk in talks] == [False] * len(talks)
        assert draw_month(there, came.persona, seed=1).manifest()


def test_no_adapter_of_an_archive_speaks_before_it_was_examined_here(
    archive: Path, other: Home
) -> None:
    with open_store(other) as there:
        came = import_archive(other, there, archive).persona
        assert came.active_adapter_id is None
        adapters = there.adapters.of_persona(came.id)
        assert {each.status for each in adapters} == {"candidate", "refused"}
        assert there.deployments.last(came.id) is None
        assert there.runs.unfinished() == []
        assert came_along(there, came) == set(RUNS)
        for run in there.runs.of_persona(came.id):
            assert not process.can_go_on(other, there, run)
        assert all(each.gguf_path.is_file() for each in adapters)
        assert all((each.peft_path / "Modelfile").is_file() for each in adapters)
        assert not any(path.name == "README.md" for path in other.runs.rglob("*"))


def test_lists_and_the_month_of_the_window_hold_for_a_persona_that_moved(
    archive: Path, other: Home
) -> None:
    with open_store(other) as there:
        came = import_archive(other, there, archive).persona
        assert personas.household(there).lacks_base
        assert month.month_contents(there, came.id).base is None
        found = month.trainings(there, came.id)
        assert (found.latest, found.live, found.deployment) == (None, None, None)
        assert len(found.adapters) == len(RUNS)


def test_a_base_that_is_not_here_is_told_and_found_again_once_it_is(
    archive: Path, other: Home
) -> None:
    with open_store(other) as there:
        came = import_archive(other, there, archive)
        assert (came.missing_base, came.persona.base_id) == ("tiny", None)
        (other.models / "tiny.gguf").write_bytes(b"GGUF")
        base = there.bases.add("tiny", "gguf", other.models / "tiny.gguf", "d1")
        assert {each.base_id for each in there.adapters.of_persona(came.persona.id)} == {base.id}


def test_the_same_archive_comes_in_twice_only_when_asked(archive: Path, other: Home) -> None:
    with open_store(other) as there:
        first = import_archive(other, there, archive)
        with pytest.raises(ArchiveRefused, match="before, as Sunny") as refusal:
            import_archive(other, there, archive)
        assert refusal.value.kind == "archive_known"
        second = import_archive(other, there, archive, again=True)
        assert (second.persona.name, second.persona.slug) == ("Sunny 2", "sunny-2")
        runs = [run.id for run in there.runs.of_persona(second.persona.id)]
        assert sorted(runs) == [run.replace("sunny", "sunny-2") for run in RUNS]
        assert [item.external_id for item in there.replay.all() if item.judges] == [
            "judge", "judge~2",
        ]  # fmt: skip
        before = stored_tables(there, first.persona)
        after = stored_tables(there, second.persona)
        assert {name for name in before if len(before[name]) != len(after[name])} == set()


def test_a_persona_can_be_called_otherwise(archive: Path, other: Home) -> None:
    with open_store(other) as there:
        came = import_archive(other, there, archive, name=" Rain Cloud ")
        assert (came.persona.name, came.persona.slug) == ("Rain Cloud", "rain-cloud")
        assert draw_month(there, came.persona, seed=1)
        assert there.settings.get("mix:rain-cloud") == {"ratio_new": 0.6, "day_cap": 9}


@pytest.mark.parametrize("part", ["conversations", "ratings", "adapters", "replay"])
def test_a_part_that_stays_at_home_leaves_the_rest_whole(
    full: FullHome, other: Home, tmp_path: Path, part: Any
) -> None:
    path = tmp_path / "part.perennial"
    export_archive(full.home, full.store, full.persona, path, without=[part])
    rated = {"ratings", "topics", "choices"}
    talked = {
        "conversations", "messages", "edits", "actions", "deletions", "help_given", "samples",
        "tombstones",
    }  # fmt: skip
    gone = {
        "conversations": rated | talked | {"run_messages"},
        "ratings": rated,
        "adapters": {
            "runs", "adapters", "scores", "deployments", "run_messages", "replay_uses",
        },
        "replay": {"replay_items", "replay_uses", "replay_groups"},
    }[part]  # fmt: skip
    assert gone.isdisjoint(tables_of(path))
    with open_store(other) as there:
        came = import_archive(other, there, path)
        after = stored_tables(there, came.persona)
    assert not any(after[name] for name in gone)
    assert {name for name in BY_NAME if not after[name]} == gone
    if part == "conversations":
        said = words_in(path)
        assert not [words for words in ("sodium", "too much?", "spoonful") if words in said]
        assert [item["external_id"] for item in after["replay_items"]] == ["mine", "judge"]


def test_what_was_masked_stays_masked_where_ratings_stay_at_home(
    full: FullHome, other: Home, tmp_path: Path
) -> None:
    """A telephone number that somebody masked would be learned in the other home."""
    assert full.store.actions.bring_back(full.said["talk"])
    path = tmp_path / "unrated.perennial"
    export_archive(full.home, full.store, full.persona, path, without=["ratings"])
    with open_store(other) as there:
        came = import_archive(other, there, path).persona
        assert next(there.trees(came.id)).messages[0].content == "masked"
        while there.actions.undo(came.id):
            pass
        assert next(there.trees(came.id)).messages[0].content == ODD


def test_an_archive_replaces_no_file_unasked(full: FullHome, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(ExportRefused, match="there already"):
        export_archive(full.home, full.store, full.persona, archive)
    assert archive.read_bytes() == before
    export_archive(full.home, full.store, full.persona, archive, force=True)
    assert [path.name for path in archive.parent.glob(".*.part")] == []


def test_an_adapter_whose_files_were_removed_moves_as_history(
    full: FullHome, other: Home, tmp_path: Path
) -> None:
    shutil.rmtree(full.home.runs / RUNS[0])
    path = tmp_path / "gone.perennial"
    assert export_archive(full.home, full.store, full.persona, path).adapters == 2
    with open_store(other) as there:
        came = import_archive(other, there, path)
        assert len(there.adapters.of_persona(came.persona.id)) == 3
