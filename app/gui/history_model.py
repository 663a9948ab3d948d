"""The list of past conversations, of what a search found in them, or of what was deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from app.gui.controls import plain_tip
from app.gui.dates import day
from app.gui.history_rows import UNDER_ROLE
from app.gui.paged_rows import show_page
from app.gui.session import Session
from app.gui.text_parts import harmless
from app.gui.translation import tr
from app.operations import chat, conversations
from app.store.store import Store
from app.store.values import Conversation

PAGE_ROWS = 50
_NOWHERE = QModelIndex()
Face = Literal["recent", "found", "deleted"]


@dataclass(frozen=True)
class Entry:
    """A line of the list: a conversation, or a message that was found in it."""

    conversation_id: int
    text: str
    under: str
    title: str = ""


class ConversationsModel(QAbstractListModel):
    """Conversations by pages, newest first; or what a search found."""

    EntryRole = int(Qt.ItemDataRole.UserRole) + 2

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.entries: list[Entry] = []
        self.face: Face = "recent"
        self._number = 0  # of the last list asked for; what comes of an earlier one is too late
        self._more = False
        self._asking = False

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(entry.text)
        if role == UNDER_ROLE:
            return entry.under
        if role == self.EntryRole:
            return entry
        return entry.conversation_id if role == Qt.ItemDataRole.UserRole else None

    def canFetchMore(self, parent: Any = _NOWHERE) -> bool:
        return self._more and not self._asking

    def fetchMore(self, parent: Any = _NOWHERE) -> None:
        if self.entries:
            self._asking = True
            self._ask_page(self.face, self._number, self.entries[-1].conversation_id)

    def show_recent(self) -> None:
        """The conversations last spoken in."""
        self._ask_page("recent", self._begin_anew())

    def look_again(self) -> None:
        """Another process may have talked, deleted or retitled; what is the same stays."""
        card, number = self._session.card, self._number
        if card is None or self.face != "recent" or self._asking:
            return
        persona_id = card.persona.id

        def read(page: list[Conversation]) -> None:
            entries = [_entry(each) for each in page]
            if number == self._number and entries != self.entries[:PAGE_ROWS]:
                self._more = len(page) == PAGE_ROWS
                self._reset("recent", entries)

        self._session.ask(
            lambda store: chat.conversations(store, persona_id, PAGE_ROWS, None),
            read,
        )

    def show_deleted(self) -> None:
        """The conversations that are out of sight."""
        self._ask_page("deleted", self._begin_anew())

    def show_found(self, query: str) -> None:
        """The messages that hold the words."""
        card = self._session.card
        if card is None:
            return
        persona_id = card.persona.id

        def work(store: Store) -> list[Entry]:
            hits = chat.find(store, persona_id, query)
            return [Entry(hit.conversation_id, harmless(hit.snippet), "") for hit in hits]

        number = self._begin_anew()
        self._session.ask(work, lambda found: self._on_found(number, found))

    def remove(self, conversation_id: int) -> None:
        """Take a conversation out of the list, and leave the list where it is."""
        for row in reversed(range(len(self.entries))):
            if self.entries[row].conversation_id == conversation_id:
                self.beginRemoveRows(_NOWHERE, row, row)
                del self.entries[row]
                self.endRemoveRows()

    def retitle(self, conversation_id: int, title: str) -> None:
        """Another title in its place."""
        for row, entry in enumerate(self.entries):
            if entry.conversation_id == conversation_id and self.face != "found":
                self.entries[row] = replace(entry, text=harmless(title), title=title)
                self.dataChanged.emit(self.index(row), self.index(row))

    def _begin_anew(self) -> int:
        self._number += 1
        self._asking = True
        return self._number

    def _ask_page(self, face: Face, number: int, before: int | None = None) -> None:
        card = self._session.card
        if card is None:
            return
        persona_id = card.persona.id
        verb: Callable[..., list[Conversation]] = (
            conversations.deleted if face == "deleted" else chat.conversations
        )
        self._session.ask(
            lambda store: verb(store, persona_id, PAGE_ROWS, before),
            lambda page: self._on_page(face, number, page, anew=before is None),
        )

    def _on_page(self, face: Face, number: int, page: list[Conversation], *, anew: bool) -> None:
        if number != self._number:
            return
        self._asking = False
        self._more = len(page) == PAGE_ROWS
        read = [_entry(each) for each in page]
        if anew:
            self._reset(face, read)
        else:
            show_page(self, self.entries, read, anew=False)

    def _on_found(self, number: int, found: list[Entry]) -> None:
        if number == self._number:
            self._asking = False
            self._more = False
            self._reset("found", found)

    def _reset(self, face: Face, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.face, self.entries = face, entries
        self.endResetModel()


def _entry(conversation: Conversation) -> Entry:
    title = conversation.title
    return Entry(conversation.id, harmless(title) or tr("Untitled"), _under(conversation), title)


def _under(conversation: Conversation) -> str:
    date = day(conversation.updated)
    return f"{date} · {tr('never trained on')}" if conversation.never_train else date
