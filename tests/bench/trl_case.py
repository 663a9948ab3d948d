"""What the comparison with TRL measures: cases, their examples, and what comes of a run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

ROOT = Path(__file__).parents[2]
RANK, ALPHA, RATE, DECAY, CLIP = 16, 32, 1e-3, 0.01, 1.0
PER_STEP = 8
HELD_OUT = 16


@dataclass(frozen=True)
class Case:
    """Who trains which base on which data, and how."""

    by: Literal["ours", "trl"]
    base: Literal["starter", "35M"] = "starter"
    data: Literal["short", "mixed"] = "short"
    seed: int = 0
    dropout: float = 0.0
    packed_tokens: int = 1024
    batch_size: int = 8
    packing: bool = False
    checkpointing: bool = False
    steps: int = 0
    threads: int = 0

    @property
    def name(self) -> str:
        """The setting in a few words, without base, data and seed."""
        kept = ", checkpointing" if self.checkpointing else ""
        if self.by == "ours":
            return f"ours, packs of {self.packed_tokens}{kept}"
        return f"TRL, {'packing, ' if self.packing else ''}batch {self.batch_size}{kept}"


@dataclass(frozen=True)
class Found:
    """What a run came to; memory is above what the libraries hold."""

    tokens_per_s: float
    peak_mb: float
    train_loss: float
    held_out_loss: float
    steps: int
    gflop_per_s: float


@dataclass
class Stamps:
    """When steps were over, and the losses that they told."""

    tokens: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    @property
    def tokens_per_s(self) -> float:
        """Of all steps but the first, in which libraries still warm up."""
        return sum(self.tokens[1:]) / (self.times[-1] - self.times[0])


def place_of(case: Case, root: Path) -> tuple[Path, Path]:
    """The base's folder, and that of the tokenizer, which is the starter's in any case."""
    from tests.bench.demo_run import users_starter
    from tests.bench.mcq_runs import gguf_base
    from tests.bench.training_run import base_folder
    from trainer import base

    tokenizer = base.hf_folder(gguf_base(users_starter()), None, root / "converted")
    return (tokenizer if case.base == "starter" else base_folder("35M", root)), tokenizer


def _lengths(case: Case, random: Random, count: int) -> list[int]:
    if case.data == "short":
        return [64] * count
    return [round(min(1000.0, 30 * 1.2 ** random.uniform(0, 19))) for _ in range(count)]


def examples_of(case: Case, tokenizer: Any) -> tuple[list[Any], list[Any]]:
    """Real conversations, put together and cut to the wanted lengths; some of them held out."""
    from trainer.batches import Example, encode

    lines: list[str] = []
    for name in ("general.en", "coding.en", "general.more"):
        lines += (ROOT / "resources/replay" / f"{name}.jsonl").read_text("utf-8").splitlines()
    random = Random(1)
    random.shuffle(lines)
    made = (encode(tokenizer, json.loads(line), 1 << 20) for line in lines * 4)
    stream = (example for example in made if example is not None)
    words = 30_000 if case.base == "35M" else 1 << 30
    count = 64 if case.data == "short" else 32
    examples = []
    for index, length in enumerate(_lengths(case, random, count + HELD_OUT)):
        tokens: list[int] = []
        weights: list[float] = []
        while len(tokens) < length:
            part = next(stream)
            tokens += part.tokens
            weights += part.weights
        # The end of what is too long stays: there the last reply is.
        cut = tuple(token % words for token in tokens[-length:])
        examples.append(Example(f"e{index}", "new", cut, tuple(weights[-length:])))
    return examples[:count], examples[count:]


def recipe_of(case: Case) -> Any:
    from trainer.contract.recipe import Recipe

    return Recipe(
        name="bench",
        rank=RANK,
        alpha=ALPHA,
        dropout=case.dropout,
        learning_rate=RATE,
        weight_decay=DECAY,
        clip=CLIP,
        batch_size=PER_STEP,
        epochs=1,
        evaluations=1,
        checkpoint_every_s=1e9,
        packed_tokens=case.packed_tokens,
        gradient_checkpointing="on" if case.checkpointing else "off",
    )
