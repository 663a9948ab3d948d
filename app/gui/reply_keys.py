"""One keystroke for each thing that is done to a reply."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

# While a field for text has the keyboard it takes the plain keys for itself.
KEYS = (
    ("+", "thumb_up"),
    ("=", "thumb_up"),
    ("-", "thumb_down"),
    ("C", "correct"),
    ("A", "again"),
    ("B", "better"),
)
KEYS_WHILE_WRITING = (("Alt+Up", "thumb_up"), ("Alt+Down", "thumb_down"))


def listen(messages: QWidget, page: QWidget, press: Callable[[str], None]) -> None:
    """Plain keys where the messages have the keyboard, the others on the whole page."""
    inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
    for owner, keys in ((messages, KEYS), (page, KEYS_WHILE_WRITING)):
        for key, name in keys:
            made = QShortcut(
                QKeySequence(key), owner, lambda each=name: press(each), context=inside
            )
            made.setAutoRepeat(False)  # a thumb pressed again is taken back
