"""What the gate will read: losses and log-probabilities of base, parent and candidate.

They are taken on the weights that are served (16 bits), not on their NF4 copy, wherever memory
bears it: what NF4 takes from a small base would otherwise count as the adapter's merit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import torch
from peft import PeftModel

from trainer import base
from trainer.backing_off import Footing, ran_out_of_memory, step_down_looks
from trainer.batches import Example, lengths_of, spans
from trainer.choices import write_choices
from trainer.contract.events import OomBackoff
from trainer.contract.folder import RunFolder, write_atomically
from trainer.contract.needs import Precision
from trainer.contract.recipe import Recipe
from trainer.device import give_back
from trainer.errors import DataUnusable
from trainer.losses import losses_of, mean_loss
from trainer.parity import PROBES, probes
from trainer.reading import conversations, read_tests
from trainer.telling import Tells
from trainer.turn_tokens import tokens_of

SETS = ("test", "replay_test")
ROOM = 3.0


def precision_to_measure(trained: Precision, base_bytes: int, free_bytes: int) -> Precision:
    """Sixteen bits if the base fits into the free memory with some room, else as trained."""
    if trained == "nf4" and base_bytes * ROOM < free_bytes:
        return "bf16"
    return trained


@dataclass(frozen=True)
class Conditions:
    """With what a base is measured: the footing that the training ended on, and a precision."""

    footing: Footing
    precision: Precision


@dataclass(frozen=True)
class Measuring:
    """Measures an adapter on a base loaded for that."""

    folder: RunFolder
    place: Path
    device: str
    trained: Precision
    recipe: Recipe
    footing: Footing
    telling: Tells

    def measure(
        self, candidate: Path, parent: Path | None, preferences: Mapping[str, Any]
    ) -> dict[str, float]:
        """Write losses, parity and choices; the mean test loss of each subject.

        Where memory runs out all of it is measured again with less, so that every subject is
        measured alike.
        """
        conditions = Conditions(self.footing, self._precision())
        while True:
            tokenizer = base.load_tokenizer(self.place)
            sets = {name: self._examples(tokenizer, name, conditions) for name in SETS}
            try:
                subjects = self._measured(tokenizer, sets, (candidate, parent), conditions)
                break
            except (RuntimeError, MemoryError, OSError) as error:
                if not ran_out_of_memory(error):
                    raise
            # Only here is the error gone, and with it every tensor that its frames held.
            give_back(self.device)
            conditions = self._with_less(conditions, sets)
        losses = {
            "precision": conditions.precision,
            "subjects": subjects,
            "preferences": dict(preferences),
        }
        write_atomically(self.folder.losses, json.dumps(losses, ensure_ascii=False))
        return {
            name: mean_loss([row for row in rows if row["set"] == "test"])
            for name, rows in subjects.items()
        }

    def _precision(self) -> Precision:
        if self.device == "cuda":
            free = torch.cuda.mem_get_info()[0]
        else:
            free = psutil.virtual_memory().available
        return precision_to_measure(self.trained, base.bytes_in_16_bits(self.place), free)

    def _measured(
        self,
        tokenizer: Any,
        sets: Mapping[str, Sequence[Example]],
        adapters: tuple[Path, Path | None],
        conditions: Conditions,
    ) -> dict[str, list[dict[str, Any]]]:
        """The losses of each subject; probes and choices are written down on the way."""
        candidate, parent = adapters
        model = base.load_model(self.place, self.device, conditions.precision)
        model = PeftModel.from_pretrained(model, str(candidate), "default")
        if parent is not None:
            model.load_adapter(str(parent), "parent")
        model.eval()
        subjects: dict[str, list[dict[str, Any]]] = {}
        with _bf16(self.device, conditions.precision):
            subjects["candidate"] = self._losses(model, sets, conditions)
            with model.disable_adapter():
                subjects["base"] = self._losses(model, sets, conditions)
            if parent is not None:
                with _wearing(model, "parent"):
                    subjects["parent"] = self._losses(model, sets, conditions)
            made = probes(model, tokenizer, self._probed(tokenizer, conditions), self.device)
            write_choices(model, tokenizer, self.folder, conditions.precision, self.device)
        write_atomically(self.folder.parity, json.dumps({"probes": made}, ensure_ascii=False))
        return subjects

    def _with_less(
        self, conditions: Conditions, sets: Mapping[str, Sequence[Example]]
    ) -> Conditions:
        """Smaller packs; then the base as it was trained; then shorter conversations."""
        longest = max((n for examples in sets.values() for n in lengths_of(examples)), default=0)
        down = step_down_looks(conditions.footing, longest, self.recipe.length_fallbacks)
        if conditions.precision != self.trained and (down is None or down.rung == "length"):
            words = f"Measured in {self.trained} instead of {conditions.precision}"
            less = Conditions(conditions.footing, self.trained)
        elif down is not None:
            words, less = f"Measured anew: {down.change}", replace(conditions, footing=down.footing)
        else:
            raise MemoryError("Memory ran out, and nothing is left to be given up.")
        tokens = less.footing.look_tokens
        self.telling.tell(OomBackoff(packed_tokens=tokens, change=f"{words}."))
        return less

    def _examples(self, tokenizer: Any, name: str, conditions: Conditions) -> Sequence[Example]:
        path = self.folder.data / f"{name}.jsonl"
        return read_tests(tokenizer, path, conditions.footing.look_length, self.folder.root)

    def _losses(
        self, model: Any, sets: Mapping[str, Sequence[Example]], conditions: Conditions
    ) -> list[dict[str, Any]]:
        return [
            {**row, "set": name}
            for name, examples in sets.items()
            for row in losses_of(model, examples, conditions.footing.look_tokens, self.device)
        ]

    def _probed(self, tokenizer: Any, conditions: Conditions) -> list[dict[str, Any]]:
        """A few held-out conversations of the persona, or else of replay, that memory bears."""

        def some(wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
            rows = conversations(self.folder.data / "valid.jsonl")
            length = conditions.footing.look_length
            fitting = (row for row in rows if wanted(row) and _fits(tokenizer, row, length))
            return list(islice(fitting, PROBES))

        return some(lambda row: row["group"] == "new") or some(lambda row: True)


def _fits(tokenizer: Any, row: Mapping[str, Any], max_length: int) -> bool:
    """Whether the first question of a conversation can be rendered and is short enough."""
    messages = row["messages"]
    first = next((i for i, m in enumerate(messages) if m["role"] == "assistant"), None)
    if first is None:
        return False
    try:
        prompt = spans(tokenizer, messages[: first + 1])[0]
    except DataUnusable:
        return False
    return len(tokens_of(tokenizer, [prompt.text])[0]) < max_length


def _bf16(device: str, precision: Precision) -> Any:
    return nullcontext() if precision == "fp32" else torch.autocast(device, torch.bfloat16)


@contextmanager
def _wearing(model: Any, adapter: str) -> Iterator[None]:
    model.set_adapter(adapter)
    try:
        yield
    finally:
        model.set_adapter("default")
