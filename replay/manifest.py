"""What a mix consists of, and why each number is what it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from replay.example import Example


@dataclass(frozen=True)
class Count:
    """So many approved replies in so many examples, with the reason."""

    replies: int
    examples: int
    why: str


@dataclass(frozen=True)
class GroupCount:
    """What became of a replay group, in approved replies."""

    target: int
    found: int
    left_out: Mapping[str, int]
    held_out: int
    available: int
    quota: int
    train: int
    valid: int
    why: str


@dataclass(frozen=True)
class OwnCount:
    """How much of what is new are the persona's own unedited words."""

    replies: int
    share: float | None
    why: str


@dataclass(frozen=True)
class TopicCount:
    """How much of what is new is about one topic, and what the guide says."""

    replies: int
    share: float | None
    guide: tuple[float, float] | None


@dataclass(frozen=True)
class Part:
    """New and replay on one side."""

    new: Count
    replay: Count

    @property
    def new_share(self) -> float | None:
        """The share of what is new, None when there is nothing."""
        both = self.new.replies + self.replay.replies
        return round(self.new.replies / both, 4) if both else None


@dataclass(frozen=True)
class Manifest:
    """Explains every number of a mix; counts are of approved replies."""

    seed: int
    languages: tuple[str, ...]
    replay: bool
    short: str
    ratio_new_asked: float
    limits: Mapping[str, Any]
    meanings: list[dict[str, Any]]
    found: Count
    left_out: Mapping[str, int]
    usable: Count
    train: Part
    valid: Part
    test: Count
    replay_test: Count
    kept_for_later: Count
    waiting: Mapping[str, int]
    own: OwnCount
    topics: Mapping[str, TopicCount]
    groups: Mapping[str, GroupCount]
    prompts: str
    shortfalls: tuple[str, ...] = ()
    preferences: Mapping[str, int] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The manifest with the ratios that were got."""
        made = {"version": 2, "unit": "approved replies", **asdict(self)}
        made["ratio_new_got"] = {"train": self.train.new_share, "valid": self.valid.new_share}
        return made

    def to_json(self) -> str:
        """The manifest as people read it."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"


def count(examples: Iterable[Example], why: str) -> Count:
    """Count examples and their approved replies."""
    sizes = [example.replies for example in examples]
    return Count(sum(sizes), len(sizes), why)
