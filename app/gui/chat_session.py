"""A conversation that is going on; it outlives the widgets that show it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.gui.message_model import MessageModel, Shown
from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import explain
from app.operations import chat, rating
from app.operations.chat import Talk
from app.store.store import Store
from app.store.values import Message

FLUSH_EVERY_MS = 50


class ChatSession(QObject):
    """Loads, says, streams, rates; one reply at a time."""

    state_changed = Signal()
    text_arrived = Signal(str)
    text_returned = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.model = MessageModel(self)
        self.talk = Talk(None, ())
        self.off_record = False
        self.never_train = False
        self.answering = False
        self._place = 0  # changes when another conversation comes on
        self._arrived = ""
        self._stop = threading.Event()
        self._flush = QTimer(self)
        self._flush.setInterval(FLUSH_EVERY_MS)
        self._flush.timeout.connect(self._show_arrived)
        self.text_arrived.connect(self._on_text_arrived)
        session.persona_changed.connect(self._on_persona_changed)

    def load(self, conversation_id: int) -> None:
        """Show a conversation of the past."""
        self.stop()
        self.off_record = False
        self._session.ask(
            lambda store: chat.read(store, conversation_id), lambda talk: self._show(talk, True)
        )

    def begin_anew(self) -> None:
        """An empty conversation, which is stored with its first message."""
        self.stop()
        self.never_train = False
        self._show(Talk(None, ()), True)

    def set_off_record(self, on: bool) -> None:
        """Talk without anything being stored; going back forgets what was said."""
        if on == self.off_record:
            return
        self.stop()
        self.off_record = on
        if on:
            self._show(Talk(None, ()), True)
        else:
            self._load_latest()

    def set_never_train(self, on: bool) -> None:
        """Keep a conversation, but never learn from it."""
        self.never_train = on
        conversation = self.talk.conversation
        if conversation is not None and conversation.never_train != on:
            conversation_id = conversation.id
            self._session.ask(
                lambda store: chat.set_never_train(store, conversation_id, on),
                self._on_talk_changed,
            )
        self.state_changed.emit()

    def say(self, text: str) -> None:
        """Say something and have it answered."""
        card = self._session.card
        if card is None or self.answering or not text.strip():
            return
        persona = card.persona
        if self.off_record:
            self._say_off_record(persona.id, text)
            return
        conversation_id = self.talk.conversation.id if self.talk.conversation else None
        never_train = self.never_train
        place = self._place
        self._begin_answer()

        def work(store: Store) -> tuple[int, Talk]:
            question = chat.ask(store, persona, conversation_id, text, never_train=never_train)
            return question.id, chat.read(store, question.conversation_id)

        def asked(question: tuple[int, Talk]) -> None:
            if place == self._place:
                self._show(question[1], False)
                self._append(Shown("assistant", "", streaming=True))
            assert question[1].conversation is not None
            self._answer(persona.id, question[0], question[1].conversation.id)

        self._session.ask(work, asked, lambda error: self._on_not_said(error, text))

    def again(self, message_id: int) -> None:
        """Another reply in the place of this one."""
        card = self._session.card
        message = self._message(message_id)
        if card is None or self.answering or message is None:
            return
        asked = message.id if message.role == "user" else message.parent_id
        if asked is None:
            return
        rows = [row for row in self.model.rows if (row.message_id or 0) <= asked]
        self._begin_answer()
        self.model.put([*rows, Shown("assistant", "", streaming=True)], anew=False)
        self._answer(card.persona.id, asked, message.conversation_id)

    def stop(self) -> None:
        """End the reply that is being written; what arrived is kept."""
        self._stop.set()

    def turn_to(self, message_id: int, by: int) -> None:
        """The next alternative of a reply, or the one before."""
        self._change(message_id, lambda store: chat.step(store, message_id, by))

    def thumb(self, message_id: int, up: bool) -> None:
        verb = rating.thumb_up if up else rating.thumb_down
        self._change(message_id, lambda store: verb(store, message_id))

    def give_reasons(self, message_id: int, reasons: list[str], comment: str) -> None:
        self._change(
            message_id, lambda store: rating.give_reasons(store, message_id, reasons, comment)
        )

    def correct(self, message_id: int, text: str) -> None:
        self._change(message_id, lambda store: rating.correct(store, message_id, text))

    def undo(self, message_id: int) -> None:
        self._change(message_id, lambda store: rating.undo(store, message_id))

    def _change(self, message_id: int, verb: Callable[[Store], object]) -> None:
        message = self._message(message_id)
        if message is None:
            return
        conversation_id = message.conversation_id

        def work(store: Store) -> Talk:
            verb(store)
            return chat.read(store, conversation_id)

        def failed(error: Exception) -> None:
            again = partial(self._change, message_id, verb)
            self._session.tell(explain(error, button=tr("Try again"), action=again))

        self._session.ask(work, self._on_talk_changed, failed)

    def _message(self, message_id: int) -> Message | None:
        return next(
            (line.message for line in self.talk.lines if line.message.id == message_id), None
        )

    def _on_persona_changed(self) -> None:
        self.stop()
        self.off_record = False
        self._load_latest()

    def _load_latest(self) -> None:
        card = self._session.card
        if card is None:
            self._show(Talk(None, ()), True)
            return
        persona_id = card.persona.id
        self._session.ask(
            lambda store: chat.read_latest(store, persona_id), lambda talk: self._show(talk, True)
        )

    def _show(self, talk: Talk, anew: bool) -> None:
        self.talk = talk
        self._place += anew
        if talk.conversation is not None:
            self.never_train = talk.conversation.never_train
        rows = [Shown(line.message.role, line.message.content, line) for line in talk.lines]
        self.model.put(rows, anew=anew)
        self.state_changed.emit()

    def _on_talk_changed(self, talk: Talk) -> None:
        current = self.talk.conversation
        if talk.conversation is None or current is None or talk.conversation.id != current.id:
            return
        if not self.answering:
            self._show(talk, False)
        else:
            self._show_beside_answer(talk)
        self._session.refresh_month()

    def _show_beside_answer(self, talk: Talk) -> None:
        """A rating given while a reply is written: change the rows, leave the reply alone."""
        lines = {line.message.id: line for line in talk.lines}
        for row, shown in enumerate(self.model.rows):
            if shown.message_id in lines:
                self.model.change(row, replace(shown, line=lines[shown.message_id]))

    def _begin_answer(self) -> None:
        self._stop = threading.Event()
        self._arrived = ""
        self.answering = True
        self._flush.start()
        self.state_changed.emit()

    def _append(self, *rows: Shown) -> None:
        self.model.put([*self.model.rows, *rows], anew=False)

    def _answer(self, persona_id: int, asked: int, conversation_id: int) -> None:
        stop = self._stop
        if self._session.runtime_state != "ready":
            self._session.set_runtime_state("starting")
        self._session.ask_runtime(
            lambda tools: tools.answer(persona_id, asked, self.text_arrived.emit, stop.is_set),
            self._on_answered,
            lambda error: self._on_answer_broken(error, conversation_id, asked),
        )

    def _say_off_record(self, persona_id: int, text: str) -> None:
        history = [{"role": row.role, "content": row.text} for row in self.model.rows]
        self._begin_answer()
        self._append(Shown("user", text), Shown("assistant", "", streaming=True))
        stop = self._stop
        self._session.ask_runtime(
            lambda tools: tools.answer_off_record(
                persona_id, text, history, self.text_arrived.emit, stop.is_set
            ),
            lambda reply: self._on_answered_off_record(reply.text),
            self._on_answer_failed,
        )

    def _on_text_arrived(self, text: str) -> None:
        self._arrived += text

    def _show_arrived(self) -> None:
        row = len(self.model.rows) - 1
        if row >= 0 and self.model.rows[row].streaming:
            self.model.change(row, replace(self.model.rows[row], text=self._arrived))

    def _end_answer(self) -> None:
        self._flush.stop()
        self._show_arrived()
        self.answering = False
        self.state_changed.emit()

    def _on_answered(self, message: Message) -> None:
        self._session.set_runtime_state("ready")
        self._end_answer()
        self._read_again(message.conversation_id)

    def _on_answered_off_record(self, text: str) -> None:
        self._session.set_runtime_state("ready")
        self._end_answer()
        row = len(self.model.rows) - 1
        if row >= 0 and self.model.rows[row].streaming:
            self.model.change(row, Shown("assistant", text))

    def _on_answer_broken(self, error: Exception, conversation_id: int, asked: int) -> None:
        self._on_answer_failed(error, lambda: self.again(asked))
        self._read_again(conversation_id)

    def _on_not_said(self, error: Exception, text: str) -> None:
        """What could not be stored goes back to where it was written."""
        self._end_answer()
        self._session.tell(explain(error))
        self.text_returned.emit(text)

    def _on_answer_failed(self, error: Exception, action: Callable[[], None] | None = None) -> None:
        self._session.set_runtime_state("failed")
        self._end_answer()
        rows = [row for row in self.model.rows if not row.streaming or row.text]
        self.model.put([replace(row, streaming=False) for row in rows], anew=False)
        kind = getattr(error, "kind", "")
        button = tr("Load the model") if kind == "runtime_unloaded" else tr("Ask again")
        if kind == "starter_damaged":
            button, action = tr("Get the model again"), self._session.get_base
        self._session.tell(explain(error, button=button if action else "", action=action))

    def _read_again(self, conversation_id: int) -> None:
        def shown(talk: Talk) -> None:
            current = self.talk.conversation
            if current is not None and current.id == conversation_id:
                self._show(talk, False)

        self._session.ask(lambda store: chat.read(store, conversation_id), shown)
