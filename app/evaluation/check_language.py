"""Whether a reply is in a language, code and names aside."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby

from replay.measures.language import ENOUGH_LETTERS, LATIN, language_of
from replay.measures.scripts import prose, script_counts

MOST_FOREIGN = 0.35  # of the words
_KOREAN_WORD = 1.5  # English words that say as much
_LETTERS_OF_A_WORD = 2  # in Chinese, which has no spaces
_LEAST_PHRASE = {"latin": 5, "hangul": 2}  # words; what is shorter may be a name, or spoken of
_MOST_NAMES = 8
_LOOKED_AT = 1_000  # as many characters as script_counts looks at
_NAMES = {
    "en": "English", "ko": "Korean", "ja": "Japanese", "zh": "Chinese", "de": "German",
    "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "ru": "Russian",
}  # fmt: skip
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^“”\n]*”|「[^「」\n]*」|\([^()\n]*\)|\*[^*\n]+\*")


def language_fault(wanted: str, reply: str) -> str:
    """Why a reply is not in a language; of a name or two, nobody can tell."""
    plain = prose(reply)
    aside = _QUOTED.sub(" ", plain)
    if not _is_short(script_counts(aside)):
        plain = aside
    counts = script_counts(plain)
    if _is_short(counts):
        return ""
    words = [(word, _script(word)) for line in plain.splitlines() for word in (*line.split(), "")]
    spoken = language_of(plain)
    if wanted == "ko" and spoken == LATIN and _are_names(words):
        return ""
    if not _agrees(wanted, spoken, counts):
        return _is_in(spoken, wanted)
    own, foreign = _shares("latin" if wanted == "en" else "hangul", words)
    if not own:  # names alone may be English, with a Korean ending they are not
        return _is_in(spoken, wanted) if spoken not in (wanted, LATIN) else ""
    if foreign > MOST_FOREIGN * (own + foreign):
        return f"it is only partly in {_NAMES[wanted]}"
    return ""


def _is_in(spoken: str, wanted: str) -> str:
    found = _NAMES.get(spoken, "")
    return f"it is in {found}, not {_NAMES[wanted]}" if found else f"it is not {_NAMES[wanted]}"


def _is_short(counts: Counter[str]) -> bool:
    letters = sum(counts.values())
    return letters < (ENOUGH_LETTERS if counts["latin"] >= letters / 2 else 2)


def _script(word: str) -> str:
    """What a word is written in; a Korean ending makes it Korean, a mark alone is nothing."""
    counts = script_counts(word)
    if counts["hangul"]:
        return "hangul"
    return max(counts, key=lambda script: counts[script]) if counts else ""


def _are_names(words: list[tuple[str, str]]) -> bool:
    """Whether a reply is nothing but names: Docker, Kubernetes."""
    said = [word for word, script in words if script]
    return len(said) <= _MOST_NAMES and all(map(_is_name, said))


def _is_name(word: str) -> bool:
    return any(letter.isupper() or letter.isdigit() for letter in word)


def _agrees(wanted: str, spoken: str, counts: Counter[str]) -> bool:
    if spoken in ("", wanted):
        return True
    if wanted == "ko":  # Korean with very many Latin names
        return counts["hangul"] * 10 > sum(counts.values())
    return spoken in (LATIN, "ko")  # English that speaks of Korean words: see the shares


def _shares(script: str, words: list[tuple[str, str]]) -> tuple[float, float]:
    """How much is said in a script, and how much in whole phrases in others."""
    own = foreign = 0.0
    for found, group in groupby(words, key=lambda each: each[1]):
        phrase = [word for word, _ in group]
        if found == script:
            names = script == "latin" and all(map(_is_name, phrase))
            own += 0 if names else _size(found, phrase)
        elif found and len(phrase) >= _LEAST_PHRASE.get(found, 1):
            foreign += 0 if all(map(_is_name, phrase)) else _size(found, phrase)
    return own, foreign


def _size(script: str, phrase: list[str]) -> float:
    if script == "latin":
        return len(phrase)
    if script == "hangul":
        return _KOREAN_WORD * len(phrase)
    return sum(map(len, phrase)) / _LETTERS_OF_A_WORD
