"""Under a reply: thumbs, reasons, correct, again, copy, undo."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from app.gui.controls import button, column, label, row, tool
from app.gui.flow import Flow
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.chat import Line
from app.operations.rating import REASONS
from app.store.values import Rating


def reason_words(name: str) -> dict[str, str]:
    """The reasons of a thumb down, in words."""
    words = (
        tr("too long"),
        tr("wrong language"),
        tr("wrong fact"),
        tr("not like {name}", name=name),
        tr("bad code"),
    )
    return dict(zip(REASONS, words, strict=True))


class Reasons(QWidget):
    """Why a reply is bad: one tap each, and a line in one's own words."""

    given = Signal(list, str)

    def __init__(self, persona: str) -> None:
        super().__init__()
        self._chips: dict[str, QPushButton] = {}
        self._given_comment = ""
        chips = Flow(gap=space("small"))
        for reason, words in reason_words(persona).items():
            chip = button(f"reason_{reason}", words, "chip", self._give)
            chip.setCheckable(True)
            self._chips[reason] = chip
            chips.add(chip)
        self._comment = QLineEdit()
        self._comment.setObjectName("comment")
        self._comment.setAccessibleName(tr("Comment"))
        self._comment.setPlaceholderText(tr("In your own words (Enter keeps it)"))
        self._comment.editingFinished.connect(self._on_comment_edited)
        inside = column(self, margins=(0, space("hair"), 0, 0), gap=space("small"))
        inside.addWidget(label(tr("What was wrong?"), "small"))
        inside.addWidget(chips)
        inside.addWidget(self._comment)

    def show_rating(self, rating: Rating) -> None:
        for reason, chip in self._chips.items():
            chip.setChecked(reason in rating.reasons)
        self._given_comment = rating.comment
        if not self._comment.hasFocus():
            self._comment.setText(rating.comment)

    def _on_comment_edited(self) -> None:
        if self._comment.text().strip() != self._given_comment:
            self._give()

    def _give(self) -> None:
        reasons = [reason for reason, chip in self._chips.items() if chip.isChecked()]
        self._given_comment = self._comment.text().strip()
        self.given.emit(reasons, self._given_comment)


class ReplyActions(QWidget):
    """The row under a reply."""

    thumbed = Signal(bool)
    correction_begun = Signal()
    asked_again = Signal()
    turned = Signal(int)
    copied = Signal()
    undone = Signal()
    reasons_given = Signal(list, str)

    def __init__(self, persona: str) -> None:
        super().__init__()
        self._persona = persona
        self._reasons: Reasons | None = None
        self._up = tool(
            "thumb_up", "thumbs-up", tr("Good reply"), lambda: self._thumb(True), checkable=True
        )
        self._down = tool(
            "thumb_down",
            "thumbs-down",
            tr("Bad reply"),
            lambda: self._thumb(False),
            checkable=True,
        )
        self._correct = tool(
            "correct", "pencil-simple", tr("Correct this reply"), self.correction_begun.emit
        )
        self._again = tool("again", "arrows-clockwise", tr("Answer again"), self.asked_again.emit)
        self._back = tool(
            "alternative_back", "caret-left", tr("Reply before"), lambda: self.turned.emit(-1)
        )
        self._place = label("", "small", name="alternative_place")
        self._next = tool(
            "alternative_next", "caret-right", tr("Next reply"), lambda: self.turned.emit(1)
        )
        self._undo = tool(
            "undo_rating",
            "arrow-counter-clockwise",
            tr("Undo the last rating"),
            self.undone.emit,
        )
        self._outside = column(self)
        self._outside.addLayout(self._row())

    def show_line(self, line: Line, *, busy: bool) -> None:
        rating = line.rating
        value = rating.value if rating else None
        self._up.setChecked(value in ("up", "kept"))
        self._down.setChecked(value in ("down", "dropped"))
        self._undo.setVisible(rating is not None)
        self._again.setEnabled(not busy)
        several = line.places > 1
        for widget in (self._back, self._place, self._next):
            widget.setVisible(several)
        self._place.setText(f"{line.place}/{line.places}")
        self._place.setAccessibleName(
            tr("Reply {place} of {places}", place=line.place, places=line.places)
        )
        self._back.setEnabled(line.place > 1 and not busy)
        self._next.setEnabled(line.place < line.places and not busy)
        self._show_reasons(rating if value in ("down", "dropped") else None)

    def take_focus(self) -> None:
        """Where the keyboard stood before a correction was begun."""
        self._correct.setFocus()

    def set_busy(self, busy: bool) -> None:
        """While a reply is being written there is no other beside it."""
        self._again.setEnabled(not busy)

    def _row(self) -> QHBoxLayout:
        inside = row(gap=2)
        copy = tool("copy_reply", "copy", tr("Copy"), self.copied.emit)
        widgets: tuple[QWidget, ...] = (
            self._up, self._down, self._correct, self._again, copy,
            self._back, self._place, self._next, self._undo,
        )  # fmt: skip
        for widget in widgets:
            inside.addWidget(widget)
        inside.addStretch()
        inside.setAlignment(Qt.AlignmentFlag.AlignLeft)
        return inside

    def _thumb(self, up: bool) -> None:
        self.thumbed.emit(up)

    def _show_reasons(self, rating: Rating | None) -> None:
        if rating is None:
            if self._reasons is not None:
                self._reasons.hide()
            return
        if self._reasons is None:
            self._reasons = Reasons(self._persona)
            self._reasons.given.connect(self.reasons_given)
            self._outside.addWidget(self._reasons)
        self._reasons.show_rating(rating)
        self._reasons.show()
