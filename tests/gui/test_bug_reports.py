"""Whoever meets a bug would have nothing to send along, or would send what they said."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.gui import main
from app.gui.bug_reports import MOST_REPORTS, BugReports, bug_reports
from app.gui.recent_steps import MOST_STEPS, recent_steps, take_step
from app.gui.settings_page import SettingsPage
from app.gui.window import MainWindow
from app.home import Home
from app.operations import personas
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.review_keyboard import CTRL, KEY
from tests.gui.test_chat import find
from tests.gui.waiting import activate, wait_until


@pytest.fixture
def window(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> MainWindow:
    """With the hooks of a real start."""
    homes.add_personas(store, "Pomegranate")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    made = open_window()
    main._catch_bugs(made.session)
    activate(made, qtbot)
    return made


def reports(home: Home) -> list[Path]:
    return sorted(home.logs.glob("crash-*.txt"))


def told(window: MainWindow, qtbot: QtBot) -> str:
    bar = find(window.centralWidget(), QWidget, "trouble_bar")
    wait_until(qtbot, bar.isVisible)
    return " ".join(find(bar, QLabel, name).text() for name in ("trouble_text", "trouble_more"))


def test_a_bug_in_a_worker_leaves_a_report_of_what_was_done_without_what_was_written(
    window: MainWindow, home: Home, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.keyClicks(find(window.centralWidget(), QTextEdit, "composer_text"), "my secret")
    qtbot.keyClick(window, KEY.Key_R, CTRL)
    window.show_page("settings")
    find(window.centralWidget(), QPushButton, "new_persona").setFocus()

    def fail(_store: Store) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(personas, "household", fail)
    window.session.refresh()
    words = told(window, qtbot)
    assert "KeyError" in words and "see Settings, Help and diagnostics" in words
    (report,) = reports(home)
    text = report.read_text("utf-8")
    for part in ("perennial: ", "python: ", "qt: ", "page: settings", "key page.replay",
                 "page replay", "keyboard in: QPushButton", "in fail", "KeyError"):  # fmt: skip
        assert part in text, part
    for part in ("secret", "Pomegranate", "pomegranate"):
        assert part not in text, part


def test_a_bug_in_the_window_and_in_any_other_thread_is_reported(
    window: MainWindow, home: Home, qtbot: QtBot
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    sys.excepthook(*_raised(fail))
    assert "ZeroDivisionError" in told(window, qtbot)
    find(window.centralWidget(), QWidget, "trouble_bar").hide()
    thread = threading.Thread(target=lambda: [].pop())
    thread.start()
    thread.join()
    assert "IndexError" in told(window, qtbot)
    assert len(reports(home)) == 2


def _raised(fail: Callable[[], None]) -> tuple[type[BaseException], BaseException, object]:
    try:
        fail()
    except ZeroDivisionError as error:
        return type(error), error, error.__traceback__
    raise AssertionError


def test_the_settings_list_it(window: MainWindow, home: Home, qtbot: QtBot) -> None:
    sys.excepthook(*_raised(lambda: 1 / 0))  # type: ignore[arg-type,return-value]
    (report,) = reports(home)
    window.show_settings("help")
    page = window.findChildren(SettingsPage)[-1]

    def listed() -> bool:
        return any(report.name in each.text() for each in page.findChildren(QLabel))

    wait_until(qtbot, listed)


def test_a_bug_that_comes_again_and_again_fills_no_disk(home: Home, qapp: QApplication) -> None:
    kept = BugReports()
    kept.home = home

    def fail() -> None:
        raise ZeroDivisionError

    for _ in range(3):
        assert kept.keep(_raised(fail)[1]) == reports(home)[0]
    for number in range(MOST_REPORTS + 5):
        kept.keep(type(f"Error{number}", (Exception,), {})())
    assert len(reports(home)) == MOST_REPORTS


def test_without_a_home_nothing_is_made_and_the_window_goes_on(
    home: Home, qapp: QApplication, tmp_path: Path
) -> None:
    kept = BugReports()
    assert kept.keep(ValueError()) is None
    kept.home = Home(tmp_path / "gone")
    assert kept.keep(ValueError()) is None
    assert not (tmp_path / "gone").exists()


def test_only_the_last_steps_are_kept(qapp: QApplication) -> None:
    for number in range(MOST_STEPS + 5):
        take_step("page", f"number{number}")
    assert len(recent_steps()) == MOST_STEPS
    assert recent_steps()[-1].endswith(f"page number{MOST_STEPS + 4}")
    take_step("click", QTimer.singleShot)
    take_step("click", test_only_the_last_steps_are_kept)
    assert recent_steps()[-1].endswith("click test_only_the_last_steps_are_kept")
    assert bug_reports() is bug_reports()
