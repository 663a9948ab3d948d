"""A pattern from outside cannot hold up an exam."""

from __future__ import annotations

from functools import partial

import pytest

from app.evaluation import checks
from app.evaluation.checks import About, Answer, check_reply
from app.evaluation.patterns import READ_CHARACTERS, Unjudged, compiles, found_apart, found_here
from app.evaluation.suite import Case

ENDLESS = r"(a+)+$"
ROW = "a" * 5_000 + "b"


def test_a_pattern_that_never_ends_is_stopped() -> None:
    with pytest.raises(Unjudged, match="does not come to an end"):
        found_apart(ENDLESS, ROW, wall_s=1)


@pytest.mark.parametrize("kind", ["matches", "lacks_match"])
def test_an_exam_goes_on_past_it_and_nothing_has_passed(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "found_apart", partial(found_apart, wall_s=1))
    case = Case.model_validate(
        {
            "id": "c",
            "group": "g",
            "prompt": "Say a.",
            "checks": [{"kind": kind, "pattern": ENDLESS}],
        }
    )
    found = check_reply(case, Answer(ROW), About())
    assert not found.passed and "does not come to an end" in found.skipped


@pytest.mark.parametrize(
    ("pattern", "text", "there"),
    [
        (r"^\d+$", "So:\n42\nThere.", True),
        (r"^\d+$", "So 42.", False),
        (r"\w+요[.]", "좋아요.", True),
        (r"\x1b\[", "\x1b[2J \ud800", True),
        ("end", "x" * READ_CHARACTERS + "end", False),
    ],
)
def test_both_ways_find_the_same(pattern: str, text: str, there: bool) -> None:
    assert found_here(pattern, text) is there
    assert found_apart(pattern, text) is there


def test_what_is_no_pattern_is_known_before_it_runs() -> None:
    assert compiles(r"(?i)\bword\b")
    assert not compiles("(") and not compiles("a{99999999999999}") and not compiles("(?<=a+)b")
