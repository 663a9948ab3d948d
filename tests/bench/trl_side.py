"""TRL's side of the comparison: its own trainer on our order of examples and our rates."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any

from tests.bench.trl_case import ALPHA, CLIP, DECAY, PER_STEP, RANK, RATE, Case, Stamps, recipe_of


class Follower:
    """Counts what a step of TRL's reads, and when it is over."""

    def __init__(self) -> None:
        self.stamps = Stamps()
        self.tokens = 0

    def read(self, inputs: dict[str, Any]) -> None:
        """A batch comes in; what only fills it up does not count."""
        mask = inputs.get("attention_mask")
        self.tokens += int(inputs["input_ids"].numel() if mask is None else mask.sum())

    def callback(self) -> Any:
        """What transformers calls after each step."""
        from transformers import TrainerCallback

        follower = self

        class Callback(TrainerCallback):
            def on_step_end(self, *_: Any, **__: Any) -> None:
                follower.stamps.times.append(time.monotonic())
                follower.stamps.tokens.append(follower.tokens)
                follower.tokens = 0

            def on_log(self, *_: Any, logs: Any = None, **__: Any) -> None:
                if "loss" in (logs or {}):
                    follower.stamps.losses.append(float(logs["loss"]))

        return Callback()


def _trainer_class(follower: Follower, examples: int, recipe: Any) -> Any:
    from torch.optim.lr_scheduler import LambdaLR
    from trl import SFTTrainer

    from trainer.schedule import plan

    class Trainer(SFTTrainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: dict[str, Any], *rest: Any, **more: Any) -> Any:
            follower.read(inputs)
            return super().compute_loss(model, inputs, *rest, **more)

        def _send_telemetry(self) -> None:
            """Nothing leaves this machine."""

        def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
            schedule = replace(plan(examples, recipe), steps=num_training_steps)
            self.lr_scheduler = LambdaLR(
                optimizer or self.optimizer, lambda step: schedule.rate(step, 1.0)
            )
            return self.lr_scheduler

    return Trainer


def _rows(train: list[Any], seed: int) -> list[dict[str, list[int]]]:
    """The examples as TRL reads them, in the order of our first epoch."""
    from trainer.batches import UNLEARNED, epoch_order

    made = []
    for index in epoch_order(len(train), 0, seed):
        tokens, weights = train[index].tokens, train[index].weights
        taught = zip(tokens[1:], weights[1:], strict=True)
        labels = [token if weight > 0 else UNLEARNED for token, weight in taught]
        made.append({"input_ids": list(tokens), "labels": [UNLEARNED, *labels]})
    return made


def train_with_trl(
    case: Case, model: Any, tokenizer: Any, train: list[Any], at: str
) -> tuple[Stamps, Any]:
    """TRL as its own users have it, but for the order of the examples and the rate of each step,
    which are ours, so that both see the same."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PrinterCallback
    from trl import SFTConfig

    logging.disable(logging.WARNING)
    recipe, follower = recipe_of(case), Follower()
    model.config._attn_implementation = "sdpa"
    rows = _rows(train, case.seed)
    trainer = _trainer_class(follower, len(train), recipe)(
        model=model,
        args=SFTConfig(**_trl_options(case, at, rows)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=RANK,
            lora_alpha=ALPHA,
            lora_dropout=case.dropout,
            target_modules=list(recipe.target_modules),
            task_type="CAUSAL_LM",
        ),
        callbacks=[follower.callback()],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return follower.stamps, trainer.model


def _trl_options(case: Case, at: str, rows: list[Any]) -> dict[str, Any]:
    """A step is of as many examples as ours; with packing, of about as many."""
    together = PER_STEP
    if case.packing:
        per_pack = 1024 * len(rows) / sum(len(row["input_ids"]) for row in rows)
        together = max(1, round(PER_STEP / per_pack))
    return {
        "output_dir": at,
        "max_length": 1024,
        "packing": case.packing,
        "per_device_train_batch_size": case.batch_size,
        "gradient_accumulation_steps": max(1, together // case.batch_size),
        "gradient_checkpointing": case.checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "num_train_epochs": 1,
        "learning_rate": RATE,
        "weight_decay": DECAY,
        "max_grad_norm": CLIP,
        "optim": "adamw_torch",
        "train_sampling_strategy": "sequential",
        "seed": case.seed,
        "use_cpu": True,
        "dataloader_pin_memory": False,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }
