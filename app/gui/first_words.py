"""Under the composer, before a persona was ever talked to: three things to say to it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.gui.controls import button, clear, column, label, row
from app.gui.flow import Flow
from app.gui.session import Session
from app.gui.stylesheet import SCROLL_BAR_PX
from app.gui.theme import size, space
from app.gui.translation import current_language, tr
from app.operations import personas
from app.operations.personas import PersonaCard

_Suggestions = dict[str, tuple[str, str, str]]

# In the languages of personas, which need not be that of the window; by the template's name.
_OF_TEMPLATES: dict[str, _Suggestions] = {
    "Sunny": {
        "en": (
            "I keep putting off a letter. How do I begin?",
            "Cheer me up in three sentences.",
            "What would make tomorrow morning easier?",
        ),
        "ko": (
            "미루던 편지를 어떻게 시작하면 좋을까?",
            "세 문장으로 기운 나게 해 줘.",
            "내일 아침을 편하게 하려면 뭘 해 두면 좋을까?",
        ),
    },
    "Technical": {
        "en": (
            "How do I reverse a list in Python?",
            "What does git rebase do?",
            "Show me a race condition in ten lines.",
        ),
        "ko": (
            "파이썬에서 리스트를 어떻게 뒤집지?",
            "git rebase는 무슨 일을 해?",
            "경쟁 상태를 열 줄짜리 코드로 보여 줘.",
        ),
    },
    "Professional": {
        "en": (
            "Write a short note that moves a meeting to Friday.",
            "Help me decline an invitation politely.",
            "How should a letter of application begin?",
        ),
        "ko": (
            "회의를 금요일로 옮기자는 짧은 메일을 써 줘.",
            "초대를 정중하게 거절하도록 도와줘.",
            "지원서의 첫 문장은 어떻게 쓰면 좋을까?",
        ),
    },
}
_OF_ANYBODY: _Suggestions = {
    "en": (
        "What can you help me with?",
        "Tell me something worth knowing in three sentences.",
        "Ask me a question to get to know me.",
    ),
    "ko": (
        "나를 어떻게 도와줄 수 있어?",
        "알아 두면 좋은 것을 세 문장으로 알려 줘.",
        "나를 알아 가기 위한 질문을 하나 해 줘.",
    ),
}


class FirstWords(QWidget):
    """Hidden but for the first conversation of a persona."""

    chosen = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("first_words")
        self.setProperty("kind", "footer")
        self._session = session
        self._asked_for: PersonaCard | None = None
        self._inside = column(gap=space("hair"))
        gap = space("large") + SCROLL_BAR_PX
        outside = row(self, margins=(gap, space("hair"), gap, space("hair")))
        column_of_page = QWidget()
        column_of_page.setLayout(self._inside)
        column_of_page.setMaximumWidth(size("column"))
        outside.addStretch(1)
        outside.addWidget(column_of_page, 100)
        outside.addStretch(1)
        self.hide()

    def show_for(self, card: PersonaCard | None) -> None:
        """Suggest what this persona could be asked, if nobody ever did; without one be hidden."""
        if card == self._asked_for:
            return
        self._asked_for = card
        self.hide()
        if card is None:
            return
        persona_id = card.persona.id
        self._session.ask(
            lambda store: bool(store.conversations.page(persona_id, limit=1)),
            lambda known: self._show(card) if not known and card == self._asked_for else None,
        )

    def _show(self, card: PersonaCard) -> None:
        clear(self._inside)
        self._inside.addWidget(label(tr("Write something, or begin with one of these:"), "small"))
        words = Flow(gap=space("small"))
        for number, text in enumerate(suggestions(card)):
            made = button(f"first_words_{number}", text, "chip")
            made.setToolTip(tr("Says this as your first message"))
            made.clicked.connect(lambda _on=False, each=text: self._on_clicked(each))
            words.add(made)
        self._inside.addWidget(words)
        self.show()

    def _on_clicked(self, text: str) -> None:
        self.hide()
        self.chosen.emit(text)


def suggestions(card: PersonaCard) -> tuple[str, str, str]:
    """Three first messages that fit the persona's template, in a language that it speaks."""
    persona = card.persona
    names = {each.system_prompt: each.name for each in personas.templates()}
    own = _OF_TEMPLATES.get(names.get(persona.system_prompt, ""), _OF_ANYBODY)
    able = persona.languages
    if card.base is not None and card.base.languages:
        able = tuple(each for each in able if each in card.base.languages) or able
    wanted = current_language() if current_language() in able else next(iter(able), "en")
    return own.get(wanted, own["en"])
