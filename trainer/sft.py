"""The training loop: packed conversations in, the best adapter out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Any

import torch

from trainer import random_state
from trainer.backing_off import Footing, Load, ran_out_of_memory
from trainer.batches import Example, epoch_order, packs
from trainer.checkpoint import Checkpoints, Progress
from trainer.commentary import group_losses, looked_at
from trainer.contract.checkpoint_rule import CheckpointRule
from trainer.contract.events import Checkpoint, Step, Warned
from trainer.contract.recipe import Recipe
from trainer.control import ControlFile, Outcome, Stopped
from trainer.device import card_use, give_back, memory_mb
from trainer.errors import Diverged
from trainer.guarding import (
    LOWERED,
    MOST_SETBACKS,
    Trouble,
    give_up_words,
    judge,
    setback_words,
    step_to_go_back_to,
)
from trainer.losses import lesson_losses, losses_of, mean_loss
from trainer.pace import Pace, Stopwatch
from trainer.schedule import Schedule, plan
from trainer.standing import Standing
from trainer.telling import Tells


class Training:
    """One run of supervised fine-tuning; everything that changes is in `progress`."""

    def __init__(
        self,
        model: Any,
        recipe: Recipe,
        data: tuple[Sequence[Example], Sequence[Example]],
        device: str,
        seed: int,
        checkpoints: Checkpoints,
        telling: Tells,
        control: ControlFile,
        footing: Footing | None = None,
    ) -> None:
        self.model, self.recipe, self.device, self.seed = model, recipe, device, seed
        self.checkpoints, self.telling, self.control = checkpoints, telling, control
        self.schedule: Schedule = plan(len(data[0]), recipe)
        checkpoints.rule = CheckpointRule(recipe.keep_checkpoints)
        saved = checkpoints.read()
        self.progress = saved.progress if saved else Progress()
        self.standing = Standing(model, recipe, data, device, telling)
        self.standing.begin(saved, footing)
        # A run that goes on must not be planned anew: other packs make other bits.
        self.progress.footing = self.standing.footing
        control.listen_in(model)
        # Lets a person hear how it answers by now, and before step 1 how the base does.
        self.converse: Callable[[int], None] = lambda step: None
        self._pace = Pace()
        self._saved_at = time.monotonic()
        self._dice = random_state.capture()

    def run(self) -> Outcome:
        """Train to the end, or until the control file or the validation loss says stop."""
        self.model.train()
        try:
            self._go_on()
        except Stopped as stopped:
            self._break_off()
            if stopped.outcome == "saved":
                self._save()
            return stopped.outcome
        self.checkpoints.prune_when_done()
        return "go_on"

    def begin_with_less(self) -> None:
        """Give something up first: the system ended the last worker for want of memory."""
        length = self.standing.footing.look_length
        self.standing.back_off_after_kill(finished=self.progress.finished)
        self._keep_footing()
        self._forget_looks_of(length)
        self._save()

    def release(self) -> None:
        """Give the memory back before the base is loaded again to be measured."""
        del self.model, self.standing
        give_back(self.device)

    def autocast(self) -> AbstractContextManager[Any]:
        """Elementwise and matrix work in bf16; the adapter's weights stay in 32 bits."""
        stack = ExitStack()
        stack.enter_context(self._inputs_as_they_come())
        stack.enter_context(self._products())
        return stack

    def _products(self) -> AbstractContextManager[Any]:
        mixed: bool = self.model.get_base_model().dtype != torch.float32
        return torch.autocast(self.device, torch.bfloat16, enabled=mixed)

    def _inputs_as_they_come(self) -> AbstractContextManager[Any]:
        """Also on the way back, where checkpointing computes a block once more."""
        from peft.helpers import disable_input_dtype_casting

        mixed: bool = self.model.get_base_model().dtype != torch.float32
        made: AbstractContextManager[Any] = disable_input_dtype_casting(self.model, active=mixed)
        return made

    def _go_on(self) -> None:
        """Step, look and save; a look that a command or a kill broke off is made up for."""
        progress = self.progress
        if progress.base_valid_loss is None:
            self._look_at_base()
        if not self.checkpoints.steps:
            self._save()  # where there is no other, trouble leads back to the beginning
        if progress.step == 0:
            self.converse(0)
        while not self.progress.finished:
            if self._look_is_due():
                if self._look():
                    self._save()
                    self.converse(self.progress.step)
            elif self.progress.step >= self.schedule.steps:
                self.progress.finished = True
                self._save()
            else:
                self._step()
                if self._save_is_due():
                    self._save()

    def _batch(self, step: int) -> list[Example]:
        per_step = self.recipe.batch_size * self.recipe.accumulation
        epoch, place = divmod(step, self.schedule.steps_per_epoch)
        train = self.standing.train
        order = epoch_order(len(train), epoch, self.seed)
        chosen = (train[i] for i in order[place * per_step : (place + 1) * per_step])
        return [example for example in chosen if example is not None]

    def _step(self) -> None:
        self._dice = random_state.capture()
        step, paused_s = self.progress.step, self.control.paused_s
        rate = self.schedule.rate(step, self.recipe.learning_rate) * self.progress.rate_factor
        learned = self.standing.survive(lambda: self._gradients(step), self._back_off)
        if learned is None:  # all of its conversations were too long for this memory
            self.progress.step += 1
            return
        batch, loss, norm, stopwatch = learned
        self.progress.watch, trouble = judge(self.progress.watch, loss, norm, self.recipe.clip)
        if trouble is not None:
            self._go_back(trouble)
            return
        for group in self.standing.optimiser.param_groups:
            group["lr"] = rate
        if not self._take():
            return
        self.progress.step += 1
        lap = stopwatch.lap(
            sum(len(example.tokens) for example in batch), self.control.paused_s - paused_s
        )
        self._pace.add(lap)
        self._tell_step(loss, rate, norm, self._pace.tokens_per_s(lap))

    def _gradients(self, step: int) -> tuple[list[Example], float, float, Stopwatch] | None:
        """Add up the gradients of a batch; the control file is looked at between packs."""
        stopwatch = Stopwatch()
        batch = self._batch(step)
        if not batch:
            return None
        longest = max(len(example.tokens) for example in batch)
        weight = sum(w for e in batch for w in e.weights[1:])
        total = counted = 0.0
        with self._inputs_as_they_come():  # looks at every layer: once a step is enough
            for pack in packs(batch, self.standing.footing.packed_tokens, self.device):
                self.standing.load = Load(pack.tokens.shape[1], len(pack.examples), longest)
                self.control.check()
                with self._products():
                    losses, weights = lesson_losses(
                        self.model, pack, self.recipe.held_groups, self.recipe.hold
                    )
                loss = (losses * weights).sum()
                (loss / weight).backward()  # type: ignore[no-untyped-call]
                total += float(loss.detach())
                counted += float(weights.sum())
        groups = self.standing.optimiser.param_groups
        learning = [parameter for group in groups for parameter in group["params"]]
        norm = float(torch.nn.utils.clip_grad_norm_(learning, self.recipe.clip))
        return batch, total / counted, norm, stopwatch

    def _take(self) -> bool:
        """Take the step; one that memory broke off half-way is undone. Whether it was taken."""
        optimiser = self.standing.optimiser
        try:
            optimiser.step()
        except (RuntimeError, MemoryError) as error:
            if not ran_out_of_memory(error):
                raise
        else:
            optimiser.zero_grad(set_to_none=True)
            return True
        self.standing.free()
        self._return_to(None, replace(self.progress))
        self.standing.load = Load(0, 0, 0)
        self._back_off()
        return False

    def _back_off(self) -> None:
        """Give something up and begin the batch again, with the same dice."""
        self.standing.back_off()
        self._keep_footing()
        random_state.put_back(self._dice)
        if self.progress.watch.suspects == 0:
            try:
                self._save()
            except (RuntimeError, MemoryError, OSError) as error:
                if not ran_out_of_memory(error):
                    raise  # else: it only spares a run that is killed next the same way

    def _keep_footing(self) -> None:
        self.progress.footing = self.standing.footing
        self._pace.begin_anew()

    def _go_back(self, trouble: Trouble) -> None:
        """To a state from before the trouble, and on from there at a lower rate."""
        now = self.progress
        at = now.step + 1
        self.standing.optimiser.zero_grad(set_to_none=True)
        if now.setbacks >= MOST_SETBACKS:
            raise Diverged(
                give_up_words(trouble, at),
                "Train again with a lower learning rate, and look at the newest data; the last"
                " checkpoint is kept.",
            )
        lowered = replace(now, setbacks=now.setbacks + 1, rate_factor=now.rate_factor * LOWERED)
        back_to = step_to_go_back_to(self.checkpoints.steps, now.step, now.watch.suspects)
        self._return_to(back_to, lowered)
        self._save()
        self.checkpoints.drop_after(self.progress.step)
        step, factor = self.progress.step, self.progress.rate_factor
        self.telling.tell(
            Warned(
                warning=trouble,
                advice=setback_words(trouble, at, step, factor),
                values={"step": at, "back_to": step, "rate_factor": factor},
            )
        )

    def _return_to(self, step: int | None, known: Progress) -> None:
        """Take up a checkpoint again with what has been found out since."""
        saved = self.checkpoints.read(step) or self.checkpoints.read()
        if saved is None:
            raise Diverged(
                "There is no checkpoint that the training could go back to.",
                "Train again with a lower learning rate.",
            )
        self.standing.go_back_to(saved)
        self.progress = replace(
            saved.progress,
            footing=self.standing.footing,
            best_loss=known.best_loss,
            best_step=known.best_step,
            base_valid_loss=known.base_valid_loss,
            base_valid_groups=known.base_valid_groups,
            setbacks=known.setbacks,
            rate_factor=known.rate_factor,
        )
        self._dice = random_state.capture()

    def _break_off(self) -> None:
        """Leave a batch or a look in the middle as if it had not begun."""
        self.standing.optimiser.zero_grad(set_to_none=True)
        self.model.train()
        random_state.put_back(self._dice)

    def _valid_rows(self) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]]:
            tokens = self.standing.footing.look_tokens
            with self.autocast():
                return losses_of(self.model, self.standing.valid, tokens, self.device)

        return self.standing.survive(look, self._back_off_looks)

    def _look_at_base(self) -> None:
        with self.model.disable_adapter():
            rows = self._valid_rows()
        self.progress.base_valid_loss = mean_loss(rows)
        self.progress.base_valid_groups = group_losses(rows)

    def _back_off_looks(self) -> None:
        length = self.standing.footing.look_length
        self.standing.back_off_looks()
        self._keep_footing()
        self._forget_looks_of(length)

    def _forget_looks_of(self, length: int) -> None:
        """Losses over other words cannot be compared with those from before."""
        if self.standing.footing.look_length != length:
            self.progress.best_loss = self.progress.base_valid_loss = None

    def _look_is_due(self) -> bool:
        step = self.progress.step
        return step > self.progress.looked_at and self.schedule.looks_at(step)

    def _look(self) -> bool:
        """Look at the validation loss; the best adapter is kept, a run without progress ends.

        False where the loss is no number: the last steps broke the adapter, and are undone.
        """
        self._dice = random_state.capture()
        stopwatch, paused_s = Stopwatch(), self.control.paused_s
        rows = self._valid_rows()
        loss, progress = mean_loss(rows), self.progress
        if not math.isfinite(loss):
            self._go_back("not_a_number")
            return False
        if progress.base_valid_loss is None:
            self._look_at_base()
        self._pace.add_look(stopwatch.lap(0, self.control.paused_s - paused_s))
        best = progress.best_loss is None or loss < progress.best_loss
        if best:
            self.checkpoints.save_best(self.model)
            progress.best_loss, progress.best_step = loss, progress.step
            progress.looks_without_progress = 0
        else:
            progress.looks_without_progress += 1
        progress.looked_at = progress.step
        progress.finished = progress.step >= self.schedule.steps
        self.telling.tell(
            looked_at(
                progress.step,
                rows,
                base_loss=progress.base_valid_loss,
                base_groups=progress.base_valid_groups,
                best=best,
            )
        )
        if progress.looks_without_progress >= self.recipe.patience and not progress.finished:
            progress.finished = True
            self.telling.tell(
                Warned(
                    warning="stopped_early",
                    advice="The held-out conversations stopped getting better, so the training"
                    f" ended early; the adapter of step {progress.best_step} is kept.",
                )
            )
        return True

    def _save_is_due(self) -> bool:
        """By time or by steps; a look saves by itself, and a suspect state is no good one."""
        if self._look_is_due() or self.progress.watch.suspects:
            return False
        every = self.recipe.checkpoint_every
        by_steps = every is not None and self.progress.step % every == 0
        return by_steps or time.monotonic() - self._saved_at >= self.recipe.checkpoint_every_s

    def _save(self) -> None:
        self.checkpoints.save(self.model, self.standing.optimiser, self.progress)
        self._saved_at = time.monotonic()
        self.telling.tell(Checkpoint(step=self.progress.step))

    def _tell_step(self, loss: float, rate: float, norm: float, tokens_per_s: float) -> None:
        step, steps = self.progress.step, self.schedule.steps
        looks = sum(self.schedule.looks_at(each) for each in range(step + 1, steps + 1))
        self.telling.tell(
            Step(
                step=step,
                steps=steps,
                epoch=round(step / self.schedule.steps_per_epoch, 3),
                loss=loss,
                lr=rate,
                grad_norm=norm,
                tokens_per_s=round(tokens_per_s, 1),
                memory_mb=round(memory_mb(self.device), 1),
                eta_s=round(self._pace.seconds_left(steps - step, looks), 1),
                card_use=card_use(self.device),
            )
        )
        share = self._pace.slowed_to()
        if share is not None:
            self.telling.tell(
                Warned(
                    warning="slow_down",
                    advice=f"The training runs at {share:.0%} of its earlier speed. Heat, a power"
                    " saving mode or another program holds it back; it loses nothing but time.",
                    values={"share": round(share, 2)},
                )
            )
