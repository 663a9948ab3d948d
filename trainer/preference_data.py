"""Pairs and thumbs in tokens, which of them only measure, and what they are enough for."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from jinja2 import TemplateError

from trainer.batches import spans
from trainer.contract.folder import read_rows
from trainer.contract.preference_recipe import PreferenceRecipe
from trainer.errors import DataUnusable
from trainer.turn_tokens import tokens_of

Method = Literal["dpo", "kto"]
Fault = Literal["too_long", "empty", "same", "no_question", "damaged"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
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
    """What a run's preference file holds: what can be learned from, and why the rest cannot.

    `cut` ones are learned from too, but a reply of theirs lost its end.
    """

    pairs: tuple[Pair, ...]
    thumbs: tuple[Thumb, ...]
    left_out: Mapping[Fault, int]
    cut: int = 0

    @property
    def unusable(self) -> int:
        return sum(self.left_out.values())


@dataclass(frozen=True)
class Decision:
    """Which training there will be, and why in words."""

    method: Method | None
    reason: str


@dataclass(frozen=True)
class _Limits:
    tokenizer: Any
    max_length: int


@dataclass(frozen=True)
class _Said:
    """A prompt and a reply to it in tokens; `cut` where the reply lost its end."""

    prompt: tuple[int, ...]
    reply: tuple[int, ...]
    cut: bool


class _Unusable(Exception):
    """A row that nothing can be learned from."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def read_preferences(tokenizer: Any, path: Path, max_length: int) -> Preferences:
    """Render every row as the conversations of the training are rendered.

    A row that cannot be used is counted by its fault and spoils no other.
    """
    limits = _Limits(tokenizer, max_length)
    pairs: list[Pair] = []
    thumbs: list[Thumb] = []
    faults: Counter[Fault] = Counter()
    cut = 0
    for row in read_rows(path):
        try:
            if "label" in row:
                thumb, was_cut = _thumb(limits, row)
                thumbs.append(thumb)
            else:
                pair, was_cut = _pair(limits, row)
                pairs.append(pair)
            cut += was_cut
        except _Unusable as unusable:
            faults[unusable.fault] += 1
        except (DataUnusable, TemplateError, LookupError, TypeError, AttributeError, ValueError):
            faults["damaged"] += 1
    return Preferences(tuple(pairs), tuple(thumbs), faults, cut)


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


def _pair(limits: _Limits, row: dict[str, Any]) -> tuple[Pair, bool]:
    better, worse = _words(row["chosen"]), _words(row["rejected"])
    if better.strip() == worse.strip():
        raise _Unusable("same")
    chosen = _said(limits, row["prompt"], better)
    rejected = _said(limits, row["prompt"], worse)
    if chosen.reply == rejected.reply:  # they differ behind the longest length alone
        raise _Unusable("too_long")
    place = _place(row["prompt"])
    pair = Pair(str(row["id"]), place, chosen.prompt, chosen.reply, rejected.reply)
    return pair, chosen.cut or rejected.cut


def _thumb(limits: _Limits, row: dict[str, Any]) -> tuple[Thumb, bool]:
    said = _said(limits, row["prompt"], _words(row["completion"]))
    place = _place(row["prompt"])
    return Thumb(str(row["id"]), place, said.prompt, said.reply, bool(row["label"])), said.cut


def _words(reply: str | Sequence[dict[str, str]]) -> str:
    """A reply as text, also where it is written as the one message of a conversation."""
    words = reply if isinstance(reply, str) else str(reply[-1]["content"])
    if not words.strip():
        raise _Unusable("empty")
    return words


def _said(limits: _Limits, prompt: Sequence[dict[str, Any]], reply: str) -> _Said:
    """The prompt and the reply with its end of turn; what is too long loses the reply's end."""
    if not any(each["role"] == "user" and each["content"].strip() for each in prompt):
        raise _Unusable("no_question")
    messages = [*prompt, {"role": "assistant", "content": reply}]
    turns = spans(limits.tokenizer, messages)
    *before, last = tokens_of(limits.tokenizer, [turn.text for turn in turns])
    asked = tuple(token for ids in before for token in ids)
    room = limits.max_length - len(asked)
    if room <= 0:
        raise _Unusable("too_long")
    return _Said(asked, tuple(last[:room]), len(last) > room)


def _place(prompt: Iterable[dict[str, Any]]) -> float:
    """Where a prompt stands among all, by what was said and not by the system prompt."""
    said = [[m["role"], " ".join(m["content"].split())] for m in prompt if m["role"] != "system"]
    digest = hashlib.blake2b(json.dumps(said).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
