"""Past conversations, and a search over everything ever said to the persona."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QListView, QToolButton, QWidget

from app.gui.controls import Line, button, column, label, row, tool
from app.gui.forget_dialog import Target, open_forget_menu
from app.gui.history_model import ConversationsModel, Entry
from app.gui.history_rows import ConversationRows
from app.gui.keys import BoundKey, with_keys
from app.gui.session import SEARCH_AFTER_MS, Session
from app.gui.text_parts import shortened
from app.gui.theme import size, space
from app.gui.translation import tr

_ANY_WIDTH_PX = 16_777_215  # Qt's own bound


class HistoryPanel(QWidget):
    """The panel at the side of the chat."""

    chosen = Signal(int)
    closed = Signal()
    forget_asked = Signal(object)
    delete_asked = Signal(int)
    bring_back_asked = Signal(int)
    rename_asked = Signal(int, str)
    search_asked = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(size("history"))
        self._model = ConversationsModel(session, self)
        self.search = QLineEdit()
        self.search.setObjectName("history_search")
        self.search.setAccessibleName(tr("Search everything said"))
        self.search.setToolTip(tr("Finds what was said with this persona, by any words of it"))
        self.search.setPlaceholderText(tr("Search everything said"))
        self.search.setClearButtonEnabled(True)
        self._empty = label("", "soft", wrap=True)
        self._elsewhere = button(
            "history_elsewhere", tr("Search all personas"), "plain", self._search_everywhere
        )
        self._elsewhere.setToolTip(tr("Search what was said to any persona"))
        self._deleted = tool(
            "history_deleted",
            "trash",
            tr("Deleted conversations"),
            self.reload,
            checkable=True,
        )
        self._list = self._view()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SEARCH_AFTER_MS)
        self._wait.timeout.connect(self.reload)
        self.search.textChanged.connect(lambda _text: self._wait.start())
        self._model.modelReset.connect(self._on_model_reset)
        session.store_changed.connect(self._on_store_changed)
        inside = column(self, margins=space("medium"), gap=space("small"))
        head = row()
        head.addWidget(Line(tr("Conversations"), "history_title", "strong"), 1)
        head.addWidget(self._search_tool())
        head.addWidget(self._deleted)
        head.addWidget(tool("history_close", "x", tr("Close"), self.closed.emit))
        inside.addLayout(head)
        inside.addWidget(self.search)
        inside.addWidget(self._empty)
        inside.addWidget(self._elsewhere)
        inside.addWidget(self._list, 1)

    def set_wide(self, wide: bool) -> None:
        """As wide as there is room, or as a panel at the side."""
        self.setMinimumWidth(size("history"))
        self.setMaximumWidth(_ANY_WIDTH_PX if wide else size("history"))

    def begin(self) -> None:
        """Opened: what was said last, or what is still searched for."""
        self._deleted.setChecked(False)
        self.reload()
        self.search.setFocus()

    def reload(self) -> None:
        """Read the list anew."""
        query = self.search.text().strip()
        self.search.setEnabled(not self._deleted.isChecked())
        if self._deleted.isChecked():
            self._model.show_deleted()
        elif query:
            self._model.show_found(query)
        else:
            self._model.show_recent()

    def _on_store_changed(self) -> None:
        """Whoever reads further down is left in peace."""
        if self.isVisible() and self._list.verticalScrollBar().value() == 0:
            self._model.look_again()

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
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._on_menu_asked)
        here = Qt.ShortcutContext.WidgetShortcut
        BoundKey(view, "history.delete", self._delete_current, here)
        BoundKey(view, "history.rename", self._rename_current, here)
        return view

    def _search_tool(self) -> QToolButton:
        tip = tr("Search what was said to any persona")
        return tool(
            "history_everywhere", "magnifying-glass", with_keys(tip, "search"),
            self._search_everywhere,
        )  # fmt: skip

    def _search_everywhere(self) -> None:
        self.search_asked.emit(self.search.text().strip())

    def _on_entry_chosen(self, index: QModelIndex) -> None:
        asked = self.bring_back_asked if self._model.face == "deleted" else self.chosen
        asked.emit(index.data(Qt.ItemDataRole.UserRole))

    def _delete_current(self) -> None:
        index = self._list.currentIndex()
        if index.isValid() and self._model.face != "deleted":
            self.delete_asked.emit(index.data(Qt.ItemDataRole.UserRole))

    def _rename_current(self) -> None:
        index = self._list.currentIndex()
        if index.isValid() and self._model.face == "recent":
            entry: Entry = index.data(ConversationsModel.EntryRole)
            self.rename_asked.emit(entry.conversation_id, entry.title)

    def _on_menu_asked(self, at: QPoint) -> None:
        card, index = self._session.card, self._list.indexAt(at)
        if card is None or not index.isValid():
            return
        target = Target("conversation", index.data(Qt.ItemDataRole.UserRole))
        everything = Target("persona", card.persona.id)
        name = shortened(card.persona.name)
        entries = [
            *self._own_entries(index),
            (tr("Forget this conversation…"), lambda: self.forget_asked.emit(target)),
            (
                tr("Forget everything said to {name}…", name=name),
                lambda: self.forget_asked.emit(everything),
            ),
        ]
        open_forget_menu(self._list.viewport(), at, entries)

    def _own_entries(self, index: QModelIndex) -> list[tuple[str, Callable[[], None]]]:
        """What can be undone, before what cannot."""
        entry: Entry = index.data(ConversationsModel.EntryRole)
        conversation_id = entry.conversation_id
        if self._model.face == "deleted":
            return [(tr("Bring it back"), lambda: self.bring_back_asked.emit(conversation_id))]
        delete = (tr("Delete (Del)"), lambda: self.delete_asked.emit(conversation_id))
        rename = (tr("Rename… (F2)"), lambda: self.rename_asked.emit(conversation_id, entry.title))
        return [rename, delete] if self._model.face == "recent" else [delete]

    def remove(self, conversation_id: int) -> None:
        """A conversation was deleted."""
        if self._model.face == "deleted":
            self.reload()
        else:
            self._model.remove(conversation_id)
            self._on_model_reset()

    def retitle(self, conversation_id: int, title: str) -> None:
        self._model.retitle(conversation_id, title)

    def _on_model_reset(self) -> None:
        words = {
            "found": tr("Nothing found. Try fewer words."),
            "deleted": tr("Nothing was deleted."),
            "recent": tr("No conversations yet. What you say here is listed by day."),
        }
        deleted = self._model.face == "deleted"
        nothing = not self._model.entries
        self._elsewhere.setVisible(nothing and self._model.face == "found")
        self._empty.setVisible(nothing or deleted)
        self._empty.setText(
            tr("Choose one to bring it back.")
            if deleted and not nothing
            else words[self._model.face]
        )
