"""Somebody else's database is not ours: nothing appears, changes or waits beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.errors import SourceRefused
from app.store.foreign import open_chats, stamp_of
from tests.unit.app.operations.program_stores import OpenWebUi, tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


@contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """Nothing in a folder changes meanwhile, but for the map of the log that all readers share."""

    def contents() -> dict[str, tuple[bytes, int]]:
        return {
            path.name: (path.read_bytes(), path.stat().st_mtime_ns)
            for path in folder.iterdir()
            if not path.name.endswith("-shm")
        }

    names = {path.name for path in folder.iterdir()}
    before = contents()
    yield
    assert contents() == before
    assert {path.name for path in folder.iterdir()} == names


# In a process of its own, since locks are not felt within one.
_PROGRAM = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
database.execute("PRAGMA wal_autocheckpoint=0")
for line in sys.stdin:
    database.execute(line.strip()).fetchall()
    print("done", flush=True)
"""


class Running:
    """Open WebUI while it runs."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def does(self, statement: str) -> None:
        """Run a statement without waiting for any lock; fails when it had to."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(statement + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def running(folder: Path) -> Iterator[Running]:
    """A program with a database in WAL mode, and one chat that is only in its log."""
    web = OpenWebUi(folder / "webui.db", "wal")
    web.put("c1", tree("q", "a"))
    program = Running(web.path)
    program.does("UPDATE chat SET id = 'c2'")
    yield program
    program.kill()


def ids(path: Path) -> list[str]:
    with open_chats(path) as chats:
        return list(chats.marks(None))


@pytest.mark.parametrize("journal", ["delete", "truncate", "wal"])
def test_a_database_at_rest_is_left_byte_for_byte(folder: Path, journal: str) -> None:
    web = OpenWebUi(folder / "webui.db", journal)
    web.put("c1", tree("q", "a"))
    assert [path.name for path in folder.iterdir()] == ["webui.db"]
    with untouched(folder):
        assert ids(web.path) == ["c1"]


def test_a_running_program_is_read_up_to_its_last_word_and_goes_on_writing(
    folder: Path, running: Running
) -> None:
    path = folder / "webui.db"
    with untouched(folder):
        assert ids(path) == ["c2"]
    stamp = stamp_of(path)
    with open_chats(path) as chats:
        chats.marks(None)
        running.does("UPDATE chat SET id = 'c3'")
        assert list(chats.marks(None)) == ["c3"]
    assert stamp_of(path) != stamp


def test_a_program_without_a_log_writes_while_it_is_read(folder: Path) -> None:
    web = OpenWebUi(folder / "webui.db")
    web.put("c1", tree("q", "a"))
    program = Running(web.path)
    try:
        with open_chats(web.path) as chats:
            assert chats.chat("c1") is not None
            program.does("DELETE FROM chat")
            assert chats.chat("c1") is None
    finally:
        program.kill()


@pytest.mark.parametrize("left", [("-wal", "-shm"), ("-wal",)])
def test_the_log_of_a_program_that_was_killed_is_read_without_being_touched(
    folder: Path, running: Running, left: tuple[str, ...]
) -> None:
    running.kill()
    copy = folder / "copy"
    copy.mkdir()
    for ending in ("", *left):
        shutil.copy(folder / f"webui.db{ending}", copy / f"webui.db{ending}")
    with untouched(copy):
        assert ids(copy / "webui.db") == ["c2"]


def test_a_change_that_was_broken_off_is_left_to_the_program_itself(folder: Path) -> None:
    """Only a writer may roll it back; what stands in the file until then is nobody's word."""
    web = OpenWebUi(folder / "webui.db")
    for number in range(60):
        web.put(f"c{number}", tree("q" * 2000, "a" * 2000))
    broken = folder / "broken"
    broken.mkdir()
    with closing(sqlite3.connect(web.path, isolation_level=None)) as program:
        program.execute("PRAGMA cache_size = 1")
        program.execute("BEGIN")
        program.execute("UPDATE chat SET chat = upper(chat) || 'x'")
        for name in ("webui.db", "webui.db-journal"):
            shutil.copy(folder / name, broken / name)
        program.execute("ROLLBACK")
    with untouched(broken), pytest.raises(SourceRefused) as refused:
        ids(broken / "webui.db")
    assert refused.value.kind == "source_damaged"


def test_a_file_that_changes_under_a_reader_without_locks_is_read_again(folder: Path) -> None:
    web = OpenWebUi(folder / "webui.db", "wal")
    web.put("c1", tree("q", "a"))
    with pytest.raises(SourceRefused) as refused, open_chats(web.path):
        os.utime(web.path, (1, 1))
    assert refused.value.kind == "source_locked"


def test_names_with_signs_of_an_address_name_a_file_and_nothing_else(folder: Path) -> None:
    web = OpenWebUi(folder / "a?mode=rwc&x=1#b%20 '하.db")
    web.put("c1", tree("q", "a"))
    with untouched(folder):
        assert ids(web.path) == ["c1"]
