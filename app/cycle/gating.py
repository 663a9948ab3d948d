"""The stage `gated`: the verdict, its reasons, and the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.cycle.best_adapter import best_losses, losses_of_rows
from app.cycle.context import CycleContext, Ending
from app.cycle.deploying import candidate_of
from app.cycle.examining import Examination, read_examination
from app.cycle.reporting import write_report
from app.cycle.verdict_log import log_verdict
from app.evaluation.evidence import GateInput, Verdict, mean
from app.evaluation.gate import judge
from app.store import Score, Subject

SUBJECTS: tuple[Subject, ...] = ("base", "parent", "candidate")


def gate(context: CycleContext) -> Ending | None:
    """Judge the candidate; only one that passes goes on."""
    folder = context.folder
    examination = read_examination(folder.root)
    found = gate_input(context, examination)
    verdict = judge(found)
    write_report(context, verdict, found, examination)
    scores = list(_scores(context.run.id, found))
    context.store.scores.put(context.run.id, scores)
    log_verdict(folder.training_log, verdict, scores)
    context.telling.tell(
        "verdict", verdict=verdict.verdict, reasons=[reason.text for reason in verdict.reasons]
    )
    return _ending(context, verdict)


def gate_input(context: CycleContext, examination: Examination) -> GateInput:
    """The trainer's losses by set and group, with the answers."""
    subjects = json.loads(context.folder.losses.read_text("utf-8"))["subjects"]
    kept = {
        name: [row for row in rows if row["set"] == "replay_test"]
        for name, rows in subjects.items()
    }
    best = best_losses(context)
    if best:
        kept["best"] = best
    groups = dict.fromkeys(str(row["group"]) for row in kept["candidate"])
    return GateInput(
        {name: losses_of_rows(rows, "test") for name, rows in subjects.items()},
        {group: _of_group(kept, group) for group in groups},
        examination.cases,
        examination.variety,
        _attempts(context),
    )


def _of_group(kept: Mapping[str, Sequence[Mapping[str, Any]]], group: str) -> dict[str, Any]:
    return {name: losses_of_rows(rows, "replay_test", group) for name, rows in kept.items()}


def _attempts(context: CycleContext) -> int:
    """How often this month was judged, this time included: since the last run that went live."""
    count = 1
    for run in context.store.runs.of_persona(context.run.persona_id):
        if run.id == context.run.id:
            continue
        if run.state == "done":
            break
        count += run.verdict is not None
    return count


def _ending(context: CycleContext, verdict: Verdict) -> Ending | None:
    run_id = context.run.id
    if verdict.verdict == "passed":
        context.store.runs.set_state(
            run_id, "running", verdict=verdict.verdict, reason=verdict.sentence
        )
        return None
    context.store.adapters.set_status(candidate_of(context).id, "refused")
    return Ending(verdict.verdict, verdict.sentence, verdict.verdict)


def _scores(run_id: str, found: GateInput) -> Iterable[Score]:
    """What the store keeps of it, to be compared over the months."""
    for subject in SUBJECTS:
        test = found.test.get(subject)
        if test is None:
            continue
        yield Score(run_id, subject, "test_loss", "", mean(test), len(test))
        for group, subjects in found.retention.items():
            losses = subjects[subject]
            yield Score(run_id, subject, "replay_loss", group, mean(losses), len(losses))
        results = [case for case in found.cases.get(subject, ()) if not case.skipped]
        for group in dict.fromkeys(case.group for case in results):
            cases = [case for case in results if case.group == group]
            share = sum(case.passed for case in cases) / len(cases)
            yield Score(run_id, subject, "checks", group, share, len(cases))
