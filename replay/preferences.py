"""Preferences: which of two replies to the same message the user likes better, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from replay.meaning import APPROVED, REJECTED

Reason = Literal["correction", "choice", "thumbs"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with what the user said of it; `question_id` is the message that it answers."""

    message_id: int
    question_id: int
    content: str
    rating: str | None = None
    correction: str | None = None

    @property
    def text(self) -> str:
        """What the user would have it say."""
        return self.content if self.correction is None else self.correction

    @property
    def good(self) -> bool:
        return self.rating in APPROVED or self.correction is not None

    @property
    def bad(self) -> bool:
        return self.rating in REJECTED and self.correction is None


@dataclass(frozen=True, slots=True)
class Pair:
    """A better and a worse reply to one message."""

    question_id: int
    chosen_id: int
    rejected_id: int
    chosen: str
    rejected: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Thumb:
    """A reply that was judged alone."""

    question_id: int
    message_id: int
    text: str
    good: bool


def pairs(replies: Iterable[Reply], choices: Iterable[tuple[int, int]] = ()) -> list[Pair]:
    """Every preference that follows from what was said, none twice and none against another.

    A correction is better than its original, a chosen reply than the one passed over, an
    approved one than a rejected one to the same message. What was chosen last outweighs earlier
    choices and thumbs.
    """
    by_id = {reply.message_id: reply for reply in replies}
    beside: defaultdict[int, list[Reply]] = defaultdict(list)
    for reply in by_id.values():
        beside[reply.question_id].append(reply)
    found: list[Pair] = [
        _pair(reply, reply, "correction")
        for reply in by_id.values()
        if reply.correction is not None
    ]
    picked = _last_choices(choices)
    for chosen_id, passed_id in picked:
        if chosen_id in by_id and passed_id in by_id:
            found.append(_pair(by_id[chosen_id], by_id[passed_id], "choice"))
    settled = {frozenset(each) for each in picked}
    for group in beside.values():
        found += [
            _pair(good, bad, "thumbs")
            for good in group
            for bad in group
            if good.good and bad.bad and frozenset((good.message_id, bad.message_id)) not in settled
        ]
    return _once(found)


def thumbs(replies: Iterable[Reply]) -> list[Thumb]:
    """Replies with a word on them alone: what was kept as it stood or corrected, and what not.

    The original of a correction is no thumb of its own: it is the worse half of a pair.
    """
    return [
        Thumb(reply.question_id, reply.message_id, reply.text, reply.good)
        for reply in replies
        if reply.good or reply.bad
    ]


def counts(found: Sequence[Pair]) -> Mapping[str, int]:
    """How many preferences there are for each reason."""
    return {
        reason: sum(pair.reason == reason for pair in found)
        for reason in ("correction", "choice", "thumbs")
    }


def _pair(better: Reply, worse: Reply, reason: Reason) -> Pair:
    return Pair(
        better.question_id,
        better.message_id,
        worse.message_id,
        better.text,
        worse.content,
        reason,
    )


def _last_choices(choices: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The last word on each two replies, oldest first."""
    last = {frozenset(each): each for each in choices if each[0] != each[1]}
    return list(last.values())


def _once(found: Iterable[Pair]) -> list[Pair]:
    kept: dict[tuple[int, str, str], Pair] = {}
    for pair in found:
        opposite = (pair.question_id, pair.rejected, pair.chosen)
        same = pair.chosen.strip() == pair.rejected.strip()
        if pair.chosen.strip() and not same and opposite not in kept:
            kept.setdefault((pair.question_id, pair.chosen, pair.rejected), pair)
    return list(kept.values())
