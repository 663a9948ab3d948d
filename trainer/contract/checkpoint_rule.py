"""Which checkpoints of a run stay on the disk: the rule that people can read and change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# One to go on from, and one before it to go back to: the newest may turn out to be spoiled.
FEWEST = 2


@dataclass(frozen=True)
class CheckpointRule:
    """`keep` is the recipe's `keep_checkpoints`; the best adapter stays beside them always."""

    keep: int = FEWEST
    keep_when_done: int = 1

    def surplus(self, steps: Sequence[int], *, done: bool = False) -> tuple[int, ...]:
        """The checkpoints that go, oldest first; the newest one never does.

        A run that is done keeps one: a worker that is started on it again then finds it finished.
        What is left goes with the app, once the adapter is live or the run is given up.
        """
        kept = max(1, self.keep_when_done) if done else max(FEWEST, self.keep)
        return tuple(sorted(steps)[:-kept])

    @property
    def words(self) -> str:
        """The rule for people."""
        return (
            f"While it trains, the {max(FEWEST, self.keep)} newest checkpoints and the best adapter"
            f" are kept; once it is trained, {max(1, self.keep_when_done)} and the best; none once"
            " the adapter is live or the run is discarded."
        )
