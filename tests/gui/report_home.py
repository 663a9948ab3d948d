"""A run with a whole report, as the exam of a month leaves it; the verdict is the gate's own."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.evaluation.evidence import GateInput, Loss, Verdict
from app.evaluation.exam import CaseResult
from app.evaluation.gate import judge
from app.evaluation.page import make_page
from app.home import Home
from app.store import Persona, Store
from tests.gui import homes
from tests.unit.app.evaluation.example_report import example_report
from trainer.contract.folder import RunFolder

GROUPS = ("coding", "general", "korean")
WARNING = {
    "kind": "overfitting",
    "advice": "It begins to learn its examples by heart: the loss on held-out conversations rose"
    " from 1.42 at step 40 to 1.61, while the training loss went on falling. Next time: fewer"
    " epochs, more dropout, or more conversations.",
    "values": {"best": 1.42, "best_step": 40, "now": 1.61},
}


def judged(verdict: str) -> Verdict:
    """What the gate says of a month that went well, that forgot coding, or that was too small."""
    few = verdict == "undecided"
    now = {"coding": 1.72 if verdict == "refused" else 1.41}
    retention = {
        group: {
            "base": _losses([1.4] * 24),
            "parent": _losses([1.41] * 24),
            "candidate": _losses([now.get(group, 1.41)] * 24),
        }
        for group in GROUPS
    }
    # Too few, and too far apart, to be sure of what they show.
    candidate = [1.9, 3.3, 1.7, 3.2, 1.8, 3.1, 1.9, 2.5] if few else [1.52] * 16
    test = {"base": _losses([2.71] * len(candidate)), "candidate": _losses(candidate)}
    found = judge(GateInput(test, retention, _cases(5 if verdict == "refused" else 16)))
    assert found.verdict == verdict, found
    return found


def _losses(means: Sequence[float]) -> list[Loss]:
    return [
        Loss(str(number), mean * 20 * (1 + 0.004 * (number % 3)), 20, mean * 5, 5)
        for number, mean in enumerate(means)
    ]


def _cases(right: int) -> dict[str, list[CaseResult]]:
    groups = {"coding": right, "general": 30, "language.en": 40, "safety": 38}
    return {
        "base": [
            CaseResult(f"{group}{i}", group, i < max(17, count - 1), "", None, "reply")
            for group, count in groups.items()
            for i in range(40)
        ],
        "candidate": [
            CaseResult(f"{group}{i}", group, i < count, "", None, "reply")
            for group, count in groups.items()
            for i in range(40)
        ],
    }


def full_report(verdict: str) -> dict[str, Any]:
    """Every part of a report."""
    found = judged(verdict)
    report = copy.deepcopy(example_report())
    report |= {
        "run": homes.RUN_ID, "verdict": verdict, "sentence": found.sentence,
        "reasons": [*map(asdict, found.reasons), report["reasons"][-1]],
    }  # fmt: skip
    report["warnings"] = [WARNING]
    traits = report["scores"][-2]
    for group in ("verbosity", "emoji", "questions", "humour"):
        report["scores"].insert(-1, {**traits, "group": group})
    report["replies"][1]["candidate"] = "\n\n".join([homes.CODE_REPLY] * 6)
    report["replies"][2]["candidate"] = ""
    report["seconds"]["total"] = 480.4
    return report


def add_result(
    store: Store, home: Home, persona: Persona, verdict: str, report: dict[str, Any] | None = None
) -> RunFolder:
    """A run that is over, or that waits, with its adapter and its report."""
    folder = homes.add_run(store, home, persona)
    homes.write_making(folder, steps=90, of=90, until="gated")
    write(folder, full_report(verdict) if report is None else report)
    assert persona.base_id is not None
    store.adapters.add(
        persona.id, persona.base_id, homes.RUN_ID, None, folder.adapter, folder.adapter_gguf, "d"
    )
    state = "waiting" if verdict == "passed" else verdict
    store.runs.set_state(homes.RUN_ID, state, verdict=verdict)  # type: ignore[arg-type]
    return folder


def write(folder: RunFolder, report: dict[str, Any], language: str = "en") -> None:
    """The report as data and as a page."""
    folder.report.write_text(json.dumps(report), "utf-8")
    (folder.root / "report.html").write_text(make_page(report, language), "utf-8")


def put_live(store: Store, persona: Persona) -> None:
    """The run's adapter speaks."""
    adapter = store.adapters.of_run(homes.RUN_ID)
    assert adapter is not None
    store.deployments.put_live(persona.id, homes.RUN_ID, adapter.id, "runtime", "1", "runtime", {})
    store.runs.set_state(homes.RUN_ID, "done")
