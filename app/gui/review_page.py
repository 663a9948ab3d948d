"""The review page: a queue that the keyboard alone works through."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.gui.controls import button, column, label, row, tool
from app.gui.done_line import DoneLine
from app.gui.flow import Flow
from app.gui.keys import BoundKey, with_keys
from app.gui.review_bars import TopicBars
from app.gui.review_card import ReviewCard
from app.gui.review_dialogs import AroundDialog, KeysDialog, ask_bulk
from app.gui.review_filter import FilterBox
from app.gui.review_keys import LetterMenu, topic_menu, verb_of
from app.gui.review_rows import ReviewList
from app.gui.review_session import Bulk, ReviewSession
from app.gui.review_states import ExaminingLine, NothingLeft
from app.gui.session import Session
from app.gui.theme import fitted, space
from app.gui.translation import tr
from app.store.review import ReviewFilter

LIST_SHARE, CARD_SHARE = 3, 5
FILTER_PX = 260


class ReviewPage(QWidget):
    """The list at the left, the reply that is looked at at the right."""

    chat_asked = Signal()

    def __init__(self, session: Session, review: ReviewSession) -> None:
        super().__init__()
        self.setObjectName("review_page")
        self.setProperty("kind", "page")
        self._session, self._review, self._queue = session, review, review.queue
        self._left = label("", "strong", name="review_left")
        self._filter = FilterBox()
        self._all = button(
            "review_all", with_keys(tr("All of these"), "review.all"), "plain", self._open_all_menu,
            tip=tr("Keeps, drops, masks or names the topic of every reply of the filter at once"),
        )  # fmt: skip
        self._bars = TopicBars()
        self._list = ReviewList()
        self._list.setModel(self._queue.model)
        self.card = ReviewCard()
        self._nothing = NothingLeft()
        self._faces = QStackedWidget()
        self._done = DoneLine()
        self._acts = {
            "next": lambda: self._queue.step(1), "before": lambda: self._queue.step(-1),
            "keep": review.keep, "correct": self._correct, "drop": review.drop,
            "topic": self._open_topic_menu, "mask": review.mask, "undo": review.undo,
            "around": review.ask_around, "all": self._open_all_menu,
            "filter": self._open_filter, "keys": self._open_keys,
        }  # fmt: skip
        self._lay_out()
        self._connect()
        self.refresh()
        self._on_current_changed()

    def take_focus(self) -> None:
        """The page comes on: what happened meanwhile is read."""
        self._list.setFocus()
        self._review.refresh()

    def refresh(self) -> None:
        """Show filter, numbers and states as they are now."""
        queue, numbers, busy = self._queue, self._review.numbers, self._review.busy
        counts = numbers.counts if numbers is not None else None
        self._filter.show_counts(counts, queue.chosen)
        self._left.setText(_left_words(queue.left, busy, decided=queue.chosen.decided))
        self._bars.show_shares(numbers.shares if numbers is not None else ())
        nothing = queue.current is None
        if nothing:
            self._nothing.show_state(queue.chosen, counts, loaded=queue.loaded, failed=queue.failed)
        had_focus = self._list.hasFocus() or self.card.isAncestorOf(self.focusWidget() or self)
        self._faces.setCurrentIndex(1 if nothing else 0)
        if nothing and had_focus:
            self._nothing.setFocus()
        elif not nothing and self._nothing.hasFocus():
            self._list.setFocus()
        self._all.setEnabled(not nothing and not busy)
        self.card.set_busy(bool(busy))

    def keyPressEvent(self, event: Any) -> None:
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.card.scroll_page(event.key() == Qt.Key.Key_PageDown)
            return
        name = verb_of(event).removeprefix("review.")
        act = self._acts.get(name)
        if act is None:
            super().keyPressEvent(event)
        elif name == "keys" or not self._review.busy:
            act()

    def _lay_out(self) -> None:
        gap = space("large")
        inside = column(self, margins=(gap, space("medium"), gap, space("small")), gap=8)
        head = row(gap=space("small"))
        head.addWidget(label(tr("Review"), "title"))
        head.addWidget(self._left)
        buttons = Flow(gap=space("small"), right=True)
        self._filter.setMaximumWidth(fitted(FILTER_PX))
        buttons.add(self._filter)
        buttons.add(self._all)
        about_keys = with_keys(tr("Keys"), "review.keys")
        buttons.add(tool("review_keys", "keyboard", about_keys, self._open_keys))
        head.addWidget(buttons, 1)
        inside.addLayout(head)
        inside.addWidget(self._bars)
        inside.addWidget(ExaminingLine(self._session.examining))
        work = QWidget()
        both = row(work, gap=space("medium"))
        both.addWidget(self._list, LIST_SHARE)
        both.addWidget(self.card, CARD_SHARE)
        self._faces.addWidget(work)
        self._faces.addWidget(self._nothing)
        inside.addWidget(self._faces, 1)
        inside.addWidget(self._done)

    def _connect(self) -> None:
        review, queue = self._review, self._queue
        review.changed.connect(self.refresh)
        queue.current_changed.connect(self._on_current_changed)
        review.told.connect(self._done.tell)
        review.bulk_asked.connect(self._on_bulk_asked)
        review.twin_read.connect(self._on_twin_read)
        review.around_read.connect(self._on_around_read)
        self._done.undo_asked.connect(self._on_undo_asked)
        self._list.selectionModel().currentChanged.connect(self._on_row_chosen)
        queue.model.modelReset.connect(self._select_current)
        self._filter.filter_chosen.connect(self._on_filter_chosen)
        self._filter.left.connect(self._list.setFocus)
        self._nothing.filter_asked.connect(self._on_filter_chosen)
        self._nothing.chat_asked.connect(self.chat_asked)
        self.card.asked.connect(self._on_asked)
        self.card.corrected.connect(self._on_corrected)
        self.card.edited.connect(review.drafts.__setitem__)
        self.card.editor_left.connect(self._on_editor_left)
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        BoundKey(self, "review.undo", review.undo, inside, repeats=False)

    def _on_current_changed(self) -> None:
        row = self._queue.current
        if row is None:
            self.card.close_editor()
            return
        held = self.focusWidget()
        self.card.show_row(row, self._review.drafts.get(row.id))
        self._select_current()
        gone = held is not None and self.card.isAncestorOf(held) and not held.isVisible()
        if gone and self.isVisible():  # an editor that closed, or a text that one took the place of
            self._list.setFocus()
        for flag in row.item.flags:
            if flag.kind == "near_duplicate" and flag.other_id is not None:
                self._review.ask_twin(row.id, flag.other_id)

    def _select_current(self) -> None:
        row = self._queue.current
        place = self._queue.model.place_of(row.id) if row is not None else None
        if place is not None:
            self._list.selectionModel().setCurrentIndex(
                self._queue.model.index(place), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    def _on_row_chosen(self, index: QModelIndex) -> None:
        """By the mouse or the arrow keys; what the queue chose itself is on already."""
        rows = self._queue.model.rows
        current = self._queue.current
        if index.isValid() and (current is None or rows[index.row()].id != current.id):
            self._queue.go_to(index.row())

    def _on_undo_asked(self) -> None:
        """The button goes once there is nothing to undo: the keyboard must not go with it."""
        (self._nothing if self._queue.current is None else self._list).setFocus()
        self._review.undo()

    def _on_asked(self, name: str) -> None:
        """A button of the card; the keyboard stays at the list."""
        self._list.setFocus()
        self._acts["topic" if name == "tag" else name]()

    def _correct(self) -> None:
        row = self._queue.current
        if row is None:
            return
        self.card.open_editor()
        if row.reply.left_out:
            words = tr("Only its beginning is here: what you keep takes the whole reply's place.")
            self._done.tell(words, False)

    def _on_corrected(self, text: str) -> None:
        self._list.setFocus()
        self._review.correct(text)

    def _on_editor_left(self) -> None:
        if self.card.row is not None:
            self._review.drafts.pop(self.card.row.id, None)
        self._list.setFocus()

    def _on_filter_chosen(self, chosen: ReviewFilter) -> None:
        self._list.setFocus()
        self._review.show(chosen)

    def _open_filter(self) -> None:
        self._filter.setFocus()
        self._filter.showPopup()

    def _open_topic_menu(self) -> None:
        if self._queue.current is not None:
            self._popup(topic_menu(self, tr("What is it about?"), self._review.tag))

    def _open_all_menu(self) -> None:
        if self._queue.current is None:
            return
        review = self._review
        entries = [
            ("1", tr("Keep all…"), lambda: review.ask_bulk("keep")),
            ("3", tr("Drop all…"), lambda: review.ask_bulk("drop")),
            ("t", tr("Topic of all…"), self._open_topic_menu_of_all),
            ("m", tr("Mask personal data in all…"), lambda: review.ask_bulk("mask")),
        ]
        self._popup(LetterMenu("review_all_menu", tr("All of this filter"), entries, self))

    def _open_topic_menu_of_all(self) -> None:
        self._popup(
            topic_menu(
                self,
                tr("What are all of them about?"),
                lambda topic: self._review.ask_bulk("set_topic", topic),
            )
        )

    def _popup(self, menu: LetterMenu) -> None:
        menu.popup(self.card.mapToGlobal(self.card.rect().center()))

    def _open_keys(self) -> None:
        KeysDialog(self).open()

    def _on_bulk_asked(self, bulk: Bulk) -> None:
        if self.isVisible():
            ask_bulk(self, bulk, lambda: self._review.do_bulk(bulk))

    def _on_twin_read(self, message_id: int, twin: Any) -> None:
        if self.card.row is not None and self.card.row.id == message_id:
            self.card.show_twin(twin)

    def _on_around_read(self, message_id: int, lines: Any) -> None:
        card = self._session.card
        if self.isVisible() and card is not None:
            AroundDialog(lines, message_id, card.persona.name, self).open()


def _left_words(left: int | None, busy: int, *, decided: bool) -> str:
    if busy:
        return tr("Working on {count} replies…", count=f"{busy:,}")
    if left is None:
        return ""
    if decided:
        return tr("{count} decided", count=f"{left:,}")
    return tr("{count} left", count=f"{left:,}")
