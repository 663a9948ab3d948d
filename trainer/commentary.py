"""What a training tells of itself: steps, looks, samples, and the signs that they give."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from trainer.contract.events import EVENT, Eval, Event
from trainer.contract.folder import RunFolder, read_rows, stage_folder
from trainer.curves import Course
from trainer.reading import first_conversations
from trainer.sampling import Sampler
from trainer.signs import Signs
from trainer.stages import StageRun
from trainer.telling import Tells
from trainer.trackers import Trackers

# Beyond this a perplexity says nothing but that the loss is high; JSON knows no infinity.
HIGHEST_PERPLEXITY = 1e9
_SEEN = ("started", "step", "eval", "sample")


class Commentary:
    """Stands where a training tells its events, and adds what they mean."""

    def __init__(
        self, telling: Tells, signs: Signs, sampler: Sampler | None, trackers: Trackers | None
    ) -> None:
        self._telling, self._signs = telling, signs
        self._sampler, self._trackers = sampler, trackers

    def tell(self, event: Event) -> None:
        """Tell an event, and the signs that it completes."""
        self._telling.tell(event)
        for sign in self._signs.see(event):
            self._telling.tell(sign)

    def converse(self, model: Any, step: int) -> None:
        """Tell how the model answers by now; before the first step, how the base does."""
        if self._sampler is not None:
            samples = self._sampler.look(model, step) if step else self._sampler.of_base(model)
            for sample in samples:
                self.tell(sample)
        if self._trackers is not None:
            self._trackers.check()


def looked_at(
    step: int,
    rows: Sequence[Mapping[str, Any]],
    *,
    base_loss: float | None,
    base_groups: Mapping[str, float],
    best: bool,
) -> Eval:
    """A look as an event; `rows` are those that `losses_of` makes."""
    tokens = sum(row["tokens"] for row in rows)
    loss = sum(row["loss"] for row in rows) / tokens if tokens else math.nan
    return Eval(
        step=step,
        loss=loss,
        base_loss=base_loss,
        best=best,
        perplexity=perplexity(loss),
        groups=group_losses(rows),
        base_groups=dict(base_groups),
    )


def group_losses(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Mean loss a token of each group, the larger groups first."""
    losses: defaultdict[str, float] = defaultdict(float)
    tokens: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        losses[row["group"]] += row["loss"]
        tokens[row["group"]] += row["tokens"]
    named = sorted(tokens, key=lambda name: (-tokens[name], name))
    return {name: round(losses[name] / tokens[name], 6) for name in named if tokens[name]}


def perplexity(loss: float) -> float:
    """Among how many equally likely tokens the model would have to choose."""
    return round(math.exp(min(loss, math.log(HIGHEST_PERPLEXITY))), 4)


def commentary_of(
    folder: RunFolder,
    stage: StageRun,
    steps: int,
    model_side: tuple[Any, str],
    telling: Tells,
    trackers: Trackers | None,
) -> Commentary:
    """The commentary on one training; `model_side` are the tokenizer and the device."""
    data = stage_folder(folder.data, stage.name) if stage.name else folder.data
    sampler = Sampler(model_side[0], first_conversations(data / "valid.jsonl"), model_side[1])
    return Commentary(telling, signs_of(folder, stage, steps), sampler, trackers)


def signs_of(folder: RunFolder, stage: StageRun, steps: int) -> Signs:
    """The signs of one training of `steps` steps; one that goes on knows what it has seen."""
    replies = Counter(example.group for example in stage.valid)
    kept = frozenset(stage.recipe.held_groups)
    course = Course(steps, stage.recipe.clip, kept, dict(replies))
    told: list[str] = []
    before: list[Event] = []
    for row in read_rows(folder.events):
        if row.get("kind") == "warning":
            told.append(str(row["warning"]))
        elif row.get("kind") == "started" and row["resumed_at_step"] == stage.steps_before:
            before = []  # from the beginning, after a kill before its first checkpoint too
        elif row.get("kind") in _SEEN:
            at = "resumed_at_step" if row["kind"] == "started" else "step"
            before.append(EVENT.validate_python({**row, at: row[at] - stage.steps_before}))
    return Signs(course, before, told)
