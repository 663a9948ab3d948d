"""Rounds: how much a persona's next training takes, from where it starts, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Start = Literal["base", "parent"]
EARLY_UP_TO = 5_000  # curated replies; up to here each round is built anew
EARLIER_SHARE = 0.05  # of an upkeep's mix, from what its parent learned


@dataclass(frozen=True)
class Round:
    """One kind of round: its usual size in new replies, and its epochs."""

    name: str
    least: int
    most: int
    epochs: int
    start: Start


FIRST = Round("first", 500, 1_000, 3, "base")
SECOND = Round("second", 2_000, 3_000, 5, "base")
THIRD = Round("third", 3_000, 5_000, 5, "base")
UPKEEP = Round("upkeep", 500, 1_000, 3, "parent")


@dataclass(frozen=True)
class History:
    """What a persona has behind it, in approved replies."""

    never_learned: int
    learned: int
    live_on_this_base: bool = False

    @property
    def curated(self) -> int:
        """Everything that could be learned from, learned before or not."""
        return self.never_learned + self.learned


@dataclass(frozen=True)
class Proposal:
    """The round that fits, with its reason; `limit` is the most new replies that it takes."""

    round: Round
    rebuild: bool
    limit: int
    why: str

    @property
    def from_parent(self) -> bool:
        return self.round.start == "parent"

    def row(self, history: History) -> dict[str, Any]:
        """The proposal as the manifest tells it."""
        return {
            **asdict(self.round),
            "rebuild": self.rebuild,
            "limit": self.limit,
            "never_learned": history.never_learned,
            "learned_before": history.learned,
            "curated": history.curated,
            "why": self.why,
        }


def propose(history: History, *, rebuild: bool = False) -> Proposal:
    """The round that a history asks for; a rebuild starts from the base whatever it says."""
    curated = history.curated
    if curated > EARLY_UP_TO and history.live_on_this_base and not rebuild:
        return Proposal(
            UPKEEP,
            False,
            UPKEEP.most,
            f"{curated} replies are curated, more than {EARLY_UP_TO}: the adapter in use goes on"
            f" with what is new, {UPKEEP.least} to {UPKEEP.most} replies a month.",
        )
    chosen = FIRST if curated < SECOND.least else SECOND if curated < SECOND.most else THIRD
    return Proposal(chosen, rebuild, max(chosen.most, SECOND.least), _why(chosen, history, rebuild))


def _why(chosen: Round, history: History, rebuild: bool) -> str:
    size = (
        f"the {chosen.name} round, usually {chosen.least} to {chosen.most} replies: "
        f"{history.curated} are curated"
    )
    if rebuild:
        return f"Rebuilt from the base as asked; it takes what would suit {size}."
    if history.curated > EARLY_UP_TO:
        return f"No adapter of this base is in use to go on with: from the base, {size}."
    learned = (
        f", {history.learned} of them learned before and drawn again" if history.learned else ""
    )
    return f"From the base, {size}{learned}, since up to {EARLY_UP_TO} each round is built anew."
