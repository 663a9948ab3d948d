"""TRL's trainers on our own model: packed rows, our control file, nothing sent anywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import MethodType
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

from trainer.batches import UNLEARNED, Example, pack_together
from trainer.contract.preference_recipe import PreferenceRecipe
from trainer.errors import Diverged
from trainer.losses import token_losses
from trainer.preference_data import Pair, Thumb
from trainer.preference_measure import Likelihood, example_of

OPTIMISERS = {
    "adamw": "adamw_torch",
    "adamw_8bit": "adamw_8bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
}
WARMUP_SHARE = 0.1
SMALLEST_OF_THUMBS = 2  # KTO tells a reply's gain from that of replies to other prompts


@dataclass(frozen=True)
class Setting:
    """What a preference training is set to beside its data."""

    recipe: PreferenceRecipe
    seed: int
    device: str
    clip: float
    optimiser: str
    per_step: int
    at_once: int
    checkpointing: bool
    scratch: Path
    autocast: Callable[[], AbstractContextManager[Any]]
    on_pack: Callable[[int], None]


@dataclass
class Scores:
    """What TRL reads of a forward pass; it only logs the last three, so they stay empty."""

    log_probs: torch.Tensor
    entropy: torch.Tensor
    mean_logits: torch.Tensor
    is_top1: torch.Tensor


class _Ours:
    """What both trainers do differently here; `setting` is set after the making."""

    setting: Setting

    def _prepare_dataset(self, dataset: Dataset, *_: Any) -> Dataset:
        """Rows come in tokens, rendered as everywhere else."""
        return dataset

    def _send_telemetry(self) -> None:
        """TRL would tell its makers of each training; nothing leaves this machine."""

    def compute_loss(self, model: Any, inputs: dict[str, Any], *rest: Any, **options: Any) -> Any:
        """The loss in the precision of the rest of the training; one that is no number ends it."""
        self.setting.on_pack(int(inputs["attention_mask"].sum()))
        with self.setting.autocast():
            loss = super().compute_loss(model, inputs, *rest, **options)  # type: ignore[misc]
        if not bool(torch.isfinite(loss)):
            raise Diverged("The loss was no longer a number.", "Lower the learning rate.")
        return loss


class PairTrainer(_Ours, DPOTrainer):  # type: ignore[misc]
    """DPO with precomputed likelihoods of the adapter that it starts from."""


class ThumbTrainer(_Ours, KTOTrainer):  # type: ignore[misc]
    """KTO with precomputed likelihoods of the adapter that it starts from."""


def pair_rows(pairs: Sequence[Pair], before: dict[str, Likelihood]) -> list[dict[str, Any]]:
    """Pairs in tokens, as TRL's DPO reads them."""
    return [
        {
            "prompt_ids": list(pair.prompt),
            "chosen_ids": list(pair.chosen),
            "rejected_ids": list(pair.rejected),
            "ref_chosen_logps": before[pair.id].total,
            "ref_rejected_logps": before[f"-{pair.id}"].total,
        }
        for pair in pairs
    ]


def thumb_batches(thumbs: Sequence[Thumb], at_once: int, seed: int) -> list[list[Thumb]]:
    """Both kinds mixed, in batches of their own: a batch of one could not be compared."""
    mixed = sorted(thumbs, key=lambda thumb: thumb.id)
    Random(f"thumbs:{seed}").shuffle(mixed)
    batches = [mixed[start : start + at_once] for start in range(0, len(mixed), at_once)]
    return [batch for batch in batches if len(batch) >= SMALLEST_OF_THUMBS]


def mismatched(batches: Sequence[Sequence[Thumb]]) -> list[Example]:
    """Each prompt with the reply to another one of its batch: how far replies drift in general."""
    return [
        example_of(f"~{thumb.id}", thumb.prompt, batch[index - 1].reply)
        for batch in batches
        for index, thumb in enumerate(batch)
    ]


def thumb_rows(
    batches: Sequence[Sequence[Thumb]], before: dict[str, Likelihood]
) -> list[dict[str, Any]]:
    """Thumbs in tokens, as TRL's KTO reads them."""
    return [
        {
            "prompt_ids": list(thumb.prompt),
            "completion_ids": list(thumb.reply),
            "KL_completion_ids": list(batch[index - 1].reply),
            "label": thumb.good,
            "ref_logps": before[thumb.id].total,
            "ref_KL_logps": before[f"~{thumb.id}"].total,
        }
        for batch in batches
        for index, thumb in enumerate(batch)
    ]


@contextmanager
def trainer_for(
    kind: str,
    model: Any,
    tokenizer: Any,
    rows: Sequence[dict[str, Any]],
    setting: Setting,
    follower: TrainerCallback,
) -> Iterator[Any]:
    """TRL's trainer for these rows; afterwards the model is as it was but for what it learned."""
    options = _options(setting, len(rows))
    maker, config = PairTrainer, DPOConfig
    if kind == "kto":
        maker, config = ThumbTrainer, KTOConfig
        options |= {"train_sampling_strategy": "sequential", **_balance(rows)}
    arguments = config(**options)
    # With several cards TRL would want a launcher, and transformers a copy of the model on each.
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1
    inner = model.get_base_model()
    with _restored(model):
        trainer = maker(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_list(list(rows)),
            processing_class=tokenizer,
            callbacks=[follower],
        )
        trainer.setting = setting
        trainer.remove_callback(PrinterCallback)
        trainer.precompute_ref_logps = True  # the rows carry them
        model.delete_adapter("ref")
        inner.forward = MethodType(_packed_forward(model), inner)
        if setting.checkpointing and not inner.is_activation_checkpointing:
            inner.activation_checkpointing_enable({"use_reentrant": False})
        try:
            yield trainer
        finally:
            trainer.optimizer = trainer.lr_scheduler = None


@contextmanager
def _restored(model: Any) -> Iterator[None]:
    """TRL changes a model for good: its forward, its dropout, and an adapter to compare with."""
    inner = model.get_base_model()
    own_forward = inner.__dict__.get("forward")
    was_checkpointing = inner.is_activation_checkpointing
    dropouts = [(m, m.p) for m in model.modules() if isinstance(m, torch.nn.Dropout)]
    try:
        yield
    finally:
        if "ref" in model.peft_config:
            model.delete_adapter("ref")
        inner.__dict__.pop("forward", None)
        if own_forward is not None:
            inner.forward = own_forward
        for module, share in dropouts:
            module.p = share
        if inner.is_activation_checkpointing and not was_checkpointing:
            inner.activation_checkpointing_disable()


def _options(setting: Setting, rows: int) -> dict[str, Any]:
    recipe = setting.recipe
    batches = math.ceil(rows / setting.at_once)
    accumulation = setting.per_step // setting.at_once
    steps = math.ceil(batches / accumulation) * recipe.epochs
    return {
        "output_dir": str(setting.scratch),
        "beta": recipe.beta,
        "max_length": None,
        "per_device_train_batch_size": setting.at_once,
        "gradient_accumulation_steps": accumulation,
        "num_train_epochs": recipe.epochs,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": math.ceil(WARMUP_SHARE * steps),
        "max_grad_norm": setting.clip,
        "optim": OPTIMISERS[setting.optimiser],
        "seed": setting.seed,
        "use_cpu": setting.device == "cpu",
        "bf16": False,  # autocast is ours, the adapter stays in 32 bits
        "activation_checkpointing": False,  # where memory asks for it, trainer_for has it
        "dataloader_pin_memory": False,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "no",
        "report_to": "none",  # trackers follow the events
        "disable_tqdm": True,
    }


def _balance(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Thumbs of the rarer kind count more, so that both kinds count the same."""
    good = sum(row["label"] for row in rows)
    bad = len(rows) - good
    if not good or not bad:
        return {}
    half = len(rows) / 2
    return {"desirable_weight": half / good, "undesirable_weight": half / bad}


def _packed_forward(model: Any) -> Callable[..., Scores]:
    """Scores replies as the training does: rows packed without padding, logits for replies alone.

    TRL's own forward makes, off CUDA, the logits of all tokens, prompts and padding too.
    """

    def forward(
        _inner: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor,
        **_others: Any,
    ) -> Scores:
        lengths = attention_mask.sum(1).tolist()
        examples = [
            Example(
                "", "", tuple(ids[:n]), tuple(float(token != UNLEARNED) for token in wanted[:n])
            )
            for ids, wanted, n in zip(input_ids.tolist(), labels.tolist(), lengths, strict=True)
        ]
        losses, _ = token_losses(model, pack_together(examples, input_ids.device.type))
        taught = labels[:, 1:] != UNLEARNED
        empty = torch.zeros(taught.shape, device=losses.device)
        scores = empty.masked_scatter(taught, -losses.float())
        return Scores(scores, empty, empty, torch.zeros_like(taught))

    return forward
