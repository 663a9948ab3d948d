"""From rows of conversations to packs of tokens that know which of them teach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch

from trainer.contract.folder import read_rows
from trainer.errors import DataUnusable

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
        before = _render(tokenizer, messages[:index], prompt=True)
        after = _render(tokenizer, messages[: index + 1], prompt=False)
        if not before.startswith(done) or not after.startswith(before):
            raise DataUnusable(
                "This base's chat template rewrites earlier turns, so it cannot be told which"
                " words of a conversation are the reply.",
                "Choose another base for the persona.",
            )
        reply = after[len(before) :]
        taught = reply.rstrip("\n")
        pieces.append(Span(before[len(done) :], 0.0))
        pieces.append(Span(taught, float(message.get("weight", 1.0))))
        done = before + taught
    return pieces


def _render(tokenizer: Any, messages: Sequence[dict[str, Any]], *, prompt: bool) -> str:
    plain = [{"role": m["role"], "content": m["content"]} for m in messages]
    text = tokenizer.apply_chat_template(
        plain, tokenize=False, add_generation_prompt=prompt, enable_thinking=False
    )
    return str(text)


def encode(tokenizer: Any, row: dict[str, Any], max_length: int) -> Example | None:
    """Tokenise a row; too long a one loses its end, and without a taught token it is nothing."""
    tokens: list[int] = []
    weights: list[float] = []
    for span in spans(tokenizer, row["messages"]):
        ids = tokenizer(span.text, add_special_tokens=False)["input_ids"]
        tokens += ids
        weights += [span.weight] * len(ids)
    tokens, weights = tokens[:max_length], weights[:max_length]
    if not any(weights):
        return None
    return Example(str(row["id"]), str(row["group"]), tuple(tokens), tuple(weights))


def read_examples(tokenizer: Any, path: Path, max_length: int) -> list[Example]:
    """All examples of a data file that teach something."""
    rows = (encode(tokenizer, row, max_length) for row in read_rows(path))
    return [row for row in rows if row is not None]


def packs(examples: Sequence[Example], packed_tokens: int, device: str) -> Iterator[Pack]:
    """Fill rows of at most `packed_tokens`, longest first, so that little is left over."""
    rows: list[tuple[int, list[Example]]] = []
    for example in sorted(examples, key=lambda e: (-len(e.tokens), e.id)):
        size = len(example.tokens)
        for index, (room, row) in enumerate(rows):
            if size <= room:
                row.append(example)
                rows[index] = (room - size, row)
                break
        else:
            rows.append((max(packed_tokens - size, 0), [example]))
    for _, row in rows:
        yield pack_together(row, device)


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


def epoch_order(count: int, epoch: int, seed: int) -> list[int]:
    """The order of an epoch, the same for the same seed."""
    order = list(range(count))
    Random(f"{seed}:{epoch}").shuffle(order)
    return order
