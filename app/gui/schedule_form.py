"""What can be set of the schedule: how far it goes, on which day, and under which conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QLayout,
    QRadioButton,
    QWidget,
)

from app.gui.controls import card, column, label, row
from app.gui.flow import Flow
from app.gui.schedule_words import GOES_WORDS, day_words
from app.gui.theme import space
from app.gui.tick import Tick
from app.gui.translation import tr
from app.operations.personas import PersonaCard
from app.operations.scheduling import DAYS, GOES, HOURS, LAST, Goes, Schedule

_IDLE_MINUTES = (5, 15, 30, 60)
_HOTTEST_C = (60, 70, 80, 90)
_INDENT_PX = 31  # below the words of a choice, not below its circle


class ScheduleForm(QWidget):
    """Each change is told at once, as the whole schedule that it makes."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.schedule = Schedule()
        self._people: dict[str, Tick] = {}
        self._goes: dict[Goes, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self._whom = Flow(gap=space("medium"))
        self._whom_words = label(tr("Personas"), "soft")
        self._day = self._choice(
            "schedule_day", tr("Day of the month"), tr("The day from which the month is looked at")
        )
        self._from = self._choice(
            "schedule_from", tr("From this hour"), tr("Nothing is begun before this hour")
        )
        self._to = self._choice(
            "schedule_to", tr("To this hour"), tr("Nothing is begun from this hour on")
        )
        self._idle = self._choice(
            "schedule_idle",
            tr("Idle time"),
            tr("How long nobody has used mouse and keyboard before something is begun"),
        )
        self._hottest = self._choice(
            "schedule_hottest",
            tr("Temperature"),
            tr("Nothing is begun while the warmest sensor tells more than this"),
        )
        self._mains = Tick("schedule_mains", tr("Only on mains power"))
        self._mains.setToolTip(tr("A laptop on its battery waits until it is plugged in"))
        self._mains.clicked.connect(lambda on: self._change(mains_only=on))
        inside = column(self, gap=space("medium"))
        inside.addWidget(self._goes_card())
        inside.addWidget(self._conditions_card())

    def show_schedule(self, schedule: Schedule, people: Sequence[PersonaCard]) -> None:
        """Show what is set."""
        self.schedule = schedule
        self._goes[schedule.goes].setChecked(True)
        self._mains.setChecked(schedule.mains_only)
        days: list[Any] = [*DAYS, LAST]
        _fill(self._day, [(day_words(each), each) for each in days], schedule.day)
        any_hour = schedule.from_hour == schedule.to_hour
        hours = [(f"{each}:00", each) for each in HOURS]
        _fill(self._from, [(tr("at any hour"), None), *hours],
              None if any_hour else schedule.from_hour)  # fmt: skip
        _fill(self._to, hours, schedule.to_hour)
        self._to.setVisible(not any_hour)
        self._to_words.setVisible(not any_hour)
        idle = sorted({*_IDLE_MINUTES, schedule.idle_minutes} - {0})
        _fill(self._idle, [(tr("also while the computer is in use"), 0),
              *((tr("after {minutes} minutes", minutes=each), each) for each in idle)],
              schedule.idle_minutes)  # fmt: skip
        hottest = sorted({*_HOTTEST_C, schedule.hottest_c} - {0})
        _fill(self._hottest, [(tr("at any temperature"), 0),
              *((tr("up to {degrees} °C", degrees=each), each) for each in hottest)],
              schedule.hottest_c)  # fmt: skip
        self._show_people(schedule, people)

    def _show_people(self, schedule: Schedule, people: Sequence[PersonaCard]) -> None:
        """Whom it is for; a choice only where there are several."""
        slugs = [each.persona.slug for each in people]
        if slugs != list(self._people):
            self._whom.deleteLater()
            self._whom = Flow(gap=space("medium"))
            self._people = {each.persona.slug: self._person(each) for each in people}
            for tick in self._people.values():
                self._whom.add(tick)
            self._grid.addWidget(self._whom, 0, 1)
        for slug, tick in self._people.items():
            tick.setChecked(not schedule.personas or slug in schedule.personas)
        self._whom.setVisible(len(slugs) > 1)
        self._whom_words.setVisible(len(slugs) > 1)

    def _person(self, each: PersonaCard) -> Tick:
        made = Tick(f"schedule_persona_{each.persona.slug}", each.persona.name)
        made.setToolTip(tr("Whether the schedule is for this persona"))
        made.clicked.connect(
            lambda _on=False, slug=each.persona.slug: self._on_person_clicked(slug)
        )
        return made

    def _on_person_clicked(self, clicked: str) -> None:
        chosen = tuple(slug for slug, tick in self._people.items() if tick.isChecked())
        if not chosen:
            # For nobody is what the switch is for.
            self._people[clicked].setChecked(True)
            return
        self._change(personas=() if len(chosen) == len(self._people) else chosen)

    def _goes_card(self) -> QFrame:
        frame, inside = card("schedule_goes_card")
        inside.addWidget(label(tr("How far it goes"), "strong"))
        for goes in GOES:
            title, words = GOES_WORDS[goes]
            made = QRadioButton(tr(title))
            made.setObjectName(f"schedule_goes_{goes}")
            made.setAccessibleName(tr(title))
            made.setAccessibleDescription(tr(words))
            made.setToolTip(tr(words))
            made.clicked.connect(lambda _on=False, each=goes: self._change(goes=each))
            self._group.addButton(made)
            self._goes[goes] = made
            below = label(tr(words), "small", wrap=True)
            below.setContentsMargins(_INDENT_PX, 0, 0, 0)
            choice = column()
            choice.addWidget(made, alignment=Qt.AlignmentFlag.AlignLeft)
            choice.addWidget(below)
            inside.addLayout(choice)
        return frame

    def _conditions_card(self) -> QFrame:
        frame, inside = card("schedule_conditions_card")
        inside.addWidget(label(tr("When"), "strong"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(space("large"))
        self._grid.setVerticalSpacing(space("small"))
        self._grid.setColumnStretch(1, 1)
        self._to_words = label(tr("to"), "soft")
        hours = row(gap=space("small"))
        hours.addWidget(self._from)
        hours.addWidget(self._to_words)
        hours.addWidget(self._to)
        hours.addStretch()
        self._grid.addWidget(self._whom_words, 0, 0)
        self._grid.addWidget(self._whom, 0, 1)
        lines: tuple[tuple[str, QWidget | QLayout], ...] = (
            (self._day.accessibleName(), self._day),
            (tr("Hours"), hours),
            (self._idle.accessibleName(), self._idle),
            (self._hottest.accessibleName(), self._hottest),
        )
        for place, (words, control) in enumerate(lines, 1):
            self._grid.addWidget(label(words, "soft"), place, 0)
            if isinstance(control, QWidget):
                self._grid.addWidget(control, place, 1, Qt.AlignmentFlag.AlignLeft)
            else:
                self._grid.addLayout(control, place, 1)
        inside.addLayout(self._grid)
        inside.addWidget(self._mains, alignment=Qt.AlignmentFlag.AlignLeft)
        return frame

    def _choice(self, name: str, words: str, tip: str) -> QComboBox:
        made = QComboBox()
        made.setObjectName(name)
        made.setAccessibleName(words)
        made.setToolTip(tip)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        made.activated.connect(lambda _place: self._on_chosen(name))
        return made

    def _on_chosen(self, name: str) -> None:
        if name == "schedule_day":
            self._change(day=self._day.currentData())
        elif name == "schedule_idle":
            self._change(idle_minutes=self._idle.currentData())
        elif name == "schedule_hottest":
            self._change(hottest_c=self._hottest.currentData())
        else:
            self._change_hours(self._from.currentData(), self._to.currentData())

    def _change_hours(self, first: int | None, last: int) -> None:
        if first is None:
            self._change(from_hour=0, to_hour=0)
            return
        any_hour = self.schedule.from_hour == self.schedule.to_hour
        if any_hour or first == last:
            # The same hour twice would be any hour; a night of eight is what is mostly meant.
            last = (first + 8) % len(HOURS)
        self._change(from_hour=first, to_hour=last)

    def _change(self, **values: Any) -> None:
        self.schedule = replace(self.schedule, **values)
        self.changed.emit(self.schedule)


def _fill(box: QComboBox, choices: Sequence[tuple[str, Any]], chosen: Any) -> None:
    if [box.itemText(place) for place in range(box.count())] != [words for words, _ in choices]:
        box.clear()
        for words, value in choices:
            box.addItem(words, value)
    box.setCurrentIndex([value for _, value in choices].index(chosen))
