"""Menus that stay what they are whatever happens beside them."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.gui.menus import Menu
from tests.gui.waiting import wait_until


def test_a_menu_closes_when_its_button_is_disabled(qtbot: QtBot) -> None:
    """It hears no key any more, and everything behind it would wait for it."""
    button = QToolButton()
    qtbot.addWidget(button)
    menu = Menu(button)
    menu.addAction("Rename…")
    button.setMenu(menu)
    button.show()
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
    wait_until(qtbot, menu.isVisible)
    button.setEnabled(False)
    wait_until(qtbot, lambda: not menu.isVisible())
    button.setEnabled(True)
    assert menu.isEnabled()
