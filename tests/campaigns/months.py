"""Tiny months that are killed again and again, and what must hold at the end of each."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.home import open_home
from app.store import open_store
from tests.campaigns.marked import marking, settle
from tests.campaigns.tally import Tally
from tests.tiny_month import TinyMonth, start_cli
from trainer.contract.folder import RunFolder


@dataclass(frozen=True)
class Said:
    """What of a home must outlive every kill."""

    conversations: int
    rated: int


@contextmanager
def fresh_month(root: Path, *, ends_soon: bool = True) -> Iterator[TinyMonth]:
    """A home of its own with a month's talk; nothing runs for it afterwards."""
    home = open_home(root)
    with open_store(home) as store, marking(home.root):
        month = TinyMonth(home, store, ends_soon=ends_soon)
        month.talk()
        month.replay()
        yield month


def fresh_months(root: Path, kills: int, tally: Tally) -> Iterator[TinyMonth]:
    """Months in homes of their own until so many kills were given."""
    number = 0
    while tally.kills < kills:
        number += 1
        with fresh_month(root / f"home-{number}") as month:
            yield month


def said(month: TinyMonth) -> Said:
    """Count what was said and rated."""
    found = list(month.store.learnable(month.persona.id))
    turns = [turn for each in found for turn in each.turns]
    return Said(len(found), len(turns))


def start_cycle(month: TinyMonth, recipe: Path, *words: str) -> subprocess.Popen[str]:
    """The one command that a person gives, again and again."""
    return start_cli(month.home, "cycle", "sunny", "--json", "--recipe", str(recipe), *words)


def check_files(month: TinyMonth, tally: Tally) -> None:
    """Every line of a run's events is whole or torn by a kill, and the numbers go on."""
    for run in month.store.runs.of_persona(month.persona.id):
        folder = RunFolder(month.home.runs / run.id)
        for path in (folder.events, folder.cycle_events):
            numbers = [row.get("seq") for row in _rows(path)]
            if numbers != list(range(1, len(numbers) + 1)):
                tally.lose(f"{path.name} of {run.id} is numbered {numbers}")


def check_month(month: TinyMonth, before: Said, tally: Tally, state: str, stage: str) -> None:
    """One run, in the right state, trained once; all that was rated is there."""
    runs = month.store.runs.of_persona(month.persona.id)
    standing = [(run.state, run.stage) for run in runs]
    if standing != [(state, stage)]:
        tally.breach(f"the runs stand at {standing}: {[run.reason for run in runs]}")
    for run in runs:
        ends = month.events(run.id, "done")
        trained = [event for event in ends if event.get("outcome") == "trained"]
        if len(trained) != 1:
            tally.breach(f"{run.id} was trained to its end {len(trained)} times")
        adapter = month.store.adapters.of_run(run.id)
        if adapter is None or not adapter.gguf_path.is_file():
            tally.lose(f"the adapter of {run.id}")
    if said(month) != before:
        tally.lose(f"{before} became {said(month)}")
    check_files(month, tally)
    behind, _ = settle(month.home.root, {})
    if behind:
        tally.leave(", ".join(behind))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for line in path.read_bytes().splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        yield row
