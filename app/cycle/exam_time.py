"""How long the exam of a month will take, told before its training begins."""

from __future__ import annotations

import json
from pathlib import Path

from app.cycle.context import CycleContext
from app.cycle.examining import EXAMINATION_FILE, cases_for
from ollama_bridge.base_gguf import read_facts

# A case of the quick exam on the starter model and two processor cores.
CASE_S = 0.45
STARTER_PARAMETERS = 135e6
# Base, base with examples, and candidate; the adapter in use where there is one.
FIRST_SUBJECTS = 3


def tell_exam_time(context: CycleContext) -> None:
    """By the last exam on this base, else by its size."""
    cases = len(cases_for(context))
    subjects = FIRST_SUBJECTS + (context.parent is not None)
    case_s = _measured(context) or _guessed(context.base.path)
    seconds = round(case_s * cases * subjects, 1)
    context.telling.tell("exam", cases=cases, subjects=subjects, seconds=seconds)


def _measured(context: CycleContext) -> float | None:
    for run in context.store.runs.of_persona(context.run.persona_id):
        path = context.home.runs / run.id / EXAMINATION_FILE
        if run.base_id != context.run.base_id or not path.is_file():
            continue
        found = json.loads(path.read_text("utf-8"))
        asked = sum(len(cases) for cases in found["cases"].values())
        if found.get("seconds") and asked:
            return float(found["seconds"]) / asked
    return None


def _guessed(base: Path) -> float:
    return CASE_S * read_facts(base).parameters / STARTER_PARAMETERS
