"""What the system's timer runs: look whether the month is due, prepare it, begin the training."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from app.archive.provenance import came_along
from app.errors import PerennialError
from app.home import Home
from app.operations import schedule_log, scheduling
from app.operations.month import month_progress
from app.operations.schedule_log import Did, Entry, Ready
from app.operations.scheduling import Decision, Reason, Schedule, Standing, due
from app.store.review import ReviewFilter
from app.store.store import Store
from app.store.values import Persona
from ollama_bridge.errors import BridgeError

if TYPE_CHECKING:
    from app.operations.machine_facts import MachineFacts

LOCK_NAME = "schedule.lock"


def tick(
    home: Home, store: Store, facts: MachineFacts, now: datetime | None = None
) -> tuple[Entry, ...]:
    """Do what is due, and write down what was done and why not more; never two at once."""
    moment = now or datetime.now().astimezone()
    schedule = scheduling.stored(store)
    if not schedule.on:
        return ()
    lock = FileLock(home.root / LOCK_NAME)
    with suppress(Timeout), lock.acquire(timeout=0):
        return tuple(
            entry
            for persona in scheduled(store, schedule)
            for entry in _take_on(home, store, schedule, persona, facts, moment)
        )
    return ()


def decisions(
    home: Home, store: Store, schedule: Schedule, facts: MachineFacts, now: datetime
) -> tuple[Decision, ...]:
    """What a look would find now; nothing is done."""
    return tuple(
        due(schedule, standing_of(home, store, persona), now, facts)
        for persona in scheduled(store, schedule)
    )


def scheduled(store: Store, schedule: Schedule) -> list[Persona]:
    """The personas that the schedule is for."""
    wanted = schedule.personas
    return [each for each in store.personas.all() if not wanted or each.slug in wanted]


def standing_of(home: Home, store: Store, persona: Persona) -> Standing:
    """How a persona's month stands."""
    from app.operations.training import run_alive

    unfinished = store.runs.unfinished()
    elsewhere = came_along(store, persona)
    runs = [run for run in store.runs.of_persona(persona.id) if run.id not in elsewhere]
    ready = schedule_log.ready_of(store, persona.slug)
    begun = [runs[0].created] if runs else []
    if ready is not None and ready.begun:
        begun.append(ready.begun)
    return Standing(
        persona.slug,
        missing=month_progress(store, persona.id).missing,
        to_review=to_review(store, persona.id),
        under_way=next((run.id for run in unfinished if run_alive(home, run.id)), ""),
        candidate=next((run.id for run in runs if run.state == "waiting"), ""),
        begun=max(map(datetime.fromisoformat, begun), default=None),
        prepared=datetime.fromisoformat(ready.at) if ready else None,
    )


def to_review(store: Store, persona_id: int) -> int:
    """How many replies wait for a decision: the flagged ones, and those of the persona itself."""
    return len(
        {
            *store.review.ids(persona_id, ReviewFilter("flagged")),
            *store.review.ids(persona_id, ReviewFilter("unrated")),
        }
    )


def _take_on(
    home: Home,
    store: Store,
    schedule: Schedule,
    persona: Persona,
    facts: MachineFacts,
    now: datetime,
) -> list[Entry]:
    """Do all that is due for one persona: a month that was just prepared may be trained at once."""
    made: list[Entry] = []
    while True:
        decision = due(schedule, standing_of(home, store, persona), now, facts)
        entry = Entry.of(decision, now)
        if decision.state == "due":
            did, reason = _do(home, store, schedule, persona, decision, now)
            entry = replace(entry, did=did, reasons=(reason,))
        if not made or entry.did != "not_due":
            schedule_log.write(store, entry)
            made.append(entry)
        if entry.did != "prepared":
            return made


def _do(
    home: Home,
    store: Store,
    schedule: Schedule,
    persona: Persona,
    decision: Decision,
    now: datetime,
) -> tuple[Did, Reason]:
    try:
        if decision.action == "prepare":
            return "prepared", _prepare(home, store, persona, now)
        return "begun", _begin(home, store, persona, now, live=schedule.goes == "live")
    except (PerennialError, BridgeError) as error:
        return "failed", Reason("failed", {"why": str(error), "error_kind": error.kind})


def _prepare(home: Home, store: Store, persona: Persona, now: datetime) -> Reason:
    """Look at every reply, draw the mix as the training will, and have it told."""
    from app.cycle.request import make_request
    from app.operations.examining import examine
    from app.operations.mixing import draw_month, mix_counts

    examine(home, store, persona.id)
    counts = mix_counts(draw_month(store, persona, seed=make_request().seed).manifest())
    open_replies = to_review(store, persona.id)
    ready = Ready(now.isoformat(), counts["new"], counts["replay"], open_replies)
    schedule_log.set_ready(store, persona.slug, ready)
    values = {"new": ready.new, "replay": ready.replay, "count": open_replies}
    return Reason("prepared", values)


def _begin(home: Home, store: Store, persona: Persona, now: datetime, *, live: bool) -> Reason:
    """Begin as the window does, in a process that nothing here takes along when it ends."""
    from app.cycle.detached import reap, spawn
    from app.cycle.process import sign_in
    from app.operations.training import prepare_run
    from trainer.contract.folder import RunFolder

    run = prepare_run(home, store, persona.id)
    folder = RunFolder(home.runs / run.id)
    command = [
        sys.executable, "-m", "app.cli", "cycle", persona.slug, "--resume", run.id,
        "--home", str(home.root), "--json", *(["--yes"] if live else []),
    ]  # fmt: skip
    with folder.log.open("ab") as log:
        started = spawn(command, log.fileno())
    sign_in(folder, started.pid)
    reap(started)
    ready = schedule_log.ready_of(store, persona.slug)
    if ready is not None:
        schedule_log.set_ready(store, persona.slug, replace(ready, begun=now.isoformat()))
    return Reason("begun", {"run": run.id})
