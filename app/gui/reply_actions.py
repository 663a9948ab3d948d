"""Under a reply: thumbs, reasons, correct, again, copy, undo."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QToolButton, QWidget

from app.gui.alternatives import Alternatives
from app.gui.controls import button, column, label, row, tool
from app.gui.flow import Flow
from app.gui.help_line import first_words
from app.gui.keys import with_keys
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.chat import Line
from app.operations.rating import REASONS
from app.store.values import Rating


def reason_words(name: str) -> dict[str, str]:
    """The reasons of a thumb down, in words."""
    words = (
        tr("too long"),
        tr("too short"),
        tr("wrong language"),
        tr("wrong fact"),
        tr("not like {name}", name=first_words(name)),
        tr("bad code"),
        tr("unsafe"),
        tr("something else"),
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
        tip = tr("Keeps this as what was wrong with the reply; press again to take it back")
        for reason, words in reason_words(persona).items():
            chip = button(f"reason_{reason}", words, "chip", self._give, tip=tip)
            chip.setCheckable(True)
            self._chips[reason] = chip
            chips.add(chip)
        self._comment = QLineEdit()
        self._comment.setObjectName("comment")
        self._comment.setAccessibleName(tr("Comment"))
        self._comment.setToolTip(tr("What was wrong, where none of the reasons above says it"))
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
    picked = Signal()
    accepted = Signal()
    more_asked = Signal(QWidget)

    def __init__(self, persona: str) -> None:
        super().__init__()
        self._persona = persona
        self._reasons: Reasons | None = None
        self._line: Line | None = None
        self._up = tool(
            "thumb_up", "thumbs-up", tr("Good reply"), lambda: self._thumb(True), checkable=True
        )
        self._better = button("better", "", "chip", self._pick)
        self._better.setCheckable(True)
        self._there = self._rated_there()
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
        self._places = Alternatives(tr("Reply before"), tr("Next reply"))
        self._places.turned.connect(self.turned)
        self._undo = tool(
            "undo_rating",
            "arrow-counter-clockwise",
            tr("Undo the last rating"),
            self.undone.emit,
        )
        self._outside = column(self)
        self._outside.addLayout(self._row())
        self._outside.addWidget(self._there)
        self._name_keys()

    def show_line(self, line: Line, *, busy: bool) -> None:
        self._line = line
        self._show_word(line)
        self._show_pick(line)
        self._again.setEnabled(not busy)
        self._places.show_place(line.place, line.places, busy=busy)
        bad = line.rating is not None and line.rating.value in ("down", "dropped")
        self._show_reasons(line.rating if bad else None)

    def press(self, name: str) -> None:
        """A keystroke for a control, where it is of use now."""
        controls = (self._up, self._down, self._correct, self._again, self._better)
        for control in controls:
            if control.objectName() == name and control.isVisible():
                control.click()

    def _show_word(self, line: Line) -> None:
        """What was said of the reply; a word from elsewhere is outlined."""
        rating = line.rating
        value = rating.value if rating else None
        there = rating is not None and rating.origin == "import"
        for thumb, values in ((self._up, ("up", "kept")), (self._down, ("down", "dropped"))):
            thumb.setChecked(value in values and not there)
            _outline(thumb, value in values and there)
        self._there.setVisible(there)
        self._undo.setVisible(rating is not None and not there)

    def _show_pick(self, line: Line) -> None:
        """Which of several replies was picked, and by whom."""
        self._better.setVisible(line.places > 1)
        self._better.setChecked(line.picked == "user")
        words = {"user": tr("Picked"), "import": tr("Picked there")}
        text = words.get(line.picked or "", tr("Better"))
        self._better.setText(text)
        self._better.setAccessibleName(text)
        tip = tr("Better than the other replies to this message")
        if line.picked == "user":
            tip = tr("Better than the other replies; press again to take it back")
        elif line.picked == "import":
            tip = tr("Picked in the program it came from; press to make it your pick")
        self._better.setToolTip(with_keys(tip, "better"))

    def _rated_there(self) -> QWidget:
        """For a word that came with an import: shown, and one press makes it the user's."""
        made = QWidget()
        inside = row(made, margins=(0, space("hair"), 0, 0), gap=space("small"))
        inside.addWidget(label(tr("Rated there; it counts once you say so."), "small"))
        tip = tr("Counts the rating as yours, so that a training goes by it")
        inside.addWidget(
            button("accept_rating", tr("Make it mine"), "chip", self.accepted.emit, tip=tip)
        )
        inside.addStretch()
        made.setObjectName("rated_there")
        made.hide()
        return made

    def _name_keys(self) -> None:
        counts = with_keys(tr("What counts"), "counts")
        for control, words, verb_ids, more in (
            (self._up, tr("Good reply"), ("thumb_up", "chat.thumb_up"), f"\n{counts}"),
            (self._down, tr("Bad reply"), ("thumb_down", "chat.thumb_down"), f"\n{counts}"),
            (self._correct, tr("Correct this reply"), ("correct",), ""),
            (self._again, tr("Answer again"), ("again",), ""),
        ):
            control.setToolTip(with_keys(words, *verb_ids) + more)

    def take_focus(self) -> None:
        """Where the keyboard stood before a correction was begun."""
        self._correct.setFocus()

    def set_busy(self, busy: bool) -> None:
        """While a reply is being written there is no other beside it."""
        self._again.setEnabled(not busy)
        self._places.set_busy(busy)

    def _row(self) -> QHBoxLayout:
        inside = row(gap=2)
        copy = tool("copy_reply", "copy", tr("Copy"), self.copied.emit)
        more = tool("more", "dots-three", tr("More"), lambda: self.more_asked.emit(more))
        widgets: tuple[QWidget, ...] = (
            self._up, self._down, self._correct, self._again, copy,
            self._places, self._better, self._undo, more,
        )  # fmt: skip
        for widget in widgets:
            inside.addWidget(widget)
        inside.addStretch()
        inside.setAlignment(Qt.AlignmentFlag.AlignLeft)
        return inside

    def _thumb(self, up: bool) -> None:
        self.thumbed.emit(up)
        self._show_stored()

    def _pick(self) -> None:
        self.picked.emit()
        self._show_stored()

    def _show_stored(self) -> None:
        """A press shows once it is stored: one that failed must not look done."""
        if self._line is not None:
            self._show_word(self._line)
            self._show_pick(self._line)

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


def _outline(thumb: QToolButton, on: bool) -> None:
    """A thumb that was given elsewhere is outlined, not filled."""
    if thumb.property("there") != on:
        thumb.setProperty("there", on)
        thumb.style().unpolish(thumb)
        thumb.style().polish(thumb)
