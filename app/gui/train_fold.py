"""A part of a page that opens on a click; what stands in it is made only then."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QLayout, QWidget

from app.gui.controls import button, column, label, row
from app.gui.icons import put_icon
from app.gui.theme import space, theme
from app.gui.translation import tr


class Fold(QWidget):
    """A title that opens and closes; `opened` remembers by name what a person opened."""

    def __init__(
        self,
        name: str,
        title: str,
        fill: Callable[[], QWidget],
        opened: set[str],
        *,
        beside: str = "",
        tip: str = "",
    ) -> None:
        super().__init__()
        self._name = name
        self._fill = fill
        self._opened = opened
        self._content: QWidget | None = None
        self._inside = column(self, gap=space("small"))
        tip = tip or tr("Shows or hides what stands under this heading")
        self.title = button(name, title, "fold", self._on_clicked, icon="caret-right", tip=tip)
        self.title.setCheckable(True)
        head = row(gap=space("medium"))
        head.addWidget(self.title)
        head.addStretch()
        head.addWidget(label(beside, "small", name=f"{name}_beside"))
        self._inside.addLayout(head)
        if name in opened:
            self.title.setChecked(True)
            self._show()

    def _on_clicked(self) -> None:
        if self.title.isChecked():
            self._opened.add(self._name)
            self._show()
        else:
            self._opened.discard(self._name)
            self._hide()

    def _show(self) -> None:
        put_icon(self.title, "caret-down", "text", "text")
        if self._content is None:
            self._content = self._fill()
            self._inside.addWidget(self._content)
        self._content.show()

    def _hide(self) -> None:
        put_icon(self.title, "caret-right", "text", "text")
        if self._content is not None:
            self._content.hide()


def coloured(words: str, colour: str) -> QLabel:
    """Words in a colour of the theme, on the ground that they stand on."""
    made = label(words)
    made.setStyleSheet(f"color: {theme().look[colour]};")
    return made


def height_at(layout: QLayout, width: int) -> int:
    """How high a layout is at a width, also one that does not trade height for width."""
    return (
        layout.heightForWidth(width) if layout.hasHeightForWidth() else layout.sizeHint().height()
    )


def facts(rows: Iterable[tuple[str, str]], name: str = "") -> QWidget:
    """Names with what is to be said of them, in two columns."""
    holder = QWidget()
    holder.setObjectName(name)
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(space("large"))
    grid.setVerticalSpacing(space("hair"))
    grid.setColumnStretch(1, 1)
    for place, (what, value) in enumerate(rows):
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(label(what, "soft"), place, 0, top)
        grid.addWidget(label(value, wrap=True), place, 1)
    return holder
