"""What lies in the home: one bar for all of it, and a line for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from app.gui.controls import card, label, row
from app.gui.export_form import bytes_words
from app.gui.flow import Flow
from app.gui.theme import space, theme
from app.gui.translation import later, tr
from app.storage_words import ABOUT, TITLES

if TYPE_CHECKING:
    from app.operations.storage import Survey

BAR_PX, GAP_PX, DOT_PX = 12, 2, 10
LEAST_PX = 3  # of a share that is there, however small
_PARTS = {
    "yours": ("accent", later("What is yours")),
    "bases": ("chart_train", later("Base models")),
    "can_go": ("warning", later("Can be cleaned up")),
}


def shares(found: Survey) -> dict[str, int]:
    """The bytes of each part of the bar."""
    bases = sum(each.bytes for each in found.kinds if each.name == "bases")
    return {
        "yours": found.total - bases - found.cleanable,
        "bases": bases,
        "can_go": found.cleanable,
    }


class ShareBar(QWidget):
    """The parts side by side, as wide as they are large; words below say the same."""

    def __init__(self, parts: dict[str, int]) -> None:
        super().__init__()
        self.setObjectName("storage_bar")
        self.setFixedHeight(BAR_PX)
        self._parts = {name: size for name, size in parts.items() if size > 0}
        told = ", ".join(f"{tr(_PARTS[name][1])}: {bytes_words(parts[name])}" for name in parts)
        self.setAccessibleName(told)
        self.setToolTip(told)

    def paintEvent(self, _event: Any) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QPainterPath()
        whole.addRoundedRect(QRectF(self.rect()), BAR_PX / 2, BAR_PX / 2)
        painter.setClipPath(whole)
        painter.fillRect(self.rect(), theme().look.colour("pressed"))
        total = sum(self._parts.values())
        room = self.width() - (GAP_PX + LEAST_PX) * len(self._parts)
        x = 0.0
        for name, size in self._parts.items():
            width = LEAST_PX + room * size / total
            painter.fillRect(QRectF(x, 0, width, BAR_PX), theme().look.colour(_PARTS[name][0]))
            x += width + GAP_PX
        painter.end()


class Dot(QWidget):
    """The colour of a part, beside its words."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self.setFixedSize(DOT_PX, DOT_PX)

    def paintEvent(self, _event: Any) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme().look.colour(self._colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(self.rect())
        painter.end()


def sizes_card(found: Survey) -> QFrame:
    """Everything by its size, the largest first."""
    frame, inside = card("storage_sizes")
    head = row(gap=space("small"))
    total = tr("{size} in the home", size=bytes_words(found.total))
    head.addWidget(label(total, "strong", name="storage_total", wrap=True), 1)
    free = tr("{size} are free on its disk", size=bytes_words(found.free_bytes))
    head.addWidget(label(free, "small", name="storage_free", wrap=True))
    inside.addLayout(head)
    parts = shares(found)
    inside.addWidget(ShareBar(parts))
    legend = Flow(gap=space("medium"))
    for name, size in parts.items():
        colour, words = _PARTS[name]
        entry = QWidget()
        line = row(entry, gap=space("hair"))
        line.addWidget(Dot(colour))
        line.addWidget(label(f"{tr(words)} {bytes_words(size)}", "small"))
        legend.add(entry)
    inside.addWidget(legend)
    inside.addSpacing(space("small"))
    inside.addLayout(_lines(found))
    return frame


def _lines(found: Survey) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(space("medium"))
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(0, 1)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
    there = sorted((each for each in found.kinds if each.bytes), key=lambda each: -each.bytes)
    for each in there:
        place = grid.rowCount()
        grid.addWidget(
            label(tr(TITLES[each.name]), name=f"storage_{each.name}", wrap=True), place, 0
        )
        grid.addWidget(label(bytes_words(each.bytes)), place, 1, right)
        about = label(tr(ABOUT[each.name]), "small", wrap=True)
        about.setContentsMargins(0, 0, 0, space("small"))
        grid.addWidget(about, place + 1, 0)
        if each.cleanable:
            can_go = tr("{size} can go", size=bytes_words(each.cleanable))
            grid.addWidget(label(can_go, "small"), place + 1, 1, right)
    return grid
