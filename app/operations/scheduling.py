"""The schedule of the month: on which day, under which conditions, and how far it goes alone."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from app.errors import PerennialError
from app.store.store import Store

if TYPE_CHECKING:
    from app.operations.machine_facts import MachineFacts

Goes = Literal["prepare", "train", "live"]
GOES: tuple[Goes, ...] = get_args(Goes)
Action = Literal["prepare", "train"]
State = Literal["off", "not_due", "waits", "due"]

LAST = "last"
DAYS = range(1, 29)
HOURS = range(24)
IDLE_MINUTES = range(601)
HOTTEST_C = range(40, 111)  # 0 where no warmth is too much
REVIEW_DAYS = 3  # after these a training no longer waits for a review: it learns what was approved
BUSY_LOAD = 0.2
KEY = "schedule"


@dataclass(frozen=True)
class Schedule:
    """What was set; without personas it is for all, and with equal hours for every hour."""

    on: bool = False
    personas: tuple[str, ...] = ()
    day: int | Literal["last"] = 1
    from_hour: int = 0
    to_hour: int = 0
    mains_only: bool = True
    idle_minutes: int = 15
    hottest_c: int = 0
    goes: Goes = "prepare"
    since: str = ""  # the day on which it was turned on; what was due before is not caught up


class ScheduleWrong(PerennialError):
    """A schedule that cannot be."""

    kind = "schedule_wrong"


@dataclass(frozen=True)
class Reason:
    """Why something is done or not; `schedule_words` says it."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """How a persona's month stands to the schedule."""

    persona: str
    missing: int = 0  # usable replies, for an adapter
    to_review: int = 0
    under_way: str = ""  # a training, of anybody: there is one device
    candidate: str = ""  # the run whose adapter waits for the user's word
    begun: datetime | None = None
    prepared: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What is to be done for a persona now, or why nothing is; `notes` are what is not known."""

    persona: str
    state: State
    action: Action = "prepare"
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()


def stored(store: Store) -> Schedule:
    """The schedule as it was kept; one that makes no sense any more is off."""
    row = store.settings.get(KEY)
    try:
        return of_row(row) if isinstance(row, dict) else Schedule()
    except ScheduleWrong:
        return Schedule()


def keep(store: Store, schedule: Schedule, today: date) -> Schedule:
    """Keep a schedule; turned on, or moved to another day, it counts from today."""
    check(schedule)
    before = stored(store)
    known = {persona.slug for persona in store.personas.all()}
    unknown = sorted(set(schedule.personas) - known - set(before.personas))
    if unknown:
        raise _wrong([f"there is no persona {', '.join(unknown)}"])
    afresh = schedule.on and (not before.on or schedule.day != before.day)
    kept = replace(schedule, since=today.isoformat() if afresh else before.since)
    store.settings.set(KEY, asdict(kept))
    return kept


def of_row(row: Mapping[str, Any]) -> Schedule:
    """A schedule as it is written down; what a newer version wrote beside it is left out."""
    known = {each.name for each in fields(Schedule)}
    values = {name: value for name, value in row.items() if name in known}
    if isinstance(values.get("personas"), list):
        values["personas"] = tuple(values["personas"])
    made = Schedule(**values)
    check(made)
    return made


def check(schedule: Schedule) -> None:
    """Say everything that is wrong at once."""
    faults = [
        words
        for well, words in (
            (schedule.day == LAST or _is_in(schedule.day, DAYS), 'the day is 1 to 28 or "last"'),
            (_is_in(schedule.from_hour, HOURS), "the first hour is 0 to 23"),
            (_is_in(schedule.to_hour, HOURS), "the last hour is 0 to 23"),
            (_is_in(schedule.idle_minutes, IDLE_MINUTES), "the idle minutes are 0 to 600"),
            (
                schedule.hottest_c == 0 or _is_in(schedule.hottest_c, HOTTEST_C),
                "the temperature is 40 to 110 °C, or 0 for any",
            ),
            (schedule.goes in GOES, f"how far it goes is one of: {', '.join(GOES)}"),
            (isinstance(schedule.on, bool) and isinstance(schedule.mains_only, bool),
             "what is on or off is true or false"),
            (_are_names(schedule.personas), "the personas are a list of short names"),
            (_is_day(schedule.since), "since is a day"),
        )
        if not well
    ]  # fmt: skip
    if faults:
        raise _wrong(faults)


def due(schedule: Schedule, standing: Standing, now: datetime, facts: MachineFacts) -> Decision:
    """What the schedule has to do for a persona now; months that were missed come once, as one."""
    who = standing.persona
    if not schedule.on:
        return Decision(who, "off", reasons=(Reason("off"),))
    start = last_start(schedule, now)
    over = _over(schedule, standing, start)
    if over is not None:
        reasons = (*over, Reason("next", {"at": next_start(schedule, now).isoformat()}))
        return Decision(who, "not_due", reasons=reasons)
    prepared = _is_since(standing.prepared, start)
    action: Action = "train" if prepared else "prepare"
    if blocked := _blocked(standing, action, now):
        # How the machine is does not matter while something else is in the way.
        return Decision(who, "waits", action, blocked)
    reasons = _machine(schedule, now, facts)
    state: State = "waits" if reasons else "due"
    return Decision(who, state, action, reasons, _unknown(schedule, facts))


def last_start(schedule: Schedule, now: datetime) -> datetime:
    """When the month that counts now began."""
    this = _start_in(schedule, now.year, now.month, now)
    return this if this <= now else _start_in(schedule, *_beside(now, -1), now)


def next_start(schedule: Schedule, now: datetime) -> datetime:
    """When the next month begins; not before the schedule counts."""
    this = _start_in(schedule, now.year, now.month, now)
    return this if this > now else _start_in(schedule, *_beside(now, 1), now)


def in_hours(schedule: Schedule, hour: int) -> bool:
    """Whether an hour is among those that are allowed, over midnight too."""
    first, last = schedule.from_hour, schedule.to_hour
    if first == last:
        return True
    return first <= hour < last if first < last else hour >= first or hour < last


def _over(schedule: Schedule, standing: Standing, start: datetime) -> tuple[Reason, ...] | None:
    """Why nothing is left to do in this month; None where something is."""
    if schedule.since and start.date() < date.fromisoformat(schedule.since):
        return ()
    if standing.begun is not None and _is_since(standing.begun, start):
        return (Reason("begun_already", {"at": standing.begun.isoformat()}),)
    if schedule.goes != "prepare" or standing.prepared is None:
        return None
    if _is_since(standing.prepared, start):
        return (Reason("prepared_already", {"at": standing.prepared.isoformat()}),)
    return None


def _blocked(standing: Standing, action: Action, now: datetime) -> tuple[Reason, ...]:
    """What is in the way in the home itself."""
    if standing.under_way:
        return (Reason("training", {"run": standing.under_way}),)
    if standing.candidate:
        return (Reason("candidate", {"run": standing.candidate}),)
    # A review may bring what is missing, so that one is asked for all the same.
    if standing.missing and (action == "train" or not standing.to_review):
        return (Reason("nothing", {"missing": standing.missing}),)
    if action == "train" and standing.to_review and standing.prepared:
        until = standing.prepared + timedelta(days=REVIEW_DAYS)
        if now < until:
            values = {"count": standing.to_review, "until": until.isoformat()}
            return (Reason("review", values),)
    return ()


def _machine(schedule: Schedule, now: datetime, facts: MachineFacts) -> tuple[Reason, ...]:
    """What is in the way outside of it; what is not known is not."""
    found = []
    if not in_hours(schedule, now.hour):
        hours = {"from_hour": schedule.from_hour, "to_hour": schedule.to_hour}
        found.append(Reason("hours", hours))
    if schedule.mains_only and facts.on_mains is False:
        found.append(Reason("power"))
    if schedule.idle_minutes and facts.idle_s is not None:
        if facts.idle_s < schedule.idle_minutes * 60:
            found.append(Reason("idle", {"minutes": schedule.idle_minutes}))
    elif schedule.idle_minutes and facts.load is not None and facts.load >= BUSY_LOAD:
        found.append(Reason("busy", {"percent": round(facts.load * 100)}))
    if schedule.hottest_c and facts.hottest_c is not None and facts.hottest_c > schedule.hottest_c:
        warmth = {"now_c": round(facts.hottest_c), "most_c": schedule.hottest_c}
        found.append(Reason("temperature", warmth))
    return tuple(found)


def _unknown(schedule: Schedule, facts: MachineFacts) -> tuple[Reason, ...]:
    """Conditions that cannot be looked at here."""
    found = []
    if schedule.mains_only and facts.on_mains is None:
        found.append(Reason("power_unknown"))
    if schedule.idle_minutes and facts.idle_s is None:
        found.append(Reason("idle_unknown" if facts.load is None else "idle_by_load"))
    if schedule.hottest_c and facts.hottest_c is None:
        found.append(Reason("temperature_unknown"))
    return tuple(found)


def _start_in(schedule: Schedule, year: int, month: int, now: datetime) -> datetime:
    day = calendar.monthrange(year, month)[1] if schedule.day == LAST else int(schedule.day)
    hour = 0 if schedule.from_hour == schedule.to_hour else schedule.from_hour
    return datetime(year, month, day, hour, tzinfo=now.tzinfo)


def _beside(now: datetime, months: int) -> tuple[int, int]:
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    return year, month + 1


def _is_since(moment: datetime | None, start: datetime) -> bool:
    """By the day: what was done in its morning counts for a month that begins in its evening."""
    return moment is not None and moment.astimezone(start.tzinfo).date() >= start.date()


def _is_in(value: Any, allowed: range) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed


def _are_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, str) and each for each in value)


def _is_day(value: Any) -> bool:
    if value == "":
        return True
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _wrong(faults: list[str]) -> ScheduleWrong:
    return ScheduleWrong(
        f"The schedule cannot be so: {'; '.join(faults)}.",
        "Correct it, then try again.",
        kept="The schedule was left as it was.",
    )
