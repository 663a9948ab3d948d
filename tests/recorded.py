"""What a gate was given, kept in a small file, and new months drawn from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from app.evaluation.evidence import GateInput, Loss
from app.evaluation.exam import CaseResult

DIGITS = 4
SKIPPED = "skipped"
# One case of a subject: passed, failed, why nobody judged it, or its trouble.
Mark = bool | str

Item = TypeVar("Item", Loss, CaseResult)


def write_record(path: Path, found: GateInput, about: Mapping[str, Any]) -> None:
    """Everything that a verdict rests on without a word of any reply; `about` stands before it."""
    row = {
        **about,
        "attempts": found.attempts,
        "test": _losses_row(found.test),
        "retention": {group: _losses_row(each) for group, each in found.retention.items()},
        "subjects": list(found.cases),
        "cases": _cases_row(found.cases),
        "variety": {
            name: {prompt: round(value, DIGITS) for prompt, value in each.items()}
            for name, each in found.variety.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


def read_record(path: Path) -> GateInput:
    """What the gate was given."""
    row = json.loads(path.read_text("utf-8"))
    return GateInput(
        test=_losses(row["test"]),
        retention={group: _losses(each) for group, each in row["retention"].items()},
        cases=_cases(row["subjects"], row["cases"]),
        variety=row["variety"],
        attempts=row["attempts"],
    )


def together(records: Sequence[GateInput]) -> GateInput:
    """All months of a way as one, so that what only one of them came to counts for less."""
    first = records[0]
    return replace(
        first,
        test=_joined([each.test for each in records]),
        retention={
            group: _joined([each.retention[group] for each in records]) for group in first.retention
        },
        cases=_joined([each.cases for each in records]),
        variety={
            name: {
                _of(place, prompt): value
                for place, record in enumerate(records)
                for prompt, value in record.variety[name].items()
            }
            for name in first.variety
        },
    )


def redrawn(record: GateInput, random: Random, months: int = 1) -> GateInput:
    """A month like this one: conversations, items, cases and prompts drawn with replacement.

    What is drawn is drawn for every subject alike; each set, and each group, has the size that it
    has in one of so many months.
    """
    return replace(
        record,
        test=_redrawn(record.test, random, months),
        retention={
            group: _redrawn(each, random, months) for group, each in record.retention.items()
        },
        cases=_redrawn_cases(record.cases, random, months),
        variety=_redrawn_prompts(record.variety, random, months),
    )


def _joined(sets: Sequence[Mapping[str, Sequence[Item]]]) -> dict[str, tuple[Item, ...]]:
    return {
        name: tuple(
            replace(item, id=_of(place, item.id))
            for place, subjects in enumerate(sets)
            for item in subjects[name]
        )
        for name in sets[0]
    }


def _of(place: int, name: str) -> str:
    return f"{place}:{name}"


def _redrawn(
    subjects: Mapping[str, Sequence[Item]], random: Random, months: int
) -> dict[str, tuple[Item, ...]]:
    ids = [each.id for each in subjects["candidate"]]
    drawn = random.choices(ids, k=len(ids) // months)
    made: dict[str, tuple[Item, ...]] = {}
    for name, items in subjects.items():
        by_id = {each.id: each for each in items}
        made[name] = tuple(
            replace(by_id[each], id=_again(each, place))
            for place, each in enumerate(drawn)
            if each in by_id
        )
    return made


def _redrawn_cases(
    cases: Mapping[str, Sequence[CaseResult]], random: Random, months: int
) -> dict[str, tuple[CaseResult, ...]]:
    made: dict[str, tuple[CaseResult, ...]] = dict.fromkeys(cases, ())
    for group in dict.fromkeys(case.group for case in cases["candidate"]):
        of_group = {
            name: [case for case in each if case.group == group] for name, each in cases.items()
        }
        for name, drawn in _redrawn(of_group, random, months).items():
            made[name] += drawn
    return made


def _redrawn_prompts(
    variety: Mapping[str, Mapping[str, float]], random: Random, months: int
) -> dict[str, dict[str, float]]:
    prompts = list(variety.get("candidate", ()))
    drawn = random.choices(prompts, k=len(prompts) // months) if prompts else []
    return {
        name: {
            _again(prompt, place): each[prompt]
            for place, prompt in enumerate(drawn)
            if prompt in each
        }
        for name, each in variety.items()
    }


def _again(name: str, place: int) -> str:
    """What is drawn twice counts twice."""
    return f"{name}#{place}"


def _losses_row(subjects: Mapping[str, Sequence[Loss]]) -> dict[str, list[list[Any]]]:
    return {
        name: [
            [
                each.id, round(each.total, DIGITS), each.tokens,
                round(each.corrected, DIGITS), each.corrected_tokens,
            ]
            for each in losses
        ]
        for name, losses in subjects.items()
    }  # fmt: skip


def _losses(row: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, tuple[Loss, ...]]:
    return {name: tuple(Loss(*each) for each in losses) for name, losses in row.items()}


def _cases_row(cases: Mapping[str, Sequence[CaseResult]]) -> dict[str, dict[str, list[Any]]]:
    """By group and case the mark of each subject; nothing where it was not asked."""
    groups: dict[str, dict[str, list[Any]]] = {}
    for place, results in enumerate(cases.values()):
        for case in results:
            marks = groups.setdefault(case.group, {}).setdefault(case.id, [None] * len(cases))
            marks[place] = _mark(case)
    return groups


def _cases(
    subjects: Sequence[str], groups: Mapping[str, Mapping[str, Sequence[Mark | None]]]
) -> dict[str, tuple[CaseResult, ...]]:
    return {
        name: tuple(
            _case(case, group, mark)
            for group, cases in groups.items()
            for case, marks in cases.items()
            if (mark := marks[place]) is not None
        )
        for place, name in enumerate(subjects)
    }


def _mark(case: CaseResult) -> Mark:
    return SKIPPED if case.skipped else case.trouble or case.passed


def _case(name: str, group: str, mark: Mark) -> CaseResult:
    trouble = mark if isinstance(mark, str) and mark != SKIPPED else None
    skipped = SKIPPED if mark == SKIPPED else ""
    return CaseResult(name, group, mark is True, "", trouble, "", skipped)
