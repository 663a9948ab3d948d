"""Somebody who reads Korean would meet broken words outside the window if these failed."""

from __future__ import annotations

from app.words import LANGUAGES, Words, read_catalogue


def test_names_are_filled_in_in_both_languages() -> None:
    assert Words("en")("Write to {name}…", name="Sunny") == "Write to Sunny…"
    assert Words("ko")("Write to {name}…", name="Sunny") == "Sunny에게 쓰기…"


def test_what_has_no_translation_stays_english() -> None:
    words = Words("ko", {"Known {name}": "아는 {name}", "Empty": ""})
    assert words("Unknown {name}", name="x") == "Unknown x"
    assert words("Empty") == "Empty"
    assert words("Known {name}", name="x") == "아는 x"


def test_braces_of_a_text_from_outside_are_left_alone() -> None:
    assert Words("en")("{not a name} {0}") == "{not a name} {0}"
    assert Words("en")("says {what}", what="{what}") == "says {what}"


def test_an_unknown_language_is_english() -> None:
    words = Words("xx/../ko")
    assert words.language == "en"
    assert words("Scores") == "Scores"
    assert read_catalogue("xx/../ko") == {}


def test_every_language_of_the_window_has_its_catalogue() -> None:
    for language in LANGUAGES:
        assert bool(read_catalogue(language)) is (language != "en")
