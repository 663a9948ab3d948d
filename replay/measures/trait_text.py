"""A reply taken apart for the measures of its traits: prose, code, sentences and words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from replay.measures.length import MOST_CHARACTERS

_READ = 2 * MOST_CHARACTERS  # longer ones cannot be learned from; a trait shows long before
_FENCED = re.compile(r"```[ \t]*([\w+#.-]*)[^\n`]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?:(?: {4}|\t)[^\n]*(?:\n|\Z))+")
_CODE_SIGNS = re.compile(r"[=(){}\[\];<>$|]|^\s*(?:def|import|git|pip|sudo|cd|npm) ", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s)>\]]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\ufeff]")
EMOJI = re.compile(
    "[\u2600-\u2604\u2607-\u2612\u2614-\u2712\u2716-\u27bf\u2b1b\u2b1c\u2b50\u2b55"
    "\U0001f000-\U0001faff]"
)
_SENTENCE_BREAK = re.compile(
    r"\n+|(?<=[.!?。！？…~ㅋㅎㅠㅜ])[\s*_]+|(?<=[.!?。！？…~][\"”’'」』)\]*_])[\s*_]+"
)
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,3}[.)]|#{1,6}|>)[ \t]+", re.MULTILINE)
_LIST_LINE = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_ENGLISH_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_HANGUL = re.compile(r"[가-힣]")
_SUFFIXES = ("s", "es", "ed", "d", "ing", "ly", "er", "r", "n", "y", "'s")
# Korean says in one word what takes English nearly two.
_KOREAN_WORD = 1.6


@dataclass(frozen=True)
class Told:
    """What a reply says, and what it shows as code."""

    prose: str  # without code and addresses; quotes are straight
    blocks: tuple[tuple[str, str], ...]  # language and code
    inline: tuple[str, ...]
    sentences: tuple[str, ...]
    lowered: str
    words: tuple[str, ...]  # the English ones, in lower case
    size: float  # words of prose, Korean ones counted for what they say
    korean: bool
    list_share: float


def told(reply: str, language: str = "") -> Told:
    """The reply taken apart, as far as it is read."""
    return _taken_apart(reply[:_READ], language)


@lru_cache(maxsize=64)  # ten traits are measured on one reply in a row
def _taken_apart(reply: str, language: str) -> Told:
    text = _CONTROL.sub("", reply).replace("’", "'").replace("‘", "'")
    text = text.replace("“", '"').replace("”", '"')
    blocks = [(each[1].lower(), each[2]) for each in _FENCED.finditer(text)]
    text = _FENCED.sub("\n", text)
    for match in _INDENTED.finditer(text):
        if _CODE_SIGNS.search(match[0]):
            blocks.append(("", match[0]))
            text = text.replace(match[0], "\n", 1)
    inline = tuple(_INLINE.findall(text))
    prose = _ADDRESS.sub(" ", _INLINE.sub(" ", text)).strip()
    hangul = len(_HANGUL.findall(prose))
    letters = hangul + len(re.findall(r"[A-Za-z]", prose))
    korean = hangul > 0.2 * letters or (language == "ko" and not letters)
    lines = [line for line in prose.split("\n") if line.strip()]
    plain = EMOJI.sub("\n", _LIST_MARK.sub("", prose))
    sentences = tuple(each for each in (s.strip() for s in _SENTENCE_BREAK.split(plain)) if each)
    lowered = prose.lower()
    spaced = len(prose.split())
    by_letters = hangul / 1.7 + (letters - hangul) / 4.6
    return Told(
        prose,
        tuple(blocks),
        inline,
        sentences,
        lowered,
        tuple(_ENGLISH_WORD.findall(lowered)),
        (spaced * (_KOREAN_WORD if korean else 1.0) + by_letters) / 2,
        korean,
        len(_LIST_LINE.findall(prose)) / max(1, len(lines)),
    )


@lru_cache(maxsize=4096)
def _forms(word: str) -> tuple[str, ...]:
    """A word and what it may be a form of."""
    found = [word]
    for suffix in _SUFFIXES:
        stem = word[: -len(suffix)]
        if word.endswith(suffix) and len(stem) > 2:
            found += [stem, stem + "e"]
            if stem[-1] == "i":
                found.append(stem[:-1] + "y")
            if stem[-1] == stem[-2]:
                found.append(stem[:-1])
    return tuple(found)


def is_among(word: str, lexicon: frozenset[str]) -> bool:
    """Whether an English word, or what it is a form of, is in a lexicon."""
    return any(form in lexicon for form in _forms(word))


def count_among(words: tuple[str, ...], lexicon: frozenset[str]) -> int:
    """How many of the words are in a lexicon; the same word counts only twice."""
    seen: dict[str, int] = {}
    for word in words:
        if seen.get(word, 0) < 2 and is_among(word, lexicon):
            seen[word] = seen.get(word, 0) + 1
    return sum(seen.values())


Cues = tuple[tuple[float, re.Pattern[str]], ...]
_MOST_OF_ONE = 6


def cues(weighted: Mapping[float, str], word: bool = False) -> Cues:
    """Patterns with what each hit is worth; `word`: of whole English words."""
    return tuple(
        (weight, re.compile(rf"\b(?:{pattern})\b" if word else pattern))
        for weight, pattern in weighted.items()
    )


def weigh(text: str, of: Cues) -> float:
    """What the hits in a text are worth together."""
    return sum(
        weight * min(_MOST_OF_ONE, sum(1 for _ in pattern.finditer(text))) for weight, pattern in of
    )


def share(amount: float, half: float) -> float:
    """An amount from 0 up, as 0 to 1; `half` of it makes a half."""
    return amount / (amount + half) if amount > 0 else 0.0


def around(amount: float, half: float) -> float:
    """An amount of either sign, as 0 to 1; none is in the middle."""
    return 0.5 + 0.5 * amount / (abs(amount) + half)
