"""A rendered conversation as tokens: each turn goes on where the one before it ended.

Cut into pieces that are tokenised one by one, a text gets what a tokenizer puts before a text (a
space in SentencePiece, where many families differ) in the middle of it, and learns to write it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer, normalizers, pre_tokenizers


def tokens_of(tokenizer: Any, pieces: Sequence[str]) -> list[list[int]]:
    """The tokens of each piece of one text, as they are served when the pieces come one by one.

    The first piece begins as the tokenizer begins a text: with its own token, once, though the
    chat template may have written it already.
    """
    made: list[list[int]] = []
    last: int | None = None
    for text in pieces:
        ids = prompt_tokens(tokenizer, text) if last is None else _further(tokenizer, text, last)
        made.append(ids)
        last = ids[-1] if ids else last
    return made


def prompt_tokens(tokenizer: Any, text: str) -> list[int]:
    """The tokens of a text from its beginning."""
    ids, begin = _all(tokenizer, text), _beginning(tokenizer)
    return ids if begin is None or ids[:1] == [begin] else [begin, *ids]


def as_served(tokenizer: Any, text: str) -> str:
    """A rendered text as llama.cpp renders it: it leaves the token that begins a text to itself."""
    return text if _beginning(tokenizer) is None else text.removeprefix(tokenizer.bos_token)


def _further(tokenizer: Any, text: str, last: int) -> list[int]:
    """After a special token, whoever puts a space before each stretch puts one here too."""
    bare, cut_out = _without_prefix(tokenizer), _cut_out(tokenizer)
    everywhere = bare is not None and not _at_the_start_alone(tokenizer)
    if bare is None or (everywhere and last in cut_out):
        return _all(tokenizer, text)
    made = bare.encode(text, add_special_tokens=False)
    if everywhere:
        for at, token in enumerate(made.ids):
            if token in cut_out:
                return [*made.ids[:at], *_all(tokenizer, text[made.offsets[at][0] :])]
    return list(made.ids)


def _all(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


@lru_cache(maxsize=4)
def _beginning(tokenizer: Any) -> int | None:
    """The token that every text begins with, if there is one."""
    found: int | None = tokenizer.bos_token_id
    return found if found is not None and tokenizer("a")["input_ids"][:1] == [found] else None


@lru_cache(maxsize=4)
def _cut_out(tokenizer: Any) -> frozenset[int]:
    return frozenset(tokenizer.get_added_vocab().values())


@lru_cache(maxsize=4)
def _without_prefix(tokenizer: Any) -> Tokenizer | None:
    """The same tokenizer with nothing put before a text; None where nothing is anyway."""
    whole = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(whole, Tokenizer):
        return None
    normalizer, cut = _state(whole.normalizer), _state(whole.pre_tokenizer)
    bare_normalizer, bare_cut = _bare(normalizer), _bare(cut)
    if (bare_normalizer, bare_cut) == (normalizer, cut):
        return None
    bare = Tokenizer.from_str(whole.to_str())
    if bare_normalizer != normalizer:
        bare.normalizer = _made(normalizers.Sequence([]), bare_normalizer)
    if bare_cut != cut:
        bare.pre_tokenizer = _made(pre_tokenizers.Sequence([]), bare_cut)
    return bare


@lru_cache(maxsize=4)
def _at_the_start_alone(tokenizer: Any) -> bool:
    """Whether a space is put before the text alone, and not after each special token."""
    return '"prepend_scheme": "first"' in json.dumps(
        _state(tokenizer.backend_tokenizer.pre_tokenizer)
    )


def _state(part: Any) -> Any:
    """A part of a tokenizer in the words of `tokenizer.json`."""
    return None if part is None else json.loads(part.__getstate__())


def _made(kind: Any, state: Any) -> Any:
    kind.__setstate__(json.dumps(state).encode())
    return kind


def _bare(state: Any) -> Any:
    """A normalizer or a cut without what it puts before a text."""
    if not isinstance(state, dict):
        return state
    bare = dict(state)
    for parts in ("normalizers", "pretokenizers"):
        if parts in bare:
            bare[parts] = [_bare(part) for part in bare[parts] if part.get("type") != "Prepend"]
    if bare.get("type") == "Prepend":
        return {"type": "Sequence", "normalizers": []}
    if bare.get("type") == "Metaspace":
        bare["prepend_scheme"] = "never"
    if bare.get("type") == "ByteLevel":
        bare["add_prefix_space"] = False
    return bare
