"""The conversation as a scrolling view: only the messages near the view have widgets."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QWidget

from app.gui.chat_session import ChatSession
from app.gui.controls import column
from app.gui.message_found import FoundGround
from app.gui.message_widget import MessageWidget
from app.gui.session import Session
from app.gui.stylesheet import SCROLL_BAR_PX
from app.gui.theme import size, space

FIRST_ROWS = 10
ROWS_ABOVE = 3
MORE_ROWS = 5
MOST_ROWS = 40
NEAR_PX = 300
SETTLE_MS = 30


class MessageList(QScrollArea):
    """A window over the model that slides as one scrolls; follows the end while at the end."""

    def __init__(self, session: Session, chat: ChatSession) -> None:
        super().__init__()
        self.setObjectName("message_list")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._session = session
        self._chat = chat
        self._first = 0
        self._widgets: list[MessageWidget] = []
        self._at_end = True
        self._sliding = False
        self._anchor: tuple[MessageWidget, int] | None = None
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLE_MS)
        self._settled.timeout.connect(self._end_slide)
        self._column = column(gap=space("small"))
        self._content = self._page()
        self.setWidget(self._content)
        model = chat.model
        model.modelReset.connect(self._show_end)
        model.rowsInserted.connect(self._on_rows_inserted)
        model.rowsRemoved.connect(self._on_rows_removed)
        model.dataChanged.connect(self._on_data_changed)
        chat.state_changed.connect(self._on_state_changed)
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._on_range_changed)
        bar.valueChanged.connect(self._on_scrolled)
        self._on_range_changed(0, 0)
        self._show_end()

    def scroll_to_end(self) -> None:
        """Show the newest message."""
        if self._first + len(self._widgets) < len(self._chat.model.rows):
            self._show_end()
        self._at_end = True
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def show_message(self, message_id: int) -> None:
        """Bring a message into view, and show for a moment that it is the one."""
        rows = [at for at, row in enumerate(self._chat.model.rows) if row.message_id == message_id]
        if not rows:
            return
        if not self._first <= rows[0] < self._first + len(self._widgets):
            self._draw_from(max(0, rows[0] - ROWS_ABOVE))
        sought = self._widgets[rows[0] - self._first]
        self._at_end = False
        self._sliding = True
        self._anchor = sought, space("huge")
        self._settled.start()
        sought.flash()
        FoundGround(sought, self._content)

    def press(self, name: str) -> None:
        """A keystroke for the reply that has the keyboard, else for the last one."""
        reply = self._focused_reply() or self._last_reply()
        if reply is not None:
            reply.press(name)

    def _focused_reply(self) -> MessageWidget | None:
        focused = QApplication.focusWidget()
        for widget in self._widgets:
            if widget.rateable and focused is not None and widget.isAncestorOf(focused):
                return widget
        return None

    def _last_reply(self) -> MessageWidget | None:
        """Brought into view: what is rated must be seen."""
        self.scroll_to_end()
        replies = [widget for widget in self._widgets if widget.reply]
        return replies[-1] if replies else None

    def _page(self) -> QWidget:
        page = QWidget()
        page.setProperty("kind", "column")
        inner = QWidget()
        inner.setMaximumWidth(size("column"))
        inner.setMinimumWidth(0)
        outside = QHBoxLayout(page)
        gap = space("large")
        outside.setContentsMargins(gap, space("medium"), gap, space("medium"))
        outside.addStretch(1)
        outside.addWidget(inner, 100)
        outside.addStretch(1)
        inside = column(inner)
        inside.addLayout(self._column)
        inside.addStretch()
        return page

    def _show_end(self) -> None:
        self._at_end = True
        self._draw_from(max(0, len(self._chat.model.rows) - FIRST_ROWS))

    def _draw_from(self, first: int) -> None:
        """Draw some rows anew, and no others."""
        for widget in self._widgets:
            self._remove(widget)
        self._widgets = []
        self._anchor = None
        self._first = first
        for row in range(first, min(first + FIRST_ROWS, len(self._chat.model.rows))):
            self._add(row)
        self._on_state_changed()

    def _add(self, row: int) -> None:
        card = self._session.card
        if card is None:
            return
        widget = MessageWidget(self._chat.model.rows[row], self._chat, card, row)
        place = row - self._first
        self._widgets.insert(place, widget)
        self._column.insertWidget(place, widget)

    def _remove(self, widget: MessageWidget) -> None:
        if self._anchor is not None and self._anchor[0] is widget:
            self._anchor = None
        self._column.removeWidget(widget)
        widget.hide()
        widget.deleteLater()

    def _on_rows_inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        if first != self._first + len(self._widgets):
            self._show_end()
            return
        for row in range(first, last + 1):
            self._add(row)
        self._at_end = True
        self._on_state_changed()

    def _on_rows_removed(self, parent: QModelIndex, first: int, last: int) -> None:
        while len(self._widgets) > max(0, first - self._first):
            self._remove(self._widgets.pop())
        if not self._widgets and self._chat.model.rows:
            self._show_end()

    def _on_data_changed(self, top: QModelIndex, bottom: QModelIndex) -> None:
        rows = self._chat.model.rows
        for row in range(top.row(), bottom.row() + 1):
            place = row - self._first
            if 0 <= place < len(self._widgets):
                self._widgets[place].show_row(
                    rows[row], busy=self._chat.answering, last=row == len(rows) - 1
                )

    def _on_state_changed(self) -> None:
        last = len(self._chat.model.rows) - 1
        for place, widget in enumerate(self._widgets):
            widget.set_state(busy=self._chat.answering, last=self._first + place == last)

    def _on_range_changed(self, least: int, most: int) -> None:
        # The other side gets what the bar takes, so that the column stays in the middle.
        self.setViewportMargins(SCROLL_BAR_PX, 0, 0 if most > 0 else SCROLL_BAR_PX, 0)
        if self._anchor is not None:
            self._hold_anchor()
            self._settled.start()
        elif self._at_end:
            self.verticalScrollBar().setValue(most)

    def _on_scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        if self._sliding:
            return
        self._at_end = value >= bar.maximum() - space("small")
        more_above = self._first > 0
        more_below = self._first + len(self._widgets) < len(self._chat.model.rows)
        if (value < NEAR_PX and more_above) or (bar.maximum() - value < NEAR_PX and more_below):
            self._sliding = True
            up = value < NEAR_PX and more_above
            QTimer.singleShot(0, self, lambda: self._slide(up=up))

    def _slide(self, *, up: bool) -> None:
        """Draw a few more rows on one side, and let those far on the other side go."""
        if not self._widgets:
            self._sliding = False
            return
        kept = self._widgets[0] if up else self._widgets[-1]
        self._anchor = (kept, self._place_of(kept))
        if up:
            for _ in range(min(MORE_ROWS, self._first)):
                self._first -= 1
                self._add(self._first)
            while len(self._widgets) > MOST_ROWS:
                self._remove(self._widgets.pop())
        else:
            end = self._first + len(self._widgets)
            for row in range(end, min(end + MORE_ROWS, len(self._chat.model.rows))):
                self._add(row)
            while len(self._widgets) > MOST_ROWS:
                self._remove(self._widgets.pop(0))
                self._first += 1
        # New rows are measured over the next events; until then the view holds on to one row.
        self._settled.start()

    def _end_slide(self) -> None:
        self._hold_anchor()
        self._anchor = None
        self._sliding = False
        self._on_scrolled(self.verticalScrollBar().value())

    def _hold_anchor(self) -> None:
        if self._anchor is not None:
            kept, place = self._anchor
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self._place_of(kept) - place)

    def _place_of(self, widget: MessageWidget) -> int:
        """Where a row stands in the view."""
        return widget.mapTo(self._content, QPoint(0, 0)).y() - self.verticalScrollBar().value()

    def keyPressEvent(self, event: Any) -> None:
        bar = self.verticalScrollBar()
        if event.key() == Qt.Key.Key_Home:
            bar.setValue(bar.minimum())
        elif event.key() == Qt.Key.Key_End:
            self.scroll_to_end()
        else:
            super().keyPressEvent(event)
