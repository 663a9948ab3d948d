"""What is said of replies and done to conversations, each with the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.gui.judging_words import done_words, undone_words
from app.gui.session import Session
from app.gui.translation import tr
from app.operations import chat, conversations, preferring, rating
from app.operations.chat import Talk
from app.store.store import Store
from app.store.values import Conversation, Rating, RatingOrigin

if TYPE_CHECKING:
    from app.gui.chat_session import ChatSession

Way = Callable[[Store], bool]
Done = tuple[str, Way]  # the kind of deed, and what takes it back; False when it is gone


@dataclass(frozen=True, eq=False)
class Deed:
    """Something done in this window that an undo takes back."""

    kind: str
    conversation: Conversation
    way_back: Way
    was_open: bool = False


class Judging(QObject):
    """Rates, corrects, picks, deletes and renames; the newest deed is undone first.

    The ways back end with the window. A rating is then taken back under its reply, and a
    deleted conversation in the list of what was deleted.
    """

    told = Signal(str, bool)  # what happened, and whether an undo is on offer
    list_changed = Signal()  # a conversation came back to the list
    removed = Signal(int)
    retitled = Signal(int, str)

    def __init__(self, session: Session, shown: ChatSession) -> None:
        super().__init__(session)
        self._session = session
        self._chat = shown
        self._deeds: list[Deed] = []

    def thumb(self, message_id: int, up: bool) -> None:
        def work(store: Store) -> Done:
            said = (rating.thumb_up if up else rating.thumb_down)(store, message_id)
            kind = "unrated" if said.value is None else "up" if up else "down"
            return kind, _word_back(said)

        self._judge(message_id, work)

    def give_reasons(self, message_id: int, reasons: list[str], comment: str) -> None:
        self._judge(
            message_id,
            lambda store: (
                "reasons",
                _word_back(rating.give_reasons(store, message_id, reasons, comment)),
            ),
        )

    def correct(self, message_id: int, text: str) -> None:
        """Keep a correction; one that cannot be stored is open again where it was written."""
        if self._chat.corrections.get(message_id) == text:
            del self._chat.corrections[message_id]

        def failed(error: Exception) -> None:
            self._chat.give_back(message_id, text)
            self._session.report(error, partial(self.correct, message_id, text))

        self._judge(
            message_id,
            lambda store: ("corrected", _word_back(rating.correct(store, message_id, text))),
            failed,
        )

    def accept(self, message_id: int) -> None:
        """What was rated elsewhere counts from now on."""

        def work(store: Store) -> Done | None:
            said = rating.accept(store, message_id)
            return ("accepted", _word_back(said)) if said is not None else None

        self._judge(message_id, work)

    def pick(self, message_id: int, before: RatingOrigin | None) -> None:
        """This reply rather than the others beside it; pressed again, it is not picked."""

        def prefer(store: Store) -> Done:
            action = preferring.prefer(store, message_id)
            return "picked", lambda later: preferring.take_back(later, action)

        def unprefer(store: Store) -> Done:
            preferring.unprefer(store, message_id)
            return "unpicked", lambda later: bool(preferring.prefer(later, message_id))

        self._judge(message_id, unprefer if before == "user" else prefer)

    def undo_word(self, message_id: int) -> None:
        """Take the last word on one reply back, however old it is."""

        def undone(talk: Talk) -> None:
            self.told.emit(tr("Undone: the last word on this reply"), False)
            self._chat.show_change(talk)

        def work(store: Store) -> Talk:
            rating.undo(store, message_id)
            return chat.read_around(store, message_id)

        self._session.ask(work, undone, self._failed(partial(self.undo_word, message_id)))

    def delete(self, conversation_id: int) -> None:
        """Put a conversation out of sight."""

        def work(store: Store) -> Conversation:
            conversations.delete(store, conversation_id)
            return store.conversations.get(conversation_id)

        def deleted(conversation: Conversation) -> None:
            open_now = self._chat.talk.conversation
            was_open = open_now is not None and open_now.id == conversation_id
            if was_open:
                self._chat.begin_anew()
            self._remember(
                Deed("deleted", conversation, partial(_bring_back, conversation_id), was_open)
            )
            self.removed.emit(conversation_id)
            self._session.refresh_month()

        self._session.ask(work, deleted, self._failed(partial(self.delete, conversation_id)))

    def bring_back(self, conversation_id: int) -> None:
        """Have a deleted conversation in sight again, and open it."""

        def back(_back: bool) -> None:
            self.list_changed.emit()
            self._session.refresh_month()
            self._chat.load(conversation_id)

        self._session.ask(
            partial(_bring_back, conversation_id),
            back,
            self._failed(partial(self.bring_back, conversation_id)),
        )

    def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title."""

        def work(store: Store) -> tuple[bool, str, Talk]:
            before = store.conversations.get(conversation_id).title
            changed = conversations.rename(store, conversation_id, title)
            return changed, before, chat.read(store, conversation_id)

        def renamed(result: tuple[bool, str, Talk]) -> None:
            changed, before, talk = result
            if not changed or talk.conversation is None:
                return

            def way_back(store: Store) -> bool:
                return conversations.rename(store, conversation_id, before)

            self._remember(Deed("renamed", talk.conversation, way_back))
            self._chat.show_change(talk)
            self.retitled.emit(conversation_id, talk.conversation.title)

        self._session.ask(work, renamed, self._failed(partial(self.rename, conversation_id, title)))

    def undo(self) -> None:
        """Take the newest deed back; one that is still being stored counts as done."""
        self._session.ask(lambda _store: None, lambda _nothing: self._undo_newest())

    def _undo_newest(self) -> None:
        card = self._session.card
        mine = [
            deed
            for deed in self._deeds
            if card is not None and deed.conversation.persona_id == card.persona.id
        ]
        if not mine:
            self.told.emit(tr("Nothing to undo."), False)
            return
        deed = mine[-1]
        self._deeds.remove(deed)

        def work(store: Store) -> Talk | None:
            # False when it was taken back elsewhere, or forgotten: then the one before it.
            return chat.read(store, deed.conversation.id) if deed.way_back(store) else None

        def failed(error: Exception) -> None:
            if getattr(error, "kind", "") == "missing":  # forgotten for good since then
                self._undo_newest()
                return
            self._deeds.append(deed)
            self._failed(self.undo)(error)

        self._session.ask(work, lambda talk: self._on_undone(deed, talk), failed)

    def _on_undone(self, deed: Deed, talk: Talk | None) -> None:
        if talk is None:
            self._undo_newest()
            return
        here = self._chat.talk.conversation
        elsewhere = here is None or here.id != deed.conversation.id
        self.told.emit(undone_words(deed.kind, deed.conversation.title, elsewhere), False)
        self._chat.show_change(talk)
        if deed.was_open and here is None and not self._chat.off_record:
            self._chat.load(deed.conversation.id)
        if deed.kind == "deleted":
            self.list_changed.emit()
            self._session.refresh_month()
        elif deed.kind == "renamed" and talk.conversation is not None:
            self.retitled.emit(talk.conversation.id, talk.conversation.title)

    def _judge(
        self,
        message_id: int,
        work: Callable[[Store], Done | None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        def whole(store: Store) -> tuple[Done | None, Talk]:
            done = work(store)
            return done, chat.read_around(store, message_id)

        def judged(result: tuple[Done | None, Talk]) -> None:
            done, talk = result
            if done is not None and talk.conversation is not None:
                self._remember(Deed(done[0], talk.conversation, done[1]))
            self._chat.show_change(talk)

        again = self._failed(partial(self._judge, message_id, work))
        self._session.ask(whole, judged, failed or again)

    def _remember(self, deed: Deed) -> None:
        self._deeds.append(deed)
        self.told.emit(done_words(deed.kind, deed.conversation.title), True)

    def _failed(self, again: Callable[[], None]) -> Callable[[Exception], None]:
        return lambda error: self._session.report(error, again)


def _word_back(said: Rating) -> Way:
    return lambda store: rating.take_back(store, said)


def _bring_back(conversation_id: int, store: Store) -> bool:
    return conversations.bring_back(store, conversation_id)
