"""A tiny month, of which no process stays behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from app.home import Home
from app.store import Store, open_store
from tests.tiny_month import TinyMonth, processes_of


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def month(home: Home, store: Store) -> Iterator[TinyMonth]:
    yield TinyMonth(home, store)
    for process in processes_of(home):
        if process.pid != os.getpid():
            os.kill(process.pid, signal.SIGKILL)
