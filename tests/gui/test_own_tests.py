"""Questions of the user's own are added and taken away where a training begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.own_tests_dialog import OwnTestsDialog
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations.own_tests import own_tests_of
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def kitchen(tmp_path: Path) -> Path:
    file = tmp_path / "kitchen.csv"
    file.write_text("question,answer\nWhat is wet?,water\nWhat is hot?,fire\n", "utf-8")
    return file


def on_train_page(open_window: Opener, store: Store, *shade: str) -> MainWindow:
    homes.add_personas(store, "Sunny")
    window = open_window(*shade)
    window.show_page("train")
    return window


def opened(window: QWidget, qtbot: QtBot) -> OwnTestsDialog:
    wait_until(qtbot, lambda: window.findChild(QPushButton, "own_tests") is not None)
    qtbot.mouseClick(find(window, QPushButton, "own_tests"), LEFT)
    wait_until(qtbot, lambda: window.findChild(OwnTestsDialog) is not None)
    dialog = find(window, OwnTestsDialog, "own_tests_dialog")
    wait_until(qtbot, lambda: dialog.findChild(QLabel, "own_tests_none") is not None)
    return dialog


def choose(dialog: OwnTestsDialog, file: Path, qtbot: QtBot) -> None:
    qtbot.mouseClick(find(dialog, QPushButton, "own_tests_add"), LEFT)
    chooser = find(dialog, QFileDialog, "own_tests_file_dialog")
    chooser.filesSelected.emit([str(file)])
    chooser.reject()


def test_a_file_is_added_for_one_persona_and_taken_away(
    open_window: Opener, store: Store, home: Home, kitchen: Path, qtbot: QtBot
) -> None:
    window = on_train_page(open_window, store)
    dialog = opened(window, qtbot)
    find(dialog, QCheckBox, "own_tests_only").setChecked(True)
    choose(dialog, kitchen, qtbot)
    wait_until(qtbot, lambda: dialog.findChild(QWidget, "own_test_kitchen") is not None)
    (test,) = own_tests_of(home)
    assert (test.name, test.personas, len(test.judging())) == ("kitchen", ("sunny",), 2)
    row = find(dialog, QWidget, "own_test_kitchen")
    words = [each.text() for each in row.findChildren(QLabel)]
    assert any("Questions: 2 · for Sunny · since" in each for each in words)
    remove = find(dialog, QToolButton, "own_test_remove_kitchen")
    assert remove.accessibleName().startswith("kitchen")
    qtbot.mouseClick(remove, LEFT)
    wait_until(qtbot, lambda: dialog.findChild(QLabel, "own_tests_none") is not None)
    assert own_tests_of(home) == [] and kitchen.exists()
    qtbot.mouseClick(find(dialog, QPushButton, "own_tests_close"), LEFT)


def test_a_wrong_file_is_told_with_its_faults_and_changes_nothing(
    open_window: Opener, store: Store, home: Home, kitchen: Path, qtbot: QtBot
) -> None:
    window = on_train_page(open_window, store, "light", "ko")
    dialog = opened(window, qtbot)
    kitchen.write_text("question,answer\nWhat is wet?,\n", "utf-8")
    choose(dialog, kitchen, qtbot)
    trouble = find(dialog, QLabel, "own_tests_trouble")
    wait_until(qtbot, trouble.isVisible)
    assert "문제 파일" in trouble.text() and "kitchen.csv" in trouble.text()
    assert own_tests_of(home) == []
    kitchen.write_text("question,answer\nWhat is wet?,water\n", "utf-8")
    choose(dialog, kitchen, qtbot)
    wait_until(qtbot, lambda: not trouble.isVisible())
    wait_until(qtbot, lambda: dialog.findChild(QWidget, "own_test_kitchen") is not None)
    dialog.reject()


def test_one_that_became_unreadable_is_told_and_can_be_taken_away(
    open_window: Opener, store: Store, home: Home, kitchen: Path, qtbot: QtBot
) -> None:
    window = on_train_page(open_window, store)
    dialog = opened(window, qtbot)
    choose(dialog, kitchen, qtbot)
    wait_until(qtbot, lambda: dialog.findChild(QWidget, "own_test_kitchen") is not None)
    choose(dialog, kitchen, qtbot)
    trouble = find(dialog, QLabel, "own_tests_trouble")
    wait_until(qtbot, trouble.isVisible)
    assert "is a test set kitchen" in trouble.text() and "--name" not in trouble.text()
    dialog.reject()
    (test,) = own_tests_of(home)
    test.path.write_text("question,answer\n", "utf-8")
    again = OwnTestsDialog(window.session, store.personas.all()[0], window)
    again.open()
    wait_until(qtbot, lambda: again.findChild(QLabel, "own_test_bad") is not None)
    qtbot.mouseClick(find(again, QToolButton, "own_test_remove_kitchen"), LEFT)
    wait_until(qtbot, lambda: again.findChild(QLabel, "own_tests_none") is not None)
    assert own_tests_of(home) == []
    again.reject()


def test_own_tests_in_every_look(
    open_window: Opener,
    store: Store,
    kitchen: Path,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    window = on_train_page(open_window, store, *shade)
    dialog = opened(window, qtbot)
    choose(dialog, kitchen, qtbot)
    wait_until(qtbot, lambda: dialog.findChild(QWidget, "own_test_kitchen") is not None)
    picture(dialog, f"own-tests-{'-'.join(shade)}")
    dialog.reject()
