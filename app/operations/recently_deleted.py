"""What was deleted: out of sight at once, brought back within 30 days, forgotten for good after."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.errors import PerennialError
from app.home import Home
from app.operations import conversations
from app.store.deletions import Deletion

if TYPE_CHECKING:
    from app.operations.forgetting import Step
    from app.store import Persona, Store

KEPT_DAYS = 30
_NOTHING = "Nothing was deleted."


class PersonaInTraining(PerennialError):
    """A persona cannot be deleted while it is being trained."""

    kind = "deleting_run"

    def __init__(self, name: str, run_id: str) -> None:
        super().__init__(
            f"{name} is being trained just now ({run_id}).",
            f"Stop the training with `perennial stop {run_id}`, then delete {name}.",
            kept=_NOTHING,
        )
        self.run_id = run_id


@dataclass(frozen=True)
class RecentlyDeleted:
    """One thing that can still be brought back."""

    deletion: Deletion
    days_left: int


def _quietly(_step: Step) -> None:
    """Nobody wants to know how far it is."""


def recently_deleted(store: Store) -> list[RecentlyDeleted]:
    """What can be brought back, the last deleted first."""
    found = ((each, _left(each)) for each in store.personas.deletions.all())
    return [
        RecentlyDeleted(each, -(-left // timedelta(days=1))) for each, left in found if left > _NOW
    ]


def delete_persona(home: Home, store: Store, persona_id: int) -> Persona:
    """Put a persona with all that is its own out of sight; whoever is on if it was, is another."""
    # Brings the trainer's contract, which listing what was deleted need not wait for.
    from app.cycle import process
    from app.cycle.device import trainer_alive
    from app.cycle.errors import PersonaBusy
    from trainer.contract.folder import RunFolder

    persona = store.personas.get(persona_id)
    runs = store.runs.of_persona(persona_id)
    for run in runs:
        folder = RunFolder(home.runs / run.id)
        if process.cycle_alive(folder) or trainer_alive(folder):
            raise PersonaInTraining(persona.name, run.id)
    try:
        with process.persona_lock(home, persona):
            store.personas.delete(persona_id)
    except PersonaBusy as error:
        raise PersonaInTraining(persona.name, runs[0].id if runs else persona.slug) from error
    return persona


def bring_back(store: Store, deletion: Deletion) -> bool:
    """Have it again as it was; whether it was still there."""
    if deletion.kind == "persona":
        return store.personas.bring_back(deletion.id)
    return conversations.bring_back(store, deletion.id)


def forget_now(
    home: Home, store: Store, deletion: Deletion, tell: Callable[[Step], None] = _quietly
) -> None:
    """Forget it for good without waiting; of a persona its adapters, too."""
    if deletion.kind == "persona":
        # Said before anything goes: if this is cut off, the next start goes on with it.
        store.personas.let_go(deletion.id)
        _forget_persona(home, store, deletion.id, tell)
    else:
        _forget_talks(home, store, [deletion.id], tell)


def any_expired(store: Store) -> bool:
    """Whether something was deleted so long ago that it goes for good."""
    return bool(_expired(store))


def forget_expired(
    home: Home, store: Store, tell: Callable[[Step], None] = _quietly
) -> list[Deletion]:
    """Forget for good what was deleted long ago; what that was."""
    found = _expired(store)
    talks = [each.id for each in found if each.kind == "conversation"]
    if talks:
        _forget_talks(home, store, talks, tell)
    for each in found:
        if each.kind == "persona":
            _forget_persona(home, store, each.id, tell)
    return found


_NOW = timedelta(0)


def _left(deletion: Deletion) -> timedelta:
    """How long it is kept yet."""
    if not deletion.moment:
        return _NOW
    until = datetime.fromisoformat(deletion.moment) + timedelta(days=KEPT_DAYS)
    return until - datetime.now(UTC)


def _expired(store: Store) -> list[Deletion]:
    return [each for each in store.personas.deletions.all() if _left(each) <= _NOW]


def _forget_talks(home: Home, store: Store, ids: list[int], tell: Callable[[Step], None]) -> None:
    from app.operations import forgetting

    forgetting.go_on(home, store, tell)
    plan = forgetting.plan_conversations(home, store, ids)
    forgetting.forget(home, store, plan, tell=tell)


def _forget_persona(
    home: Home, store: Store, persona_id: int, tell: Callable[[Step], None]
) -> None:
    """Everything said to it, its adapters here and in Ollama, its runs, and its name.

    Its row goes last: as long as it is there, this is gone through once more.
    """
    from app.operations import forgetting
    from app.operations.ollama_leaving import take_learned_out

    forgetting.go_on(home, store, tell)
    persona = store.personas.get(persona_id)
    plan = forgetting.plan_persona(home, store, persona_id)
    forgetting.forget(home, store, plan, with_adapters=True, tell=tell)
    runs = [run.id for run in store.runs.of_persona(persona_id)]
    take_learned_out(home, store, runs)
    _let_go_of_files(home, store)
    for run_id in runs:
        folder = home.runs / run_id
        if folder.is_dir():
            shutil.rmtree(folder)
    tell("backups")
    store.personas.remove(persona)
    (home.personas / f"{persona.slug}.lock").unlink(missing_ok=True)
    tell("database")
    store.removal.scour()


def _let_go_of_files(home: Home, store: Store) -> None:
    """A runtime that is there serves who is on: Windows keeps files that are held open."""
    from app.operations.personas import household
    from app.operations.training import serve_live

    current = household(store).current_id
    if current is not None:
        serve_live(home, store, current)
