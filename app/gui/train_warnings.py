"""A training's warnings as the window shows them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from app.gui.controls import card, icon_row, label, row
from app.gui.reasons import report_words
from app.gui.run_state import Notice
from app.gui.theme import space
from app.warning_words import warning_words


def notice_words(notice: Notice) -> str:
    """The warning in the user's language."""
    return warning_words(notice.kind, notice.advice, notice.values, report_words())


def warning_card(notice: Notice) -> QFrame:
    """One warning; its words can be read by a screen reader as one."""
    frame, inside = card(kind="warning")
    frame.setObjectName(f"warning_{notice.kind}")
    inside.setContentsMargins(space("medium"), space("small"), space("medium"), space("small"))
    line = row(gap=space("small"))
    line.addWidget(icon_row("warning", "warning"), alignment=Qt.AlignmentFlag.AlignTop)
    line.addWidget(label(notice_words(notice), "", name="warning_words", wrap=True), 1)
    inside.addLayout(line)
    return frame
