"""The ten traits of a persona, as far as a reply shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from replay.measures.trait_asking import asked, questions
from replay.measures.trait_creativity import creativity
from replay.measures.trait_empathy import empathy
from replay.measures.trait_formality import formality, speech_levels
from replay.measures.trait_humour import humour
from replay.measures.trait_initiative import initiative
from replay.measures.trait_signs import code_examples, emoji, emoji_count, verbosity
from replay.measures.trait_technical import technical_depth
from replay.measures.trait_text import Told, told

_MEASURES: Mapping[str, Callable[[Told], float]] = {
    "formality": formality, "verbosity": verbosity, "emoji": emoji, "questions": questions,
    "humour": humour, "empathy": empathy, "creativity": creativity, "initiative": initiative,
    "technical_depth": technical_depth, "code_examples": code_examples,
}  # fmt: skip
TRAITS: tuple[str, ...] = tuple(_MEASURES)
DECIDING: tuple[str, ...] = ("formality", "verbosity", "emoji", "questions")
_CASUAL_LEVEL = 0.2
_STIFF_LEVEL = 0.95
_CASUAL_ENGLISH = 0.28
_STIFF_ENGLISH = 0.72
_FEW_WORDS = 8
_ENOUGH_TO_SHOW = 40


def trait(name: str, reply: str, language: str = "") -> float:
    """How much of a trait a reply shows, from 0 to 1."""
    return min(1.0, max(0.0, _MEASURES[name](told(reply, language))))


def traits_of(replies: Sequence[str]) -> dict[str, float]:
    """The mean of each trait over replies; of none at all, 0."""
    said = [reply for reply in replies if reply.strip()]
    return {name: fmean(trait(name, reply) for reply in said) if said else 0.0 for name in TRAITS}


def apart(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How far two sets of traits are apart, from 0 to 1, over the deciding ones."""
    return fmean(abs(one[name] - other[name]) for name in DECIDING)


def unlike(traits: Mapping[str, float], reply: str, language: str) -> tuple[str, ...]:
    """The deciding traits in which one reply is plainly not as the persona is set."""
    of = told(reply, language)
    plainly = {
        "formality": _register_off, "verbosity": _length_off, "emoji": _emoji_off,
        "questions": _asking_off,
    }  # fmt: skip
    return tuple(name for name in DECIDING if name in traits and plainly[name](traits[name], of))


def _register_off(wanted: float, of: Told) -> bool:
    levels = speech_levels(of)
    if of.korean:
        if not levels:
            return False
        casual = sum(level <= _CASUAL_LEVEL for level in levels) / len(levels)
        stiff = sum(level >= _STIFF_LEVEL for level in levels) / len(levels)
        return (wanted >= 0.65 and casual > 0.5) or (
            wanted <= 0.15 and stiff > 0.8 and len(levels) > 1
        )
    if of.size < _FEW_WORDS:
        return False
    value = formality(of)
    return (wanted >= 0.8 and value < _CASUAL_ENGLISH) or (
        wanted <= 0.15 and value > _STIFF_ENGLISH
    )


def _length_off(wanted: float, of: Told) -> bool:
    """Wordy where few words are wanted: 0.15 bears 140 of them; curt where many are."""
    if wanted < 0.75 and of.size > 50 + 600 * wanted:
        return True
    return wanted >= 0.8 and not of.blocks and of.size < 30 * wanted - 15


def _emoji_off(wanted: float, of: Told) -> bool:
    count = emoji_count(of)
    if wanted >= 0.9:
        return count == 0 and of.size > _ENOUGH_TO_SHOW
    return count >= 1 if wanted <= 0.05 else wanted <= 0.25 and count > 3 + 10 * wanted


def _asking_off(wanted: float, of: Told) -> bool:
    count = asked(of)
    if wanted >= 0.9:
        return count < 0.3 and of.size > _ENOUGH_TO_SHOW
    return wanted <= 0.25 and count > 1.6 + 8 * wanted
