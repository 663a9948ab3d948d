"""Using a candidate that did not pass: the user's own word, with a reason that is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from app.cycle import process
from app.cycle.context import base_of
from app.cycle.errors import CycleError
from app.cycle.stages import LONGEST_REASON, NOT_PASSED
from app.cycle.telling import CycleTelling
from app.evaluation.page import make_page
from app.home import Home
from app.operations.base import check_base
from app.store import Adapter, Persona, Run, Store
from trainer.contract.folder import RunFolder, write_atomically

HEADING = "## Used all the same"
_KEPT = "Nothing was changed."


def overrule(home: Home, store: Store, run_id: str, because: str) -> Run:
    """Have a run that did not pass go on at `accepted`, as if the user had said *Use it*.

    The reason is written down before anything changes: nothing goes live without it.
    """
    reason = _reason(because)
    run = process.run_named(store, run_id)
    persona = store.personas.get(run.persona_id)
    with process.persona_lock(home, persona):
        run, persona = store.runs.get(run_id), store.personas.get(run.persona_id)
        adapter = _usable(home, store, run, persona)
        _record(
            RunFolder(home.runs / run.id), run, reason, str(store.settings.get("language", "en"))
        )
        with store.transaction():
            store.adapters.set_status(adapter.id, "candidate")
            store.runs.complete_stage(run.id, "gated")
            store.runs.set_state(run.id, "running", reason=f"Used all the same: {reason}")
    return store.runs.get(run.id)


def _reason(because: str) -> str:
    """The reason as one line."""
    reason = " ".join(because.split())
    if reason and len(reason) <= LONGEST_REASON:
        return reason
    raise CycleError(
        f"The reason has {len(reason)} characters." if reason else "A reason is missing.",
        f"Say in at most {LONGEST_REASON} characters why you use the adapter all the same.",
        kind="overrule_reason",
        kept=_KEPT,
    )


def _usable(home: Home, store: Store, run: Run, persona: Persona) -> Adapter:
    """The adapter, if it could go live now just as it was examined."""
    if run.state not in NOT_PASSED or run.verdict not in NOT_PASSED:
        raise CycleError(
            f"The run {run.id} holds no candidate that the exam refused or could not decide on"
            f" ({run.state}).",
            "See `perennial runs` for the runs and their verdicts.",
            kind="run_over",
        )
    if persona.base_id != run.base_id:
        raise _too_late(f"{persona.name} speaks through another base now.")
    if persona.active_adapter_id != run.parent_adapter_id:
        raise _too_late(
            f"{persona.name} speaks through another adapter now than when this one was examined."
        )
    check_base(home, base_of(store, persona))
    folder = RunFolder(home.runs / run.id)
    adapter = store.adapters.of_run(run.id)
    needed = (folder.adapter_gguf, folder.parity, folder.report)
    there = all(each.is_file() for each in needed)
    if adapter is None or adapter.status == "rolled_back" or not there:
        raise _too_late("The adapter of this run, or what it is verified by, is no longer there.")
    others = [each for each in store.runs.unfinished() if each.persona_id == persona.id]
    if others:
        raise CycleError(
            f"The run {others[0].id} of {persona.name} is not over ({others[0].state}).",
            "Use its adapter or keep the old one first.",
            kind="persona_busy",
        )
    return adapter


def _too_late(text: str) -> CycleError:
    return CycleError(text, "Train a new adapter.", kind="overrule_late", kept=_KEPT)


def _record(folder: RunFolder, run: Run, reason: str, language: str) -> None:
    """Write the reason where a person looks; said again after a kill, it stands there once."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    report: dict[str, Any] = json.loads(folder.report.read_text("utf-8"))
    report["overruled"] = {"because": reason, "at": at}
    write_atomically(folder.report, json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    page = folder.report_page
    if page.is_file():
        write_atomically(page, make_page(report, language))
    _log(folder, [f"- verdict of the gate: {run.verdict}", f"- at: {at}", f"- because: {reason}"])
    telling = CycleTelling(folder)
    telling.tell("overruled", verdict=run.verdict, because=reason)
    telling.completed("gated")
    telling.close()


def _log(folder: RunFolder, lines: list[str]) -> None:
    log = folder.training_log
    before = log.read_text("utf-8") if log.is_file() else ""
    kept = before.partition(f"\n{HEADING}\n")[0].rstrip("\n")
    text = "\n".join([HEADING, "", *lines])
    write_atomically(log, f"{kept}\n\n{text}\n" if kept else f"\n{text}\n")
