"""One attempt to learn preferences with so many of them in memory at once."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.preference_data import Method, Pair, Thumb
from trainer.preference_follower import Follower, Following
from trainer.preference_looks import Looks
from trainer.preference_measure import Measure, examples_of
from trainer.preference_trainer import (
    SMALLEST_OF_THUMBS,
    Setting,
    mismatched,
    pair_rows,
    thumb_batches,
    thumb_rows,
    trainer_for,
)

if TYPE_CHECKING:
    from trainer.preference import PreferenceJob


@dataclass(frozen=True)
class Load:
    """How much is in memory at once: preferences of a pack, and whether activations are kept."""

    at_once: int
    checkpointing: bool
    tokens: int

    def words(self) -> str:
        """What was given up, for people."""
        twice = ", and activations are computed twice" if self.checkpointing else ""
        return f"Preferences are learned {self.at_once} at once{twice}."


def loads(
    method: Method, taught: Sequence[Pair | Thumb], per_step: int, packed_tokens: int
) -> list[Load]:
    """As many at once as a pack holds of the longest, then as few as can be, then computed twice.

    They divide a step evenly, so that memory changes no step. A pack of KTO holds at least two: it
    compares a reply's gain with that of others.
    """
    fewest = 1 if method == "dpo" else SMALLEST_OF_THUMBS
    longest = max(item.tokens for item in taught)
    most = max(fewest, min(per_step, packed_tokens // longest))
    at_once = max(number for number in range(fewest, most + 1) if per_step % number == 0)
    few = [Load(fewest, False, fewest * longest)] if at_once > fewest else []
    least = Load(fewest, True, fewest * longest)
    return [Load(at_once, False, at_once * longest), *few, least]


def attempt(
    job: PreferenceJob,
    method: Method,
    taught: Sequence[Pair | Thumb],
    measure: Measure,
    looks: Looks,
    load: Load,
) -> None:
    """Train the model's adapter to the end, or until a look says that it did harm."""
    rows = _rows(method, taught, measure, load.at_once, job.seed)
    follower = Follower(
        Following(
            between=measure.between,
            look=looks.look,
            looks=job.preference.looks,
            first_step=job.first_step,
            device=job.device,
            telling=job.telling,
        )
    )
    with tempfile.TemporaryDirectory() as scratch:
        setting = Setting(
            recipe=job.preference,
            seed=job.seed,
            device=job.device,
            clip=job.recipe.clip,
            optimiser=job.optimiser,
            per_step=per_step(method, job.preference.pairs_per_step),
            at_once=load.at_once,
            checkpointing=load.checkpointing,
            scratch=Path(scratch),
            autocast=job.autocast,
            on_pack=follower.on_pack,
        )
        with trainer_for(method, job.model, job.tokenizer, rows, setting, follower) as trainer:
            trainer.train()


def per_step(method: Method, pairs: int) -> int:
    """Preferences of a step: a pair is two replies, a thumb is one."""
    return pairs if method == "dpo" else 2 * pairs


def _rows(
    method: Method, taught: Sequence[Pair | Thumb], measure: Measure, at_once: int, seed: int
) -> list[dict[str, Any]]:
    """What TRL reads, with the likelihoods under the adapter that the training starts from."""
    examples = examples_of(taught)
    if method == "dpo":
        pairs = [item for item in taught if isinstance(item, Pair)]
        return pair_rows(pairs, measure.likelihoods(examples))
    thumbs = [item for item in taught if isinstance(item, Thumb)]
    batches = thumb_batches(thumbs, at_once, seed)
    return thumb_rows(batches, measure.likelihoods([*examples, *mismatched(batches)]))
