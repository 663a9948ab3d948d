"""What the gate will read: losses and log-probabilities of base, parent and candidate.

They are taken on the weights that are served (16 bits), not on their NF4 copy, wherever memory
bears it: what NF4 takes from a small base would otherwise count as the adapter's merit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
from peft import PeftModel

from trainer import base
from trainer.batches import Example, read_examples
from trainer.choices import write_choices
from trainer.contract.folder import RunFolder, read_rows, write_atomically
from trainer.contract.recipe import Recipe
from trainer.device import Precision
from trainer.losses import losses_of, mean_loss
from trainer.parity import probes

SETS = ("test", "replay_test")
ROOM = 3.0


def precision_to_measure(trained: Precision, base_bytes: int, free_bytes: int) -> Precision:
    """Sixteen bits if the base fits into the free memory with some room, else as trained."""
    if trained == "nf4" and base_bytes * ROOM < free_bytes:
        return "bf16"
    return trained


@dataclass(frozen=True)
class Measuring:
    """Measures an adapter on a base loaded for that."""

    folder: RunFolder
    place: Path
    device: str
    trained: Precision
    recipe: Recipe

    def measure(self, candidate: Path, parent: Path | None) -> dict[str, float]:
        """Write losses, parity and choices; the mean test loss of each subject."""
        base_bytes = base.bytes_in_16_bits(self.place)
        if self.device == "cuda":
            free = torch.cuda.mem_get_info()[0]
        else:
            free = psutil.virtual_memory().available
        precision = precision_to_measure(self.trained, base_bytes, free)
        tokenizer = base.load_tokenizer(self.place)
        model = base.load_model(self.place, self.device, precision)
        model = PeftModel.from_pretrained(model, str(candidate), "default")
        if parent is not None:
            model.load_adapter(str(parent), "parent")
        model.eval()
        sets = {name: self._examples(tokenizer, name) for name in SETS}
        subjects: dict[str, Any] = {}
        with _bf16(self.device, precision):
            subjects["candidate"] = self._losses(model, sets)
            with model.disable_adapter():
                subjects["base"] = self._losses(model, sets)
            if parent is not None:
                with _wearing(model, "parent"):
                    subjects["parent"] = self._losses(model, sets)
            valid = list(read_rows(self.folder.data / "valid.jsonl"))
            rows = [row for row in valid if row["group"] == "new"] or valid
            made = probes(model, tokenizer, rows, self.device)
            write_choices(model, tokenizer, self.folder, precision, self.device)
        losses = {"precision": precision, "subjects": subjects}
        write_atomically(self.folder.losses, json.dumps(losses, ensure_ascii=False))
        write_atomically(self.folder.parity, json.dumps({"probes": made}, ensure_ascii=False))
        return {
            name: mean_loss([row for row in rows if row["set"] == "test"])
            for name, rows in subjects.items()
        }

    def _examples(self, tokenizer: Any, name: str) -> list[Example]:
        path = self.folder.data / f"{name}.jsonl"
        return read_examples(tokenizer, path, self.recipe.max_length)

    def _losses(self, model: Any, sets: Mapping[str, Sequence[Example]]) -> list[dict[str, Any]]:
        return [
            {**row, "set": name}
            for name, examples in sets.items()
            for row in losses_of(model, examples, self.recipe.packed_tokens, self.device)
        ]


def _bf16(device: str, precision: Precision) -> Any:
    return nullcontext() if precision == "fp32" else torch.autocast(device, torch.bfloat16)


@contextmanager
def _wearing(model: Any, adapter: str) -> Iterator[None]:
    model.set_adapter(adapter)
    try:
        yield
    finally:
        model.set_adapter("default")
