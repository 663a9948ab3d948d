"""Menus, and what stands in them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QMenu


class Menu(QMenu):
    """Goes with the button it belongs to: one that is disabled while it is open hears no key."""

    def changeEvent(self, event: Any) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self.close()


def menu_heading(menu: QMenu, text: str) -> None:
    """What the entries below are about; a style sheet shows a menu's own sections as bare lines."""
    if not menu.isEmpty():
        menu.addSeparator()
    menu.addAction(text).setEnabled(False)
