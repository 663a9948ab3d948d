"""What the store's thread reads of a run for the train page."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from app.cycle.follow import RunFollower
from app.home import Home
from app.operations.month import MonthContents
from app.store.store import Store
from app.store.values import Run, Score


@dataclass(frozen=True)
class Outcome:
    """What the exam found, for the page after the training."""

    scores: tuple[Score, ...] = ()
    report: dict[str, Any] | None = None


@dataclass(frozen=True)
class Look:
    """A run as it stands, and what is new of it."""

    events: list[dict[str, Any]]
    alive: bool
    run: Run
    outcome: Outcome | None


def look_at(store: Store, home: Home, run_id: str, follower: RunFollower) -> Look:
    """Read what is new in a run's folder, and its outcome once it has one."""
    run = store.runs.get(run_id)
    events = follower.poll()
    outcome = None
    if run.state != "running":
        outcome = Outcome(tuple(store.scores.of_run(run_id)), _read_report(home.runs / run_id))
    return Look(events, training_verbs().run_alive(home, run_id), run, outcome)


def with_mix(store: Store, contents: MonthContents) -> MonthContents:
    """The contents with the sizes of the mix that would be drawn from them."""
    if not contents.progress.total:
        return contents
    from app.operations.mixing import draw_month, mix_counts

    counts = mix_counts(draw_month(store, contents.persona, seed=0).manifest())
    return replace(contents, mix_new=counts["new"], mix_replay=counts["replay"])


def training_verbs() -> ModuleType:
    """Imported in the thread that calls them: they bring half a second of libraries."""
    from app.operations import training

    return training


def freeing_verbs() -> ModuleType:
    """Imported in the thread that calls them, like the others."""
    from app.operations import freeing

    return freeing


def _read_report(folder: Path) -> dict[str, Any] | None:
    """What was measured; None where no report is, or none that can be read."""
    try:
        read = json.loads((folder / "report.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
