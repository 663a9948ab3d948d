"""The programs that have a key: what each may do and did, whether its words are collected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.gui.controls import Line, card, clear, column, label, row, scrolled, tool
from app.gui.flow import Scrolling
from app.gui.programs_words import used_words
from app.gui.theme import fitted, space
from app.gui.tick import Tick
from app.gui.translation import tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.store.programs import Program

ROW_PX, MOST_ROWS = 64, 4


class ProgramRow(QFrame):
    """One program."""

    def __init__(self, program: Program, whole: ProgramList) -> None:
        super().__init__()
        self.setObjectName(f"program_{program.id}")
        self.setProperty("kind", "card")
        self.setFixedHeight(fitted(ROW_PX))
        self._name = program.name
        self._used = Line("", "program_used", "small")
        self.collects = Tick(
            "program_collects", tr("Collect what is said"),
            tr("Keeps it for the review; off where others write in that program, too"),
        )  # fmt: skip
        self.collects.setAccessibleName(
            tr("Collect what is said through {name}", name=program.name)
        )
        self.collects.clicked.connect(lambda on: whole.collecting_chosen.emit(self._name, on))
        tip = tr("Take the key of {name} back…", name=program.name)
        remove = tool("program_remove", "trash", tip, lambda: whole.removal_asked.emit(self._name))
        words = column(gap=2)
        words.addStretch()
        words.addWidget(Line(program.name, "program_name", "strong"))
        words.addWidget(self._used)
        words.addStretch()
        inside = row(self, margins=(space("medium"), 0, space("small"), 0), gap=space("small"))
        inside.addLayout(words, 1)
        inside.addWidget(self.collects)
        inside.addWidget(remove)

    def show_program(self, program: Program, persona: str) -> None:
        self._used.say(used_words(program, persona))
        self.collects.setChecked(program.collects)


class ProgramList(QWidget):
    """Rows stay while programs do, so that the keyboard stays where it is."""

    collecting_chosen = Signal(str, bool)
    removal_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("programs_list")
        self._made: dict[int, ProgramRow] = {}
        holder = Scrolling()
        holder.setProperty("kind", "clear")
        self._rows = column(holder, gap=space("small"))
        self._scroll = scrolled(holder)
        self._none, inside = card("programs_none")
        inside.addWidget(
            label(
                tr("No program has a key yet. Add one, and give it the address and the key."),
                "soft",
                wrap=True,
            )
        )
        outside = column(self)
        outside.addWidget(self._scroll)
        outside.addWidget(self._none)
        self._make(())

    def show_programs(self, programs: tuple[Program, ...], personas: Mapping[int, str]) -> None:
        if [each.id for each in programs] != list(self._made):
            self._make(programs)
        for each in programs:
            persona = personas.get(each.persona_id, "") if each.persona_id is not None else ""
            self._made[each.id].show_program(each, persona)

    def _make(self, programs: tuple[Program, ...]) -> None:
        clear(self._rows)
        self._made = {each.id: ProgramRow(each, self) for each in programs}
        for made in self._made.values():
            self._rows.addWidget(made)
        shown = min(len(programs), MOST_ROWS)
        # Where there are more, half a row shows that it goes on.
        more = fitted(ROW_PX) // 2 if len(programs) > MOST_ROWS else -space("small")
        self._scroll.setFixedHeight(max(0, shown * (fitted(ROW_PX) + space("small")) + more))
        self._scroll.setVisible(bool(programs))
        self._none.setVisible(not programs)
