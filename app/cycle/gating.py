"""The stage `gated`: the verdict, its reasons, and the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from app.cycle.context import CycleContext, Ending
from app.cycle.deploying import candidate_of
from app.cycle.examining import Examination, read_examination
from app.cycle.telling import seconds_of
from app.cycle.verdict_log import log_verdict
from app.evaluation.gate import GateInput, Loss, Verdict, judge, mean
from app.evaluation.report import make_report
from app.operations.mixing import mix_counts
from app.store import Score, Subject
from trainer.contract.folder import write_atomically

SUBJECTS: tuple[Subject, ...] = ("base", "parent", "candidate")


def gate(context: CycleContext) -> Ending | None:
    """Judge the candidate; only one that passes goes on."""
    folder = context.folder
    examination = read_examination(folder.root)
    found = _gate_input(json.loads(folder.losses.read_text("utf-8"))["subjects"], examination)
    verdict = judge(found)
    manifest = json.loads((folder.data / "manifest.json").read_text("utf-8"))
    report = make_report(
        verdict, found, examination.replies, mix_counts(manifest), seconds_of(folder.root)
    )
    write_atomically(folder.report, report.model_dump_json(indent=2) + "\n")
    scores = list(_scores(context.run.id, found))
    context.store.scores.put(context.run.id, scores)
    log_verdict(folder.training_log, verdict, scores)
    context.telling.tell(
        "verdict", verdict=verdict.verdict, reasons=[reason.text for reason in verdict.reasons]
    )
    return _ending(context, verdict)


def _ending(context: CycleContext, verdict: Verdict) -> Ending | None:
    run_id = context.run.id
    if verdict.verdict == "passed":
        context.store.runs.set_state(
            run_id, "running", verdict=verdict.verdict, reason=verdict.sentence
        )
        return None
    context.store.adapters.set_status(candidate_of(context).id, "refused")
    return Ending(verdict.verdict, verdict.sentence, verdict.verdict)


def _gate_input(subjects: dict[str, list[dict[str, Any]]], examination: Examination) -> GateInput:
    """The trainer's losses by set and group, with the answers."""
    groups = dict.fromkeys(
        str(row["group"]) for row in subjects["candidate"] if row["set"] == "replay_test"
    )
    return GateInput(
        {name: _losses(rows, "test") for name, rows in subjects.items()},
        {
            group: {name: _losses(rows, "replay_test", group) for name, rows in subjects.items()}
            for group in groups
        },
        examination.base_cases,
        examination.candidate_cases,
    )


def _losses(rows: Sequence[dict[str, Any]], name: str, group: str | None = None) -> list[Loss]:
    return [
        Loss(str(row["id"]), float(row["loss"]), int(row["tokens"]))
        for row in rows
        if row["set"] == name and group in (None, row["group"])
    ]


def _scores(run_id: str, found: GateInput) -> Iterable[Score]:
    checks = {"base": found.base_cases, "candidate": found.candidate_cases}
    for subject in SUBJECTS:
        test = found.test.get(subject)
        if test is None:
            continue
        yield Score(run_id, subject, "test_loss", "", mean(test), len(test))
        for group, subjects in found.replay_test.items():
            losses = subjects[subject]
            yield Score(run_id, subject, "replay_loss", group, mean(losses), len(losses))
        for group in dict.fromkeys(case.group for case in checks.get(subject, ())):
            cases = [case for case in checks[subject] if case.group == group]
            share = sum(case.passed for case in cases) / len(cases)
            yield Score(run_id, subject, "checks", group, share, len(cases))
