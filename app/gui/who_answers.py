"""Who answers for a persona in this window: the built-in runtime, or its model in Ollama."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from app.gui.answering import FromOllama
from app.gui.controls import column, label
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.personas import PersonaCard


class WhoAnswers(QWidget):
    """Two answers; the second only where the persona is live in Ollama."""

    def __init__(self, session: Session, card: PersonaCard, last: FromOllama | None) -> None:
        super().__init__()
        self.setObjectName("who_answers")
        self._session = session
        self._persona_id = card.persona.id
        self._wanted = card.source.answers is not None
        self._here = _radio(
            "answer_here", tr("Perennial: a switch to another persona is instant"),
            tr("For when you talk to several personas in turn"),
        )  # fmt: skip
        self._there = _radio(
            "answer_in_ollama", tr("Ollama"), tr("To hear exactly what other programs hear")
        )
        self._group = QButtonGroup(self)
        for each in (self._here, self._there):
            self._group.addButton(each)
        (self._there if self._wanted else self._here).setChecked(True)
        self._group.buttonClicked.connect(lambda _button: self._on_chosen())
        name = card.persona.name
        inside = column(self, gap=space("hair"))
        inside.addWidget(label(tr("Who answers as {name} in this window", name=name), "section"))
        inside.addWidget(self._here)
        inside.addWidget(self._there)
        about = tr("Ollama loads the whole model again whenever another persona answers.")
        inside.addWidget(label(about, "small", wrap=True))
        if last is not None and last.persona_id == self._persona_id:
            inside.addWidget(label(first_word(last), "small", name="last_from_ollama", wrap=True))

    def show_model(self, *, there: bool) -> None:
        """Offer Ollama where it answers as the persona does here; the way back is always open."""
        self.setVisible(there or self._there.isChecked())
        self._there.setEnabled(there)

    def _on_chosen(self) -> None:
        self._session.choose_who_answers(self._persona_id, in_ollama=self._there.isChecked())


def first_word(last: FromOllama) -> str:
    """How long the last reply through Ollama let itself be waited for."""
    seconds = f"{last.first_token_s:.1f}"
    if last.was_loaded:
        return tr("The last reply there began after {seconds} s.", seconds=seconds)
    return tr(
        "The last reply there began after {seconds} s, with the model loaded for it.",
        seconds=seconds,
    )


def _radio(name: str, words: str, tip: str) -> QRadioButton:
    made = QRadioButton(words)
    made.setToolTip(tip)
    made.setObjectName(name)
    made.setAccessibleName(words)
    return made
