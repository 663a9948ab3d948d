"""Puts the report of a month together, and writes it as data and as a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.cycle.context import CycleContext
from app.cycle.examining import Examination, cases_for
from app.cycle.telling import seconds_of
from app.evaluation.adherence import Adherence, adherence
from app.evaluation.before_after import before_after
from app.evaluation.evidence import GateInput, Verdict
from app.evaluation.own_exam import read_own
from app.evaluation.page import make_page
from app.evaluation.report import Report
from app.evaluation.score_table import own_rows, score_table
from app.evaluation.spoken import told_besides
from app.operations.mixing import mix_counts
from trainer.contract.folder import RunFolder, read_rows, write_atomically
from trainer.contract.recipe import Recipe
from trainer.contract.run_spec import load_spec


def write_report(
    context: CycleContext, verdict: Verdict, found: GateInput, examination: Examination
) -> Report:
    """report.json and report.html of a run."""
    folder = context.folder
    manner = _manner(context, examination)
    asked = {case.id: case.asked for case in cases_for(context)}
    manifest = json.loads((folder.data / "manifest.json").read_text("utf-8"))
    report = Report(
        run=context.run.id,
        persona=context.persona.name,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        verdict=verdict.verdict,
        sentence=verdict.sentence,
        reasons=tuple(asdict(reason) for reason in verdict.reasons),
        scores=(*own_rows(read_own(folder.root)), *score_table(found, manner)),
        prompting=_prompting(manner),
        replies=before_after(examination.replies, found.test, found.cases, asked),
        data=mix_counts(manifest),
        recipe=_recipe(load_spec(folder.spec).recipe),
        curves=_curves(folder),
        warnings=tuple(_warnings(folder)),
        exam=_exam(examination),
        seconds=seconds_of(folder.root),
    )
    save_report(context, report.model_dump(mode="json"))
    return report


def save_report(context: CycleContext, report: Mapping[str, Any]) -> None:
    """Write a report as data, and as a page in the language that the user chose."""
    text = json.dumps(report, ensure_ascii=False, indent=2)
    write_atomically(context.folder.report, text + "\n")
    language = str(context.store.settings.get("language", "en"))
    write_atomically(context.folder.report_page, make_page(report, language))


def _manner(context: CycleContext, examination: Examination) -> Adherence:
    """Over the replies to held-out prompts: what was wanted there is known."""
    replies = examination.replies
    said = {
        name: [row[name] for row in replies if name in row]
        for name in examination.cases
        if any(name in row for row in replies)
    }
    wanted = [row["wanted"] for row in replies]
    return adherence(said, wanted, asdict(context.persona.traits))


def _prompting(manner: Adherence) -> dict[str, Any]:
    as_good = manner.prompting_is_as_good
    text = (
        "The base with three of your best exchanges in its prompt comes as near to what you"
        " approved as the trained adapter does."
        if as_good
        else "Examples in the prompt alone do not bring the base as near to what you approved."
    )
    if "prompted" not in manner.far:
        return {}
    known = {
        name: manner.far[name] for name in ("base", "prompted", "candidate") if name in manner.far
    }
    return {"as_good": as_good, "text": text, "far": known}


def _recipe(recipe: Recipe) -> dict[str, Any]:
    values = recipe.model_dump(mode="json")
    plain = {
        name: field.get_default(call_default_factory=True)
        for name, field in Recipe.model_fields.items()
        if not field.is_required()
    }
    changed = {
        name: values[name] for name, value in plain.items() if getattr(recipe, name) != value
    }
    return {"name": recipe.name, "changed": changed, "values": values}


def _curves(folder: RunFolder) -> dict[str, list[list[float]]]:
    """Losses by step; what was trained anew after a stop counts as it came out in the end."""
    train: dict[int, float] = {}
    valid: dict[int, float] = {}
    for row in read_rows(folder.events):
        if row.get("kind") == "step":
            train[int(row["step"])] = float(row["loss"])
        elif row.get("kind") == "eval":
            valid[int(row["step"])] = float(row["loss"])
    return {"train": _points(train), "valid": _points(valid)}


def _points(losses: Mapping[int, float]) -> list[list[float]]:
    return [[step, round(loss, 4)] for step, loss in sorted(losses.items())]


def _warnings(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """Each kind of warning once, as it was told last."""
    told: dict[str, dict[str, Any]] = {}
    for row in (*read_rows(folder.events), *read_rows(folder.cycle_events)):
        if row.get("kind") == "warning":
            told[str(row["warning"])] = row
    for kind, row in told.items():
        yield {"kind": kind, "advice": str(row.get("advice", "")), "values": row.get("values", {})}


def _exam(examination: Examination) -> dict[str, Any]:
    candidate = examination.cases["candidate"]
    skipped = Counter(case.skipped for case in candidate if case.skipped)
    return {
        "kind": examination.kind,
        "cases": sum(not told_besides(case) for case in candidate),
        "skipped": [{"why": why, "cases": count} for why, count in skipped.items()],
        "seconds": examination.seconds,
    }
