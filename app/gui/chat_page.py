"""The chat: header, messages, composer, and past conversations at the side."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from app.gui.avatar import Avatar
from app.gui.chat_header import ChatHeader
from app.gui.chat_session import ChatSession
from app.gui.composer import CenteredComposer, Composer
from app.gui.controls import clear, column, icon_row, label, row
from app.gui.history_panel import HistoryPanel
from app.gui.message_list import MessageList
from app.gui.session import Session
from app.gui.theme import size, space
from app.gui.translation import tr

TEXT_WIDTH_PX = 420


class EmptyChat(QWidget):
    """What stands there before the first message."""

    def __init__(self, session: Session, chat: ChatSession) -> None:
        super().__init__()
        self.setObjectName("empty_chat")
        self._session = session
        self._chat = chat
        self._inside = column(self, margins=space("huge"), gap=space("small"))
        self.refresh()

    def refresh(self) -> None:
        clear(self._inside)
        card = self._session.card
        if card is None:
            return
        middle = Qt.AlignmentFlag.AlignHCenter
        name = card.persona.name
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
        words.setFixedSize(TEXT_WIDTH_PX, words.heightForWidth(TEXT_WIDTH_PX))
        self._inside.addStretch(2)
        self._inside.addWidget(Avatar(name, card.persona.colour, 56), alignment=middle)
        self._inside.addSpacing(space("small"))
        self._inside.addWidget(label(title, "title"), alignment=middle)
        self._inside.addWidget(words, alignment=middle)
        self._inside.addStretch(3)


class ChatPage(QWidget):
    """One conversation at a time."""

    def __init__(self, session: Session, chat: ChatSession) -> None:
        super().__init__()
        self.setObjectName("chat_page")
        self.setProperty("kind", "page")
        self._session = session
        self._chat = chat
        self._header = ChatHeader(session, chat)
        self._list = MessageList(session, chat)
        self._empty = EmptyChat(session, chat)
        self._composer = Composer()
        self._history = HistoryPanel(session)
        self._history.hide()
        self._notice = self._off_record_notice()
        self._middle = QStackedWidget()
        self._middle.addWidget(self._empty)
        self._middle.addWidget(self._list)
        self._lay_out()
        self._connect()
        self._on_state_changed()

    def take_focus(self) -> None:
        self._composer.take_focus()

    @property
    def draft(self) -> str:
        """What is written and not said yet."""
        return self._composer.editor.toPlainText()

    def set_draft(self, text: str) -> None:
        self._composer.editor.setPlainText(text)
        self._composer.editor.moveCursor(QTextCursor.MoveOperation.End)

    def _lay_out(self) -> None:
        outside = row(self)
        main = column()
        main.addWidget(self._header)
        main.addWidget(self._notice)
        main.addWidget(self._middle, 1)
        main.addWidget(CenteredComposer(self._composer, size("column")))
        outside.addLayout(main, 1)
        outside.addWidget(self._history)

    def _connect(self) -> None:
        self._composer.said.connect(self._on_composer_said)
        self._composer.stopped.connect(self._chat.stop)
        self._header.history_toggled.connect(self._show_history)
        self._history.chosen.connect(self._on_history_chosen)
        self._history.closed.connect(self._header.history.click)
        self._chat.state_changed.connect(self._on_state_changed)
        self._chat.text_returned.connect(self._on_text_returned)
        self._session.household_changed.connect(self._on_state_changed)
        self._session.persona_changed.connect(self._on_persona_changed)
        for keys, slot in (
            ("Ctrl+N", self._chat.begin_anew),
            ("Ctrl+H", self._header.history.click),
        ):
            QShortcut(QKeySequence(keys), self, slot)

    def _off_record_notice(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("off_record_notice")
        frame.setProperty("kind", "notice")
        inside = row(frame, margins=(space("large"), 8, space("large"), 8), gap=space("small"))
        inside.addWidget(icon_row("eye-slash", "warning"))
        inside.addWidget(label(tr("Off the record: nothing said here is stored."), wrap=True), 1)
        return frame

    def _on_composer_said(self, text: str) -> None:
        self._chat.say(text)
        self._list.scroll_to_end()

    def _on_text_returned(self, text: str) -> None:
        """Before what was written since then."""
        self.set_draft(f"{text}\n\n{self.draft}" if self.draft.strip() else text)

    def _on_state_changed(self) -> None:
        card = self._session.card
        self._composer.speak_to(card.persona.name if card else "")
        self._composer.set_answering(self._chat.answering, stopping=self._chat.stopping)
        self._notice.setVisible(self._chat.off_record)
        self._empty.refresh()
        filled = bool(self._chat.model.rows)
        self._middle.setCurrentWidget(self._list if filled else self._empty)

    def _on_persona_changed(self) -> None:
        self._on_state_changed()
        if self._history.isVisible():
            self._history.reload()

    def _on_history_chosen(self, conversation_id: int) -> None:
        self._chat.load(conversation_id)
        self._composer.take_focus()

    def _show_history(self, shown: bool) -> None:
        self._history.setVisible(shown)
        if shown:
            self._history.reload()
            self._history.search.setFocus()
