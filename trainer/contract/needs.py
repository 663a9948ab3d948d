"""How much memory a training takes, part by part: arithmetic over facts, torch-free.

The formulas count what the training loop keeps for its backward pass. What no formula gives
(libraries, what an allocator holds beside what is in use) are constants of a device, fitted to
real runs by `tests/bench/bench_preflight.py`, which also says how far the sums are from runs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from trainer.contract.recipe import Optimiser, Recipe
from trainer.contract.shape import BaseShape

DeviceKind = Literal["cuda", "mps", "cpu"]
Precision = Literal["nf4", "bf16", "fp32"]

MIB = 2**20
# Half a byte, a scale of a byte per 64 weights, and a scale of that in 4 bytes per 256 of these.
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
# Tokens whose logits are made at once, and of these those that are in 32 bits at once.
CHUNK_TOKENS, BLOCK_TOKENS = 256, 16
# Beyond so many, a new size of a pack finds room that older ones left.
MOST_PACK_SIZES = 34


@dataclass(frozen=True)
class Settings:
    """What a training may give up to fit; the product of the first two never changes."""

    batch_size: int
    accumulation: int
    packed_tokens: int
    max_length: int
    gradient_checkpointing: bool
    optimiser: Optimiser


def settings_of(recipe: Recipe, optimiser: Optimiser | None = None) -> Settings:
    """How the recipe would have it, but for an optimiser that the device does not have."""
    return Settings(
        recipe.batch_size,
        recipe.accumulation,
        recipe.packed_tokens,
        recipe.max_length,
        recipe.gradient_checkpointing == "on",
        optimiser or recipe.optimiser,
    )


@dataclass(frozen=True)
class Lessons:
    """What memory depends on in the data, in tokens."""

    longest: int
    step_tokens: int
    taught_share: float
    held_share: float = 0.0
    pack_sizes: int = 1

    def at_once(self, settings: Settings) -> int:
        """Tokens of the largest pack: full, or as much as one step has, or one conversation."""
        longest = min(self.longest, settings.max_length)
        together = settings.batch_size * settings.accumulation
        step = min(self.step_tokens, together * settings.max_length)
        return max(longest, min(settings.packed_tokens, step))


def lessons_of(
    lengths: Sequence[int],
    taught_tokens: int,
    held_taught_tokens: int,
    per_step: int,
    packs: int = 1,
) -> Lessons:
    """The lessons of examples of these lengths, of which each step sees so many.

    Of so many packs each has a size of its own, unless all conversations are as long as another.
    """
    largest = sorted(lengths, reverse=True)[:per_step]
    return Lessons(
        pack_sizes=packs if len(set(lengths)) > 1 else 1,
        longest=max(lengths),
        step_tokens=sum(largest),
        taught_share=taught_tokens / max(1, sum(lengths)),
        held_share=held_taught_tokens / max(1, taught_tokens),
    )


@dataclass(frozen=True)
class DeviceCosts:
    """What a device takes beside the tensors: fitted on the CPU, reckoned for the others."""

    libraries_mb: float
    kept_times: float
    """What the allocator holds of each byte that is kept and freed again with each pack."""
    programs_mb: float = 0.0
    """What the library makes for its products and keeps."""
    attention_bytes: float = 0.0
    """Of each pair of tokens in a conversation, a head and layer: where attention is no kernel."""
    pack_size_mb: float = 0.0
    """What stays behind of each new size of a pack, since what is freed fits nothing new."""


COSTS: dict[DeviceKind, DeviceCosts] = {
    "cpu": DeviceCosts(libraries_mb=800.0, kept_times=1.95, programs_mb=50.0, pack_size_mb=10.0),
    "cuda": DeviceCosts(libraries_mb=192.0, kept_times=1.1),
    "mps": DeviceCosts(libraries_mb=1000.0, kept_times=1.15, attention_bytes=4.0),
}


@dataclass(frozen=True)
class Job:
    """A training as far as its memory goes."""

    shape: BaseShape
    lessons: Lessons
    settings: Settings
    precision: Precision
    device: DeviceKind
    rank: int
    targets: Collection[str]
    libraries_mb: float | None = None
    """What the process held before it loaded anything, where that was measured."""

    def under(self, settings: Settings) -> Job:
        """The same training with other settings."""
        return replace(self, settings=settings)

    def parts_mb(self) -> dict[str, float]:
        """Memory by part, in MiB; the peak of the run is their sum."""
        kept_times = COSTS[self.device].kept_times
        adapter = self.shape.adapter_weights(self.rank, self.targets)
        parts = {
            "weights": self._weights_bytes(),
            "adapter": adapter * (4 + 4),  # in 32 bits, and as much for the gradients
            "optimiser": adapter * optimiser_bytes(self.settings.optimiser),
            "activations": kept_times * self.kept_bytes() + self._working_bytes(),
            "logits": self._logits_bytes(),
            "held": self._held_bytes(),
            "overhead": self._overhead_mb() * MIB,
        }
        return {name: round(size / MIB, 1) for name, size in parts.items()}

    def needed_mb(self) -> float:
        """The peak of the run, in MiB."""
        return round(sum(self.parts_mb().values()), 1)

    def _overhead_mb(self) -> float:
        costs = COSTS[self.device]
        sizes = min(self.lessons.pack_sizes, MOST_PACK_SIZES)
        libraries = self.libraries_mb or costs.libraries_mb
        return libraries + costs.programs_mb + costs.pack_size_mb * sizes

    def _weights_bytes(self) -> float:
        if self.precision == "fp32":
            return 4.0 * self.shape.weights
        blocks = NF4_BYTES if self.precision == "nf4" else 2.0
        return blocks * self.shape.block_weights + 2.0 * self.shape.table_weights

    def kept_bytes(self) -> float:
        """What the backward pass of the largest pack finds kept, without logits."""
        shape, tokens = self.shape, self.lessons.at_once(self.settings)
        layer = tokens * self._kept_per_token()
        pairs = tokens * min(self.lessons.longest, self.settings.max_length)
        layer += COSTS[self.device].attention_bytes * shape.heads * pairs
        if not self.settings.gradient_checkpointing:
            return shape.layers * layer
        return shape.layers * tokens * shape.hidden * self._number_bytes + layer

    @property
    def _number_bytes(self) -> int:
        return 4 if self.precision == "fp32" else 2

    def _kept_per_token(self) -> float:
        """Bytes that one layer keeps of one token.

        The inputs of both norms and what they make of it, which is the input of q, k and v and of
        gate and up; q, k, v and the attention's result, which is the input of o; gate and up; the
        narrow results of the adapters, and of each norm one number.
        """
        shape = self.shape
        numbers = (
            4 * shape.hidden + 2 * shape.attention + 2 * shape.keys
            + 2 * shape.between + len(self.targets) * self.rank
        )  # fmt: skip
        return self._number_bytes * numbers + 2 * 4

    def _working_bytes(self) -> float:
        """What comes and goes on the way back through a feed-forward part, the widest one."""
        shape, tokens = self.shape, self.lessons.at_once(self.settings)
        unpacked = 2 * shape.hidden * shape.between
        return self._number_bytes * (tokens * (5 * shape.between + 3 * shape.hidden) + unpacked)

    def _taught(self) -> float:
        return self.lessons.at_once(self.settings) * self.lessons.taught_share

    def _logits_bytes(self) -> float:
        """A chunk's logits, a block of these in 32 bits, and the gradient of each taught state."""
        chunk, blocks = min(CHUNK_TOKENS, self._taught()), 3 * 4 * BLOCK_TOKENS
        logits = self.shape.vocabulary * (self._number_bytes * chunk + blocks)
        return logits + 2 * self._number_bytes * self.shape.hidden * self._taught()

    def _held_bytes(self) -> float:
        """What the base thinks before each held token, and a chunk of the logits that it gives."""
        held = self._taught() * self.lessons.held_share
        chunk = min(CHUNK_TOKENS, held)
        return self._number_bytes * (held * self.shape.hidden + chunk * self.shape.vocabulary)


def optimiser_bytes(optimiser: Optimiser) -> float:
    """Of each weight that learns: two moments, in 32 bits or in 8 with a scale per 256."""
    return 8.0 if optimiser == "adamw" else 2 * (1 + 4 / 256)
