"""A row that breaks like words.

It fixes its own height after each resize: layouts that trade height for width make the
scrolling list around them reserve the height of the narrowest case.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget


class Flow(QWidget):
    """Puts widgets side by side, and below when the width ends."""

    def __init__(self, *, gap: int) -> None:
        super().__init__()
        self._gap = gap
        self._parts: list[QWidget] = []

    def add(self, widget: QWidget) -> None:
        widget.setParent(self)
        self._parts.append(widget)
        self._place()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        x = y = high = 0
        for widget in self._parts:
            hint = widget.sizeHint()
            if x > 0 and x + hint.width() > self.width():
                x, y, high = 0, y + high + self._gap, 0
            widget.setGeometry(x, y, hint.width(), hint.height())
            x += hint.width() + self._gap
            high = max(high, hint.height())
        self.setFixedHeight(y + high)
