"""Traits would say nothing, the wrong thing, or the same thing twice if these failed."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.trait_prompt import compose, own_words, trait_sentences
from app.store.values import Traits
from replay.measures.traits import TRAITS, trait

NAMES = [field.name for field in fields(Traits)]
SIDES = (0.0, 0.2, 0.35, 0.65, 0.8, 1.0)
VALUES = st.floats(0, 1)
ANY = st.builds(Traits, **dict.fromkeys(NAMES, VALUES))
LANGUAGE = st.sampled_from(["en", "ko"])
OWN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


def _one(name: str, value: float) -> Traits:
    return replace(Traits(), **{name: value})


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_trait_in_the_middle_says_nothing(language: str) -> None:
    assert trait_sentences(Traits(), language) == ""
    for name in NAMES:
        assert trait_sentences(_one(name, 0.45), language) == ""
        assert trait_sentences(_one(name, 0.57), language) == ""


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_step_of_every_trait_says_something_of_its_own(language: str) -> None:
    said = [trait_sentences(_one(name, value), language) for name in NAMES for value in SIDES]
    assert all(said) and len(set(said)) == len(said) == 60


def test_each_trait_that_is_measured_can_be_asked_for() -> None:
    assert set(NAMES) == set(TRAITS)


def test_short_asks_for_few_sentences_and_in_korean_in_korean() -> None:
    short = _one("verbosity", 0.2)
    assert trait_sentences(short, "en") == "Keep replies short: one to three sentences."
    assert trait_sentences(short, "ko").endswith("짧게 하세요.")
    assert trait_sentences(short, "ja") == trait_sentences(short, "en")


def test_the_persona_speaks_in_its_own_words_first() -> None:
    traits = replace(Traits(), emoji=0.0, verbosity=0.2)
    assert compose("  You are Sunny.\n", traits, "en") == (
        "You are Sunny.\n\nKeep replies short: one to three sentences."
        " Use no emoji and no emoticons."
    )
    assert compose("", traits, "en").startswith("Keep replies short")
    assert compose("You are Sunny.", Traits(), "en") == "You are Sunny."


@given(OWN, ANY, ANY, LANGUAGE, LANGUAGE)
def test_an_edited_prompt_is_never_doubled(
    own: str, before: Traits, after: Traits, language: str, other: str
) -> None:
    prompt = compose(own, before, language)
    kept = own_words(prompt, before, language)
    assert kept.strip() == own.strip()
    assert compose(kept, before, language) == prompt
    again = compose(kept, after, other)
    assert own_words(again, after, other).strip() == own.strip()
    said = trait_sentences(before, language)
    assert not said or prompt.count(said) == 1


def test_sentences_typed_by_hand_are_not_given_twice() -> None:
    traits = _one("emoji", 0.0)
    prompt = compose("You are Sunny.", traits, "en")
    assert compose(prompt, traits, "en") == prompt


@given(ANY, LANGUAGE)
def test_a_prompt_that_was_changed_by_hand_stays_whole(traits: Traits, language: str) -> None:
    said = trait_sentences(traits, language)
    for changed in (f"You are Sunny.\n\n{said}x", f"You are Sunny. {said} Be kind.", "Be kind.\n"):
        assert own_words(changed, traits, language) == changed


def test_sentences_are_known_again_after_the_first_language_changed() -> None:
    traits = _one("formality", 0.9)
    assert own_words(compose("Sunny.", traits, "ko"), traits, "en") == "Sunny."


def test_the_words_go_the_way_of_the_value() -> None:
    """From the least to the most the sentences never change sides."""
    for name in asdict(Traits()):
        low = {trait_sentences(_one(name, value / 100), "en") for value in range(42)}
        high = {trait_sentences(_one(name, value / 100), "en") for value in range(59, 101)}
        assert not low & high and len(low) == len(high) == 3


@pytest.mark.parametrize(
    ("slider", "emoji"), [(0.05, 0), (0.2, 1), (0.35, 2), (0.65, 5), (0.65, 6), (0.8, 11)]
)
def test_a_reply_that_does_as_it_is_told_lands_near_the_slider(slider: float, emoji: int) -> None:
    """The words and the measure of the exam speak of the same thing."""
    assert trait_sentences(_one("emoji", slider), "en")
    reply = "The list is sorted, and the old one is kept as it was. " + "🌷 " * emoji
    assert abs(trait("emoji", reply, "en") - slider) < 0.12


@pytest.mark.parametrize(
    ("slider", "words"), [(0.05, 8), (0.2, 30), (0.35, 70), (0.65, 240), (0.8, 520)]
)
def test_a_reply_as_long_as_it_is_told_lands_near_the_slider(slider: float, words: int) -> None:
    reply = " ".join(["The garden is quiet and the bread is warm today."] * (words // 9 or 1))
    assert abs(trait("verbosity", reply, "en") - slider) < 0.12
