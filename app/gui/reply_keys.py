"""The keys for what is done to a reply."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.gui.keys import BoundKey

# While a field for text has the keyboard it takes the plain keys for itself.
_ON_A_REPLY = ("thumb_up", "thumb_down", "correct", "again", "better")
_WHILE_WRITING = ("thumb_up", "thumb_down")


def listen(messages: QWidget, page: QWidget, press: Callable[[str], None]) -> None:
    """Plain keys where the messages have the keyboard, the others on the whole page."""
    inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
    for owner, before, names in ((messages, "", _ON_A_REPLY), (page, "chat.", _WHILE_WRITING)):
        for name in names:
            # A thumb pressed again is taken back.
            BoundKey(owner, before + name, partial(press, name), inside, repeats=False)
