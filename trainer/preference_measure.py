"""How likely replies are, and how often the liked one gained on the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import product
from typing import Any

from trainer.batches import Example
from trainer.losses import losses_of, mean_loss
from trainer.preference_data import Pair, Thumb

PERSONA = "new"


@dataclass(frozen=True)
class Likelihood:
    """Log-probability of a reply, all of it and a token."""

    total: float
    a_token: float


@dataclass(frozen=True)
class Gain:
    """What held-out preferences show of an adapter, beside the one that it started from.

    `accuracy` counts how often the liked reply gained more likelihood than the other, so it is a
    half before anything was learned; `likelier` how often it is the likelier one, a token.
    """

    accuracy: float
    likelier: float


@dataclass(frozen=True)
class Measure:
    """Runs the model over examples; `between` is called between packs, so that a user who wants
    to stop never waits for all of them."""

    model: Any
    device: str
    packed_tokens: int
    autocast: Callable[[], AbstractContextManager[Any]]
    between: Callable[[], None]

    def likelihoods(self, examples: Sequence[Example]) -> dict[str, Likelihood]:
        """Of each example's reply, by the example's id."""
        return {
            row["id"]: Likelihood(-row["loss"], -row["loss"] / row["tokens"])
            for row in self._rows(examples)
        }

    def persona_loss(self, valid: Sequence[Example]) -> float:
        """Mean loss of the persona's own held-out replies (of all where it has none)."""
        own = [example for example in valid if example.group == PERSONA]
        return mean_loss(list(self._rows(own or valid)))

    def _rows(self, examples: Sequence[Example]) -> Iterator[dict[str, Any]]:
        for some in _in_packs(examples, self.packed_tokens):
            self.between()
            with self.autocast():
                yield from losses_of(self.model, some, self.packed_tokens, self.device)


def example_of(name: str, prompt: Sequence[int], reply: Sequence[int]) -> Example:
    """A prompt that is context and a reply that counts."""
    weights = (0.0,) * len(prompt) + (1.0,) * len(reply)
    return Example(name, "preference", (*prompt, *reply), weights)


def examples_of(items: Iterable[Pair | Thumb]) -> list[Example]:
    """Every reply of these preferences under its prompt; the rejected one's id has a minus."""
    made = []
    for item in items:
        if isinstance(item, Thumb):
            made.append(example_of(item.id, item.prompt, item.reply))
        else:
            made.append(example_of(item.id, item.prompt, item.chosen))
            made.append(example_of(f"-{item.id}", item.prompt, item.rejected))
    return made


def gain(
    items: Sequence[Pair | Thumb], before: dict[str, Likelihood], now: dict[str, Likelihood]
) -> Gain | None:
    """Pair by pair; thumbs up against thumbs down, each with each; nothing without both."""
    compared = [(item.id, f"-{item.id}") for item in items if isinstance(item, Pair)]
    good = [item.id for item in items if isinstance(item, Thumb) and item.good]
    bad = [item.id for item in items if isinstance(item, Thumb) and not item.good]
    compared += product(good, bad)
    if not compared:
        return None

    def gained(name: str) -> float:
        return now[name].total - before[name].total

    return Gain(
        _share((gained(liked), gained(other)) for liked, other in compared),
        _share((now[liked].a_token, now[other].a_token) for liked, other in compared),
    )


def _share(compared: Iterable[tuple[float, float]]) -> float:
    """How often the first is the larger one; a tie counts half."""
    points = [0.5 if first == second else float(first > second) for first, second in compared]
    return sum(points) / len(points)


def _in_packs(examples: Sequence[Example], packed_tokens: int) -> Iterator[list[Example]]:
    """A few examples at a time, always cut in the same places."""
    some: list[Example] = []
    for example in sorted(examples, key=lambda e: (-len(e.tokens), e.id)):
        if some and sum(len(each.tokens) for each in (*some, example)) > packed_tokens:
            yield some
            some = []
        some.append(example)
    if some:
        yield some
