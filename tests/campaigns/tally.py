"""What a campaign of kills found; whatever is broken is told with what repeats it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """The figures of one target; `lost`, `left_behind` and `broken` must stay empty."""

    target: str
    seed: int
    kills: int = 0
    resumed: int = 0
    lost: int = 0
    left_behind: int = 0
    worst_recovery_s: float = 0.0
    broken: list[str] = field(default_factory=list)
    _moment: str = "before the first kill"
    _began: float = field(default_factory=time.monotonic)

    def killed(self, moment: str) -> None:
        """A process was killed, at a moment that is told if something breaks by it."""
        self.kills += 1
        self._moment = moment

    def recovered(self, seconds: float) -> None:
        """Work goes on after a kill."""
        self.resumed += 1
        self.worst_recovery_s = max(self.worst_recovery_s, seconds)

    def lose(self, what: str) -> None:
        """Something that a user was told was stored, or trained, is gone."""
        self.lost += 1
        self.breach(f"lost: {what}")

    def leave(self, what: str) -> None:
        """A process stayed behind."""
        self.left_behind += 1
        self.breach(f"left behind: {what}")

    def breach(self, what: str) -> None:
        """Anything else that must not happen."""
        line = f"{self.target} --seed {self.seed}, kill {self.kills} ({self._moment}): {what}"
        self.broken.append(line)
        print(line, file=sys.stderr, flush=True)

    def row(self) -> dict[str, Any]:
        """The line at the end."""
        return {
            "target": self.target,
            "seed": self.seed,
            "kills": self.kills,
            "resumed": self.resumed,
            "lost": self.lost,
            "left_behind": self.left_behind,
            "broken": len(self.broken),
            "seconds": round(time.monotonic() - self._began, 1),
            "worst_recovery_s": round(self.worst_recovery_s, 2),
        }
