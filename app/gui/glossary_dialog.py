"""The words that the window uses, each in a sentence or two."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from app.glossary_words import TERMS, Term
from app.gui.controls import CLOSES, button, clear, column, label, row, scrolled
from app.gui.fitted_dialog import FittedDialog
from app.gui.flow import Scrolling
from app.gui.theme import space
from app.gui.translation import tr

WIDTH_PX, HEIGHT_PX = 560, 600


class GlossaryDialog(FittedDialog):
    """Searched by the word, in either language, and by what is said of it."""

    def __init__(self, parent: QWidget, word: str = "") -> None:
        super().__init__(WIDTH_PX, parent, HEIGHT_PX)
        self.setObjectName("glossary_dialog")
        self.setWindowTitle(tr("Glossary"))
        self._search = QLineEdit(word)
        self._search.setObjectName("glossary_search")
        self._search.setAccessibleName(tr("Find a word"))
        self._search.setPlaceholderText(tr("Find a word"))
        self._search.setToolTip(tr("Shows the words that hold this, also in what is said of them"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._show)
        self._terms = column(gap=space("medium"))
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Glossary"), "title"))
        inside.addWidget(self._search)
        holder = Scrolling()
        holder.setLayout(self._terms)
        inside.addWidget(scrolled(holder), 1)
        buttons = row()
        buttons.addStretch()
        buttons.addWidget(
            button("glossary_close", tr("Close"), "plain", self.accept, tip=tr(CLOSES))
        )
        inside.addLayout(buttons)
        self._show(word)

    def _show(self, typed: str) -> None:
        clear(self._terms)
        found = found_terms(typed)
        for term in found:
            self._terms.addWidget(_term_part(term))
        if not found:
            words = tr("No word holds “{typed}”. Try a shorter one.", typed=typed.strip())
            self._terms.addWidget(label(words, "soft", name="glossary_nothing", wrap=True))
        self._terms.addStretch()


def open_glossary(parent: QWidget, term: str = "") -> None:
    """All words, or those around one of them."""
    GlossaryDialog(parent, tr(term) if term else "").open()


def found_terms(typed: str) -> list[Term]:
    """The terms that hold what was typed; those whose name does come first, by the alphabet."""
    wanted = typed.strip().casefold()

    def named(term: Term) -> bool:
        return wanted in term.word.casefold() or wanted in tr(term.word).casefold()

    found = [term for term in TERMS if named(term) or wanted in tr(term.meaning).casefold()]
    return sorted(found, key=lambda term: (not named(term), tr(term.word).casefold()))


def _term_part(term: Term) -> QWidget:
    made = QWidget()
    made.setObjectName("glossary_term")
    inside = column(made, gap=2)
    line = row(gap=space("small"))
    line.addWidget(label(tr(term.word), "strong", wrap=True), 1)
    if tr(term.word) != term.word:
        line.addWidget(label(term.word, "small"))
    inside.addLayout(line)
    inside.addWidget(label(tr(term.meaning), wrap=True))
    return made
