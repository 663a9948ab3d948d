"""Where a window goes when the screen it was on is gone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect


def on_a_screen(window: QRect, screens: Sequence[QRect]) -> QRect:
    """Left where it is while its middle is on a screen; else whole, on the one it has most of."""
    if not screens or any(each.contains(window.center()) for each in screens):
        return window
    chosen = max(screens, key=lambda each: _area(each.intersected(window)))
    moved = QRect(window.topLeft(), window.size().boundedTo(chosen.size()))
    moved.moveLeft(min(max(moved.left(), chosen.left()), chosen.right() - moved.width() + 1))
    moved.moveTop(min(max(moved.top(), chosen.top()), chosen.bottom() - moved.height() + 1))
    return moved


def _area(rect: QRect) -> int:
    return max(0, rect.width()) * max(0, rect.height())
