"""The chat: header, messages, composer, and past conversations at the side."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from app.gui.about_me_dialog import AboutMeDialog
from app.gui.chat_header import ChatHeader
from app.gui.chat_session import ChatSession
from app.gui.composer import CenteredComposer, Composer
from app.gui.controls import column, icon_row, label, row
from app.gui.done_line import DoneLine
from app.gui.empty_chat import EmptyChat
from app.gui.example_dialog import ExampleDialog
from app.gui.first_words import FirstWords
from app.gui.forget_dialog import ForgetDialog, Target
from app.gui.history_panel import HistoryPanel
from app.gui.keys import BoundKey
from app.gui.message_list import MessageList
from app.gui.reply_keys import listen
from app.gui.schedule_notice import ScheduleNotice
from app.gui.session import Session
from app.gui.theme import fitted, size, space
from app.gui.title_dialog import TitleDialog
from app.gui.translation import tr
from app.gui.watch_notice import WatchNotice
from app.gui.what_counts_dialog import WhatCountsDialog
from app.operations.attaching import tokens_about

LEAST_CHAT_PX = 520


class ChatPage(QWidget):
    """One conversation at a time."""

    review_asked = Signal()

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
        self._schedule = ScheduleNotice(session)
        self._first = FirstWords(session)
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
        return self._composer.draft

    def set_draft(self, text: str) -> None:
        self._composer.set_draft(text)

    def show_message(self, conversation_id: int, message_id: int) -> None:
        """Open a conversation at something that was said in it."""
        self._make_room()
        self._chat.load_at(message_id)

    def _lay_out(self) -> None:
        outside = row(self)
        main = column(self._main)
        main.addWidget(self._header)
        main.addWidget(self._watch)
        main.addWidget(self._schedule)
        main.addWidget(self._notice)
        main.addWidget(self._middle, 1)
        main.addWidget(CenteredComposer(self._composer, size("column")))
        main.addWidget(self._first)
        main.addWidget(self._done)
        outside.addWidget(self._main, 1)
        outside.addWidget(self._history)

    def _connect(self) -> None:
        self._composer.said.connect(self._on_composer_said)
        self._composer.stopped.connect(self._chat.stop)
        self._first.chosen.connect(self._on_composer_said)
        self._schedule.review_asked.connect(self.review_asked)
        self._composer.files_given.connect(self._chat.read_files)
        self._chat.files_read.connect(self._composer.tray.take)
        self._chat.message_sought.connect(self._on_message_sought)
        self._header.history_toggled.connect(self._show_history)
        self._history.chosen.connect(self._on_history_chosen)
        self._history.closed.connect(self._header.history.click)
        self._chat.state_changed.connect(self._on_state_changed)
        self._chat.state_changed.connect(self._look_at_reception)
        self._chat.text_returned.connect(self._composer.put_before)
        self._chat.example_asked.connect(self._show_example)
        self._chat.about_me_asked.connect(self._show_about_me)
        self._chat.ollama_asked.connect(self._show_ollama)
        self._chat.forget_asked.connect(self._ask_forget)
        self._history.forget_asked.connect(self._ask_forget)
        self._history.search_asked.connect(self._on_search_asked)
        self._session.household_changed.connect(self._on_state_changed)
        self._session.persona_changed.connect(self._on_persona_changed)
        self._session.held_changed.connect(self._show_room)
        self._connect_judging()
        listen(self._list, self, self._list.press)
        for verb_id, slot in (
            ("chat.new", self._chat.begin_anew),
            ("chat.history", self._header.history.click),
            ("chat.undo", self._chat.judging.undo),
        ):
            BoundKey(self, verb_id, slot)
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        BoundKey(self._list, "counts", self._show_what_counts, inside)

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
        self._composer.take_focus()  # a suggestion that was clicked is gone by now
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

    def _on_search_asked(self, words: str) -> None:
        window: Any = self.window()
        window.open_search(words)

    def _on_message_sought(self, message_id: int) -> None:
        self._list.show_message(message_id)
        self._composer.take_focus()

    def _on_state_changed(self) -> None:
        card = self._session.card
        self._composer.speak_to(card.persona.name if card else "")
        self._composer.set_answering(self._chat.answering, stopping=self._chat.stopping)
        self._notice.setVisible(self._chat.off_record)
        self._empty.refresh()
        filled = bool(self._chat.model.rows)
        self._middle.setCurrentWidget(self._list if filled else self._empty)
        quiet = not (filled or self._chat.answering or self._chat.off_record)
        self._first.show_for(card if quiet else None)
        self._show_room()

    def _show_room(self) -> None:
        """How much the model reads at once, as far as that is known, and what of it is taken."""
        card, held = self._session.card, self._session.held
        holds = held.context_tokens if held is not None else 0
        if card is None or card.source.answers is not None or not holds:
            self._composer.set_room(None, 0)
            return
        said = [card.persona.system_prompt, *(row.text for row in self._chat.model.rows)]
        self._composer.set_room(holds, sum(tokens_about(each) for each in said))

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
        narrow = self.width() < fitted(LEAST_CHAT_PX) + size("history")
        shown = not self._history.isHidden()
        self._history.set_wide(narrow)
        self._main.setVisible(not (narrow and shown))
