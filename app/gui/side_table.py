"""A table with a line for each thing, and how it is in each of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from app.gui.controls import card, label
from app.gui.theme import space

_TOP = Qt.AlignmentFlag.AlignTop
_NAME_PX, _SIDE_PX = 130, 110


@dataclass(frozen=True)
class Line:
    """A line of a table: what it is about, and how it is in each of the two."""

    name: str
    one: str
    other: str
    differs: bool
    about: str = ""


def titled_card(name: str, title: str, inside_: Sequence[QWidget]) -> QFrame:
    frame, inside = card(name)
    inside.addWidget(label(title, "strong", wrap=True))
    for each in inside_:
        inside.addWidget(each)
    return frame


def side_table(names: tuple[str, str], lines: Sequence[Line]) -> QWidget:
    """What differs is strong, so that it is found without reading the rest."""
    holder, grid = side_grid(names)
    for at, line in enumerate(lines, 1):
        first = label(line.name, "soft", wrap=True)
        first.setToolTip(line.about)
        grid.addWidget(first, at, 0, _TOP)
        for place, words in enumerate((line.one, line.other), 1):
            made = label(words, "strong" if line.differs else "", wrap=True)
            grid.addWidget(made, at, place, _TOP)
    return holder


def side_grid(names: tuple[str, str]) -> tuple[QWidget, QGridLayout]:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(space("large"))
    grid.setVerticalSpacing(space("small"))
    grid.setColumnMinimumWidth(0, _NAME_PX)
    grid.setColumnStretch(0, 2)
    for place, name in enumerate(names, 1):
        grid.addWidget(label(name, "section"), 0, place)
        grid.setColumnMinimumWidth(place, _SIDE_PX)
        grid.setColumnStretch(place, 3)
    return holder, grid
