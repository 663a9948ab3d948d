"""Pairs and thumbs in tokens, which of them only measure, and what they are enough for."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from jinja2 import TemplateError

from trainer.batches import spans
from trainer.contract.folder import read_rows
from trainer.contract.preference_recipe import PreferenceRecipe
from trainer.errors import DataUnusable

Method = Literal["dpo", "kto"]
# Below a tenth of one kind, thumbs teach what there is most of instead of the difference.
RARER_SHARE = 0.1


@dataclass(frozen=True)
class Pair:
    """A better and a worse reply to one prompt; `place` from 0 to 1 is the prompt's own."""

    id: str
    place: float
    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]

    @property
    def tokens(self) -> int:
        return 2 * len(self.prompt) + len(self.chosen) + len(self.rejected)


@dataclass(frozen=True)
class Thumb:
    """A reply that was judged alone."""

    id: str
    place: float
    prompt: tuple[int, ...]
    reply: tuple[int, ...]
    good: bool

    @property
    def tokens(self) -> int:
        return len(self.prompt) + len(self.reply)


Judgement = TypeVar("Judgement", bound=Pair | Thumb)


@dataclass(frozen=True)
class Preferences:
    """What a run's preference file holds; `unusable` rows could not be rendered or were cut."""

    pairs: tuple[Pair, ...]
    thumbs: tuple[Thumb, ...]
    unusable: int


@dataclass(frozen=True)
class Decision:
    """Which training there will be, and why in words."""

    method: Method | None
    reason: str


@dataclass(frozen=True)
class _Limits:
    tokenizer: Any
    max_length: int


def read_preferences(tokenizer: Any, path: Path, max_length: int) -> Preferences:
    """Render every row as the conversations of the training are rendered."""
    limits = _Limits(tokenizer, max_length)
    pairs: list[Pair] = []
    thumbs: list[Thumb] = []
    unusable = 0
    for row in read_rows(path):
        try:
            made = _thumb(limits, row) if "label" in row else _pair(limits, row)
        except (DataUnusable, TemplateError, KeyError, TypeError, IndexError):
            made = None
        if isinstance(made, Pair):
            pairs.append(made)
        elif isinstance(made, Thumb):
            thumbs.append(made)
        else:
            unusable += 1
    return Preferences(tuple(pairs), tuple(thumbs), unusable)


def choose(recipe: PreferenceRecipe, found: Preferences) -> Decision:
    """DPO where there are enough pairs, else KTO where there are enough thumbs of both kinds."""
    if recipe.method == "off":
        return Decision(None, "The recipe leaves preferences out.")
    pairs, thumbs = len(found.pairs), len(found.thumbs)
    good = sum(thumb.good for thumb in found.thumbs)
    rarer = min(good, thumbs - good)
    told = f"{pairs} pairs, and {thumbs} thumbs of which {good} are up"
    if recipe.method == "dpo":
        return Decision("dpo" if pairs > 1 else None, f"The recipe asks for DPO: {told}.")
    if recipe.method == "kto":
        return Decision("kto" if rarer > 1 else None, f"The recipe asks for KTO: {told}.")
    if pairs >= recipe.least:
        return Decision("dpo", f"There are at least {recipe.least} pairs: {told}.")
    if thumbs >= recipe.least and rarer >= RARER_SHARE * recipe.least:
        return Decision("kto", f"There are at least {recipe.least} thumbs of both kinds: {told}.")
    return Decision(
        None,
        f"Preferences are learned from {recipe.least} pairs, or from as many thumbs with at least"
        f" {math.ceil(RARER_SHARE * recipe.least)} of each kind; there are {told}.",
    )


def held_out(
    items: Sequence[Judgement], share: float
) -> tuple[tuple[Judgement, ...], tuple[Judgement, ...]]:
    """What teaches and what measures: the prompts with the lowest places, the same every month."""
    wanted = math.ceil(share * len(items))
    ranked = sorted(items, key=lambda item: (item.place, item.id))
    line = max(share, ranked[wanted - 1].place) if ranked else share
    teaching = tuple(item for item in items if item.place > line)
    return teaching, tuple(item for item in items if item.place <= line)


def _pair(limits: _Limits, row: dict[str, Any]) -> Pair | None:
    prompt, chosen = _tokens(limits, row["prompt"], _words(row["chosen"]))
    _, rejected = _tokens(limits, row["prompt"], _words(row["rejected"]))
    if not chosen or not rejected or chosen == rejected:
        return None
    return Pair(str(row["id"]), _place(row["prompt"]), prompt, chosen, rejected)


def _thumb(limits: _Limits, row: dict[str, Any]) -> Thumb | None:
    prompt, reply = _tokens(limits, row["prompt"], _words(row["completion"]))
    if not reply:
        return None
    return Thumb(str(row["id"]), _place(row["prompt"]), prompt, reply, bool(row["label"]))


def _words(reply: str | Sequence[dict[str, str]]) -> str:
    """A reply as text, also where it is written as the one message of a conversation."""
    return reply if isinstance(reply, str) else str(reply[-1]["content"])


def _tokens(
    limits: _Limits, prompt: Sequence[dict[str, Any]], reply: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The prompt and the reply with its end of turn; what is too long loses the reply's end."""
    messages = [*prompt, {"role": "assistant", "content": reply}]
    *before, last = (
        limits.tokenizer(span.text, add_special_tokens=False)["input_ids"]
        for span in spans(limits.tokenizer, messages)
    )
    asked = tuple(token for ids in before for token in ids)
    return asked, tuple(last[: max(0, limits.max_length - len(asked))])


def _place(prompt: Iterable[dict[str, Any]]) -> float:
    """Where a prompt stands among all, by what was said and not by the system prompt."""
    said = [[m["role"], " ".join(m["content"].split())] for m in prompt if m["role"] != "system"]
    digest = hashlib.blake2b(json.dumps(said).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
