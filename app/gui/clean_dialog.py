"""Making room: what goes is chosen, with how much each is, before anything does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.controls import CANCELS, button, column, label, row, scrolled
from app.gui.export_form import bytes_words
from app.gui.fitted_dialog import FittedDialog
from app.gui.flow import Scrolling
from app.gui.theme import space
from app.gui.tick import Tick
from app.gui.translation import tr
from app.storage_words import ABOUT, TITLES

if TYPE_CHECKING:
    from app.operations.storage import OlderAdapter, Survey

WIDTH_PX, OLDER_PX = 520, 168
_MANY = 4


class CleanDialog(FittedDialog):
    """What is made again is chosen already; older adapters only by a tick for each."""

    agreed = Signal(list, list)

    def __init__(self, found: Survey, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("clean_dialog")
        self.setWindowTitle(tr("Clean up"))
        self._found = found
        self._kinds: dict[str, Tick] = {}
        self._older: dict[int, Tick] = {}
        self._go = button("clean_go", "", "primary", self._on_agreed)
        self._lay_out()
        self._show_sum()

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("Clean up"), "title"))
        if any(each.cleanable for each in self._found.kinds):
            words = tr("None of this is missed: it is made again, or nothing goes back to it.")
            inside.addWidget(label(words, "soft", wrap=True))
        for each in self._found.kinds:
            if each.cleanable:
                title = f"{tr(TITLES[each.name])} · {bytes_words(each.cleanable)}"
                tick = self._tick(f"clean_{each.name}", title, tr(ABOUT[each.name]))
                tick.setChecked(True)
                self._kinds[each.name] = tick
                inside.addWidget(tick)
        if self._found.older:
            self._add_older(inside)
        inside.addSpacing(space("small"))
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(
            button("clean_cancel", tr("Cancel"), "plain", self.reject, tip=tr(CANCELS))
        )
        buttons.addWidget(self._go)
        inside.addLayout(buttons)

    def _add_older(self, inside: QVBoxLayout) -> None:
        inside.addSpacing(space("small"))
        head = tr("Older adapters, cannot be gone back to afterwards")
        inside.addWidget(label(head, "strong", name="clean_older_head", wrap=True))
        holder = Scrolling()
        holder.setProperty("kind", "clear")
        rows = column(holder)
        for each in self._found.older:
            tick = self._tick(f"clean_older_{each.adapter_id}", _older_words(each), each.run_id)
            self._older[each.adapter_id] = tick
            rows.addWidget(tick)
        if len(self._older) <= _MANY:
            inside.addWidget(holder)
            return
        rows.addStretch()
        area = scrolled(holder)
        area.setFixedHeight(OLDER_PX)
        inside.addWidget(area)

    def _tick(self, name: str, words: str, tip: str) -> Tick:
        made = Tick(name, words)
        made.setAccessibleName(words)
        made.setToolTip(tip)
        made.toggled.connect(lambda _on: self._show_sum())
        return made

    def _chosen(self) -> tuple[list[str], list[int]]:
        kinds = [name for name, tick in self._kinds.items() if tick.isChecked()]
        return kinds, [each for each, tick in self._older.items() if tick.isChecked()]

    def _show_sum(self) -> None:
        kinds, older = self._chosen()
        total = sum(each.cleanable for each in self._found.kinds if each.name in kinds)
        total += sum(each.bytes for each in self._found.older if each.adapter_id in older)
        words = tr("Free {size}", size=bytes_words(total))
        self._go.setText(words)
        self._go.setAccessibleName(words)
        self._go.setToolTip(tr("Delete what is ticked, for good"))
        self._go.setEnabled(bool(kinds or older))

    def _on_agreed(self) -> None:
        self.accept()
        self.agreed.emit(*self._chosen())


def _older_words(older: OlderAdapter) -> str:
    return f"{older.persona} v{older.version} · {bytes_words(older.bytes)}"
