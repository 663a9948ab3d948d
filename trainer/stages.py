"""Trainings of the same adapter, one after the other, told as one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.batches import Example, read_examples
from trainer.contract.events import Checkpoint, Eval, Event, Sample, Step
from trainer.contract.folder import RunFolder, stage_folder
from trainer.contract.recipe import Recipe
from trainer.errors import DataUnusable
from trainer.schedule import plan
from trainer.telling import Tells


class StageTelling:
    """Tells of a stage with its steps counted as those of the whole run."""

    def __init__(self, telling: Tells, steps_before: int, steps: int) -> None:
        self._telling, self._before, self._steps = telling, steps_before, steps

    def tell(self, event: Event) -> None:
        if isinstance(event, Step):
            event = event.model_copy(
                update={"step": event.step + self._before, "steps": self._steps}
            )
        elif isinstance(event, Eval | Sample | Checkpoint):
            event = event.model_copy(update={"step": event.step + self._before})
        self._telling.tell(event)


@dataclass(frozen=True)
class StageRun:
    """One training: what it learns with which values, and where it keeps its place."""

    name: str
    recipe: Recipe
    train: Sequence[Example]
    valid: Sequence[Example]
    checkpoints: Path
    steps_before: int
    steps: int

    def telling(self, telling: Tells) -> StageTelling:
        return StageTelling(telling, self.steps_before, self.steps)


def stage_runs(recipe: Recipe, folder: RunFolder, tokenizer: Any) -> list[StageRun]:
    """The trainings of a run: one, or as many as its recipe has stages."""
    plans = [
        (each.name, recipe.for_stage(each), stage_folder(folder.data, each.name))
        for each in recipe.stages
    ] or [("", recipe, folder.data)]
    read = []
    for name, values, data in plans:
        train, valid = (
            read_examples(tokenizer, data / f"{side}.jsonl", values.max_length)
            for side in ("train", "valid")
        )
        if not train or not valid:
            raise DataUnusable(
                "There is nothing to learn from, or nothing held out to learn against.",
                "Rate a few more replies, then train again.",
            )
        read.append((name, values, train, valid, plan(len(train), values).steps))
    steps = sum(each[-1] for each in read)
    runs, before = [], 0
    for name, values, train, valid, own in read:
        place = folder.checkpoints / name if name else folder.checkpoints
        runs.append(StageRun(name, values, train, valid, place, before, steps))
        before += own
    return runs


def wear(model: Any, adapter: Path) -> None:
    """Have the model wear an adapter from the disk, as what a training ended with."""
    from peft import load_peft_weights, set_peft_model_state_dict

    set_peft_model_state_dict(model, load_peft_weights(str(adapter)))
