"""A conversation that is going on; it outlives the widgets that show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.gui.answering import Answering, FromOllama, Reply
from app.gui.judging import Judging
from app.gui.message_model import MessageModel, Shown
from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import explain
from app.operations import attaching, attachment_files, chat, searching
from app.operations.chat import Talk
from app.store.store import Store
from app.store.values import Message


class ChatSession(QObject):
    """Loads, says, streams; one reply at a time."""

    state_changed = Signal()
    text_returned = Signal(str)
    files_read = Signal(list)
    message_sought = Signal(int)
    example_asked = Signal(int)
    about_me_asked = Signal()
    ollama_asked = Signal()
    forget_asked = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.model = MessageModel(self)
        self.talk = Talk(None, ())
        self.off_record = False
        self.never_train = False
        self.judging = Judging(session, self)
        self.corrections: dict[int, str] = {}  # begun and not kept yet, by message
        self._place = 0  # changes when one goes to another conversation
        self._seeking: Callable[[Store], Talk] | None = None  # what reads it, until it is shown
        self._answering = Answering(session)
        self._answering.text_grown.connect(self.model.grow_reply)
        self._answering.loading_begun.connect(self.model.show_loading)
        self._answering.came_from_ollama.connect(self._on_came_from_ollama)
        self.from_ollama: FromOllama | None = None  # as the last reply from there came
        session.persona_changed.connect(self._on_persona_changed)
        session.store_changed.connect(self._on_store_changed)

    @property
    def answering(self) -> bool:
        """Whether a reply is waited for."""
        return self._answering.reply is not None

    @property
    def stopping(self) -> bool:
        """Whether that reply was stopped, and only its part has to be stored yet."""
        reply = self._answering.reply
        return reply is not None and reply.stop.is_set()

    def load(self, conversation_id: int) -> None:
        """Show a conversation of the past."""
        self._leave()
        self.off_record = False
        self._seek(lambda store: chat.read(store, conversation_id))

    def load_at(self, message_id: int) -> None:
        """Show the conversation of a message, on the branch of the message, and the message."""
        self._leave()
        self.off_record = False
        self._seek(
            lambda store: searching.open_at(store, message_id),
            lambda: self.message_sought.emit(message_id),
        )

    def read_files(self, paths: list[Path]) -> None:
        """Read what is to be attached; `files_read` tells what became of it."""
        self._session.ask(
            lambda _store: attachment_files.read_files(paths),
            self.files_read.emit,
        )

    def begin_anew(self) -> None:
        """An empty conversation, which is stored with its first message."""
        self._leave()
        self.never_train = False
        self._show_none()

    def set_off_record(self, on: bool) -> None:
        """Talk without anything being stored; going back forgets what was said."""
        if on == self.off_record:
            return
        self._leave()
        self.off_record = on
        if on:
            self._show_none()
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
                self.show_change,
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
        shown, seeking, never_train = self.talk, self._seeking, self.never_train

        def ask(store: Store) -> Message:
            # Who has gone to another conversation means that one, also before it is read.
            talk = (seeking(store) if seeking is not None else shown).conversation
            conversation_id = talk.id if talk and talk.persona_id == persona.id else None
            return attaching.ask(store, persona, conversation_id, text, never_train=never_train)

        self._ask(ask, persona.id, text)

    def ask_instead(self, message_id: int, text: str) -> None:
        """Ask something else in the place of a question, beside which it stands from then on."""
        card = self._session.card
        if card is not None and not self.answering and text.strip():
            asked = partial(attaching.ask_instead, message_id=message_id, text=text)
            self._ask(asked, card.persona.id, text)

    def _ask(self, ask: Callable[[Store], Message], persona_id: int, text: str) -> None:
        """Store a question, and have it answered."""
        place = self._place
        reply = self._answering.begin()
        self.state_changed.emit()

        def work(store: Store) -> tuple[int, Talk]:
            question = ask(store)
            return question.id, chat.read(store, question.conversation_id)

        def asked(question: tuple[int, Talk]) -> None:
            if place == self._place:
                self._show(question[1], False)
            if reply is not self._answering.reply:
                return  # stopped while the question was being stored
            if place == self._place:
                self.model.append(Shown("assistant", "", streaming=True))
            assert question[1].conversation is not None
            self._answer(reply, persona_id, question[0], question[1].conversation.id)

        self._session.ask(work, asked, lambda error: self._on_not_said(reply, error, text))

    def again(self, message_id: int) -> None:
        """Another reply in the place of this one."""
        card = self._session.card
        messages = (line.message for line in self.talk.lines)
        message = next((each for each in messages if each.id == message_id), None)
        if card is None or self.answering or message is None:
            return
        asked = message.id if message.role == "user" else message.parent_id
        if asked is None:
            return
        rows = [row for row in self.model.rows if (row.message_id or 0) <= asked]
        reply = self._answering.begin()
        self.state_changed.emit()
        self._go()  # one stays here, whatever is being read
        self.model.put([*rows, Shown("assistant", "", streaming=True)], anew=False)
        self._answer(reply, card.persona.id, asked, message.conversation_id)

    def stop(self) -> None:
        """End the reply that is being written; what arrived is kept."""
        reply = self._answering.reply
        if reply is None:
            return
        reply.stop.set()
        if reply.text:
            self.state_changed.emit()
            return
        # Nothing is lost by not waiting: the model may load for a long time yet.
        self._end_answer()
        self._take_back_question()
        if self.talk.conversation is not None:
            self._read_again(self.talk.conversation.id)

    def turn_to(self, message_id: int, by: int) -> None:
        """The next alternative of a reply, or the one before."""

        def work(store: Store) -> Talk:
            chat.step(store, message_id, by)
            return chat.read_around(store, message_id)

        again = partial(self.turn_to, message_id, by)
        self._session.ask(work, self.show_change, lambda error: self._session.report(error, again))

    def show_change(self, talk: Talk) -> None:
        """Show what became of a conversation, unless another one is on."""
        current = self.talk.conversation
        if talk.conversation is None or current is None or talk.conversation.id != current.id:
            return
        if not self.answering:
            self._show(talk, False)
        else:
            self.model.change_lines(talk.lines)
        self._session.refresh_month()

    def give_back(self, message_id: int, correction: str) -> None:
        """Have a correction that could not be stored open again, to be kept or left."""
        self.corrections[message_id] = correction
        self.model.show_again(message_id)

    def _on_persona_changed(self) -> None:
        self._leave()
        self.off_record = self.never_train = False
        self._load_latest()

    def _on_store_changed(self) -> None:
        """Another process may have rated, gone on with or deleted what is shown here."""
        current, place = self.talk.conversation, self._place
        if current is None or self.answering:
            return
        conversation_id = current.id

        def read(talk: Talk) -> None:
            if place == self._place and not self.answering and talk != self.talk:
                self._show(talk, False)

        def failed(error: Exception) -> None:
            self._session.tell(explain(error))
            if place == self._place:
                self._load_latest()

        self._session.ask(lambda store: chat.read(store, conversation_id), read, failed)

    def show_what_is_left(self) -> None:
        """Something was forgotten: show the conversation without it, or another one."""
        self.corrections.clear()
        current = self.talk.conversation
        if current is None:
            return
        conversation_id = current.id
        self._session.ask(
            lambda store: chat.read(store, conversation_id),
            self.show_change,
            lambda _gone: self._load_latest(),
        )

    def _load_latest(self) -> None:
        card = self._session.card
        if card is None:
            self._show_none()
            return
        persona_id = card.persona.id
        self._seek(lambda store: chat.read_latest(store, persona_id))

    def _seek(self, read: Callable[[Store], Talk], then: Callable[[], None] | None = None) -> None:
        """Show a conversation, unless another one is asked for meanwhile."""
        place = self._go()
        self._seeking = read

        def show(talk: Talk) -> None:
            if place == self._place:
                self._seeking = None
                self._show(talk, True)
                if then is not None:
                    then()

        def failed(error: Exception) -> None:
            if place == self._place:
                self._seeking = None
            self._session.report(error)

        self._session.ask(read, show, failed)

    def _go(self) -> int:
        """To another place: what was read for the one before comes too late."""
        self._place += 1
        self._seeking = None
        return self._place

    def _show_none(self) -> None:
        self._go()
        self._show(Talk(None, ()), True)

    def _show(self, talk: Talk, anew: bool) -> None:
        self.talk = talk
        if talk.conversation is not None:
            self.never_train = talk.conversation.never_train
        self.model.put_lines(talk.lines, anew=anew)
        self.state_changed.emit()

    def _leave(self) -> None:
        """Wait for no reply in a conversation that goes off; what arrived is kept."""
        reply = self._answering.reply
        if reply is not None:
            reply.stop.set()
            self._end_answer()

    def _answer(self, reply: Reply, persona_id: int, asked: int, conversation_id: int) -> None:
        self._answering.run(
            reply,
            lambda tools, listener: tools.answer(persona_id, asked, listener),
            lambda message: self._on_answered(reply, message, conversation_id),
            lambda error: self._on_answer_broken(reply, error, conversation_id, asked),
        )

    def _say_off_record(self, persona_id: int, text: str) -> None:
        history = [{"role": row.role, "content": row.text} for row in self.model.rows]
        reply = self._answering.begin()
        self.state_changed.emit()
        self.model.append(Shown("user", text), Shown("assistant", "", streaming=True))
        self._answering.run(
            reply,
            lambda tools, listener: tools.answer_off_record(persona_id, text, history, listener),
            lambda answer: self._on_answered_off_record(reply, answer),
            lambda error: self._on_answer_failed(reply, error),
        )

    def _on_answered_off_record(self, reply: Reply, answer: chat.OffRecordReply) -> None:
        waited_for = reply is self._answering.reply
        self._on_answer_came(reply, came=bool(answer.text))
        row = len(self.model.rows) - 1
        if waited_for and answer.text and answer.with_note:
            self.model.change(row, replace(self.model.rows[row], noted=True))

    def _end_answer(self) -> None:
        self._answering.end()
        self.model.end_reply()
        self.state_changed.emit()

    def _take_back_question(self) -> None:
        """Off the record a question without a word of reply goes back to where it was written."""
        rows = self.model.rows
        if self.off_record and rows and rows[-1].role == "user":
            *before, question = rows
            self.model.put(before, anew=False)
            self.state_changed.emit()
            self.text_returned.emit(question.text)

    def _on_came_from_ollama(self, told: FromOllama) -> None:
        self.from_ollama = told
        self.state_changed.emit()

    def _on_answer_came(self, reply: Reply, *, came: bool) -> None:
        if not reply.here:
            pass  # the built-in runtime is as it was
        elif came:
            self._session.set_runtime_state("ready")
        elif self._session.runtime_state == "starting":
            self._session.set_runtime_state("off")  # stopped, maybe before it was loaded
        if reply is self._answering.reply:
            self._end_answer()
            self._take_back_question()

    def _on_answered(self, reply: Reply, message: Message | None, conversation_id: int) -> None:
        self._on_answer_came(reply, came=message is not None)
        self._read_again(conversation_id)

    def _on_answer_broken(
        self, reply: Reply, error: Exception, conversation_id: int, asked: int
    ) -> None:
        self._on_answer_failed(reply, error, lambda: self.again(asked))
        self._read_again(conversation_id)

    def _on_not_said(self, reply: Reply, error: Exception, text: str) -> None:
        """What could not be stored goes back to where it was written."""
        if reply is self._answering.reply:
            self._end_answer()
        self._session.tell(explain(error))
        self.text_returned.emit(text)

    def _on_answer_failed(
        self, reply: Reply, error: Exception, ask_again: Callable[[], None] | None = None
    ) -> None:
        if reply.here:
            self._session.set_runtime_state("failed")
        if reply is not self._answering.reply:
            return
        self._end_answer()
        self._take_back_question()
        kind = getattr(error, "kind", "")
        if not reply.here and kind != "context_too_long":
            self._offer_to_answer_here(error, ask_again)
            return
        if kind in ("no_base", "starter_damaged"):
            self._session.report(error)
            return
        words = tr("Load the model") if kind == "runtime_unloaded" else tr("Ask again")
        self._session.tell(explain(error, button=words, action=ask_again))

    def _offer_to_answer_here(self, error: Exception, ask_again: Callable[[], None] | None) -> None:
        card = self._session.card
        if card is None:
            return
        persona_id = card.persona.id

        def answer_here() -> None:
            self._session.choose_who_answers(persona_id, in_ollama=False, then=ask_again)

        self._session.tell(explain(error, button=tr("Answer here instead"), action=answer_here))

    def _read_again(self, conversation_id: int) -> None:
        self._session.ask(lambda store: chat.read(store, conversation_id), self.show_change)
