"""Records of months: what the gate is judged by must be what it was given."""

from __future__ import annotations

from pathlib import Path
from random import Random

import resources
from app.evaluation.evidence import GateInput, Loss
from app.evaluation.exam import CaseResult
from tests.recorded import read_record, redrawn, together, write_record
from tests.spoiling import WAYS, read_month, reply_of, spoilt

MONTH = Path(resources.__file__).parent / "demo" / "month.jsonl"


def found() -> GateInput:
    def losses(factor: float) -> tuple[Loss, ...]:
        return tuple(Loss(f"c{n}", factor * n, n + 5, factor, n % 2) for n in range(12))

    def cases(passed: bool) -> tuple[CaseResult, ...]:
        return (
            *(CaseResult(f"a{n}", "answers", passed, "", None, "") for n in range(6)),
            CaseResult("a6", "answers", False, "", "loop", ""),
            CaseResult("k1", "coding", False, "", None, "", "skipped"),
        )

    return GateInput(
        {"base": losses(2.0), "candidate": losses(1.0)},
        {"general": {"base": losses(2.0), "best": losses(1.5)[:5], "candidate": losses(1.0)}},
        {"base": cases(True), "candidate": cases(False)},
        {"base": {"p": 0.5, "q": 0.25}, "candidate": {"p": 0.5, "q": 0.125}},
        attempts=2,
    )


def test_a_record_gives_back_all_that_the_gate_was_given(tmp_path: Path) -> None:
    path = tmp_path / "good_1.json"
    write_record(path, found(), {"way": "good"})
    assert read_record(path) == found()


def test_no_word_of_a_reply_gets_into_a_record(tmp_path: Path) -> None:
    case = CaseResult("a1", "answers", False, "it says: secret", None, "My secret.")
    path = tmp_path / "good_1.json"
    write_record(path, GateInput(found().test, {}, {"candidate": (case,)}), {})
    assert "secret" not in path.read_text("utf-8")


def test_a_month_drawn_anew_compares_like_with_like() -> None:
    drawn = redrawn(found(), Random(1))
    for base, candidate in zip(drawn.test["base"], drawn.test["candidate"], strict=True):
        assert (base.id, base.total) == (candidate.id, 2 * candidate.total)
    assert len({each.id for each in drawn.test["candidate"]}) == len(found().test["candidate"])
    now = {case.id: case for case in drawn.cases["candidate"]}
    assert [case.id for case in drawn.cases["base"]] == list(now)
    assert [case.group for case in drawn.cases["candidate"]].count("answers") == 7
    assert {each.id for each in drawn.retention["general"]["best"]} <= {
        each.id for each in drawn.retention["general"]["candidate"]
    }
    assert drawn == redrawn(found(), Random(1)) != redrawn(found(), Random(2))


def test_months_of_one_way_are_drawn_from_together() -> None:
    both = together([found(), found()])
    assert len(both.test["base"]) == 24 and len(both.cases["candidate"]) == 16
    drawn = redrawn(both, Random(1), 2)
    assert len(drawn.test["candidate"]) == 12 and len(drawn.variety["base"]) == 2
    assert [case.group for case in drawn.cases["candidate"]].count("answers") == 7
    assert {each.id[0] for each in drawn.test["candidate"]} == {"0", "1"}


def test_each_way_spoils_the_month_and_the_same_way_again() -> None:
    rows = read_month(MONTH)
    base = {row["id"]: "I am a language model." for row in rows}
    by_recipe = {"good", "no_replay", "equal", "burnt"}
    for way in WAYS:
        made = spoilt(way, rows, 1, base)
        assert made == spoilt(way, rows, 1, base), way
        assert [bool(reply_of(row)) for row in made] == [bool(reply_of(row)) for row in rows], way
        changed = sum(reply_of(new) != reply_of(old) for new, old in zip(made, rows, strict=True))
        assert changed == 0 if way in by_recipe else changed >= 48, way
