"""How long a run will take and what memory it reaches, from a few packs tried beforehand.

Nothing is learned from them: their gradients are thrown away, no step is taken, and the dice lie
afterwards as they lay, so that a run with a warm-up ends bit for bit like one without.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from trainer import random_state
from trainer.backing_off import ran_out_of_memory
from trainer.batches import Pack, epoch_order, pack_together, packs
from trainer.contract.shape import BaseShape
from trainer.contract.work import Work, speed_of, work_of
from trainer.control import Stopped
from trainer.device import memory_mb
from trainer.losses import lesson_losses, token_losses
from trainer.pace import Stopwatch

if TYPE_CHECKING:
    from trainer.sft import Training

BUDGET_S = 12.0
# Of a short run a trial that long would be a large part: there it is shorter, and less exact.
BUDGET_SHARE = 0.06
TIMED_PACKS = 5
# More of them would say little more, and take memory that is being measured.
SAMPLED_STEPS, SAMPLED_TOKENS = 48, 200_000


@dataclass(frozen=True)
class Trial:
    """What the warm-up found; the looks are measured apart, since they need no gradients."""

    training_s: float
    looks_s: float
    peak_mb: float

    @property
    def seconds(self) -> float:
        return self.training_s + self.looks_s


class WarmUp:
    """Tries packs of a training that is ready to begin."""

    def __init__(self, training: Training, shape: BaseShape) -> None:
        self._training, self._shape = training, shape
        self._recipe = training.recipe

    def measure(self, budget_s: float = BUDGET_S) -> Trial | None:
        """Time what is left of the run; None if a command ended it, or memory ran out.

        Then the training itself obeys, or gives up what it must.
        """
        steps = list(self._sampled_steps())
        if not steps:
            return Trial(0.0, 0.0, memory_mb(self._training.device))
        try:
            with _nothing_changed(self._training):
                return self._try_out(steps, budget_s)
        except Stopped:
            return None
        except (RuntimeError, MemoryError, OSError) as error:
            if not ran_out_of_memory(error):
                raise
        # Only here is the error gone, and with it every tensor that its frames held.
        self._training.standing.free()
        return None

    def _try_out(self, steps: Sequence[list[Pack]], budget_s: float) -> Trial:
        made = sorted((pack for step in steps for pack in step), key=self._lesson)
        largest = max(made, key=lambda pack: pack.tokens.numel())
        with _peak(self._training.device) as peak_mb:
            first = self._timed(largest)  # pays for what is made once, so it counts only alone
            reached_mb = peak_mb()
        per_step = sum(self._lesson(pack) for pack in made) / len(steps)
        about_s = first / self._lesson(largest) * per_step * self._steps_left
        budget_s = min(budget_s, first + BUDGET_SHARE * about_s)
        tried: list[tuple[float, float]] = []
        for pack in _middle_first(_spread(made, TIMED_PACKS)):
            if tried and first + sum(took for _, took in tried) > budget_s:
                break
            tried.append((self._lesson(pack), self._timed(pack)))
        works, seconds = zip(*tried, strict=True)
        speed = speed_of(works, seconds)
        sampled = sum(speed.seconds([self._lesson(pack) for pack in step]) for step in steps)
        return Trial(sampled / len(steps) * self._steps_left, self._looks(), reached_mb)

    @property
    def _steps_left(self) -> int:
        return max(0, self._training.schedule.steps - self._training.progress.step)

    def _sampled_steps(self) -> Iterator[list[Pack]]:
        """The packs of some steps of an epoch, whose order is a chance one; on the host."""
        training = self._training
        if not self._steps_left:
            return
        per_step = self._recipe.batch_size * self._recipe.accumulation
        train = training.standing.train
        order = epoch_order(len(train), 0, training.seed)
        tokens = 0
        for start in range(0, min(len(order), per_step * SAMPLED_STEPS), per_step):
            chosen = (train[i] for i in order[start : start + per_step])
            batch = [example for example in chosen if example is not None]
            if batch:
                yield list(packs(batch, training.standing.footing.packed_tokens, "cpu"))
            tokens += sum(len(example.tokens) for example in batch)
            if tokens >= SAMPLED_TOKENS:
                return

    def _work(self, pack: Pack) -> Work:
        held = [len(e.tokens) for e in pack.examples if e.group in self._recipe.held_groups]
        taught = sum(example.trained_tokens for example in pack.examples)
        return work_of(self._shape, self._recipe.rank, pack.segments, taught, held)

    def _lesson(self, pack: Pack) -> float:
        return self._work(pack).lesson

    def _timed(self, pack: Pack) -> float:
        """A pack forward and backward; the first of its blocks that sees a command obeys it."""
        control = self._training.control
        stopwatch, paused_s = Stopwatch(), control.paused_s
        with self._training.autocast():
            losses, weights = lesson_losses(
                self._training.model,
                _moved(pack, self._training.device),
                self._recipe.held_groups,
                self._recipe.hold,
            )
        (losses * weights).mean().backward()  # type: ignore[no-untyped-call]
        float(losses.detach().sum())  # waits for a device that works on its own
        return stopwatch.lap(0, control.paused_s - paused_s).seconds

    def _looks(self) -> float:
        """The time of all looks at the validation loss that are still to come."""
        training = self._training
        first = training.progress.base_valid_loss is None
        schedule, step = training.schedule, training.progress.step
        looks = sum(schedule.looks_at(at) for at in range(step + 1, schedule.steps + 1)) + first
        standing = training.standing
        made = partial(packs, standing.valid, standing.footing.look_tokens, "cpu")
        works = [self._work(pack).look for pack in made()]  # no more than one at a time in memory
        if not works or not looks:
            return 0.0
        chosen = _spread(sorted(range(len(works)), key=works.__getitem__), 2)
        tried = [pack for place, pack in enumerate(made()) if place in chosen]
        stopwatch, paused_s = Stopwatch(), training.control.paused_s
        training.model.eval()
        with torch.no_grad(), training.autocast():
            for pack in tried:
                losses, _ = token_losses(training.model, _moved(pack, training.device))
                float(losses.sum())
        took = stopwatch.lap(0, training.control.paused_s - paused_s).seconds
        return float(looks * took * sum(works) / sum(works[place] for place in chosen))


def _spread(ordered: Sequence[Any], most: int) -> list[Any]:
    """At most so many of them, evenly from first to last."""
    if len(ordered) <= most:
        return list(ordered)
    return [ordered[round(i * (len(ordered) - 1) / (most - 1))] for i in range(most)]


def _middle_first(ordered: Sequence[Any]) -> list[Any]:
    """The middle one stands for all where time allows no other; then the ends, far apart."""
    middle = len(ordered) // 2
    rest = [*ordered[:middle], *ordered[middle + 1 :]]
    return [ordered[middle], *rest[:1], *rest[:0:-1]]


def _moved(pack: Pack, device: str) -> Pack:
    return pack if device == "cpu" else pack_together(pack.examples, device)


@contextmanager
def _nothing_changed(training: Training) -> Iterator[None]:
    """Dice, gradients and the model's mode are afterwards as they were."""
    dice = random_state.capture()
    was_training = training.model.training
    training.model.train()
    try:
        yield
    finally:
        training.standing.optimiser.zero_grad(set_to_none=True)
        training.model.train(was_training)
        random_state.put_back(dice)
        gc.collect()


_PEAK_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


@contextmanager
def _peak(device: str) -> Iterator[Callable[[], float]]:
    """Asks for the most memory held since the beginning, where the system remembers it."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    on_linux = device == "cpu" and _PEAK_RESET.exists()
    if on_linux:
        try:
            _PEAK_RESET.write_text("5", "ascii")
        except OSError:
            on_linux = False

    def read() -> float:
        if on_linux:
            for line in _STATUS.read_text("ascii").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
        return memory_mb(device)

    yield read
