"""The window is killed while somebody talks in it, and sometimes while a training runs."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from app.gui.main import FIRST_PAINT_VARIABLE
from app.operations import training
from app.store import Run, open_store
from tests.campaigns.database import check_database
from tests.campaigns.marked import Kind, appears, of_kind, settle
from tests.campaigns.months import fresh_month
from tests.campaigns.tally import Tally
from tests.tiny_month import ROOT, TinyMonth

# So long a window that was painted may live, in times of its start.
LIVES = 3.0
BEFORE_PAINT = 0.25
TRAINS = 0.2
# So often the next window opens at once, on a runtime that is just ending.
HASTE = 0.5
TRAINING: dict[Kind, int] = {"cycle": 1, "trainer": 1, "supervisor": 1, "server": 1}


@dataclass
class _Table:
    """The home under test, and what its windows leave."""

    month: TinyMonth
    folder: Path
    chance: random.Random
    tally: Tally
    starts: int = 0
    start_s: float = 2.0
    unpainted: int = 0
    errors: list[Path] = field(default_factory=list)

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.jsonl"

    @property
    def mark(self) -> Path:
        return self.folder / f"painted-{self.starts}"


def run(root: Path, kills: int, tally: Tally) -> None:
    """Open and kill; one last start shows that the home is whole."""
    chance = random.Random(f"{tally.target}-{tally.seed}")
    with fresh_month(root / "home", ends_soon=False) as month:
        # Closed, and opened for moments only: the killed window's connection is to be the last,
        # and who copies a database that he holds open drops his locks on it.
        month.store.close()
        table = _Table(month, root, chance, tally)
        while tally.kills < kills and not tally.broken:
            _one_life(table)
        if not tally.broken:
            _last_life(table)


def _one_life(table: _Table) -> None:
    chance = table.chance
    trains, early = chance.random() < TRAINS, chance.random() < BEFORE_PAINT
    share, patient = chance.random(), chance.random() > HASTE
    if trains:
        _train(table.month)
    window, began = _open(table)
    if early:
        delay = share * table.start_s
        appears(lambda: window.poll() is not None, delay)
    elif _painted(table, window, began):
        delay = share * LIVES * table.start_s
        appears(lambda: window.poll() is not None, delay)
    else:
        return
    if window.poll() is not None:
        table.tally.breach(f"the window ended by itself: {_last_words(table)}")
        return
    if early and table.mark.exists():
        _painted(table, window, began)
    window.kill()
    window.wait()
    table.unpainted += 1
    table.tally.killed(f"{delay:.3f} s after {'the start' if early else 'the first paint'}")
    _check(table, patient=patient)


def _last_life(table: _Table) -> None:
    window, began = _open(table)
    _painted(table, window, began)
    _end_training(table.month)
    window.kill()
    window.wait()
    _check(table, patient=True)


def _open(table: _Table) -> tuple[subprocess.Popen[bytes], float]:
    table.starts += 1
    words = ("-m", "tests.campaigns.window_driver", str(table.month.home.root))
    errors = table.folder / f"stderr-{table.starts}.txt"
    table.errors.append(errors)
    with errors.open("wb") as stderr:
        window = subprocess.Popen(
            [sys.executable, *words, str(table.ledger), f"{table.tally.seed}-{table.starts}"],
            env={
                **os.environ,
                "QT_QPA_PLATFORM": "offscreen",
                FIRST_PAINT_VARIABLE: str(table.mark),
            },
            cwd=ROOT,
            stdout=stderr,
            stderr=stderr,
        )
    return window, time.monotonic()


def _painted(table: _Table, window: subprocess.Popen[bytes], began: float) -> bool:
    """Wait for the first paint, which shows that the kills before did no harm."""
    if not appears(lambda: table.mark.exists() or window.poll() is not None):
        window.kill()
        window.wait()
    if not table.mark.exists():
        table.tally.breach(f"the window did not come up: {_last_words(table)}")
        return False
    table.start_s = time.monotonic() - began
    table.tally.worst_recovery_s = max(table.tally.worst_recovery_s, table.start_s)
    table.tally.resumed += table.unpainted
    table.unpainted = 0
    return True


def _check(table: _Table, *, patient: bool) -> None:
    """Nothing of the window stays, and what it showed as stored is there."""
    home, tally = table.month.home, table.tally
    trains = bool(of_kind(home.root, "cycle") or of_kind(home.root, "trainer"))
    allowed: dict[Kind, int] = TRAINING if trains or not patient else {}
    behind, _ = settle(home.root, allowed)
    if behind and not (of_kind(home.root, "cycle") or of_kind(home.root, "trainer")):
        tally.leave(", ".join(behind))
    for lost in check_database(home.database, table.ledger, alone=not trains):
        tally.lose(lost)
    if "Traceback" in _last_words(table):
        tally.breach(f"an error that nobody expected: {_last_words(table)}")


def _last_words(table: _Table) -> str:
    return table.errors[-1].read_text("utf-8", "replace")[-1500:]


def _train(month: TinyMonth) -> None:
    """A training that goes on over several windows; one that waits for a word is refused."""
    run = _newest_run(month)
    if run is not None and run.state == "running":
        return
    if run is not None and run.state == "waiting":
        training.keep_old(month.home, run.id)
    recipe = month.recipe_file(epochs=20, patience=100)
    training.start_training(month.home, month.persona.id, recipe=recipe)


def _end_training(month: TinyMonth) -> None:
    run = _newest_run(month)
    if run is not None and run.state == "running":
        training.send_command(month.home, run.id, "discard")
        appears(lambda: not of_kind(month.home.root, "cycle"))


def _newest_run(month: TinyMonth) -> Run | None:
    with open_store(month.home) as store:
        return next(iter(store.runs.of_persona(month.persona.id)), None)
