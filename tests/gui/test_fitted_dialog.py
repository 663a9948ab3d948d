"""What a dialog takes of its window, and when it scrolls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.gui.controls import button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.theme import install_theme

ROOM_PX = 400


class _Words(FittedDialog):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(480, parent)
        self.words = label("", wrap=True)
        inside = column(self)
        inside.addWidget(self.words)
        foot = row()
        foot.addWidget(button("close", "Close", "plain", self.reject))
        inside.addLayout(foot)


@pytest.fixture
def dialog(qtbot: QtBot, qapp: QApplication) -> Iterator[_Words]:
    install_theme(qapp, "light")
    window = QWidget()
    window.resize(900, ROOM_PX)
    qtbot.addWidget(window)
    window.show()
    shown = _Words(window)
    shown.open()
    yield shown


def test_what_has_no_room_is_scrolled_and_the_foot_stays_in_sight(
    dialog: _Words, qtbot: QtBot
) -> None:
    dialog.words.setText("word " * 900)
    area = dialog.findChild(QScrollArea)
    assert area is not None
    qtbot.waitUntil(lambda: area.verticalScrollBar().isVisible())
    assert dialog.height() == ROOM_PX
    foot = dialog.findChild(QWidget, "close")
    assert foot is not None
    assert foot.mapTo(dialog, foot.rect().bottomLeft()).y() < ROOM_PX


def test_what_was_scrolled_has_the_whole_width_again_once_there_is_room(
    dialog: _Words, qtbot: QtBot
) -> None:
    area = dialog.findChild(QScrollArea)
    assert area is not None
    for count in range(120, 180):  # of some of them a line more stands beside a bar
        dialog.words.setText("word " * 900)
        qtbot.waitUntil(lambda: area.verticalScrollBar().isVisible())
        dialog.words.setText("a " * count)
        qtbot.waitUntil(lambda: not area.verticalScrollBar().isVisible())
        qtbot.waitUntil(lambda: dialog.words.height() <= area.viewport().height())
        assert area.viewport().width() == dialog.width()
        assert dialog.height() < ROOM_PX
