"""What each adapter is still good for: in use, one step back, further back, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.archive.provenance import came_along
from app.cycle.process import can_go_on, cycle_alive
from app.cycle.stages import NOT_PASSED
from app.home import Home
from app.store import Adapter, Persona, Run, Store
from trainer.contract.folder import RunFolder

# `needed` is live, waits for a word, or is what a roll-back brings; `older` takes a named way back.
UseKind = Literal["needed", "older", "unused"]


@dataclass(frozen=True)
class AdapterUse:
    """An adapter with its persona, and what it is still good for."""

    adapter: Adapter
    persona: Persona
    kind: UseKind


def adapter_uses(home: Home, store: Store) -> list[AdapterUse]:
    """Every adapter of every persona, those of the deleted ones included: they may come back."""
    deleted = {each.id for each in store.personas.deleted()}
    found = []
    for persona in store.personas.everyone():
        needed = _needed(home, store, persona)
        elsewhere = came_along(store, persona)
        for adapter in store.adapters.of_persona(persona.id):
            kind: UseKind = "needed"
            if persona.id not in deleted and adapter.id not in needed:
                run = store.runs.get(adapter.run_id)
                good = adapter.run_id in elsewhere or not _is_refused(persona, adapter, run)
                kind = "older" if good else "unused"
            found.append(AdapterUse(adapter, persona, kind))
    return found


def _needed(home: Home, store: Store, persona: Persona) -> set[int | None]:
    """Live, what stood there before, and what a run that can go on is about."""
    last = store.deployments.last(persona.id)
    needed = {persona.active_adapter_id, last.before_adapter_id if last else None}
    for run in store.runs.of_persona(persona.id):
        alive = cycle_alive(RunFolder(home.runs / run.id))
        if alive or run.state in ("running", "waiting") or can_go_on(home, store, run):
            own = store.adapters.of_run(run.id)
            needed |= {own.id if own else None, run.parent_adapter_id}
    return needed


def _is_refused(persona: Persona, adapter: Adapter, run: Run) -> bool:
    """Whether it was never live and cannot be any more, not even by the user's own word."""
    if adapter.status not in ("candidate", "refused"):
        return False
    overruled = run.state in NOT_PASSED and run.verdict in NOT_PASSED
    still = (persona.active_adapter_id, persona.base_id) == (run.parent_adapter_id, run.base_id)
    return not (overruled and still)
