"""Signatures of texts: two that are nearly the same have nearly the same signature.

MinHash by one permutation: each piece of a text is hashed once and falls into one of 64 bins,
which keeps its least hash. A bin that stays empty borrows from another one, the same for every
text, so that short texts can be compared as well.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator
from struct import Struct
from zlib import crc32

BINS = 64
PIECE = 8  # characters from the beginning of a word: a Korean word with a part of the next
BANDS = 6

_SPACES = re.compile(r"[\W_]+")
_ASCII_SPACES = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})
_KEYS = Struct(f"={BANDS}Q")
_EMPTY = 0xFFFFFFFF
# From where an empty bin borrows, try by try.
_LENDERS = tuple(
    tuple(crc32(f"{number} {attempt}".encode()) % BINS for attempt in range(4 * BINS))
    for number in range(BINS)
)


def signature(text: str) -> bytes:
    """64 numbers of 32 bits; empty for a text without a letter or digit."""
    words = _words(text)
    if not words:
        return b""
    bins = [_EMPTY] * BINS
    for value in map(crc32, map(str.encode, _pieces(words))):
        place = value & (BINS - 1)
        if value < bins[place]:
            bins[place] = value
    return array("I", _filled(bins)).tobytes()


def similarity(one: bytes, other: bytes) -> float:
    """The share of pieces that two texts have in common, estimated from their signatures."""
    if not one or not other:
        return 0.0
    mine, yours = memoryview(one).cast("I"), memoryview(other).cast("I")
    return sum([a == b for a, b in zip(mine, yours, strict=True)]) / BINS


def bands(signed: bytes) -> tuple[int, ...]:
    """Keys of two bins each; texts that share seven tenths of their pieces have one in common in
    98 of 100 cases, and some others too: compare the signatures of those."""
    return _KEYS.unpack_from(signed)


def _words(text: str) -> list[str]:
    if text.isascii():
        return text.translate(_ASCII_SPACES).lower().split()
    plain = unicodedata.normalize("NFKC", text).casefold().encode("utf-8", "ignore").decode()
    return _SPACES.sub(" ", plain).split()


def _pieces(words: list[str]) -> Iterator[str]:
    """What begins with each word; long runs that know no spaces begin at each letter."""
    following = [*words[1:], "", ""]
    for word, after in zip(words, following, strict=False):
        if len(word) >= PIECE:
            yield word[:PIECE]
            if not word.isascii():
                yield from (word[at : at + PIECE] for at in range(1, len(word) - PIECE // 2))
        else:
            yield f"{word} {after}"[:PIECE]


def _filled(bins: list[int]) -> list[int]:
    if _EMPTY not in bins:
        return bins
    return [
        value if value != _EMPTY else _borrowed(bins, number) for number, value in enumerate(bins)
    ]


def _borrowed(bins: list[int], number: int) -> int:
    found = next((bins[lender] for lender in _LENDERS[number] if bins[lender] != _EMPTY), None)
    return min(bins) if found is None else found
