"""The schedule and the system's timer as one: on and off together, put in order again."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from app import schedule as system
from app.home import Home
from app.operations import schedule_log, scheduling
from app.operations.schedule_log import Entry
from app.operations.scheduling import Decision, Schedule
from app.store.store import Store

if TYPE_CHECKING:
    from app.operations.machine_facts import MachineFacts
    from app.schedule import SystemTimer, TimerState


@dataclass(frozen=True)
class Overview:
    """All that is to be said of the schedule now."""

    schedule: Schedule
    timer: TimerState
    facts: MachineFacts
    next_at: datetime
    decisions: tuple[Decision, ...]
    entries: tuple[Entry, ...]


def overview(home: Home, store: Store) -> Overview:
    """Look at the schedule, the timer and the machine."""
    from app.operations import machine_facts, schedule_tick

    kept, now, facts = scheduling.stored(store), _now(), machine_facts.look()
    return Overview(
        kept,
        timer_state(home),
        facts,
        scheduling.next_start(kept, now),
        schedule_tick.decisions(home, store, kept, facts, now) if kept.on else (),
        schedule_log.entries(store),
    )


def change(home: Home, store: Store, wanted: Schedule) -> Schedule:
    """Keep a schedule and have the timer with it; where the system refuses, neither changes."""
    scheduling.check(wanted)
    timer = timer_of(home)
    if wanted.on:
        timer.install(tick_command(home))
    else:
        timer.remove()
    return scheduling.keep(store, wanted, _now().date())


def repair(home: Home) -> None:
    """Put the timer in place again."""
    timer_of(home).install(tick_command(home))


def timer_state(home: Home) -> TimerState:
    """Whether the timer looks after this home, with this installation."""
    return timer_of(home).state(tick_command(home))


def timer_of(home: Home) -> SystemTimer:
    """A timer for each home: one of its own does not take another's away."""
    usual = Path(platformdirs.user_data_dir("perennial", appauthor=False))
    if home.root == usual:
        return system.timer_of_this_system()
    mark = hashlib.sha256(str(home.root).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return system.timer_of_this_system(f"{system.NAME}-{mark}")


def tick_command(home: Home) -> tuple[str, ...]:
    """The command that the timer runs."""
    return (
        str(_interpreter()), "-P", "-m", "app.cli", "--home", str(home.root), "schedule", "tick",
    )  # fmt: skip


def _interpreter() -> Path:
    """This Python; on Windows the one that opens no window of its own."""
    here = Path(sys.executable)
    windowless = here.with_name("pythonw.exe")
    return windowless if sys.platform == "win32" and windowless.exists() else here


def _now() -> datetime:
    return datetime.now().astimezone()
