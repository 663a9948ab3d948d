"""Past conversations, and a search over everything ever said to the persona."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QListView, QWidget

from app.gui.controls import column, label, row, tool
from app.gui.dates import day
from app.gui.history_rows import UNDER_ROLE, ConversationRows
from app.gui.session import Session
from app.gui.theme import size, space
from app.gui.translation import tr
from app.operations import chat
from app.store.store import Store
from app.store.values import Conversation

PAGE_ROWS = 50
SEARCH_AFTER_MS = 200
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Entry:
    """A line of the list: a conversation, or a message that was found in it."""

    conversation_id: int
    text: str
    under: str


class ConversationsModel(QAbstractListModel):
    """Conversations by pages, newest first; or what a search found."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.entries: list[Entry] = []
        self._more = False
        self._asking = False

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        entry = self.entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return entry.text
        if role == UNDER_ROLE:
            return entry.under
        return entry.conversation_id if role == Qt.ItemDataRole.UserRole else None

    def canFetchMore(self, parent: Any = _NOWHERE) -> bool:
        return self._more and not self._asking

    def fetchMore(self, parent: Any = _NOWHERE) -> None:
        if self.entries:
            self._ask_page(self.entries[-1].conversation_id)

    def show_recent(self) -> None:
        """The conversations last spoken in."""
        self._ask_page(None)

    def show_found(self, query: str) -> None:
        """The messages that hold the words."""
        card = self._session.card
        if card is None:
            return
        persona_id = card.persona.id

        def work(store: Store) -> list[Entry]:
            hits = chat.find(store, persona_id, query)
            return [Entry(hit.conversation_id, hit.snippet, "") for hit in hits]

        self._session.ask(work, self._on_found)

    def _ask_page(self, before: int | None) -> None:
        card = self._session.card
        if card is None or self._asking:
            return
        self._asking = True
        persona_id = card.persona.id
        self._session.ask(
            lambda store: chat.conversations(store, persona_id, PAGE_ROWS, before),
            lambda page: self._on_page(page, anew=before is None),
        )

    def _on_page(self, page: list[Conversation], *, anew: bool) -> None:
        self._asking = False
        self._more = len(page) == PAGE_ROWS
        read = [Entry(each.id, each.title or tr("Untitled"), self._under(each)) for each in page]
        if anew:
            self.beginResetModel()
            self.entries = read
            self.endResetModel()
        elif read:
            self.beginInsertRows(_NOWHERE, len(self.entries), len(self.entries) + len(read) - 1)
            self.entries.extend(read)
            self.endInsertRows()

    def _on_found(self, found: list[Entry]) -> None:
        self._more = False
        self.beginResetModel()
        self.entries = found
        self.endResetModel()

    @staticmethod
    def _under(conversation: Conversation) -> str:
        date = day(conversation.updated)
        return f"{date} · {tr('never trained on')}" if conversation.never_train else date


class HistoryPanel(QWidget):
    """The panel at the side of the chat."""

    chosen = Signal(int)
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(size("history"))
        self._model = ConversationsModel(session, self)
        self.search = QLineEdit()
        self.search.setObjectName("history_search")
        self.search.setAccessibleName(tr("Search everything said"))
        self.search.setPlaceholderText(tr("Search everything said"))
        self.search.setClearButtonEnabled(True)
        self._empty = label("", "soft", wrap=True)
        self._list = self._view()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SEARCH_AFTER_MS)
        self._wait.timeout.connect(self.reload)
        self.search.textChanged.connect(lambda _text: self._wait.start())
        self._model.modelReset.connect(self._on_model_reset)
        inside = column(self, margins=space("medium"), gap=space("small"))
        head = row()
        head.addWidget(label(tr("Conversations"), "strong"))
        head.addStretch()
        head.addWidget(tool("history_close", "x", tr("Close"), self.closed.emit))
        inside.addLayout(head)
        inside.addWidget(self.search)
        inside.addWidget(self._empty)
        inside.addWidget(self._list, 1)

    def reload(self) -> None:
        """Read the list anew."""
        query = self.search.text().strip()
        if query:
            self._model.show_found(query)
        else:
            self._model.show_recent()

    def _view(self) -> QListView:
        view = QListView()
        view.setObjectName("history_list")
        view.setAccessibleName(tr("Conversations"))
        view.setProperty("kind", "list")
        view.setModel(self._model)
        view.setItemDelegate(ConversationRows(view))
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.clicked.connect(self._on_entry_chosen)
        view.activated.connect(self._on_entry_chosen)
        return view

    def _on_entry_chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(Qt.ItemDataRole.UserRole))

    def _on_model_reset(self) -> None:
        nothing = not self._model.entries
        self._empty.setVisible(nothing)
        self._empty.setText(
            tr("Nothing found. Try fewer words.")
            if self.search.text().strip()
            else tr("No conversations yet. What you say here is listed by day.")
        )
