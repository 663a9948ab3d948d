"""Under a reply: what rode along with its question, to be looked at and switched off."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.gui.controls import button, column, label
from app.gui.flow import Flow
from app.gui.theme import fitted, space
from app.gui.translation import tr
from app.store.values import GivenExample

WORDS_LENGTH = 40


class HelpLine(QWidget):
    """The examples by their first words, and the note; hidden where nothing helped."""

    example_chosen = Signal(int)
    note_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("help_line")
        self._shown: tuple[tuple[GivenExample, ...], bool] = ((), False)
        self._parts: Flow | None = None
        self._inside = column(self, margins=(0, space("hair"), 0, 0))
        self.hide()

    def show_help(self, examples: Sequence[GivenExample], *, with_note: bool) -> None:
        """Say what helped; a line that says so already is left alone."""
        shown = tuple(examples), with_note
        if shown == self._shown:
            return
        self._shown = shown
        if self._parts is not None:
            self._inside.removeWidget(self._parts)
            self._parts.hide()
            self._parts.deleteLater()
        self._parts = self._made(*shown)
        self._inside.addWidget(self._parts)
        self.setVisible(bool(examples) or with_note)

    def _made(self, examples: Sequence[GivenExample], with_note: bool) -> Flow:
        parts = Flow(gap=space("small"))
        words = label(tr("Helped by"), "small")
        words.setFixedHeight(fitted(30))  # in the middle of the buttons beside it
        parts.add(words)
        for example in examples:
            parts.add(self._example(example))
        if with_note:
            tip = tr("Your note was sent with the question; opens it, to be changed or left out")
            parts.add(
                button("helped_by_note", tr("your note"), "chip", self.note_chosen.emit, tip=tip)
            )
        return parts

    def _example(self, example: GivenExample) -> QPushButton:
        words = first_words(example.words)
        tip = tr("A reply that you approved was sent as an example; shows it")
        made = button(f"helped_by_{example.message_id}", "", "chip", tip=tip)
        made.setText(f"“{words}”".replace("&", "&&"))  # an ampersand would mark a key
        made.setAccessibleName(tr("Example: {words}", words=words))
        made.clicked.connect(lambda: self.example_chosen.emit(example.message_id))
        return made


def first_words(text: str) -> str:
    """The beginning of a question in one line."""
    line = " ".join(text.split())
    return line if len(line) <= WORDS_LENGTH else f"{line[:WORDS_LENGTH].rstrip()}…"
