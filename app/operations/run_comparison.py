"""Two runs side by side: what was set otherwise, what they learned from, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.evaluation.numbers import shown
from app.evaluation.page_reading import Part, number, part, parts, text, value_of
from app.operations.run_history import RunDetails, RunSummary

Side = Literal["one", "other"]
Better = Literal["one", "other", "same", ""]
_MOST_REPLIES = 20


@dataclass(frozen=True)
class Pair:
    """Something that both runs have; None where one lacks it."""

    name: str
    one: Any
    other: Any

    @property
    def differs(self) -> bool:
        return bool(self.one != self.other)


@dataclass(frozen=True)
class ScorePair:
    """A score of both candidates, and which is better as far as the shown digits tell.

    Where their bases score differently, they were not asked the same: there each is held against
    its own base. `sure` is whether the ranges leave no doubt; None where there are none.
    """

    row: Part
    one: Part
    other: Part
    better: Better
    against_base: bool
    sure: bool | None


@dataclass(frozen=True)
class ReplyPair:
    """The same question, as both answered it."""

    prompt: str
    one: str
    other: str
    wanted: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Two runs, side by side."""

    one: RunDetails
    other: RunDetails
    overview: tuple[Pair, ...]
    recipe: tuple[Pair, ...]
    mix: tuple[Pair, ...]
    scores: tuple[ScorePair, ...]
    replies: tuple[ReplyPair, ...]
    seconds: tuple[Pair, ...]

    @property
    def wins(self) -> Mapping[Better, int]:
        """How many scores are better in which."""
        found = [pair.better for pair in self.scores]
        sides: tuple[Better, ...] = ("one", "other", "same", "")
        return {side: found.count(side) for side in sides}


def compare(one: RunDetails, other: RunDetails) -> Comparison:
    """Hold two runs against each other; what a damaged one lacks stays empty."""
    return Comparison(
        one,
        other,
        tuple(_overview(one, other)),
        tuple(pair for pair in _pairs(one.recipe, other.recipe) if pair.differs),
        tuple(_pairs(_mix(one), _mix(other))),
        tuple(_scores(one.scores, other.scores)),
        tuple(_replies(one, other)),
        tuple(_pairs(one.summary.facts.seconds, other.summary.facts.seconds)),
    )


def _overview(one: RunDetails, other: RunDetails) -> Iterable[Pair]:
    """What is no part of the recipe; a line for each that one of them tells."""
    tells: dict[str, Callable[[RunDetails], Any]] = {
        "base": lambda run: run.summary.base or None,
        "parent": lambda run: run.summary.parent,
        "round": lambda run: run.summary.facts.round or None,
        "device": lambda run: run.summary.facts.device or None,
        "precision": lambda run: run.summary.facts.precision or None,
        "seed": lambda run: run.summary.run.seed,
        "took": lambda run: run.summary.facts.took,
        "train_loss": lambda run: _rounded(run.summary.facts.train_loss),
        "valid_loss": lambda run: _rounded(run.summary.facts.valid_loss),
        "base_loss": lambda run: _rounded(run.curves.base_loss),
        "prompt": lambda run: text_of(run.spec.get("system_prompt")),
    }
    for name, tell in tells.items():
        pair = Pair(name, tell(one), tell(other))
        if pair.one is not None or pair.other is not None:
            yield pair


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def text_of(value: object) -> str | None:
    """A text of any length, or none."""
    return value if isinstance(value, str) else None


def _pairs(one: Part, other: Part) -> Iterable[Pair]:
    for name in dict.fromkeys((*one, *other)):
        yield Pair(name, one.get(name), other.get(name))


def _mix(run: RunDetails) -> dict[str, float | None]:
    """What it learned from, in approved replies; then the topics of what is new, as shares."""
    facts = run.summary.facts
    found = {name: number(facts.mix.get(name)) for name in ("new", "replay")}
    groups = part(facts.mix, "groups")
    found |= {f"replay.{name}": number(groups[name]) for name in groups}
    found |= {name: number(facts.mix.get(name)) for name in ("valid", "test", "replay_test")}
    topics = part(facts.manifest, "topics")
    found |= {f"topic.{name}": number(part(topics, name).get("share")) for name in topics}
    return {name: value for name, value in found.items() if value is not None}


def _scores(one: Sequence[Part], other: Sequence[Part]) -> Iterable[ScorePair]:
    """Every row that both or one of them has, in the order of the first."""
    rows: dict[tuple[str, str, str], dict[Side, Part]] = {}
    sides: tuple[tuple[Side, Sequence[Part]], ...] = (("one", one), ("other", other))
    for side, told in sides:
        for row in told:
            key = (text(row.get("measure")), text(row.get("group")), text(row.get("kind")))
            rows.setdefault(key, {})[side] = row
    for found in rows.values():
        yield _score(found.get("one", {}), found.get("other", {}))


def _score(one: Part, other: Part) -> ScorePair:
    row = one or other
    unit, wanted = text(row.get("unit")), row.get("better")
    first, second = value_of(one, "candidate"), value_of(other, "candidate")
    if first is None or second is None or wanted not in ("lower", "higher"):
        return ScorePair(row, one, other, "", against_base=False, sure=None)
    bases = value_of(one, "base"), value_of(other, "base")
    apart = None not in bases and shown(bases[0], unit) != shown(bases[1], unit)
    if apart:
        first, second = _moved(first, bases[0], unit), _moved(second, bases[1], unit)
        unit = "change"
    better: Better = "same"
    if shown(first, unit) != shown(second, unit):
        better = "one" if (first > second) == (wanted == "higher") else "other"
    sure = None if apart or better == "same" else _apart(one, other)
    return ScorePair(row, one, other, better, apart, sure)


def _moved(value: float, base: float | None, unit: str) -> float:
    """How far a candidate went from its base; of a loss as a share of it."""
    if not base:
        return value
    return value / base - 1 if unit == "loss" else value - base


def _apart(one: Part, other: Part) -> bool | None:
    """Whether the ranges of two candidates do not touch."""
    ranges = []
    for row in (one, other):
        found = part(part(row, "values"), "candidate")
        low, high = number(found.get("low")), number(found.get("high"))
        if low is None or high is None:
            return None
        ranges.append((low, high))
    (low, high), (other_low, other_high) = ranges
    return high < other_low or other_high < low


def _replies(one: RunDetails, other: RunDetails) -> Iterable[ReplyPair]:
    """Questions that both were asked, in the order of the first report."""
    asked, again = _asked(one), _asked(other)
    both = [prompt for prompt in asked if prompt in again]
    for prompt in both[:_MOST_REPLIES]:
        first, second = asked[prompt], again[prompt]
        wanted = text_of(first.get("wanted")) or text_of(second.get("wanted"))
        yield ReplyPair(prompt, str(first["candidate"]), str(second["candidate"]), wanted)


def _asked(run: RunDetails) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for row in (*parts(run.report, "replies"), *run.asked):
        prompt = text_of(row.get("prompt"))
        if prompt is not None and text_of(row.get("candidate")) is not None:
            found.setdefault(prompt, row)
    return found


def titles(one: RunSummary, other: RunSummary) -> tuple[str, str]:
    """Short names that tell the two apart."""
    versions = [f"v{each.version}" if each.version is not None else "" for each in (one, other)]
    if all(versions) and versions[0] != versions[1]:
        return versions[0], versions[1]
    return one.run.id, other.run.id
