"""Everything that a verdict rests on, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # the window reads reasons, and has no use for an exam's libraries
    from app.evaluation.exam import CaseResult

Outcome = Literal["passed", "refused", "undecided"]

# Whom reports show, in this order; of the best adapter so far there are losses alone.
SUBJECTS = ("base", "prompted", "parent", "best", "candidate")


@dataclass(frozen=True)
class Loss:
    """The loss of one conversation, summed over its taught tokens; corrected ones also apart."""

    id: str
    total: float
    tokens: int
    corrected: float = 0.0
    corrected_tokens: int = 0


@dataclass(frozen=True)
class GateInput:
    """What was measured, by subject: base, prompted, parent, best and candidate, as there are.

    `retention` is by group; `variety` by the prompt that was answered several times; `attempts`
    counts how often these held-out conversations have judged.
    """

    test: Mapping[str, Sequence[Loss]]
    retention: Mapping[str, Mapping[str, Sequence[Loss]]]
    cases: Mapping[str, Sequence[CaseResult]]
    variety: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    attempts: int = 1


@dataclass(frozen=True)
class Reason:
    """One rule, in words; `values` are what the words are made of, for other languages.

    A rule that does not hold may be broken, or `unsure`: then there is too little to tell.
    One that does not decide is only shown.
    """

    kind: str
    text: str
    passed: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    decides: bool = True
    unsure: bool = False


@dataclass(frozen=True)
class Verdict:
    """The outcome with its reasons, the deciding ones first."""

    verdict: Outcome
    reasons: tuple[Reason, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.verdict == "passed":
            return "Passed: it is closer to the approved replies, and its tests show no sure loss."
        against = [each for each in self.reasons if each.decides and not each.passed]
        if self.verdict == "refused":
            against = [each for each in against if not each.unsure]
        start = "Refused" if self.verdict == "refused" else "Undecided"
        return f"{start}: {' '.join(each.text for each in against)}"


def mean(losses: Iterable[Loss]) -> float:
    """Loss per token over conversations."""
    rows = list(losses)
    tokens = sum(row.tokens for row in rows)
    return sum(row.total for row in rows) / tokens if tokens else float("nan")
