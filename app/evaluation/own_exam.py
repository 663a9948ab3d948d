"""Examines with a user's own test sets: who got how much of what kind of question right.

Choices are told by how likely their own words are, open answers by what the reply says.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.evaluation.cases import Case, ChoiceCheck, MannerCheck
from app.evaluation.check_text import likelihood_fault
from app.evaluation.exam import Examinee, Progress, TooLong, answer_to, side_by_side
from app.evaluation.statistics import share_of
from app.home import Home
from app.operations.own_tests import OwnTest, own_tests_of, split_of
from app.store import Persona
from replay.measures.echo import trouble
from replay.own_answers import says_answer
from replay.own_questions import OwnQuestion
from trainer.contract.folder import file_digest, write_atomically

RESULTS_FILE = "results.json"
SPLIT_FILE = "test_split.json"
ALL, UNTYPED = "All", "Untyped"
BASE = "base"
REPLY_TOKENS = 120

Row = dict[str, Any]


@dataclass(frozen=True)
class OwnResult:
    """What somebody said to a question and whether it is right; None where it was not asked."""

    said: str
    passed: bool | None


def examine_own(
    home: Home,
    persona: Persona,
    examinees: Mapping[str, Examinee],
    on_progress: Progress = lambda done, total: None,
    *,
    only: OwnTest | None = None,
) -> Row:
    """Ask everybody all that the persona's test sets hold out; an empty list without any."""
    began = time.monotonic()
    tests = [(test, test.judging()) for test in ([only] if only else own_tests_of(home, persona))]
    total = len(examinees) * sum(len(questions) for _, questions in tests)
    before = 0
    made = []
    for test, questions in tests:
        answers: dict[str, list[OwnResult]] = {}
        for name, examinee in examinees.items():

            def told(done: int, _size: int, start: int = before) -> None:
                on_progress(start + done, total)

            answers[name] = examine_questions(examinee, questions, told)
            before += len(questions)
        made.append(_test_row(test, questions, answers))
    return {"version": 1, "tests": made, "seconds": round(time.monotonic() - began, 2)}


def examine_questions(
    examinee: Examinee,
    questions: Sequence[OwnQuestion],
    on_progress: Progress = lambda done, total: None,
) -> list[OwnResult]:
    """The answers of one examinee, in the order of the questions."""
    return side_by_side(
        questions,
        lambda question: _answered(examinee, question),
        lambda question: len(question.prompt),
        on_progress=on_progress,
    )


def read_own(folder: Path) -> list[Row]:
    """What a run's test sets showed; nothing where there were none."""
    path = folder / RESULTS_FILE
    if not path.exists():
        return []
    tests: list[Row] = json.loads(path.read_text("utf-8"))["tests"]
    return tests


def write_own(folder: Path, found: Mapping[str, Any]) -> None:
    """Write what was found, and which questions it was found with; nothing without test sets."""
    if not found["tests"]:
        for name in (SPLIT_FILE, RESULTS_FILE):
            (folder / name).unlink(missing_ok=True)
        return
    splits = [
        {"name": test["name"], "sha256": test["sha256"], **test["split"]} for test in found["tests"]
    ]
    results = {
        **found,
        "tests": [
            {name: value for name, value in test.items() if name != "split"}
            for test in found["tests"]
        ],
    }
    for name, row in ((SPLIT_FILE, {"version": 1, "tests": splits}), (RESULTS_FILE, results)):
        write_atomically(folder / name, json.dumps(row, ensure_ascii=False, indent=1) + "\n")


def own_scores(
    questions: Sequence[OwnQuestion], answers: Mapping[str, Sequence[OwnResult]]
) -> list[Row]:
    """Shares of right answers: of all questions, of each type, and of those without one."""
    named = dict.fromkeys(kind for question in questions for kind in question.types)
    kinds = [kind for kind in named if kind not in (ALL, UNTYPED)]
    if kinds and any(not question.types for question in questions):
        kinds.append(UNTYPED)
    return [_score(kind, questions, answers) for kind in [ALL, *kinds]]


def _answered(examinee: Examinee, question: OwnQuestion) -> OwnResult:
    try:
        answer = answer_to(examinee, _case(question))
    except TooLong:
        return OwnResult("", None)
    if question.choices:
        likeliest = max(range(len(answer.likelihoods)), key=answer.likelihoods.__getitem__)
        fault = likelihood_fault(_choice(question), answer.likelihoods)
        return OwnResult(question.choices[likeliest], not fault)
    found = trouble(question.prompt, answer.text)
    return OwnResult(answer.text, found is None and says_answer(answer.text, question.answers))


def _case(question: OwnQuestion) -> Case:
    """The question as an exam asks it."""
    check = _choice(question) if question.choices else MannerCheck(kind="answers")
    return Case(
        id=question.id,
        group=ALL,
        prompt=question.prompt,
        checks=(check,),
        max_tokens=REPLY_TOKENS,
    )


def _choice(question: OwnQuestion) -> ChoiceCheck:
    return ChoiceCheck(
        kind="choice", choices=question.choices, answer=question.answer, by="likelihood"
    )


def _test_row(
    test: OwnTest, questions: Sequence[OwnQuestion], answers: Mapping[str, Sequence[OwnResult]]
) -> Row:
    return {
        "name": test.name,
        "sha256": file_digest(test.path),
        "questions": len(questions),
        "too_long": sum(
            any(said[at].passed is None for said in answers.values())
            for at in range(len(questions))
        ),
        "scores": own_scores(questions, answers),
        "split": split_of(test),
        "answers": [
            {
                "id": question.id,
                "types": question.types,
                "prompt": question.prompt,
                "right": question.right,
                "subjects": {name: asdict(said[at]) for name, said in answers.items()},
            }
            for at, question in enumerate(questions)
        ],
    }


def _score(
    kind: str, questions: Sequence[OwnQuestion], answers: Mapping[str, Sequence[OwnResult]]
) -> Row:
    places = [at for at, question in enumerate(questions) if _is_of(question, kind)]
    chances = [questions[at].chance for at in places]
    subjects: Row = {}
    for name, said in answers.items():
        judged = [at for at in places if said[at].passed is not None]
        share = share_of(sum(bool(said[at].passed) for at in judged), len(judged))
        subjects[name] = {**asdict(share), "value": share.value if judged else None}
        if name != BASE and BASE in answers:
            subjects[name] |= _against(answers[BASE], said, judged)
    return {
        "kind": kind,
        "questions": len(places),
        "chance": sum(chances) / len(chances) if any(chances) else None,
        "subjects": subjects,
    }


def _against(
    base: Sequence[OwnResult], said: Sequence[OwnResult], places: Sequence[int]
) -> dict[str, int]:
    """How many questions only this one got right, and only the base."""
    both = [(base[at].passed, said[at].passed) for at in places]
    return {"gained": both.count((False, True)), "lost": both.count((True, False))}


def _is_of(question: OwnQuestion, kind: str) -> bool:
    if kind == UNTYPED and not question.types:
        return True
    return kind == ALL or kind in question.types
