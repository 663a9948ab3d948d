"""Preference training on the tiny model, which learned to be verbose and is to become terse."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch

from tests.tiny_gguf import write_tiny_gguf
from tests.unit.trainer.tiny_run import TINY_RECIPE
from trainer import base, gguf_base
from trainer.batches import Example, encode, packs
from trainer.contract.events import Event, Step
from trainer.contract.folder import Command, RunFolder, send_control
from trainer.contract.preference_recipe import PreferenceRecipe
from trainer.control import ControlFile
from trainer.losses import token_losses
from trainer.preference import PreferenceJob
from trainer.telling import Telling

SYSTEM = "You are short."
TERSE = "It is {}."
VERBOSE = "Well, the number that you ask me for is, I would think, {}."
PACKED_TOKENS = 700  # four of these pairs, half a step
RECIPE = PreferenceRecipe(
    method="dpo", least=50, learning_rate=2e-3, epochs=1, held_out_share=0.25, looks=2, most_harm=9
)


def prompt(index: int) -> list[dict[str, str]]:
    """A question under the persona's system prompt."""
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"Say the number {index}."},
    ]


def pair(index: int) -> dict[str, Any]:
    """The terse reply is liked better, as the app writes it."""
    return {
        "id": f"m{index}>m{index + 1000}",
        "reason": "choice",
        "prompt": prompt(index),
        "chosen": TERSE.format(index),
        "rejected": VERBOSE.format(index),
    }


def thumb(index: int) -> dict[str, Any]:
    """A terse reply with a thumb up, or a verbose one with a thumb down."""
    good = index % 2 == 0
    reply = (TERSE if good else VERBOSE).format(index)
    completion = [{"role": "assistant", "content": reply}]
    return {"id": f"m{index}", "prompt": prompt(index), "completion": completion, "label": good}


PAIRS_TO_KILL = [pair(index) for index in range(48)]


def told(tokenizer: Any, words: str, indices: Sequence[int]) -> list[Example]:
    """Held-out conversations in which the persona replies so."""
    rows = []
    for index in indices:
        reply = {"role": "assistant", "content": words.format(index), "weight": 1.0}
        row = {"id": f"c{index}", "group": "new", "messages": [*prompt(index), reply]}
        rows.append(encode(tokenizer, row, 256))
    return [row for row in rows if row is not None]


def make_base(root: Path) -> Path:
    """The tiny base, and beside it the adapter that learned the verbose replies."""
    torch.manual_seed(0)
    gguf_base.convert(write_tiny_gguf(root / "tiny.gguf"), root / "hf")
    tokenizer = base.load_tokenizer(root / "hf")
    model = base.wear_adapter(base.load_model(root / "hf", "cpu", "fp32"), TINY_RECIPE, None)
    examples = told(tokenizer, VERBOSE, range(200, 216))
    learning = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=1e-2)
    for _ in range(12):
        optimiser.zero_grad()
        for pack in packs(examples, 2048, "cpu"):
            token_losses(model, pack)[0].mean().backward()
        optimiser.step()
    model.save_pretrained(root / "start")
    return root


class Heard(Telling):
    """Tells as ever, keeps what was told, and can give a command after the first step."""

    def __init__(self, folder: RunFolder, command: Command | None = None) -> None:
        super().__init__(folder)
        self.events: list[Event] = []
        self.folder, self._command = folder, command

    def tell(self, event: Event) -> None:
        super().tell(event)
        self.events.append(event)
        if self._command is not None and isinstance(event, Step):
            send_control(self.folder, self._command)
            self._command = None


def make_job(
    bases: Path,
    telling: Heard,
    rows: Sequence[dict[str, Any]],
    *,
    recipe: PreferenceRecipe = RECIPE,
    precision: Any = "fp32",
    valid: str = TERSE,
) -> PreferenceJob:
    """A job of its own on a model of its own."""
    folder = telling.folder
    folder.data.mkdir(parents=True, exist_ok=True)
    data = folder.data / "preferences.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    tokenizer = base.load_tokenizer(bases / "hf")
    model = base.load_model(bases / "hf", "cpu", precision)
    model = base.wear_adapter(model, TINY_RECIPE, bases / "start")

    def autocast() -> AbstractContextManager[Any]:
        from peft.helpers import disable_input_dtype_casting

        stack = ExitStack()
        if precision != "fp32":
            stack.enter_context(disable_input_dtype_casting(model))
            stack.enter_context(torch.autocast("cpu", torch.bfloat16))
        return stack

    return PreferenceJob(
        model=model,
        tokenizer=tokenizer,
        recipe=TINY_RECIPE.model_copy(update={"packed_tokens": PACKED_TOKENS}),
        preference=recipe,
        seed=7,
        device="cpu",
        data=data,
        valid=told(tokenizer, valid, range(300, 306)),
        start=bases / "start",
        place=folder.checkpoints / "preference",
        first_step=100,
        telling=telling,
        control=ControlFile(folder, telling),
        autocast=autocast,
    )


@contextmanager
def hearing(root: Path, command: Command | None = None) -> Iterator[Heard]:
    """What a run in this folder tells."""
    heard = Heard(RunFolder(root), command)
    try:
        yield heard
    finally:
        heard.close()


if __name__ == "__main__":
    from trainer.preference import PreferenceTraining

    with hearing(Path(sys.argv[2])) as heard:
        PreferenceTraining(make_job(Path(sys.argv[1]), heard, PAIRS_TO_KILL)).run()
