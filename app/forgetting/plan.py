"""What would be forgotten, said before anything goes, and what was done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.errors import PerennialError
from app.forgetting.adapters import Learned
from app.forgetting.traces import Traces
from app.store.forgetting import Counts, Place, Scope


class RunUnderWay(PerennialError):
    """A training is learning from what is to be forgotten."""

    kind = "forgetting_run"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"The training {run_id} is under way and learns from this.",
            f"Stop it with `perennial stop {run_id} --discard`, then ask for it again.",
            kept="Nothing was forgotten yet; everything is as it was.",
        )
        self.run_id = run_id


@dataclass(frozen=True)
class Plan:
    """What would go, said before anything does."""

    scope: Scope
    counts: Counts
    adapters: tuple[Learned, ...]
    runs: tuple[str, ...]
    backups: int
    stays_in: tuple[Place, ...]
    seconds: int
    traces: Traces
    in_ollama: tuple[str, ...] = ()
    """What these adapters are called there."""

    def row(self) -> dict[str, Any]:
        """The plan for a program to read."""
        return {
            "scope": self.scope.kind,
            "conversations": list(self.scope.conversation_ids),
            "counts": asdict(self.counts),
            "adapters": [asdict(each) for each in self.adapters],
            "runs": list(self.runs),
            "backups": self.backups,
            "stays_in": [str(each) for each in self.stays_in],
            "seconds": self.seconds,
            "in_ollama": list(self.in_ollama),
        }


@dataclass(frozen=True)
class Forgotten:
    """What was done, and which adapters still know it."""

    adapters: tuple[Learned, ...]
    removed_adapters: tuple[Learned, ...]
    gone_back: tuple[str, ...]
    rebuild: tuple[str, ...]
    runs: tuple[str, ...]
    dropped_backups: tuple[str, ...]
    left_in_ollama: tuple[str, ...] = ()
    """What is still there, since that server is away; it goes when it is back."""
