"""The best adapter that a persona ever had: small losses must not add up over the months."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import log
from statistics import fmean
from typing import Any

from app.cycle.context import CycleContext
from app.evaluation.evidence import Loss
from trainer.contract.folder import RunFolder
from trainer.contract.run_spec import load_spec

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def losses_of_rows(
    rows: Sequence[Mapping[str, Any]], name: str, group: str | None = None
) -> list[Loss]:
    """The losses of one set, and of one group of it."""
    return [
        Loss(
            str(row["id"]), float(row["loss"]), int(row["tokens"]),
            float(row.get("corrected_loss", 0.0)), int(row.get("corrected_tokens", 0)),
        )
        for row in rows
        if row["set"] == name and group in (None, row["group"])
    ]  # fmt: skip


def best_losses(context: CycleContext) -> list[Mapping[str, Any]]:
    """What the best of the adapters that were live lost on the held-out replay; none at first.

    Only such as were measured on the same base and under the same prompt can be compared.
    """
    best: tuple[float, list[Mapping[str, Any]]] | None = None
    for adapter in context.store.adapters.of_persona(context.run.persona_id):
        if adapter.status not in ("live", "previous") or adapter.run_id == context.run.id:
            continue
        subjects = _measured(context, adapter.run_id)
        if subjects is None:
            continue
        kept = [row for row in subjects["candidate"] if row["set"] == "replay_test"]
        lost = _lost(subjects)
        if lost is not None and (best is None or lost < best[0]):
            best = (lost, kept)
    return best[1] if best is not None else []


def _measured(context: CycleContext, run_id: str) -> Rows | None:
    folder = RunFolder(context.home.runs / run_id)
    if not (folder.spec.is_file() and folder.losses.is_file()):
        return None
    spec, own = load_spec(folder.spec), load_spec(context.folder.spec)
    if spec.base.digest != own.base.digest or spec.system_prompt != own.system_prompt:
        return None
    subjects: Rows = json.loads(folder.losses.read_text("utf-8"))["subjects"]
    return subjects


def _lost(subjects: Rows) -> float | None:
    """How much more than its base an adapter lost, over the items of all groups."""
    base = {row.id: row for row in losses_of_rows(subjects["base"], "replay_test")}
    found = [
        log((row.total / row.tokens) / (base[row.id].total / base[row.id].tokens))
        for row in losses_of_rows(subjects["candidate"], "replay_test")
        if row.id in base and row.total > 0 and base[row.id].total > 0
    ]
    return fmean(found) if found else None
