"""The section of the settings for the month by itself: switch, conditions, and how it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from app.gui.controls import button, card, clear, column, icon_row, label, row
from app.gui.long_work import LongWork
from app.gui.schedule_form import ScheduleForm
from app.gui.schedule_words import (
    STATES,
    TIMERS,
    decision_line,
    exact_words,
    moment_words,
    next_words,
    notes_line,
)
from app.gui.session import Session
from app.gui.theme import space
from app.gui.tick import Tick
from app.gui.train_fold import Fold
from app.gui.translation import tr
from app.gui.trouble import explain, explain_kind
from app.gui.trouble_bar import TroubleBar
from app.operations.schedule_log import Entry
from app.operations.schedule_words import entry_words
from app.operations.scheduling import Reason, Schedule
from app.store.store import Store

if TYPE_CHECKING:
    from app.gui.window import MainWindow
    from app.operations.schedule_timer import Overview
    from app.schedule.timer import TimerState

_SHOWN_DECISIONS = 10


class ScheduleSection(QWidget):
    """What is changed is kept at once; the system's timer comes and goes with the switch."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("settings_schedule")
        self._session = session
        self._found: Overview | None = None
        self._opened: set[str] = set()
        # Asking the system takes longer than pages should wait for the session's store.
        self._work = LongWork(session, "schedule")
        self.destroyed.connect(self._work.leave)
        self._trouble = TroubleBar("schedule_trouble")
        self._on = Tick("schedule_on", tr("Prepare the month by itself"))
        self._on.setToolTip(tr("Turn the schedule on, and put the timer of the system in place"))
        self._on.clicked.connect(self._on_switched)
        self._next = label(tr("One moment…"), "soft", name="schedule_next", wrap=True)
        self._form = ScheduleForm()
        self._form.changed.connect(self._keep)
        self._now, self._lines = card("schedule_now")
        self._set_enabled(False)
        self._now.hide()
        self._lay_out()
        session.household_changed.connect(self._on_changed)
        session.month_changed.connect(self._on_changed)
        self.refresh()

    def refresh(self) -> None:
        """Look at schedule, timer and machine again."""
        home = self._session.home

        def work(store: Store) -> Overview:
            from app.operations.schedule_timer import overview

            return overview(home, store)

        self._do(work, self._show)

    def _lay_out(self) -> None:
        inside = column(self, gap=space("medium"))
        about = tr(
            "Once a month Perennial prepares what a persona would learn from, asks you to review"
            " it, and trains where you allow that. A month that the computer was off for is caught"
            " up once."
        )
        inside.addWidget(label(about, "soft", wrap=True))
        inside.addWidget(self._trouble)
        frame, switch = card("schedule_switch")
        switch.addWidget(self._on, alignment=Qt.AlignmentFlag.AlignLeft)
        switch.addWidget(self._next)
        inside.addWidget(frame)
        inside.addWidget(self._now)
        inside.addWidget(self._form)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_switched(self) -> None:
        self._keep(self._form.schedule)

    def _keep(self, chosen: Schedule) -> None:
        home, wanted = self._session.home, replace(chosen, on=self._on.isChecked())
        self._trouble.hide()

        def work(store: Store) -> Overview:
            from app.operations.schedule_timer import change, overview

            change(home, store, wanted)
            return overview(home, store)

        self._do(work, self._show)

    def _repair(self) -> None:
        home = self._session.home
        self._trouble.hide()

        def work(store: Store) -> Overview:
            from app.operations.schedule_timer import overview, repair

            repair(home)
            return overview(home, store)

        self._do(work, self._show)

    def _do(self, work: Callable[[Store], Overview], done: Callable[[Overview], None]) -> None:
        self._work.start(work, done, self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        """What was asked for is not so: the switches go back to what is."""
        self._trouble.show_trouble(explain(error, button=tr("Try again"), action=self.refresh))
        if self._found is None:
            self._next.setText(tr("The schedule could not be read."))
        else:
            self._show(self._found)

    def _show(self, found: Overview) -> None:
        self._found = found
        if self._work.busy:
            return  # a later change is on its way, and would be undone on the screen
        schedule = found.schedule
        self._set_enabled(True)
        self._on.setChecked(schedule.on)
        names = [self._name(slug) for slug in schedule.personas]
        self._next.setText(next_words(schedule, names, found.next_at))
        self._form.show_schedule(schedule, self._session.household.cards)
        self._show_now(found)

    def _show_now(self, found: Overview) -> None:
        clear(self._lines)
        self._now.setVisible(found.schedule.on)
        if not found.schedule.on:
            return
        self._lines.addWidget(label(tr("Right now"), "strong"))
        if found.timer.standing != "in_place":
            self._lines.addWidget(self._timer_line(found.timer))
        for each in found.decisions:
            icon, colour = STATES.get(each.state, ("circle", "text_soft"))
            words = f"{self._name(each.persona)}: {decision_line(each)}"
            self._lines.addWidget(_line(icon, colour, words, "schedule_decision"))
        if found.timer.standing == "in_place":
            self._lines.addWidget(self._timer_line(found.timer))
        if notes := notes_line(found.decisions):
            self._lines.addWidget(label(notes, "small", name="schedule_notes", wrap=True))
        if found.entries:
            title = tr("Last decisions")
            self._lines.addWidget(
                Fold("schedule_log", title, lambda: self._log(found), self._opened)
            )

    def _timer_line(self, timer: TimerState) -> QWidget:
        login = (timer.kind, timer.standing) == ("autostart", "in_place")
        icon, colour, words = TIMERS["next_login" if login else timer.standing]
        made = _line(icon, colour, tr(words), "schedule_timer")
        made.setToolTip(timer.place)
        if timer.standing != "in_place":
            repair = button("schedule_repair", tr("Put it in place"), "plain", self._repair)
            repair.setToolTip(tr("Write the timer of the system anew; nothing else changes"))
            inside = made.layout()
            assert inside is not None
            inside.addWidget(repair)
        return made

    def _log(self, found: Overview) -> QWidget:
        lines = QWidget()
        inside = column(lines, gap=space("small"))
        for entry in found.entries[:_SHOWN_DECISIONS]:
            when = exact_words(entry.until or entry.at)
            words = _entry_line(entry)
            said = f"{when} · {self._name(entry.persona)}: {words}"
            if entry.times > 1:
                said = f"{said} ({tr('{times} times', times=entry.times)})"
            inside.addWidget(label(said, "small", name="schedule_entry", wrap=True))
        return lines

    def _name(self, slug: str) -> str:
        names = {each.persona.slug: each.persona.name for each in self._session.household.cards}
        return names.get(slug, slug)

    def _set_enabled(self, on: bool) -> None:
        self._on.setEnabled(on)
        self._form.setEnabled(on)


def _line(icon: str, colour: str, words: str, name: str) -> QFrame:
    made = QFrame()
    inside = row(made, gap=space("small"))
    inside.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignTop)
    inside.addWidget(label(words, name=name, wrap=True), 1)
    return made


def _entry_line(entry: Entry) -> str:
    """What a look came to; an error in the user's language, as the window tells it elsewhere."""
    told = replace(entry, reasons=tuple(_told(each) for each in entry.reasons))
    return entry_words(told, tr, moment_words)


def _told(reason: Reason) -> Reason:
    if reason.kind != "failed":
        return reason
    values = reason.values
    words = explain_kind(str(values["error_kind"]), str(values["why"]), "", "")
    return Reason("failed", {"why": " ".join(filter(None, words))})
