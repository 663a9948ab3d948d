"""What a training changes to fit into the memory that is there: decided by facts, torch-free.

The order is that of what happens when memory runs out: several conversations at once first, then
the length, then a second computation, then a smaller optimiser, and shorter still at the end. A
change that frees nothing here is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from trainer.contract.needs import Job, Settings
from trainer.contract.recipe import Optimiser

# Shorter packs cost nearly nothing beside the base: halving them further frees no memory.
SMALLEST_PACK = 128


@dataclass(frozen=True)
class Possible:
    """What this device and this recipe leave to be given up."""

    length_fallbacks: tuple[int, ...] = (4096, 2048)
    checkpointing: bool = True
    eight_bit: Optimiser | None = None


@dataclass(frozen=True)
class Fitting:
    """The training as it fits best, what was changed for it, and whether it fits."""

    job: Job
    there_mb: float
    changes: tuple[str, ...]

    @property
    def needed_mb(self) -> float:
        return self.job.needed_mb()

    @property
    def fits(self) -> bool:
        return self.needed_mb <= self.there_mb

    @property
    def words(self) -> str:
        """Needed of there, in one sentence."""
        needed, there = gigabytes(self.needed_mb), gigabytes(self.there_mb)
        if self.fits:
            return f"Needs {needed} of the {there} that are free for it."
        return f"Needs {needed}, and {there} are free for it."


Change = tuple[Settings, str]


def fit(job: Job, there_mb: float, possible: Possible) -> Fitting:
    """Change one thing after another until the training fits or nothing is left to change."""
    changes: list[str] = []
    for step in (_batch, _lengths, _checkpointing, _optimiser, _packs):
        for settings, words in step(job, possible):
            if job.needed_mb() <= there_mb:
                break
            changed = job.under(settings)
            if changed.needed_mb() < job.needed_mb():
                job = changed
                changes.append(words)
    return Fitting(job, there_mb, tuple(changes))


def _batch(job: Job, _possible: Possible) -> Iterator[Change]:
    """A batch of one is a pack as long as the longest conversation, which is alone in it then."""
    old = job.settings
    longest = max(SMALLEST_PACK, min(job.lessons.longest, old.max_length))
    together = old.batch_size * old.accumulation
    if job.lessons.at_once(old) <= longest:
        return
    size = min(old.packed_tokens, longest)
    new = replace(old, batch_size=1, accumulation=together, packed_tokens=size)
    words = (
        f"Batch 1 × {together} instead of {old.batch_size} × {old.accumulation}: packs of"
        f" {size} tokens instead of {old.packed_tokens}, the same examples in each step."
    )
    yield new, words


def _lengths(job: Job, possible: Possible) -> Iterator[Change]:
    yield from _shorter(job, sorted(possible.length_fallbacks, reverse=True))


def _shorter(job: Job, lengths: Sequence[int]) -> Iterator[Change]:
    settings = job.settings
    for length in lengths:
        if length < settings.max_length:
            packed = min(settings.packed_tokens, length)
            settings = replace(settings, max_length=length, packed_tokens=packed)
            yield settings, f"Conversations of at most {length} tokens; longer ones are cut."


def _checkpointing(job: Job, possible: Possible) -> Iterator[Change]:
    if possible.checkpointing:
        words = "Gradient checkpointing: less is kept, and a third more is computed."
        yield replace(job.settings, gradient_checkpointing=True), words


def _optimiser(job: Job, possible: Possible) -> Iterator[Change]:
    if possible.eight_bit is not None:
        yield replace(job.settings, optimiser=possible.eight_bit), "The optimiser in 8 bits."


def _packs(job: Job, _possible: Possible) -> Iterator[Change]:
    """At the very end packs that also cut conversations: a pack holds at least one of them."""
    settings = job.settings
    size = min(settings.max_length, job.lessons.at_once(settings))
    lengths = []
    while size > SMALLEST_PACK:
        size = max(SMALLEST_PACK, size // 2)
        lengths.append(size)
    yield from _shorter(job, lengths)


def gigabytes(mb: float) -> str:
    """A size for people."""
    return f"{mb / 1024:.1f} GB" if mb >= 1000 else f"{mb:.0f} MB"


@dataclass(frozen=True)
class Room:
    """Memory of a device in MiB; some of what is free is left to the desktop."""

    total_mb: float
    free_mb: float
    kept_free_mb: float

    @property
    def there_mb(self) -> float:
        return round(max(0.0, self.free_mb - self.kept_free_mb), 1)


def room_of(kind: str, total_mb: float, free_mb: float) -> Room:
    """What a desktop keeps: a card draws its windows, a processor's memory also runs programs."""
    if kind == "cuda":
        kept = min(1024.0, max(256.0, total_mb * 0.04))
    else:
        kept = min(4096.0, max(1024.0, total_mb * 0.1))
    return Room(total_mb, free_mb, kept)
