"""While the window is open, what is saved elsewhere comes in without a word said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui import source_watch
from app.gui.window import MainWindow
from app.home import Home
from app.operations import sources
from app.store import Store
from tests.gui.homes import add_personas
from tests.gui.waiting import wait_until
from tests.unit.app.importers.desk import said
from tests.unit.app.operations.program_stores import write_still


@pytest.fixture
def watched(home: Home, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(source_watch, "FIRST_LOOK_MS", 10)
    monkeypatch.setattr(source_watch, "LOOK_EVERY_MS", 100)
    (sunny,) = add_personas(store, "Sunny")
    folder = tmp_path / "watched"
    folder.mkdir()
    sources.add_source(home, store, sunny.id, "folder", folder)
    return folder


def test_a_file_that_appears_comes_in_and_a_broken_one_is_looked_at_once(
    open_window: Callable[..., MainWindow], qtbot: QtBot, store: Store, watched: Path
) -> None:
    window = open_window()
    looks: list[sources.Looked] = []
    window.sources.looked.connect(lambda found: looks.extend(found))
    write_still(watched / "bad.json", "{")
    write_still(watched / "a.jsonl", said("q", "a"))
    wait_until(qtbot, lambda: len(store.conversations.page(1)) == 1)
    wait_until(qtbot, lambda: len(looks) > 4)
    assert sum(each.result.left_out_count for each in looks) <= 1
    assert sum(each.result.conversations for each in looks) <= 1


def test_a_folder_that_went_away_is_told_of_once_and_found_again(
    open_window: Callable[..., MainWindow],
    qtbot: QtBot,
    store: Store,
    watched: Path,
    tmp_path: Path,
) -> None:
    """A bar that comes up every minute would be closed for ever, and then missed."""
    shutil.move(watched, tmp_path / "away")
    window = open_window()
    told: list[object] = []
    looks: list[object] = []
    window.session.trouble_raised.connect(told.append)
    window.sources.looked.connect(looks.append)
    wait_until(qtbot, lambda: len(looks) > 4)
    assert len(told) <= 1
    write_still(tmp_path / "away" / "a.jsonl", said("q", "a"))
    shutil.move(tmp_path / "away", watched)
    wait_until(qtbot, lambda: len(store.conversations.page(1)) == 1)


def test_a_window_without_sources_opens_no_second_store(
    open_window: Callable[..., MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_watch, "FIRST_LOOK_MS", 10)
    opened: list[object] = []
    monkeypatch.setattr(source_watch, "open_store", opened.append)
    window = open_window()
    window.sources.look()
    qtbot.wait(300)
    assert opened == []
