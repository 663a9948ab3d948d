"""What trades height for width: a row that breaks like words, and what holds words and scrolls.

Both say their height for the width that they have: layouts that trade height for width make the
scrolling list around them reserve the height of the narrowest case.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QWidget


class Scrolling(QWidget):
    """What stands in a scrolling area, as high as its words are at the width that it has."""

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        if not self.hasHeightForWidth():
            return least
        return QSize(least.width(), self.heightForWidth(max(self.width(), least.width())))

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return -1 if layout is None else layout.totalMinimumHeightForWidth(width)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()


class Flow(QWidget):
    """Puts widgets side by side, and below when the width ends."""

    def __init__(self, *, gap: int, right: bool = False) -> None:
        super().__init__()
        self._gap = gap
        self._right = right
        self._parts: list[QWidget] = []

    def add(self, widget: QWidget) -> None:
        widget.setParent(self)
        self._parts.append(widget)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """Never narrower than the widest part that does not give way."""
        least = (min(_wanted(each).width(), each.minimumSizeHint().width()) for each in self._shown)
        return QSize(max(least, default=0), 0)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._place()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # a part says something else now
            self._place()
            self.updateGeometry()
        return done

    @property
    def _shown(self) -> list[QWidget]:
        said = Qt.WidgetAttribute.WA_WState_ExplicitShowHide
        return [each for each in self._parts if not (each.testAttribute(said) and each.isHidden())]

    def _place(self) -> None:
        y = 0
        for line in self._lines():
            used = sum(size.width() for _, size in line) + self._gap * (len(line) - 1)
            x = max(0, self.width() - used) if self._right else 0
            for widget, size in line:
                widget.setGeometry(x, y, size.width(), size.height())
                x += size.width() + self._gap
            y += max(size.height() for _, size in line) + self._gap
        self.setFixedHeight(max(0, y - self._gap))

    def _lines(self) -> list[list[tuple[QWidget, QSize]]]:
        lines: list[list[tuple[QWidget, QSize]]] = []
        room = 0
        for widget in self._shown:
            size = _wanted(widget)
            size.setWidth(min(size.width(), max(self.width(), widget.minimumSizeHint().width())))
            if not lines or size.width() > room:
                lines.append([])
                room = self.width()
            lines[-1].append((widget, size))
            room -= size.width() + self._gap
        return lines


def _wanted(widget: QWidget) -> QSize:
    return widget.sizeHint().expandedTo(widget.minimumSize()).boundedTo(widget.maximumSize())
