"""The cycle is killed at any moment; the same command goes on with the same run."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

from tests.campaigns.marked import Kind, appears, settle
from tests.campaigns.months import check_month, fresh_months, said, start_cycle
from tests.campaigns.tally import Tally
from tests.tiny_month import LIMIT_S, TinyMonth, start_cli
from trainer.contract.folder import RunFolder, read_rows

# Times the start of the command: so long it may live before it is killed.
LIVES = 4.0
# At most one of each, whatever was killed: the trainer goes on, and the runtime for a moment.
GOING_ON: dict[Kind, int] = {"trainer": 1, "supervisor": 1, "server": 1}


def run(root: Path, kills: int, tally: Tally) -> None:
    """Months in homes of their own until so many kills were given."""
    chance = random.Random(f"{tally.target}-{tally.seed}")
    for month in fresh_months(root, kills, tally):
        _one_month(month, kills, chance, tally)


def _one_month(month: TinyMonth, kills: int, chance: random.Random, tally: Tally) -> None:
    """Kill the command until its run is over; the last start is left alone."""
    before, recipe = said(month), month.recipe_file()
    life_s = LIVES * _seconds_of_a_start(month)
    run_id, unanswered = "", 0
    while not _over(month):
        asked = time.time()
        process = start_cycle(month, recipe, "--yes")
        if tally.kills >= kills:
            _, told = process.communicate(timeout=LIMIT_S)
            if process.returncode:
                tally.breach(f"the cycle ended with {process.returncode}: {told[-500:]}")
                return
            continue
        delay = chance.uniform(0, life_s)
        struck = not _ends_within(process, delay)
        if struck:
            process.kill()
            tally.killed(f"{delay:.3f} s on, at {_stage(month) or 'the start'}")
        _, told = process.communicate()
        if process.returncode > 0:
            tally.breach(f"the cycle ended with {process.returncode}: {told[-500:]}")
            return
        run_id = _same_run(month, run_id, tally)
        _look_behind(month, tally)
        went_on = _told_since(month, asked)
        if went_on and unanswered:
            tally.resumed += unanswered
            tally.worst_recovery_s = max(tally.worst_recovery_s, went_on - asked)
            unanswered = 0
        unanswered += struck
    tally.resumed += unanswered
    check_month(month, before, tally, "done", "live")
    _check_deployed(month, tally)


def _told_since(month: TinyMonth, asked: float) -> float | None:
    """When the cycle told that it was at work, if it came so far."""
    for run in month.store.runs.of_persona(month.persona.id):
        events = read_rows(RunFolder(month.home.runs / run.id).cycle_events)
        return next((event["time"] for event in events if event["time"] >= asked), None)
    return None


def _seconds_of_a_start(month: TinyMonth) -> float:
    began = time.monotonic()
    start_cli(month.home, "runs", "--json").communicate()
    return time.monotonic() - began


def _ends_within(process: subprocess.Popen[str], delay: float) -> bool:
    return appears(lambda: process.poll() is not None, delay)


def _over(month: TinyMonth) -> bool:
    runs = month.store.runs.of_persona(month.persona.id)
    return any(run.state not in ("running", "waiting") for run in runs)


def _stage(month: TinyMonth) -> str:
    runs = month.store.runs.of_persona(month.persona.id)
    stages = month.events(runs[0].id, "stage") if runs else []
    told = [event for event in stages if "state" in event]
    return f"{told[-1]['name']} {told[-1]['state']}" if told else ""


def _same_run(month: TinyMonth, run_id: str, tally: Tally) -> str:
    runs = month.store.runs.of_persona(month.persona.id)
    if len(runs) > 1 or (run_id and [run.id for run in runs] != [run_id]):
        tally.lose(f"the run {run_id} became {[run.id for run in runs]}")
    return runs[0].id if runs else ""


def _look_behind(month: TinyMonth, tally: Tally) -> None:
    behind, _ = settle(month.home.root, GOING_ON)
    if behind:
        tally.leave(", ".join(behind))


def _check_deployed(month: TinyMonth, tally: Tally) -> None:
    adapter = month.store.personas.get(month.persona.id).active_adapter_id
    deployment = month.store.deployments.last(month.persona.id)
    if adapter is None or deployment is None:
        tally.lose("the adapter is not the persona's")
