"""The scores of all subjects side by side, each with how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from app.evaluation.ability_rules import LANGUAGE, SAFETY
from app.evaluation.adherence import Adherence
from app.evaluation.cases import TOLD_BY_EVERY_REPLY
from app.evaluation.evidence import SUBJECTS, GateInput, Loss, mean
from app.evaluation.exam import CaseResult
from app.evaluation.statistics import mean_interval, share_of
from replay.measures.traits import TRAITS

Row = dict[str, Any]


def score_table(found: GateInput, manner: Adherence) -> list[Row]:
    """Every row of the report's scores."""
    return [
        *_losses(found),
        *_checks(found.cases),
        *_variety(found.variety),
        *_manner(manner),
    ]


def own_rows(tests: Sequence[Mapping[str, Any]]) -> list[Row]:
    """What a user's own test sets showed, by kind of question, beside what chance would reach."""
    return [
        {
            **_row("own", test["name"], "share", "higher", _own_values(score["subjects"])),
            "kind": score["kind"],
            "chance": score["chance"],
        }
        for test in tests
        for score in test["scores"]
    ]


def _own_values(subjects: Mapping[str, Mapping[str, Any]]) -> dict[str, Row | None]:
    return {
        name: _value(each["value"], each["of"], each["low"], each["high"]) if each["of"] else None
        for name, each in subjects.items()
    }


def _losses(found: GateInput) -> Iterator[Row]:
    yield _row("test_loss", "", "loss", "lower", {n: _loss(r) for n, r in found.test.items()})
    corrected = {name: [_corrected(row) for row in rows] for name, rows in found.test.items()}
    if any(row.tokens for row in corrected["candidate"]):
        values = {name: _loss([r for r in rows if r.tokens]) for name, rows in corrected.items()}
        yield _row("corrected_loss", "", "loss", "lower", values)
    for group, subjects in found.retention.items():
        values = {name: _loss(rows) for name, rows in subjects.items()}
        yield _row("retention", group, "loss", "lower", values)


def _checks(cases: Mapping[str, Sequence[CaseResult]]) -> Iterator[Row]:
    for group in dict.fromkeys(case.group for case in cases["candidate"]):
        values = {name: _share(results, group) for name, results in cases.items()}
        if group.startswith(LANGUAGE):
            language = group.removeprefix(LANGUAGE)
            yield _row("language", language, "share", "higher", values)
        elif group in (SAFETY, *TOLD_BY_EVERY_REPLY):
            yield _row(group, "", "share", "higher", values)
        else:
            yield _row("checks", group, "share", "higher", values)


def _variety(variety: Mapping[str, Mapping[str, float]]) -> Iterator[Row]:
    if variety.get("candidate"):
        values = {
            name: _value(fmean(said.values()), len(said)) for name, said in variety.items() if said
        }
        yield _row("variety", "", "share", "higher", values)


def _manner(manner: Adherence) -> Iterator[Row]:
    yield _row("likeness", "", "number", "lower", {n: _value(v) for n, v in manner.far.items()})
    for trait in TRAITS:
        values = {
            name: _value(traits[trait]) for name, traits in manner.traits.items() if trait in traits
        }
        yield _row("traits", trait, "number", "", values)


def _row(measure: str, group: str, unit: str, better: str, values: Mapping[str, Row | None]) -> Row:
    told = {**dict.fromkeys(SUBJECTS), **values}
    return {"measure": measure, "group": group, "unit": unit, "better": better, "values": told}


def _loss(rows: Sequence[Loss]) -> Row | None:
    if not rows:
        return None
    low, high = mean_interval([(row.total, row.tokens) for row in rows])
    return _value(mean(rows), len(rows), low, high)


def _share(results: Sequence[CaseResult], group: str) -> Row | None:
    judged = [case for case in results if case.group == group and not case.skipped]
    if not judged:
        return None
    share = share_of(sum(case.passed for case in judged), len(judged))
    return _value(share.value, share.of, share.low, share.high)


def _value(
    value: float, n: int | None = None, low: float | None = None, high: float | None = None
) -> Row:
    told = {"value": value, "n": n, "low": low, "high": high}
    return {
        name: round(number, 4) if isinstance(number, float) else number
        for name, number in told.items()
        if number is not None
    }


def _corrected(row: Loss) -> Loss:
    return Loss(row.id, row.corrected, row.corrected_tokens)
