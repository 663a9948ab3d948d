"""A run in the terminal: each stage with its share, the loss and the time left, on stderr."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli_output import progress_console
from app.cli_preflight import SAID_WITH_MEMORY, about, preflight_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from app.cycle.follow import RunFollower

POLL_S = 0.25
PLAIN_STEPS = 10


class RunView:
    """Shows events as they come: a moving line on a terminal, plain lines in a log."""

    def __init__(self, console: Console, progress: Progress | None) -> None:
        self._console = console
        self._progress = progress
        self._task = progress.add_task("Starting", total=1, detail="") if progress else None
        self._began: dict[str, float] = {}
        self._loss = ""
        self._eta = ""

    def show(self, event: Mapping[str, Any]) -> None:
        """Show one event; kinds without a line of their own change nothing."""
        shower = getattr(self, f"_{event.get('origin')}_{event.get('kind')}", None)
        if shower is not None:
            shower(event)

    def _cycle_stage(self, event: Mapping[str, Any]) -> None:
        name = event["name"]
        if event["state"] == "begun":
            self._began[name] = event["time"]
            self._loss = self._eta = ""
            self._move(0, 1, str(event["text"]))
            return
        took = event["time"] - self._began.get(name, event["time"])
        self._console.print(f"  done  {event['text']:<34} {took:6.1f} s", markup=False)

    def _cycle_progress(self, event: Mapping[str, Any]) -> None:
        self._move(event["done"], event["total"])

    def _cycle_device(self, event: Mapping[str, Any]) -> None:
        self._say(str(event["text"]))

    def _cycle_recipe(self, event: Mapping[str, Any]) -> None:
        for words in event["reasons"]:
            self._say(str(words))

    def _cycle_exam(self, event: Mapping[str, Any]) -> None:
        self._say(f"after it an exam of {event['cases']} cases, {about(float(event['seconds']))}")

    def _cycle_warning(self, event: Mapping[str, Any]) -> None:
        self._say(str(event["advice"]))

    def _trainer_warning(self, event: Mapping[str, Any]) -> None:
        if event.get("warning") not in SAID_WITH_MEMORY:
            self._say(str(event["advice"]))

    def _trainer_oom_backoff(self, event: Mapping[str, Any]) -> None:
        change = event.get("change") or f"Packs of {event['packed_tokens']} tokens."
        self._say(f"Memory ran short: {change} The training goes on.")

    def _trainer_stage(self, event: Mapping[str, Any]) -> None:
        self._loss = self._eta = ""
        self._move(None, None, f"Training: {event['name']}")

    def _trainer_preflight(self, event: Mapping[str, Any]) -> None:
        for line in preflight_lines(event):
            self._say(line)

    def _trainer_step(self, event: Mapping[str, Any]) -> None:
        self._loss = f"loss {event['loss']:.3f}"
        self._eta = f"{event['eta_s'] / 60:.1f} min left"
        self._move(event["step"], event["steps"], "Training")
        if self._progress is None and event["step"] % PLAIN_STEPS == 0:
            use = event.get("card_use")
            card = "" if use is None else f", graphics card at {use:.0f} %"
            self._say(f"step {event['step']} of {event['steps']}, {self._loss}, {self._eta}{card}")

    def _trainer_eval(self, event: Mapping[str, Any]) -> None:
        base = f" (the base's: {event['base_loss']:.3f})" if event.get("base_loss") else ""
        met = event.get("preference_accuracy")
        preferences = "" if met is None else f", {met:.0%} of the held-out preferences met"
        self._say(f"held-out loss {event['loss']:.3f}{base}{preferences}")

    def _cycle_verdict(self, event: Mapping[str, Any]) -> None:
        self._say(f"verdict: {event['verdict']}")

    def _say(self, text: str) -> None:
        self._console.print(f"        {text}", markup=False)

    def _move(self, done: float | None, total: float | None, text: str | None = None) -> None:
        if self._progress is not None and self._task is not None:
            detail = "  ".join(part for part in (self._loss, self._eta) if part)
            self._progress.update(
                self._task, completed=done, total=total, description=text, detail=detail
            )


@contextmanager
def showing(console: Console | None = None) -> Iterator[RunView]:
    """A view for as long as a run is looked at."""
    console = console or progress_console()
    if not console.is_terminal:
        yield RunView(console, None)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("        {task.description:<30}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield RunView(console, progress)


@contextmanager
def following(folder: Path, *, from_start: bool = False) -> Iterator[None]:
    """Show what happens in a run's folder while this process works on it."""
    from app.cycle.follow import RunFollower

    follower = RunFollower(folder)
    if not from_start:
        follower.poll()
    over = threading.Event()
    with showing() as view:
        thread = threading.Thread(
            target=_follow, args=(follower, view, over), name="progress", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _follow(follower: RunFollower, view: RunView, over: threading.Event) -> None:
    last = False
    while not last:
        last = over.wait(POLL_S)
        for event in follower.poll():
            view.show(event)
