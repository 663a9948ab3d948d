"""Somebody in trouble finds out what is the matter, and can send what helps and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app import doctor
from app.gui import settings_page
from app.gui.finding_words import finding_words
from app.gui.settings_page import SECTIONS, SettingsPage
from app.gui.window import MainWindow
from app.home import Home
from app.store import Store
from app.training_findings import Finding
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.waiting import wait_until

FINDINGS = [
    Finding("python", "ok", "Python 3.13.1, linux"),
    Finding("starter", "bad", "The starter model is damaged.", "Fetch it again with: this"),
    Finding("fonts", "warn", "Fonts cannot be listed.", "Install with: that"),
]


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(entry for entry in SECTIONS if entry.name == "help")
    monkeypatch.setattr(settings_page, "SECTIONS", kept)
    monkeypatch.setattr(doctor, "examine", lambda _home: FINDINGS)


@pytest.fixture
def window(open_window: Opener, store: Store) -> MainWindow:
    homes.add_personas(store, "Sunny")
    return open_window()


def opened(window: MainWindow, qtbot: QtBot) -> SettingsPage:
    window.show_settings("help")
    page = window.findChildren(SettingsPage)[-1]
    wait_until(qtbot, lambda: page.findChild(QWidget, "settings_check") is not None)
    return page


def press(parent: QWidget, name: str) -> None:
    made = parent.findChildren(QPushButton, name)[-1]
    assert made.isEnabled(), name
    made.click()


def words(page: QWidget) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel) if each.isVisible())


def test_what_is_to_be_mended_comes_first_with_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    page = opened(window, qtbot)
    press(page, "settings_check_now")
    wait_until(qtbot, lambda: page.findChild(QLabel, "finding_starter") is not None)
    told = words(page)
    assert "1 to mend, 1 to look at." in told and "Fetch it again with: this" in told
    assert told.index("damaged") < told.index("Fonts cannot") < told.index("Python 3.13.1")


def test_diagnostics_are_copied_with_what_was_found(window: MainWindow, qtbot: QtBot) -> None:
    page = opened(window, qtbot)
    press(page, "settings_check_now")
    wait_until(qtbot, lambda: page.findChild(QLabel, "finding_starter") is not None)
    press(page, "settings_diagnostics_copy")
    wait_until(qtbot, lambda: page.findChild(QLabel, "settings_diagnostics_told") is not None)
    copied = QGuiApplication.clipboard().text()
    assert "bad starter: The starter model is damaged." in copied
    assert "Sunny" not in copied


def test_diagnostics_are_saved_where_it_was_asked(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = opened(window, qtbot)
    press(page, "settings_diagnostics_save")
    dialog = page.findChildren(QFileDialog)[-1]
    dialog.fileSelected.emit(str(tmp_path / "told.txt"))
    dialog.reject()
    wait_until(qtbot, lambda: page.findChild(QLabel, "settings_diagnostics_told") is not None)
    assert "== Versions" in (tmp_path / "told.txt").read_text("utf-8")


def test_diagnostics_that_cannot_be_saved_are_an_error_with_a_way_on(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = opened(window, qtbot)
    press(page, "settings_diagnostics_save")
    dialog = page.findChildren(QFileDialog)[-1]
    dialog.fileSelected.emit(str(tmp_path))  # a folder
    dialog.reject()
    trouble = page.findChild(QWidget, "settings_help_trouble")
    wait_until(qtbot, trouble.isVisible)
    assert page.findChild(QLabel, "settings_diagnostics_told") is None


def test_reports_of_bugs_are_listed_and_deleted_only_after_a_yes(
    window: MainWindow, qtbot: QtBot, home: Home
) -> None:
    for number in range(7):
        (home.logs / f"crash-2026110{number}-101010-1.txt").write_text("a bug", "utf-8")
    (home.logs / "window.log").write_text("kept", "utf-8")
    page = opened(window, qtbot)
    assert "and 2 older ones" in words(page)
    press(page, "settings_reports_delete")
    press(window, "delete_reports_no")
    assert len(list(home.logs.glob("crash-*"))) == 7
    press(page, "settings_reports_delete")
    press(window, "delete_reports_yes")
    wait_until(qtbot, lambda: page.findChild(QLabel, "settings_reports_none") is not None)
    assert [path.name for path in home.logs.glob("crash-*")] == []
    assert (home.logs / "window.log").exists()


def test_the_doctor_is_understood_in_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.gui.finding_words.current_language", lambda: "ko")
    said: list[str] = []
    monkeypatch.setattr(
        "app.gui.finding_words.tr", lambda text, **values: said.append(text) or str(values)
    )
    assert finding_words("12.5 GB free at somewhere.") == "{'size': '12.5', 'place': 'somewhere'}"
    assert said == ["{size} GB free at {place}."]
