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
CHUNK_TOKENS = 256  # as in trainer/losses.py
# oneDNN keeps 1,024 programs, some 30 for each size of a pack.
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


def settings_of(recipe: Recipe) -> Settings:
    """How the recipe would have it."""
    return Settings(
        recipe.batch_size,
        recipe.accumulation,
        recipe.packed_tokens,
        recipe.max_length,
        recipe.gradient_checkpointing == "on",
        recipe.optimiser,
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
    logits_times: float = 1.0
    """The same of the logits, which are few and large."""
    mixed_times: float = 1.0
    """The same of both where packs differ in size, so that what is freed fits nothing new."""
    attention_bytes: float = 0.0
    """Of each pair of tokens in a conversation, a head and layer: where attention is no kernel."""
    pack_size_mb: float = 0.0
    """Programs that the library makes for each new size of a pack, and keeps."""


COSTS: dict[DeviceKind, DeviceCosts] = {
    "cpu": DeviceCosts(
        libraries_mb=800.0, kept_times=1.42, logits_times=1.3, mixed_times=1.75, pack_size_mb=16.0
    ),
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
    dropout: float = 0.0
    libraries_mb: float | None = None
    """What the process held before it loaded anything, where that was measured."""

    def under(self, settings: Settings) -> Job:
        """The same training with other settings."""
        return replace(self, settings=settings)

    def parts_mb(self) -> dict[str, float]:
        """Memory by part, in MiB; the peak of the run is their sum."""
        kept_times, logits_times = self._allocator_times()
        adapter = self.shape.adapter_weights(self.rank, self.targets)
        parts = {
            "weights": self._weights_bytes(),
            "adapter": adapter * (4 + 4),  # in 32 bits, and as much for the gradients
            "optimiser": adapter * optimiser_bytes(self.settings.optimiser),
            "activations": kept_times * self.kept_bytes(),
            "logits": logits_times * self._logits_bytes(),
            "held": logits_times * self._held_bytes(),
            "overhead": self._overhead_mb() * MIB,
        }
        return {name: round(size / MIB, 1) for name, size in parts.items()}

    def needed_mb(self) -> float:
        """The peak of the run, in MiB."""
        return round(sum(self.parts_mb().values()), 1)

    def _allocator_times(self) -> tuple[float, float]:
        costs = COSTS[self.device]
        if self.lessons.pack_sizes > 1:
            mixed = costs.mixed_times
            return max(costs.kept_times, mixed), max(costs.logits_times, mixed)
        return costs.kept_times, costs.logits_times

    def _overhead_mb(self) -> float:
        costs = COSTS[self.device]
        sizes = min(self.lessons.pack_sizes, MOST_PACK_SIZES)
        return (self.libraries_mb or costs.libraries_mb) + costs.pack_size_mb * sizes

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

        Inputs of the adapters (one for q, k and v, one for o, one for gate and up), q, k, v and
        the attention's result, four widths of the feed-forward part, two norms in 32 bits.
        """
        shape = self.shape
        numbers = (
            2 * shape.hidden + 3 * shape.attention + 2 * shape.keys
            + 4 * shape.between + len(self.targets) * self.rank
        )  # fmt: skip
        if self.dropout > 0:  # a mask each, and q, k, v, gate and up no longer share an input
            numbers += 8 * shape.hidden + shape.attention + shape.between
        return self._number_bytes * numbers + 8 * shape.hidden + 4 * shape.heads + 8

    def _taught(self) -> float:
        return self.lessons.at_once(self.settings) * self.lessons.taught_share

    def _logits_bytes(self) -> float:
        """Likelihoods of each taught token in 32 bits, and a chunk's logits in their making."""
        chunk = min(CHUNK_TOKENS, self._taught())
        return self.shape.vocabulary * (4 * self._taught() + 10 * chunk)

    def _held_bytes(self) -> float:
        """What the base says of each held token, kept beside what the adapter says."""
        held = self._taught() * self.lessons.held_share
        return held * (4 * self.shape.vocabulary + 2 * self.shape.hidden)


def optimiser_bytes(optimiser: Optimiser) -> float:
    """Of each weight that learns: two moments, in 32 bits or in 8 with a scale per 256."""
    return 8.0 if optimiser == "adamw" else 2 * (1 + 4 / 256)
