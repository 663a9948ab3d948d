"""The chat: header, messages, composer, and past conversations at the side."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from app.gui.about_me_dialog import AboutMeDialog
from app.gui.avatar import Avatar
from app.gui.chat_header import ChatHeader
from app.gui.chat_session import ChatSession
from app.gui.composer import CenteredComposer, Composer
from app.gui.controls import clear, column, icon_row, label, row
from app.gui.done_line import DoneLine
from app.gui.example_dialog import ExampleDialog
from app.gui.forget_dialog import ForgetDialog, Target
from app.gui.history_panel import HistoryPanel
from app.gui.message_list import MessageList
from app.gui.reply_keys import listen
from app.gui.session import Session
from app.gui.theme import size, space
from app.gui.title_dialog import TitleDialog
from app.gui.translation import tr
from app.gui.watch_notice import WatchNotice
from app.gui.what_counts_dialog import WhatCountsDialog

TEXT_WIDTH_PX = 420
LEAST_CHAT_PX = 520


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
        self._main = QWidget()
        self._done = DoneLine()
        self._watch = WatchNotice(session)
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
        main = column(self._main)
        main.addWidget(self._header)
        main.addWidget(self._watch)
        main.addWidget(self._notice)
        main.addWidget(self._middle, 1)
        main.addWidget(CenteredComposer(self._composer, size("column")))
        main.addWidget(self._done)
        outside.addWidget(self._main, 1)
        outside.addWidget(self._history)

    def _connect(self) -> None:
        self._composer.said.connect(self._on_composer_said)
        self._composer.stopped.connect(self._chat.stop)
        self._header.history_toggled.connect(self._show_history)
        self._history.chosen.connect(self._on_history_chosen)
        self._history.closed.connect(self._header.history.click)
        self._chat.state_changed.connect(self._on_state_changed)
        self._chat.state_changed.connect(self._look_at_reception)
        self._chat.text_returned.connect(self._on_text_returned)
        self._chat.example_asked.connect(self._show_example)
        self._chat.about_me_asked.connect(self._show_about_me)
        self._chat.ollama_asked.connect(self._show_ollama)
        self._chat.forget_asked.connect(self._ask_forget)
        self._history.forget_asked.connect(self._ask_forget)
        self._session.household_changed.connect(self._on_state_changed)
        self._session.persona_changed.connect(self._on_persona_changed)
        self._connect_judging()
        listen(self._list, self, self._list.press)
        for keys, slot in (
            ("Ctrl+N", self._chat.begin_anew),
            ("Ctrl+H", self._header.history.click),
            ("Ctrl+Z", self._chat.judging.undo),
        ):
            QShortcut(QKeySequence(keys), self, slot)
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("?"), self._list, self._show_what_counts, context=inside)

    def _connect_judging(self) -> None:
        judging = self._chat.judging
        judging.told.connect(self._done.tell)
        judging.removed.connect(self._history.remove)
        judging.retitled.connect(self._history.retitle)
        judging.list_changed.connect(self._on_list_changed)
        self._done.undo_asked.connect(judging.undo)
        self._history.delete_asked.connect(judging.delete)
        self._history.bring_back_asked.connect(self._on_bring_back_asked)
        self._history.rename_asked.connect(self._ask_title)
        self._header.rename_asked.connect(self._ask_title)

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

    def _on_list_changed(self) -> None:
        if self._history.isVisible():
            self._history.reload()

    def _ask_title(self, conversation_id: int, title: str) -> None:
        dialog = TitleDialog(title, self.window())
        dialog.accepted.connect(lambda: self._chat.judging.rename(conversation_id, dialog.title))
        dialog.open()

    def _show_what_counts(self) -> None:
        WhatCountsDialog(self.window()).open()

    def _show_example(self, message_id: int) -> None:
        dialog = ExampleDialog(self._session, message_id, self.window())
        dialog.settings.clicked.connect(dialog.accept)
        dialog.settings.clicked.connect(self._show_about_me)
        dialog.open_talk.clicked.connect(dialog.accept)
        dialog.open_talk.clicked.connect(lambda: self._open_example(dialog.conversation_id))
        dialog.open()

    def _open_example(self, conversation_id: int | None) -> None:
        if conversation_id is not None:
            self._on_history_chosen(conversation_id)

    def _show_about_me(self) -> None:
        card = self._session.card
        if card is not None:
            AboutMeDialog(self._session, card, self.window()).open()

    def _show_ollama(self) -> None:
        card = self._session.card
        if card is not None:
            # It would delay a window that opens.
            from app.gui.ollama_dialog import OllamaDialog

            OllamaDialog(self._session, card, self.window(), self._chat.from_ollama).open()

    def _ask_forget(self, target: Target) -> None:
        self._chat.stop()
        dialog = ForgetDialog(self._session, target, self.window())
        dialog.forgotten.connect(self._chat.show_what_is_left)
        dialog.forgotten.connect(self._history.reload)
        dialog.open()

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

    def _look_at_reception(self) -> None:
        """With every reply and every word on one; not while the store is needed for the next."""
        if not self._chat.answering:
            self._watch.refresh()

    def _on_persona_changed(self) -> None:
        self._on_state_changed()
        if self._history.isVisible():
            self._history.reload()

    def _on_history_chosen(self, conversation_id: int) -> None:
        self._make_room()
        self._chat.load(conversation_id)
        self._composer.take_focus()

    def _on_bring_back_asked(self, conversation_id: int) -> None:
        self._make_room()
        self._chat.judging.bring_back(conversation_id)

    def _make_room(self) -> None:
        """A conversation that was chosen is shown, also where the list stands in its place."""
        if self._main.isHidden():
            self._header.history.click()

    def _show_history(self, shown: bool) -> None:
        self._history.setVisible(shown)
        self._fit()
        if shown:
            self._history.begin()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is no room for both, the past stands in the place of the conversation."""
        narrow = self.width() < LEAST_CHAT_PX + size("history")
        shown = not self._history.isHidden()
        self._history.set_wide(narrow)
        self._main.setVisible(not (narrow and shown))
