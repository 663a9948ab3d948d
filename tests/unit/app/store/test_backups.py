"""The backup that a damaged database is answered with must be there, whole and recent."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from app.errors import StoreError
from app.home import Home
from app.store import open_store
from app.store.backups import KEPT, backups

LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_month_is_copied_once(home: Home) -> None:
    with open_store(home) as store:
        store.personas.add("Sunny", "")
        before = datetime.now(UTC).isoformat()
        copy = store.back_up_since(before)
        assert copy is not None and copy in backups(home)
        assert store.back_up_since(before) is None, "a run that goes on needs no second copy"


def test_the_newest_few_stay(home: Home) -> None:
    with open_store(home) as store:
        made = [store.back_up_since(LATER) for _ in range(KEPT + 2)]
    assert backups(home) == [path for path in reversed(made) if path is not None][:KEPT]


def test_a_damaged_database_pushes_no_whole_copy_out(home: Home) -> None:
    with open_store(home) as store:
        for number in range(400):
            store.personas.add(f"Persona {number}", "prompt " * 20)
        whole = [store.back_up_since(LATER) for _ in range(KEPT)]
    content = bytearray(home.database.read_bytes())
    middle = len(content) // 8192 * 4096
    content[middle : middle + 16_384] = os.urandom(16_384)
    home.database.write_bytes(content)
    with pytest.raises(StoreError, match="damaged") as raised, open_store(home) as store:
        store.back_up_since(LATER)
    assert raised.value.kind == "damaged"
    assert sorted(backups(home)) == sorted(path for path in whole if path)


def test_no_copy_takes_the_last_room(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that is written beside the copy must find room."""

    def nearly_full(_path: Path) -> Usage:
        return Usage(1 << 30, (1 << 30) - (1 << 20), 1 << 20)

    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    with open_store(home) as store, pytest.raises(OSError):
        store.back_up_since(LATER)
    assert list(home.backups.iterdir()) == []
