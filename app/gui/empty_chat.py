"""What stands in the place of messages while there are none."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.gui.avatar import Avatar
from app.gui.chat_session import ChatSession
from app.gui.controls import clear, column, label
from app.gui.session import Session
from app.gui.text_parts import shortened
from app.gui.theme import fitted, space
from app.gui.translation import tr

TEXT_WIDTH_PX = 420


class EmptyChat(QWidget):
    """What stands there before the first message."""

    def __init__(self, session: Session, chat: ChatSession) -> None:
        super().__init__()
        self.setObjectName("empty_chat")
        self._session = session
        self._chat = chat
        self._inside = column(self, margins=(space("huge"), space("small")) * 2, gap=space("small"))
        self.refresh()

    def refresh(self) -> None:
        clear(self._inside)
        card = self._session.card
        if card is None:
            return
        middle = Qt.AlignmentFlag.AlignHCenter
        name = shortened(card.persona.name, 24)
        if self._chat.off_record:
            title = tr("Off the record with {name}", name=name)
            text = tr("Nothing said here is stored or learned from. Closing it forgets it.")
        else:
            title = tr("Talk to {name}", name=name)
            text = tr(
                "Rate or correct the replies as you go. Each one that you approve is something"
                " {name} can learn from this month.",
                name=name,
            )
        words = label(text, "soft", wrap=True)
        words.setAlignment(middle)
        words.ensurePolished()
        width = fitted(TEXT_WIDTH_PX)
        words.setFixedSize(width, words.heightForWidth(width))
        self._inside.addStretch(2)
        self._inside.addWidget(Avatar(name, card.persona.colour, 56), alignment=middle)
        self._inside.addSpacing(space("small"))
        self._inside.addWidget(label(title, "title"), alignment=middle)
        self._inside.addWidget(words, alignment=middle)
        self._inside.addStretch(3)
