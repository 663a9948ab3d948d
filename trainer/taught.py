"""taught.json: what of the data was not learned in the end, for whoever keeps count of it."""

from __future__ import annotations

import json
from pathlib import Path

from trainer.batches import cut_at_turn, lengths_of, taught_replies
from trainer.contract.folder import write_atomically
from trainer.stages import StageRun


class Taught:
    """Gathers, over the stages of a run, the conversations that were not learned whole."""

    def __init__(self) -> None:
        self._kept: dict[str, int] = {}

    def add(self, stage: StageRun, max_length: int) -> None:
        """Count a stage that ended with conversations of at most `max_length` tokens.

        What is cut in one stage and whole in another counts as cut: learning a reply again costs
        less than never learning it.
        """
        kept = {**dict.fromkeys(stage.untaught.refused, 0), **stage.untaught.kept}
        for place, length in enumerate(lengths_of(stage.train)):
            if length > max_length:
                example = stage.train[place]
                kept[example.id] = taught_replies(cut_at_turn(example, max_length))
        for name, replies in kept.items():
            self._kept[name] = max(replies, self._kept.get(name, 0))

    def write(self, path: Path) -> None:
        """By conversation, how many of its replies were learned, the first ones."""
        write_atomically(path, json.dumps({"version": 1, "kept": self._kept}, ensure_ascii=False))
