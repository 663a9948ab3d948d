"""A dialog that is never larger than the window it belongs to: what has no room is scrolled."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractSlider,
    QDialog,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.gui.controls import column, row, scrolled
from app.gui.flow import Scrolling
from app.gui.theme import fitted
from app.gui.train_fold import height_at

LEAST_WIDTH_PX, LEAST_HEIGHT_PX = 480, 360  # what one can still read and press in
_SCROLLING = {
    Qt.Key.Key_Up: QAbstractSlider.SliderAction.SliderSingleStepSub,
    Qt.Key.Key_Down: QAbstractSlider.SliderAction.SliderSingleStepAdd,
    Qt.Key.Key_PageUp: QAbstractSlider.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QAbstractSlider.SliderAction.SliderPageStepAdd,
}


class FittedDialog(QDialog):
    """Of one width and as high as its content, or free in both where a height is given.

    What was laid out stands in a scrolling area once it is shown; a last row, which are the
    buttons, stays in sight below.
    """

    def __init__(self, width_px: int, parent: QWidget, height_px: int | None = None) -> None:
        super().__init__(parent)
        self.finished.connect(self.deleteLater)  # each is made anew when it is wanted
        self._usual = QSize(fitted(width_px), fitted(height_px or 0))
        self._free = height_px is not None
        self._content: QWidget | None = None
        self._area: QScrollArea | None = None
        self._foot: QHBoxLayout | None = None
        room = self.room()
        if self._free:
            self.resize(self._usual.boundedTo(room))
            self.setMinimumSize(
                QSize(fitted(LEAST_WIDTH_PX), fitted(LEAST_HEIGHT_PX)).boundedTo(self.size())
            )
        else:
            self.setFixedWidth(min(self._usual.width(), room.width()))

    def room(self) -> QSize:
        """How large it may be: as the window that is below all dialogs, on the screen it is on."""
        below: QWidget = self
        while (above := below.parentWidget()) is not None:
            below = above.window()
        return below.size().boundedTo(below.screen().availableSize())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Polish:
            self._wrap()
        return super().event(event)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and watched is self._content:
            self._fit()
        elif event.type() == QEvent.Type.KeyPress and watched is self._area:
            event.ignore()  # the dialog's own keys come first
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: Any) -> None:
        """The keys that no dialog wants for itself scroll it."""
        step = _SCROLLING.get(event.key())
        if step is None or self._area is None:
            super().keyPressEvent(event)
        else:
            self._area.verticalScrollBar().triggerAction(step)

    def _wrap(self) -> None:
        laid_out = self.layout()
        if self._content is not None or not isinstance(laid_out, QVBoxLayout):
            return
        focused = self.focusWidget()
        margins = laid_out.contentsMargins()
        self._foot = _taken_foot(laid_out)
        self._content = Scrolling()
        self._content.setProperty("kind", "clear")
        self._content.setLayout(laid_out)
        if laid_out.hasHeightForWidth():  # as high as at this width, not as at the narrowest
            self._content.setMinimumHeight(1)
        area = self._area = scrolled(self._content)
        area.installEventFilter(self)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        outside = column(self)
        outside.addWidget(area, 1)
        if self._foot is not None:
            sides = (margins.left(), 0, margins.right(), margins.bottom())
            self._foot.setContentsMargins(*sides)
            laid_out.setContentsMargins(
                margins.left(), margins.top(), margins.right(), laid_out.spacing()
            )
            outside.addLayout(self._foot)
        self._content.installEventFilter(self)
        if focused is not None:
            focused.setFocus()
        self._fit()

    def _fit(self) -> None:
        """Be as high as the content, which changes its mind; a dialog by itself only ever grows."""
        layout = self._content.layout() if self._content is not None else None
        if layout is None or self._area is None or self._free:
            return
        layout.activate()
        whole, most = height_at(layout, self.width()) + _height(self._foot), self.room().height()
        if layout.minimumSize().width() > self.width():
            whole += self._area.horizontalScrollBar().sizeHint().height()
        # Left to itself a bar that has come stays: beside it words need more lines than without.
        self._area.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if whole <= most
            else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        )
        self.setFixedHeight(min(whole, most))


def _taken_foot(laid_out: QVBoxLayout) -> QHBoxLayout | None:
    """The last row of a dialog, taken out of its layout."""
    last = laid_out.itemAt(laid_out.count() - 1)
    if last is None:
        return None
    foot, holder = last.layout(), last.widget()
    if holder is not None and isinstance(holder.layout(), QHBoxLayout):
        laid_out.removeWidget(holder)
        foot = row()
        foot.addWidget(holder)
        return foot
    if not isinstance(foot, QHBoxLayout):
        return None
    laid_out.takeAt(laid_out.count() - 1)
    return foot


def _height(layout: QLayout | None) -> int:
    return layout.sizeHint().height() if layout is not None else 0
