"""How a run learned, by step: the curves of its events, thin enough to be drawn at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from app.cycle.follow import RunFollower
from app.evaluation.page_reading import number, part, text

Point = tuple[int, float]
Smoothing = Literal["none", "some", "strong"]
# The share of what came before in each smoothed value.
SMOOTHINGS: Mapping[Smoothing, float] = {"none": 0.0, "some": 0.8, "strong": 0.95}
USUAL_SMOOTHING: Smoothing = "some"
# What a step tells, by the name of its curve.
SERIES = {
    "train": "loss",
    "speed": "tokens_per_s",
    "lr": "lr",
    "grad_norm": "grad_norm",
    "memory": "memory_mb",
    "card": "card_use",
}
# A part of the training whose steps are counted anew and whose losses are of another kind.
_PREFERENCES = "preferences"
_MOST_POINTS = 300
_MOST_MARKS = 200
_MOST_SAID = 12  # of one prompt


@dataclass(frozen=True)
class Mark:
    """Something that was warned of at a step, with what its words are made of."""

    step: int
    kind: str
    advice: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """A sample reply; step 0 is the base's own."""

    step: int
    reply: str


@dataclass(frozen=True)
class Curves:
    """What is drawn of a run; of a long one not every point."""

    measured: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    smoothed: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    told: Sequence[str] = ()  # the names of all that were told of
    valid: Sequence[Point] = ()
    best: Point | None = None
    base_loss: float | None = None
    checkpoints: Sequence[int] = ()
    warnings: Sequence[Mark] = ()
    samples: Mapping[str, Sequence[Said]] = field(default_factory=dict)


class CurveReader:
    """Reads what is new of a run's events; belongs to one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._follower = RunFollower(folder)
        self._series: dict[str, list[Point]] = {name: [] for name in SERIES}
        self._valid: list[Point] = []
        self._best: Point | None = None
        self._base: float | None = None
        self._checkpoints: list[int] = []
        self._warnings: list[Mark] = []
        self._samples: dict[str, list[Said]] = {}
        self._stage = ""
        self._step = 0

    def read(
        self, smoothing: Smoothing = USUAL_SMOOTHING, names: Sequence[str] = ("train",)
    ) -> Curves:
        """The curves of these names with everything that was told by now."""
        self.take(self._follower.poll())
        share = SMOOTHINGS[smoothing]
        wanted = {name: self._series[name] for name in names if self._series[name]}
        return Curves(
            {name: thinned(points) for name, points in wanted.items()},
            {name: thinned(smoothed(points, share)) for name, points in wanted.items()},
            tuple(name for name, points in self._series.items() if points),
            tuple(self._valid),
            self._best,
            self._base,
            tuple(self._checkpoints[-_MOST_MARKS:]),
            tuple(self._warnings[-_MOST_MARKS:]),
            {prompt: tuple(said) for prompt, said in self._samples.items()},
        )

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take in events; what a damaged one lacks is left out."""
        for event in events:
            kind = text(event.get("kind"))
            if kind == "warning" and event.get("origin") == "cycle":
                self._on_warning(event)
            elif event.get("origin") != "cycle":
                self._on_told(kind, event)

    def _on_told(self, kind: str, event: Mapping[str, Any]) -> None:
        if kind == "stage":
            self._stage = text(event.get("name"))
        elif kind == "started":
            self._go_back_to(_whole(event.get("resumed_at_step")) or 0)
        elif kind == "warning":
            self._on_warning(event)
        elif self._stage == _PREFERENCES:
            return
        elif kind == "step":
            self._on_step(event)
        elif kind == "eval":
            self._on_eval(event)
        elif kind == "checkpoint" and (step := _whole(event.get("step"))) is not None:
            self._checkpoints.append(step)
        elif kind == "sample":
            self._on_sample(event)

    def _on_step(self, event: Mapping[str, Any]) -> None:
        step = _whole(event.get("step"))
        if step is None:
            return
        for name, key in SERIES.items():
            value = number(event.get(key))
            points = self._series[name]
            if value is None:
                continue
            if points and points[-1][0] >= step:  # learned again
                self._go_back_to(step - 1)
            points.append((step, value))
        self._step = step

    def _on_eval(self, event: Mapping[str, Any]) -> None:
        step, loss = _whole(event.get("step")), number(event.get("loss"))
        if step is None or loss is None:
            return
        self._valid = [*_until(self._valid, step - 1), (step, loss)]
        base = number(event.get("base_loss"))
        self._base = self._base if base is None else base
        if event.get("best") is True:
            self._best = (step, loss)

    def _on_warning(self, event: Mapping[str, Any]) -> None:
        values = part(event, "values")
        kind = text(event.get("warning"))
        if kind == "memory_changes":  # each change stands in what the run takes
            return
        back = _whole(values.get("back_to"))
        if back is not None:
            self._go_back_to(back)
        at = _whole(values.get("step"))
        mark = Mark(self._step if at is None else at, kind, str(event.get("advice") or ""), values)
        if mark not in self._warnings:
            self._warnings.append(mark)

    def _on_sample(self, event: Mapping[str, Any]) -> None:
        step, prompt, reply = (event.get(name) for name in ("step", "prompt", "reply"))
        at = _whole(step)
        if at is None or not isinstance(prompt, str) or not isinstance(reply, str):
            return
        said = [each for each in self._samples.get(prompt, []) if each.step < at]
        # What it said first is what the rest is held against.
        kept = [*said[:1], *said[1:][-(_MOST_SAID - 2) :]]
        self._samples[prompt] = [*kept, Said(at, reply + ("…" if event.get("cut") else ""))]

    def _go_back_to(self, step: int) -> None:
        """Leave out what is done again after this step."""
        self._step = step
        for points in (*self._series.values(), self._valid):
            del points[len(_until(points, step)) :]
        self._checkpoints = [each for each in self._checkpoints if each <= step]
        if self._best is not None and self._best[0] > step:
            self._best = min(self._valid, key=itemgetter(1), default=None)


def smoothed(points: Sequence[Point], share: float = SMOOTHINGS[USUAL_SMOOTHING]) -> list[Point]:
    """An exponential mean that is not pulled to zero at its beginning."""
    mean, weight, out = 0.0, 0.0, []
    for step, value in points:
        mean = share * mean + (1 - share) * value
        weight = share * weight + (1 - share)
        out.append((step, mean / weight))
    return out


def thinned(points: Sequence[Point]) -> list[Point]:
    """Few enough points to be drawn five times a second; no spike is lost."""
    together = -(-2 * len(points) // _MOST_POINTS)
    if len(points) <= _MOST_POINTS:
        return list(points)
    kept: list[Point] = []
    for start in range(0, len(points), together):
        bucket = points[start : start + together]
        ends = {min(bucket, key=itemgetter(1)), max(bucket, key=itemgetter(1))}
        kept += sorted(ends)
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def value_at(points: Sequence[Point], step: float) -> Point | None:
    """The last point at this step or before it."""
    place = bisect_right(points, (step, float("inf")))
    return points[place - 1] if place else None


def _until(points: Sequence[Point], step: int) -> Sequence[Point]:
    return points[: bisect_right(points, (step, float("inf")))]


def _whole(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)
