"""The replay page: groups against their targets, their items, and what each of them says."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QScrollArea,
    QWidget,
)

from app.gui.controls import button, clear, column, label, row, scrolled, tool
from app.gui.flow import Flow
from app.gui.keys import BoundKey, with_keys
from app.gui.replay_bar import GroupBar, ToldBar
from app.gui.replay_cards import HEIGHT_PX, GroupCard
from app.gui.replay_detail import ReplayDetail
from app.gui.replay_dialogs import GroupDialog, ItemDialog
from app.gui.replay_model import ReplayList, ReplayModel, ReplayRows, empty_words
from app.gui.replay_session import ReplaySession
from app.gui.session import SEARCH_AFTER_MS
from app.gui.theme import fitted, space
from app.gui.translation import tr
from app.gui.why import what_is_sign
from app.operations.replaying import Overview

CARD_ROWS = 2
HIGH_PX = 680  # in a lower window the items need the room
_NOWHERE = QModelIndex()


class ReplayPage(QWidget):
    """Everything that a training may draw to keep what the base could do."""

    def __init__(self, replay: ReplaySession) -> None:
        super().__init__()
        self.setObjectName("replay_page")
        self.setProperty("kind", "page")
        self._replay = replay
        self._model = ReplayModel(replay, self)
        self._about = label("", "soft", name="replay_about", wrap=True)
        self._cards = column()
        self._made: dict[str, GroupCard] = {}
        self._shown: Overview | None = None
        self._bar = GroupBar(replay)
        self._told = ToldBar(replay)
        self._search = self._made_search()
        self._empty = label("", "soft", name="replay_empty", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._list = self._made_list()
        self.detail = ReplayDetail()
        self.detail.left_out.connect(replay.leave_out)
        self.detail.deleted.connect(self._on_delete_asked)
        self._lay_out()
        self._connect()
        if replay.overview is not None:
            self.refresh()
            self._model.begin_anew()
        replay.refresh()

    def take_focus(self) -> None:
        (self._search if self._list.isHidden() else self._list).setFocus()

    def refresh(self) -> None:
        """Show the groups as they are now."""
        shown = self._replay.overview
        self._bar.refresh()
        if shown is None:
            self._about.setText(tr("Counting what the groups hold…"))
            return
        self._about.setText(_about(shown))
        if shown != self._shown:
            self._shown = shown
            self._show_cards(shown)
        for name, made in self._made.items():
            made.setChecked(name == self._replay.group)
        self._show_chosen_card()

    def _show_cards(self, shown: Overview) -> None:
        """Make the cards anew, with the keyboard where it was."""
        focused = QApplication.focusWidget()
        name = focused.objectName() if isinstance(focused, GroupCard) else ""
        clear(self._cards)
        flow = Flow(gap=space("small"))
        self._made = {}
        for group in shown.groups:
            made = GroupCard(group, shown.persona.name)
            made.clicked.connect(lambda _on=False, each=group.name: self._on_card_clicked(each))
            flow.add(made)
            self._made[group.name] = made
        self._cards.addWidget(flow)
        for made in self._made.values():
            if name and made.objectName() == name:
                made.setFocus()

    def _lay_out(self) -> None:
        gap = space("large")
        inside = column(self, margins=(gap, space("medium"), gap, gap), gap=space("small"))
        inside.addLayout(self._head())
        inside.addWidget(self._about)
        inside.addWidget(self._card_area())
        inside.addWidget(self._told)
        inside.addWidget(self._bar)
        both = row(gap=space("medium"))
        left = column(gap=space("small"))
        line = row(gap=space("small"))
        line.addWidget(self._search, 1)
        line.addWidget(
            tool("replay_new_item", "plus", with_keys(tr("New item"), "replay.new"), self._new_item)
        )
        left.addLayout(line)
        left.addWidget(self._empty)
        left.addWidget(self._list, 1)
        both.addLayout(left, 5)
        frame = QFrame()
        frame.setProperty("kind", "card")
        column(frame, margins=space("medium")).addWidget(self.detail)
        both.addWidget(frame, 4)
        inside.addLayout(both, 1)

    def _head(self) -> Any:
        head = row(gap=space("small"))
        head.addWidget(label(tr("Replay"), "title"))
        head.addWidget(what_is_sign("Replay", "what_is_replay"))
        buttons = Flow(gap=space("small"), right=True)
        buttons.add(
            button(
                "replay_fill",
                tr("Fill from conversations"),
                "plain",
                self._replay.fill,
                icon="chats-circle",
                tip=tr("Takes what you approved before into the groups, so that it is kept"),
            )
        )
        buttons.add(
            button(
                "replay_new_group", tr("New group"), "plain", self._new_group, icon="plus",
                tip=tr("For something of your own that no training may unlearn"),
            )
        )  # fmt: skip
        head.addWidget(buttons, 1)
        return head

    def _card_area(self) -> QScrollArea:
        holder = QWidget()
        holder.setProperty("kind", "clear")
        holder.setLayout(self._cards)
        scroll = scrolled(holder)
        self._area = scroll
        return scroll

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit_cards()

    def _fit_cards(self) -> None:
        """As high as the cards, up to two rows of them; more are scrolled to."""
        high = self.height() >= fitted(HIGH_PX)
        rows = CARD_ROWS if high else 1
        most = rows * (fitted(HEIGHT_PX) + space("small")) - space("small")
        item = self._cards.itemAt(0)
        flow = item.widget() if item is not None else None
        wanted = flow.height() if flow is not None else fitted(HEIGHT_PX)
        self._area.setFixedHeight(min(max(wanted, fitted(HEIGHT_PX)), most))
        self._about.setVisible(high)
        self._show_chosen_card()

    def _show_chosen_card(self) -> None:
        made = self._made.get(self._replay.group)
        if made is not None:
            self._area.ensureWidgetVisible(made, 0, 0)

    def _made_search(self) -> QLineEdit:
        made = QLineEdit()
        made.setObjectName("replay_search")
        made.setAccessibleName(tr("Search these items"))
        made.setToolTip(
            with_keys(tr("Finds items of this group by any words of them"), "replay.search")
        )
        made.setPlaceholderText(tr("Search these items"))
        made.setClearButtonEnabled(True)
        wait = QTimer(self)
        wait.setSingleShot(True)
        wait.setInterval(SEARCH_AFTER_MS)
        wait.timeout.connect(lambda: self._model.show_text(made.text()))
        made.textChanged.connect(lambda _text: wait.start())
        return made

    def _made_list(self) -> QListView:
        view = ReplayList()
        view.setObjectName("replay_list")
        view.setAccessibleName(tr("Items of the group"))
        view.setProperty("kind", "list")
        view.setModel(self._model)
        view.setItemDelegate(ReplayRows(view))
        view.setUniformItemSizes(True)
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        return view

    def _connect(self) -> None:
        replay = self._replay
        replay.changed.connect(self.refresh)
        replay.items_changed.connect(self._on_items_changed)
        self._model.read.connect(self._on_items_read)
        self._list.selectionModel().currentChanged.connect(self._on_current_changed)
        for verb_id, slot in (
            ("replay.undo", replay.undo),
            ("replay.search", self._search.setFocus),
            ("replay.new", self._new_item),
        ):
            BoundKey(self, verb_id, slot, Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _on_card_clicked(self, group: str) -> None:
        self._replay.choose(group)
        self.refresh()

    def _on_items_changed(self) -> None:
        shown = self._model.views[0].item.group if self._model.views else ""
        if shown == self._replay.group:
            self._model.reload()
        else:
            self._model.begin_anew()

    def _on_items_read(self) -> None:
        self._fit_cards()
        views = self._model.views
        nothing = not views
        if nothing and self._list.hasFocus():  # it goes
            self._search.setFocus()
        self._empty.setVisible(nothing)
        self._list.setVisible(not nothing)
        if nothing:
            filtered = bool(self._search.text().strip())
            self._empty.setText(empty_words(filtered=filtered, group=self._replay.group))
            self.detail.show_item(None)
            return
        place = self._place_of_shown()
        wanted = self._model.index(place)
        if self._list.currentIndex() != wanted:  # else who scrolled down would be brought back
            self._list.selectionModel().setCurrentIndex(
                wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
            self._list.scrollTo(wanted)
        self.detail.show_item(views[place])

    def _place_of_shown(self) -> int:
        """Where what was read stands now; the first, when it is gone."""
        shown = self.detail.view.item.id if self.detail.view is not None else None
        ids = [each.item.id for each in self._model.views]
        return ids.index(shown) if shown in ids else 0

    def _on_current_changed(self, index: QModelIndex) -> None:
        if index.isValid():
            self.detail.show_item(index.data(Qt.ItemDataRole.UserRole))

    def _on_delete_asked(self, item_id: int) -> None:
        """The button goes with the item: the keyboard must not go with it."""
        self._list.setFocus()
        self._replay.delete_item(item_id)

    def _new_group(self) -> None:
        GroupDialog(self._replay, self.window()).open()

    def _new_item(self) -> None:
        """The window's own: the page is built anew, as when the evening changes the theme."""
        if self._replay.overview is not None:
            ItemDialog(self._replay, self.window()).open()


def _about(shown: Overview) -> str:
    """What replay is for, and what becomes of what was said before."""
    words = tr(
        "A part of each training is drawn from here, so that {name} keeps what its base could do.",
        name=shown.persona.name,
    )
    if shown.said_is_new and any(each.states.get("as_new") for each in shown.groups):
        again = tr(
            "The next one builds anew from the base: what was learned before counts as new there,"
            " not here."
        )
        return f"{words} {again}"
    return words
