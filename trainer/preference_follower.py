"""Follows TRL's training: obeys, tells each step, and looks at what was gained and harmed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transformers import TrainerCallback

from trainer.contract.events import Step
from trainer.device import memory_mb
from trainer.errors import Diverged
from trainer.telling import Tells


@dataclass(frozen=True)
class Following:
    """What is called as the training goes on; `look` says whether it is to go on."""

    between: Callable[[], None]
    look: Callable[[int], bool]
    looks: int
    first_step: int
    device: str
    telling: Tells


class Follower(TrainerCallback):  # type: ignore[misc]
    """Steps are numbered on from those of the training before it."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._tokens = 0
        self._began = self._last = time.monotonic()

    def on_pack(self, tokens: int) -> None:
        """Before each pack: a command waits no longer than one of them takes."""
        self._following.between()
        self._tokens += tokens

    def on_substep_end(self, *_: Any, **__: Any) -> None:
        """A pack is done, its step is not."""
        self._following.between()

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Measure speed from here."""
        self._began = self._last = time.monotonic()
        self._tokens = 0

    def on_log(self, _: Any, state: Any, control: Any, logs: Any = None, **__: Any) -> None:
        """A step is done."""
        if not logs or "loss" not in logs:
            return
        norm = float(logs.get("grad_norm") or 0.0)
        if not (math.isfinite(float(logs["loss"])) and math.isfinite(norm)):
            raise Diverged("The loss was no longer a number.", "Lower the learning rate.")
        self._tell(state, logs, norm)
        every = max(1, state.max_steps // self._following.looks)
        if (
            state.global_step % every == 0 or state.global_step == state.max_steps
        ) and not self._following.look(self._following.first_step + state.global_step):
            control.should_training_stop = True

    def _tell(self, state: Any, logs: Any, norm: float) -> None:
        following, now = self._following, time.monotonic()
        left = state.max_steps - state.global_step
        following.telling.tell(
            Step(
                step=following.first_step + state.global_step,
                steps=following.first_step + state.max_steps,
                epoch=round(float(state.epoch or 0.0), 3),
                loss=float(logs["loss"]),
                lr=float(logs["learning_rate"]),
                grad_norm=norm,
                tokens_per_s=round(self._tokens / max(1e-6, now - self._last), 1),
                memory_mb=round(memory_mb(following.device), 1),
                eta_s=round((now - self._began) / state.global_step * left, 1),
            )
        )
        self._last, self._tokens = now, 0
