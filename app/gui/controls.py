"""The small parts that pages are built of; each control gets its name and its spoken name."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.icons import icon_label, put_icon
from app.gui.recent_steps import take_step
from app.gui.theme import USUAL_SCALE, fitted, size, space, theme
from app.gui.translation import later

# What the last button of a dialog does, where something was asked and where something was shown.
CANCELS = later("Closes this and changes nothing")
CLOSES = later("Back to the window (Esc)")


def label(text: str = "", kind: str = "", *, name: str = "", wrap: bool = False) -> QLabel:
    """Plain text; nothing in it is ever read as markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    made.setProperty("kind", kind)
    if name:
        made.setObjectName(name)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


class Line(QLabel):
    """One line of plain words that ends in dots where the width does; the tip has all of it."""

    def __init__(self, text: str, name: str, kind: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", kind)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMinimumWidth(1)
        self.say(text)

    def say(self, text: str) -> None:
        self.setText(text)
        self.setToolTip(plain_tip(text))

    def paintEvent(self, event: Any) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()


def button(
    name: str,
    text: str,
    kind: str = "plain",
    on_click: Callable[[], object] | None = None,
    *,
    icon: str = "",
    tip: str = "",
) -> QPushButton:
    """A button with words; what it does, and when one would press it, is in the tip."""
    # A style sheet has no space between icon and words.
    made = QPushButton(f"  {text}" if icon else text)
    made.setObjectName(name)
    made.setAccessibleName(text)
    made.setToolTip(tip)
    made.setProperty("kind", kind)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setAutoDefault(False)
    if icon:
        put_icon(made, icon, _ICON_COLOUR.get(kind, "text_soft"))
    if on_click is not None:
        made.clicked.connect(_clicked(on_click))
    return made


def _clicked(on_click: Callable[[], object]) -> Callable[..., None]:
    def done(_checked: bool = False) -> None:
        take_step("click", on_click)
        on_click()

    return done


_ICON_COLOUR = {"primary": "on_accent", "danger": "danger", "plain": "text", "fold": "text"}


def tool(
    name: str,
    icon: str,
    tip: str,
    on_click: Callable[[], object] | None = None,
    *,
    checkable: bool = False,
    colour: str = "text_soft",
) -> QToolButton:
    """A button with an icon; its words are in the tip."""
    made = QToolButton()
    made.setObjectName(name)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setCheckable(checkable)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setFixedSize(size("target"), size("target"))
    put_icon(made, icon, colour)
    if on_click is not None:
        made.clicked.connect(_clicked(on_click))
    return made


def plain_tip(text: str) -> str:
    """A tip with words of files or users in it: Qt would read what looks like markup as such."""
    return f"<qt>{escape(text)}</qt>" if "<" in text else text


def column(
    parent: QWidget | None = None, *, margins: int | tuple[int, int, int, int] = 0, gap: int = 0
) -> QVBoxLayout:
    made = QVBoxLayout() if parent is None else QVBoxLayout(parent)
    _space(made, margins, gap)
    return made


def row(
    parent: QWidget | None = None, *, margins: int | tuple[int, int, int, int] = 0, gap: int = 0
) -> QHBoxLayout:
    made = QHBoxLayout() if parent is None else QHBoxLayout(parent)
    _space(made, margins, gap)
    return made


def _space(made: QLayout, margins: int | tuple[int, int, int, int], gap: int) -> None:
    sides = (margins,) * 4 if isinstance(margins, int) else margins
    made.setContentsMargins(*sides)
    made.setSpacing(gap)


def sideways() -> Qt.ScrollBarPolicy:
    """Whether an area of words may be scrolled to the side: only where letters are larger."""
    larger = theme().scale > USUAL_SCALE
    policy = Qt.ScrollBarPolicy
    return policy.ScrollBarAsNeeded if larger else policy.ScrollBarAlwaysOff


def scrolled(holder: QWidget) -> QScrollArea:
    """A widget that scrolls up and down on the ground of the page, without a frame of its own."""
    scroll = QScrollArea()
    scroll.setProperty("kind", "clear")
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(sideways())
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(holder)
    scroll.viewport().setProperty("kind", "clear")
    return scroll


def rule() -> QFrame:
    """A thin line."""
    made = QFrame()
    made.setProperty("kind", "rule")
    return made


def card(name: str = "", kind: str = "card") -> tuple[QFrame, QVBoxLayout]:
    """A framed surface and what stands in it."""
    made = QFrame()
    made.setProperty("kind", kind)
    if name:
        made.setObjectName(name)
    padding = space("large") if kind == "card" else space("medium")
    return made, column(made, margins=padding, gap=space("small"))


def clear(layout: QLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


def icon_row(name: str, colour: str) -> QLabel:
    """An icon that stands before a line of words, as high as the line."""
    return icon_label(name, colour, fitted(20))
