"""From rows of conversations to packs of tokens that know which of them teach."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

import torch
from jinja2 import TemplateError

from trainer.errors import DataUnusable
from trainer.turn_tokens import tokens_of

UNLEARNED = -100


@dataclass(frozen=True)
class Example:
    """One conversation in tokens; `weights[i]` says how much token i teaches."""

    id: str
    group: str
    tokens: tuple[int, ...]
    weights: tuple[float, ...]

    @property
    def trained_tokens(self) -> int:
        return sum(weight > 0 for weight in self.weights[1:])


@dataclass(frozen=True)
class Pack:
    """Several examples in one row, each a segment of its own."""

    tokens: torch.Tensor
    positions: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    examples: tuple[Example, ...]

    @property
    def segments(self) -> tuple[int, ...]:
        return tuple(len(example.tokens) for example in self.examples)


@dataclass(frozen=True)
class Span:
    """A piece of the rendered conversation."""

    text: str
    weight: float


def spans(tokenizer: Any, messages: Sequence[dict[str, Any]]) -> list[Span]:
    """Cut the rendered conversation where a reply begins and where its end of turn is over."""
    pieces: list[Span] = []
    done = ""
    for index, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before = render(tokenizer, messages[:index], prompt=True)
        after = render(tokenizer, messages[: index + 1], prompt=False)
        if not before.startswith(done) or not after.startswith(before):
            raise DataUnusable(
                "This base's chat template rewrites earlier turns, so it cannot be told which"
                " words of a conversation are the reply.",
                "Choose another base for the persona.",
            )
        reply = after[len(before) :]
        taught = reply.rstrip("\n")
        pieces.append(Span(before[len(done) :], 0.0))
        # A reply without words would teach to say nothing.
        weight = float(message.get("weight", 1.0)) if message["content"].strip() else 0.0
        pieces.append(Span(taught, weight))
        done = before + taught
    return pieces


def render(tokenizer: Any, messages: Sequence[Mapping[str, Any]], *, prompt: bool) -> str:
    """A conversation as the base's template writes it, with where a reply begins or without."""
    plain = [{"role": m["role"], "content": m["content"]} for m in messages]
    try:
        text = tokenizer.apply_chat_template(
            plain, tokenize=False, add_generation_prompt=prompt, enable_thinking=False
        )
    except TemplateError as error:
        said = str(error) or type(error).__name__
        raise DataUnusable(
            f"This base's chat template refuses a conversation: {said}",
            "Choose another base for the persona, or leave out what it refuses.",
        ) from error
    return str(text)


def encode(tokenizer: Any, row: dict[str, Any], max_length: int) -> Example | None:
    """Tokenise a row; what is too long ends behind a reply, and without one it is nothing."""
    whole = encode_whole(tokenizer, row)
    return None if whole is None else cut_at_turn(whole, max_length)


def encode_whole(tokenizer: Any, row: dict[str, Any]) -> Example | None:
    """Tokenise a row, however long; without a taught token it is nothing."""
    tokens: list[int] = []
    weights: list[float] = []
    turns = spans(tokenizer, row["messages"])
    for span, ids in zip(turns, tokens_of(tokenizer, [t.text for t in turns]), strict=True):
        tokens += ids
        weights += [span.weight] * len(ids)
    if not any(weights):
        return None
    return Example(str(row["id"]), str(row["group"]), tuple(tokens), tuple(weights))


def cut_at_turn(example: Example, max_length: int) -> Example | None:
    """Up to the last taught reply that ends within the length: half a reply has no end to learn."""
    if len(example.tokens) <= max_length:
        return example
    ends = [end for end in _reply_ends(example) if end <= max_length]
    if not ends:
        return None
    end = ends[-1]
    return Example(example.id, example.group, example.tokens[:end], example.weights[:end])


def taught_replies(example: Example | None) -> int:
    """How many replies of an example are learned."""
    return 0 if example is None else len(_reply_ends(example))


def _reply_ends(example: Example) -> list[int]:
    behind = (*example.weights[1:], 0.0)
    return [
        place
        for place, (own, after) in enumerate(zip(example.weights, behind, strict=True), 1)
        if own > 0 and after == 0
    ]


def lengths_of(examples: Sequence[Example]) -> Sequence[int]:
    """Tokens of each, without reading what a store keeps on the disk."""
    known: Sequence[int] | None = getattr(examples, "lengths", None)
    return [len(example.tokens) for example in examples] if known is None else known


def packs(examples: Sequence[Example], packed_tokens: int, device: str) -> Iterator[Pack]:
    """Fill rows of at most `packed_tokens`, longest first, so that little is left over."""
    for row in plan_packs(lengths_of(examples), packed_tokens):
        yield pack_together([examples[place] for place in row], device)


def plan_packs(lengths: Sequence[int], packed_tokens: int) -> list[list[int]]:
    """Which examples share a row: each goes where it leaves the least room, longest first.

    Rows are found by their room, so a thousand times the examples take a thousand times the time.
    """
    rows: list[list[int]] = []
    rooms: list[int] = []
    with_room: dict[int, list[int]] = {}
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        size = lengths[place]
        at = bisect_left(rooms, size)
        if at == len(rooms):
            room, row = max(packed_tokens, size), len(rows)
            rows.append([])
        else:
            room = rooms[at]
            row = with_room[room].pop()
            if not with_room[room]:
                del rooms[at], with_room[room]
        rows[row].append(place)
        left = room - size
        if left and left not in with_room:
            insort(rooms, left)
            with_room[left] = []
        if left:
            with_room[left].append(row)
    return rows


def pack_together(examples: Sequence[Example], device: str) -> Pack:
    """These examples in one row, in this order."""
    tokens = [token for example in examples for token in example.tokens]
    positions = [i for example in examples for i in range(len(example.tokens))]
    targets: list[int] = []
    weights: list[float] = []
    for example in examples:  # position i learns token i + 1, never across a segment's end
        targets += [
            token if weight > 0 else UNLEARNED
            for token, weight in zip(example.tokens[1:], example.weights[1:], strict=True)
        ] + [UNLEARNED]
        weights += [*example.weights[1:], 0.0]
    return Pack(
        torch.tensor([tokens], device=device),
        torch.tensor([positions], device=device),
        torch.tensor(targets, device=device),
        torch.tensor(weights, device=device),
        tuple(examples),
    )


@lru_cache(maxsize=2)
def epoch_order(count: int, epoch: int, seed: int) -> Sequence[int]:
    """The order of an epoch, the same for the same seed; shuffled once, as each step asks it."""
    order = array("I", range(count))
    Random(f"{seed}:{epoch}").shuffle(order)
    return order
