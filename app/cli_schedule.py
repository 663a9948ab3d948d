"""The verb `schedule`: the month by itself, on its day and under its conditions."""

from __future__ import annotations

import io
import os
import sys
import time
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, the_home
from app.home import HOME_VARIABLE

if TYPE_CHECKING:
    from rich.console import Console

    from app.home import Home
    from app.operations.schedule_log import Entry
    from app.operations.schedule_timer import Overview
    from app.operations.scheduling import Goes, Schedule

_EVERY_S = 3600.0
_STAY_LOCK = "schedule-stay.lock"
_TIMERS = {
    "in_place": "The system's timer is in place: {place}",
    "other": "The system's timer runs another installation; mend it with: perennial schedule on",
    "missing": "The system's timer is not in place; mend it with: perennial schedule on",
}

schedule = typer.Typer(
    name="schedule",
    help="The month by itself: when it is prepared and trained; without a verb, how it is set.",
    add_completion=False,
    invoke_without_command=True,
)


@schedule.callback()
def show_when_alone(
    context: typer.Context, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """The month by itself; without a verb, how it is set."""
    if context.invoked_subcommand is None:
        show(home, as_json)
    elif home is not None:
        os.environ[HOME_VARIABLE] = str(home.expanduser().absolute())


@schedule.command()
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """How the schedule is set, what it does next, and why it waits now."""
    from app.operations import schedule_timer
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        found = schedule_timer.overview(place, store)
    row = {
        "schedule": asdict(found.schedule),
        "timer": asdict(found.timer),
        "facts": asdict(found.facts),
        "next": found.next_at.isoformat() if found.schedule.on else None,
        "decisions": [asdict(each) for each in found.decisions],
    }
    give(as_json, row, lambda out: _tell(out, found))


@schedule.command(name="set")
def set_schedule(
    persona: Annotated[
        list[str] | None,
        typer.Option("--persona", "-p", help="For this persona; may stand several times."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="For all personas.")] = False,
    day: Annotated[
        str | None, typer.Option("--day", help="The day of the month, 1 to 28, or last.")
    ] = None,
    hours: Annotated[
        str | None, typer.Option("--hours", metavar="FROM-TO", help="As in 22-6, or any.")
    ] = None,
    mains: Annotated[
        bool | None, typer.Option("--mains/--battery-too", help="Only on mains power.")
    ] = None,
    idle: Annotated[
        int | None, typer.Option("--idle", help="Minutes without you; 0 for at once.")
    ] = None,
    hottest: Annotated[
        int | None, typer.Option("--hottest", help="Not above so many °C; 0 for any.")
    ] = None,
    goes: Annotated[
        str | None,
        typer.Option(
            "--goes", help="prepare: and tell; train: the adapter waits; live: if it passes."
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the schedule; what is not named stays as it is."""
    from app.operations import schedule_timer, scheduling
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        wanted: dict[str, Any] = {
            "personas": () if every else tuple(persona) if persona else None,
            "day": _day(day),
            **_hours(hours),
            "mains_only": mains,
            "idle_minutes": idle,
            "hottest_c": hottest,
            "goes": goes,
        }
        changes = {name: value for name, value in wanted.items() if value is not None}
        kept = schedule_timer.change(place, store, replace(scheduling.stored(store), **changes))
    give(as_json, {"schedule": asdict(kept)}, lambda out: out.print(_set_words(kept), markup=False))


@schedule.command()
def on(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Turn the schedule on, and put the system's timer in place; again mends the timer."""
    _turn(True, home, as_json)


@schedule.command()
def off(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Turn the schedule off, and take the system's timer away."""
    _turn(False, home, as_json)


@schedule.command()
def tick(
    stay: Annotated[
        bool,
        typer.Option("--stay", help="Look again every hour, until the schedule is turned off."),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look whether the month is due and do it; the system's timer runs this."""
    _have_streams()
    place = the_home(home)
    if not stay:
        made = _look(place)
        give(as_json, {"decisions": _rows(made)}, lambda out: _tell_entries(out, made))
        return
    from filelock import FileLock, Timeout

    from app.errors import PerennialError

    try:
        with FileLock(place.root / _STAY_LOCK).acquire(timeout=0):
            while _is_on(place):
                try:
                    _look(place)
                except PerennialError as error:
                    sys.stderr.write(f"{error}\n")
                time.sleep(_EVERY_S)
    except Timeout:
        sys.stderr.write("Another one stays already.\n")


@schedule.command()
def log(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """The last decisions, newest first, each with its reason."""
    from app.operations import schedule_log
    from app.store import open_store

    with open_store(the_home(home)) as store:
        found = schedule_log.entries(store)
    give(as_json, {"decisions": _rows(found)}, lambda out: _tell_entries(out, found))


def _turn(on: bool, home: Path | None, as_json: bool) -> None:
    from app.operations import schedule_timer, scheduling
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        kept = schedule_timer.change(place, store, replace(scheduling.stored(store), on=on))
    give(as_json, {"schedule": asdict(kept)}, lambda out: out.print(_set_words(kept), markup=False))


def _look(place: Home) -> tuple[Entry, ...]:
    from app.operations import machine_facts, schedule_tick
    from app.store import open_store

    with open_store(place) as store:
        return schedule_tick.tick(place, store, machine_facts.look())


def _is_on(place: Home) -> bool:
    from app.operations import scheduling
    from app.store import open_store

    with open_store(place) as store:
        return scheduling.stored(store).on


def _have_streams() -> None:
    """Windows' Python without a window has none, and words would end it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.StringIO())


def _day(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdecimal() else text


def _hours(text: str | None) -> dict[str, int]:
    if text is None:
        return {}
    if text == "any":
        return {"from_hour": 0, "to_hour": 0}
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        raise typer.BadParameter("two hours as in 22-6, or any", param_hint="--hours")
    return {"from_hour": int(first), "to_hour": int(last)}


def _when(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"


def _say(text: str, /, **values: object) -> str:
    return text.format(**values) if values else text


def _set_words(kept: Schedule) -> str:
    """How it is set, in one sentence; what will be done, in another."""
    from app.operations import scheduling
    from app.operations.schedule_words import plan_words

    if not kept.on:
        return "The schedule is off; nothing is done by itself."
    at = scheduling.next_start(kept, datetime.now().astimezone()).isoformat()
    goes: Goes = kept.goes
    conditions = [
        f"from {kept.from_hour}:00 to {kept.to_hour}:00" * (kept.from_hour != kept.to_hour),
        "on mains power" * kept.mains_only,
        f"after {kept.idle_minutes} minutes without you" * bool(kept.idle_minutes),
        f"at most at {kept.hottest_c} °C" * bool(kept.hottest_c),
    ]
    only = ", ".join(filter(None, conditions))
    plan = plan_words(goes, kept.personas, at, _say, _when)
    return f"{plan} Only {only}." if only else plan


def _tell(out: Console, found: Overview) -> None:
    from app.operations.schedule_words import decision_words

    out.print(_set_words(found.schedule), markup=False)
    if not found.schedule.on:
        return
    out.print(_TIMERS[found.timer.standing].format(place=found.timer.place), markup=False)
    for each in found.decisions:
        out.print(f"{each.persona}: {decision_words(each, _say, _when)}", markup=False)


def _tell_entries(out: Console, found: tuple[Entry, ...]) -> None:
    from app.operations.schedule_words import entry_words

    for each in found:
        often = f" ({each.times} times)" if each.times > 1 else ""
        words = entry_words(each, _say, _when)
        out.print(f"{_when(each.until or each.at)}  {each.persona}: {words}{often}", markup=False)
    if not found:
        out.print("There is nothing to tell.")


def _rows(found: tuple[Entry, ...]) -> list[dict[str, Any]]:
    from app.operations.schedule_words import entry_words

    return [{**asdict(each), "text": entry_words(each, _say, _when)} for each in found]
