"""Numbers that are surer than the questions allow would sell noise as progress."""

from __future__ import annotations

import json
import math
from itertools import product
from typing import Any

import pytest

from replay.choice_scores import ALL, UNTYPED, letters_chosen, pooled, scores
from replay.intervals import SURE, paired_p, share


def row(name: str, chosen: str, answer: str = "A", types: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "id": name,
        "types": list(types),
        "answer": answer,
        "chosen": chosen,
        "log_likelihoods": dict.fromkeys("ABCDE", -1.0),
    }


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (21, 100, 0.1417, 0.2998),
    ],
)
def test_bounds_are_those_of_the_tables(hits: int, of: int, low: float, high: float) -> None:
    found = share(hits, of)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-4)


def test_bounds_hold_every_share_that_explains_what_was_seen() -> None:
    """The bounds are where what was seen lies exactly as far off as is allowed."""
    for hits, of in product(range(1, 20), (20, 57)):
        found = share(hits, of)
        assert 0 < found.low < hits / of < found.high < 1
        for bound in (found.low, found.high):
            off = abs(hits / of - bound) / math.sqrt(bound * (1 - bound) / of)
            assert off == pytest.approx(SURE)


def test_without_questions_nothing_is_known() -> None:
    found = share(0, 0)
    assert (found.low, found.high) == (0.0, 1.0) and found.value is None
    with pytest.raises(ValueError):
        share(3, 2)


def test_a_difference_counts_as_coins_would_fall() -> None:
    assert paired_p(0, 0) == 1.0
    assert paired_p(5, 5) == 1.0
    assert paired_p(9, 1) == paired_p(1, 9) == pytest.approx(22 / 1024)
    assert paired_p(5, 0) == pytest.approx(0.0625)
    for gained, lost in product(range(7), repeat=2):
        tossed = gained + lost
        far = abs(gained - lost)
        outcomes = [sum(toss) for toss in product((0, 1), repeat=tossed)]
        counted = sum(abs(2 * heads - tossed) >= far for heads in outcomes) / len(outcomes)
        assert paired_p(gained, lost) == pytest.approx(counted)


def test_each_type_is_scored_beside_base_and_chance() -> None:
    base = [row("a", "A", "A", ("Negated",)), row("b", "B", "A", ("Negated", "Specific")),
            row("c", "B", "C"), row("d", "D", "E", ("Specific",))]  # fmt: skip
    candidate = [{**each, "chosen": chosen} for each, chosen in zip(base, "BACE", strict=True)]
    found = {each.kind: each for each in scores({"base": base, "candidate": candidate},
                                                ("Negated", "Specific", "Temporal"))}  # fmt: skip
    assert list(found) == [ALL, "Negated", "Specific", "Temporal", UNTYPED]
    whole = found[ALL]
    assert (whole.questions, whole.gained, whole.lost) == (4, 3, 1)
    assert whole.chance == pytest.approx(0.2)
    assert (whole.shares["base"].hits, whole.shares["candidate"].hits) == (1, 3)
    assert whole.p == paired_p(3, 1)
    assert (found["Negated"].gained, found["Negated"].lost) == (1, 1)
    assert found["Specific"].shares["candidate"].hits == 2
    assert found["Temporal"].questions == 0 and found["Temporal"].p == 1.0
    json.dumps([each.row() for each in found.values()], allow_nan=False)
    assert found[UNTYPED].shares["candidate"].hits == 1


def test_folds_pool_into_one_answer_a_question() -> None:
    one, other = [row("a", "A")], [row("b", "B")]
    made = pooled([{"base": one, "candidate": one, "parent": one},
                   {"base": other, "candidate": other}])  # fmt: skip
    assert set(made) == {"base", "candidate"}
    assert [each["id"] for each in made["base"]] == ["a", "b"]
    for wrong in (
        [{"base": one, "candidate": one}] * 2,
        [{"base": one, "candidate": other}],
        [{"base": one}],
        [],
    ):
        with pytest.raises(ValueError):
            pooled(wrong)


def test_one_letter_for_all_is_seen() -> None:
    base = [row("a", "B", "A"), row("b", "B", "B")]
    found = letters_chosen({"base": base, "candidate": base})
    assert found["right"] == {"A": 1, "B": 1, "C": 0, "D": 0, "E": 0}
    assert found["candidate"] == {"A": 0, "B": 2, "C": 0, "D": 0, "E": 0}
