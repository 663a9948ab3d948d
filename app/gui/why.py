"""The small *Why?* and *What is this?* beside a verdict, a flag and a word of the training."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from app.gui.controls import CLOSES, button, column, label, row, tool
from app.gui.fitted_dialog import FittedDialog
from app.gui.theme import space
from app.gui.translation import tr

WIDTH_PX = 480


class WhyDialog(FittedDialog):
    """Some headings with what is to be said of each."""

    def __init__(self, title: str, told: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("why_dialog")
        self.setWindowTitle(title)
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(title, "title", wrap=True))
        for heading, words in told:
            block = column(gap=space("hair"))
            block.addWidget(label(heading, "strong", name="why_heading", wrap=True))
            block.addWidget(label(words, name="why_words", wrap=True))
            inside.addLayout(block)
        inside.addStretch()
        buttons = row()
        buttons.addStretch()
        close = button("why_close", tr("Close"), "plain", self.accept, tip=tr(CLOSES))
        buttons.addWidget(close)
        inside.addLayout(buttons)


def what_is(term: str, name: str) -> QPushButton:
    """A small button that opens the glossary at a word of it."""
    words = tr("What is this?")
    made = button(
        name, words, "fold", lambda: _look_up(made, term), icon="question", tip=_tip(term)
    )
    made.setAccessibleName(f"{words} {tr(term)}")
    return made


def what_is_sign(term: str, name: str) -> QToolButton:
    """The same where words have no room, as beside a title."""
    made = tool(name, "question", _tip(term))
    made.clicked.connect(lambda: _look_up(made, term))
    return made


def _tip(term: str) -> str:
    return tr("Looks up “{word}” in the glossary", word=tr(term))


def _look_up(place: QWidget, term: str) -> None:
    # Nobody waits for the words of the glossary to see a page.
    from app.gui.glossary_dialog import open_glossary

    open_glossary(place.window(), term)
