"""Two replies that any reader would put in order are put in the same order by the measure."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import pytest
import yaml

PAIRS = Path(__file__).parent / "trait_pairs"
TRAITS = (
    "formality",
    "verbosity",
    "emoji",
    "questions",
    "humour",
    "empathy",
    "creativity",
    "initiative",
    "technical_depth",
    "code_examples",
)
PAIRS_A_TRAIT = 30
KOREAN_PAIRS = 15
RIGHTLY_ORDERED = 27
_HANGUL = re.compile("[가-힣]")


class Pair(TypedDict):
    """Two replies to one prompt, the second with clearly more of the trait."""

    prompt: str
    less: str
    more: str


def pairs_of(trait: str) -> list[Pair]:
    """The pairs written for one trait."""
    pairs: list[Pair] = yaml.safe_load((PAIRS / f"{trait}.yaml").read_text("utf-8"))
    return pairs


def language_of(pair: Pair) -> str:
    """The language of a pair: Korean where its prompt has Hangul."""
    return "ko" if _HANGUL.search(pair["prompt"]) else "en"


@pytest.mark.parametrize("trait", TRAITS)
def test_each_trait_is_judged_by_thirty_pairs_half_of_them_korean(trait: str) -> None:
    pairs = pairs_of(trait)
    assert len(pairs) == PAIRS_A_TRAIT
    assert all(set(pair) == {"prompt", "less", "more"} for pair in pairs)
    assert sum(language_of(pair) == "ko" for pair in pairs) == KOREAN_PAIRS
    assert len({pair["prompt"] for pair in pairs}) == PAIRS_A_TRAIT
    replies = [reply.strip() for pair in pairs for reply in (pair["less"], pair["more"])]
    assert all(replies) and len(set(replies)) == 2 * PAIRS_A_TRAIT


@pytest.mark.parametrize("trait", TRAITS)
def test_a_reply_with_clearly_more_of_a_trait_measures_higher(trait: str) -> None:
    measure: Callable[[str, str], float] = importlib.import_module("replay.measures.traits").trait
    pairs = pairs_of(trait)
    wrong = [
        f"{number} {language_of(pair)}"
        for number, pair in enumerate(pairs, start=1)
        if not measure(trait, pair["more"]) > measure(trait, pair["less"])
    ]
    assert len(pairs) - len(wrong) >= RIGHTLY_ORDERED, f"{trait}, wrongly ordered: {wrong}"
