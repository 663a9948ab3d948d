"""Trainings of the same adapter, one after the other, told as one run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer.batches import Example
from trainer.contract.events import Checkpoint, Eval, Event, Sample, Step, Warned
from trainer.contract.folder import RunFolder, stage_folder
from trainer.contract.recipe import Recipe
from trainer.errors import DataUnusable
from trainer.reading import Reading, Untaught, read_lessons
from trainer.schedule import plan
from trainer.telling import Tells

_STEPS = ("step", "back_to", "best_step")


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
        elif isinstance(event, Warned):
            event = self._counted(event)
        self._telling.tell(event)

    def _counted(self, event: Warned) -> Warned:
        """A warning speaks of the steps that the curves show, in its values and in its words."""
        values = {
            name: value + self._before if name in _STEPS and isinstance(value, int) else value
            for name, value in event.values.items()
        }
        advice = re.sub(
            r"\bstep (\d+)", lambda found: f"step {int(found[1]) + self._before}", event.advice
        )
        return event.model_copy(update={"advice": advice, "values": values})


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
    untaught: Untaught = field(default_factory=Untaught)

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
            read_lessons(tokenizer, data / f"{side}.jsonl", values.max_length, folder.root)
            for side in ("train", "valid")
        )
        _check_enough(train, valid)
        read.append((name, values, train, valid, plan(len(train.examples), values).steps))
    steps = sum(each[-1] for each in read)
    runs, before = [], 0
    for name, values, train, valid, own in read:
        place = folder.checkpoints / name if name else folder.checkpoints
        sides = (train.examples, valid.examples)
        runs.append(StageRun(name, values, *sides, place, before, steps, train.untaught))
        before += own
    return runs


def _check_enough(train: Reading, valid: Reading) -> None:
    """Refuse to train on nothing, or with nothing held out, with the reason where one is known."""
    for side in (train, valid):
        if side.examples:
            continue
        if side.untaught.refusal is not None:
            raise side.untaught.refusal
        if side.untaught.kept:
            raise DataUnusable(
                f"No reply ends within {side.untaught.max_length} tokens, so nothing can be"
                " learned whole.",
                "Choose a larger max_length in the recipe.",
            )
        raise DataUnusable(
            "There is nothing to learn from, or nothing held out to learn against.",
            "Rate a few more replies, then train again.",
        )


def wear(model: Any, adapter: Path) -> None:
    """Have the model wear an adapter from the disk, as what a training ended with."""
    from peft import load_peft_weights, set_peft_model_state_dict

    set_peft_model_state_dict(model, load_peft_weights(str(adapter)))
