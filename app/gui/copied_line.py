"""Words that another program takes, in a frame, to be copied with a click."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame

from app.gui.controls import label, row, tool
from app.gui.theme import space


def copied_line(name: str, words: str, tip: str) -> QFrame:
    """The words, which can be selected too, and the tool; `name` starts the names of both."""
    frame = QFrame()
    frame.setProperty("kind", "code")
    inside = row(frame, margins=(12, 4, 4, 4), gap=space("small"))
    shown = label(words, name=f"{name}_words", wrap=True)
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    inside.addWidget(shown, 1)
    inside.addWidget(
        tool(f"{name}_copy", "copy", tip, lambda: QGuiApplication.clipboard().setText(words))
    )
    return frame
