"""The driver: finds or begins a persona's run and goes on at its first incomplete stage."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from app import training_environment
from app.cycle import converting, deploying, examining, gating, mixing, training, verifying
from app.cycle.context import CycleContext, Ending, StopAsked, base_of
from app.cycle.device import process_alive, trainer_alive
from app.cycle.errors import CycleError, NotEnough, PersonaBusy, from_system
from app.cycle.exam_time import tell_exam_time
from app.cycle.request import (
    REQUEST_FILE,
    CycleRequest,
    free_run_id,
    read_request,
    save_request,
)
from app.cycle.stages import DISCARDED, SAVED, Stage, is_after, stages_after
from app.cycle.telling import CycleTelling
from app.errors import PerennialError, StoreError
from app.home import Home
from app.operations import month
from app.operations.base import check_base, check_trainable
from app.store import Persona, Run, RunState, Store
from ollama_bridge.errors import BridgeError
from trainer.contract.folder import RunFolder, write_atomically

PROCESS_FILE = "cycle.json"
# A cycle that has just written down its end still holds the lock for a moment.
LOCK_PATIENCE_S = 2.0

Step = Callable[[CycleContext], Ending | None]

STEPS: Mapping[Stage, Step] = {
    "mixed": mixing.mix,
    "trained": training.train,
    "converted": converting.convert_adapter,
    "staged": converting.stage_candidate,
    "examined": examining.examine_candidate,
    "gated": gating.gate,
    "accepted": deploying.accept,
    "deployed": deploying.deploy,
    "verified": verifying.verify,
    "live": deploying.finish,
}


@dataclass(frozen=True)
class CycleResult:
    """How a run stands when its process ends."""

    run: Run
    folder: Path


@contextmanager
def persona_lock(home: Home, persona: Persona) -> Iterator[None]:
    """One cycle a persona."""
    lock = FileLock(home.personas / f"{persona.slug}.lock")
    try:
        lock.acquire(timeout=LOCK_PATIENCE_S)
    except Timeout as error:
        raise PersonaBusy(
            f"{persona.name} is being trained by another process.",
            f"Wait for it, look at it with `perennial runs {persona.slug}`, or stop it.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def begin_run(home: Home, store: Store, persona: Persona, request: CycleRequest) -> Run:
    """A new run with its folder; nothing is drawn yet. Needs the persona's lock."""
    base = base_of(store, persona)
    check_base(home, base)
    check_trainable(base)
    _check_ready(store, persona)
    taken = {run.id for run in store.runs.of_persona(persona.id)}
    run_id = free_run_id(home, persona.slug, taken)
    parent = persona.active_adapter_id
    if parent is not None and store.adapters.get(parent).base_id != base.id:
        parent = None
    save_request(RunFolder(home.runs / run_id), request)
    return store.runs.add(run_id, persona.id, base.id, parent, request.recipe.name, request.seed)


def _check_ready(store: Store, persona: Persona) -> None:
    """Refuse at once what could only fail later."""
    progress = month.month_progress(store, persona.id)
    if progress.missing:
        raise NotEnough(
            f"{persona.name} has {progress.usable} new usable replies; an adapter needs at least"
            f" {progress.minimum}.",
            f"Approve or correct {progress.missing} more replies, then start the training.",
            kept="Every rating is kept and counts next time.",
        )
    missing = training_environment.missing()
    if missing:
        raise CycleError(
            f"The extra `train` is not installed: {', '.join(missing)}"
            f" {'is' if len(missing) == 1 else 'are'} missing"
            f" ({training_environment.size_text()}).",
            "Install it with: python3 start.py setup train",
            kind="no_training",
            kept="Every rating is kept.",
        )


def run_to_go_on(
    home: Home, store: Store, persona: Persona, request: CycleRequest | None
) -> Run | None:
    """The persona's newest run if it can go on, unless something else is asked for now."""
    runs = store.runs.of_persona(persona.id)
    if not runs or not can_go_on(home, store, runs[0]):
        return None
    folder = RunFolder(home.runs / runs[0].id)
    if request is not None and not read_request(folder).asks_for_the_same(request):
        return None
    return runs[0]


def can_go_on(home: Home, store: Store, run: Run) -> bool:
    """Whether a run has something to go on from."""
    folder = RunFolder(home.runs / run.id)
    adapter = store.adapters.of_run(run.id)
    if adapter and adapter.status in ("refused", "rolled_back"):
        return False
    # Nothing was asked here of a run that came along with its persona.
    if not (folder.root / REQUEST_FILE).is_file():
        return False
    if run.state in ("running", "waiting"):
        return True
    if run.state not in ("failed", "stopped") or run.reason == DISCARDED:
        return False
    return is_after(run.stage, "trained") or folder.has_checkpoint


def set_aside(store: Store, persona: Persona) -> None:
    """End what is unfinished of a persona before another run begins."""
    for run in store.runs.unfinished():
        if run.persona_id == persona.id:
            store.runs.set_state(run.id, "stopped", reason="Set aside for another training.")


def run_cycle(
    home: Home, store: Store, run: Run, *, yes: bool = False, free_ollama: bool = False
) -> CycleResult:
    """Take a run as far as it goes. Needs the persona's lock."""
    if run.state in ("done", "refused", "undecided"):
        return CycleResult(run, home.runs / run.id)
    folder = RunFolder(home.runs / run.id)
    request = read_request(folder)
    sign_in(folder, os.getpid())
    if not trainer_alive(folder):
        folder.control.unlink(missing_ok=True)
    context = CycleContext(home, store, run, request, CycleTelling(folder), yes, free_ollama)
    store.runs.set_state(run.id, "running")
    try:
        check_base(home, context.base)
        _back_up(context)
        ending = _drive(context)
        store.runs.set_state(run.id, ending.state, verdict=ending.verdict, reason=ending.reason)
        if ending.state != "waiting":
            context.telling.tell("done", outcome=ending.state, text=ending.reason)
    except (PerennialError, BridgeError) as error:
        _fail(context, error)
        raise
    except OSError as error:
        known = from_system(error)
        _fail(context, known)
        raise known from error
    finally:
        context.close()
    return CycleResult(store.runs.get(run.id), folder.root)


def _back_up(context: CycleContext) -> None:
    """A copy of the database before a month's training.

    A damaged database ends the run here. For want of room the training goes on: it changes no
    conversation and no rating, and what it needs itself it asks for in its own words.
    """
    if context.run.stage:
        return
    try:
        context.store.back_up_since(context.run.created)
    except (StoreError, OSError) as error:
        if isinstance(error, StoreError) and error.kind == "damaged":
            raise
        context.telling.warning(
            "backup_failed", f"The database could not be copied to {context.home.backups}: {error}"
        )


def _drive(context: CycleContext) -> Ending:
    for stage in stages_after(context.run.stage):
        try:
            if stage not in ("trained", "deployed", "verified", "live"):
                context.check_stop()
            if stage == "trained":
                tell_exam_time(context)
            context.telling.begun(stage)
            ending = STEPS[stage](context)
        except StopAsked as stop:
            return _stopped(context, stop)
        if ending is not None:
            return ending
        context.store.runs.complete_stage(context.run.id, stage)
        context.telling.completed(stage)
    return Ending("done", "")


def _stopped(context: CycleContext, stop: StopAsked) -> Ending:
    control = stop.control
    context.telling.tell("control_applied", control_seq=control.seq, command=control.command)
    context.folder.control.unlink(missing_ok=True)
    discard = control.command == "discard"
    return Ending("stopped", DISCARDED if discard else SAVED)


def _fail(context: CycleContext, error: PerennialError | BridgeError) -> None:
    """Say how it failed where there is room to say it."""
    state: RunState = "failed"
    with contextlib.suppress(PerennialError):
        context.store.runs.set_state(context.run.id, state, reason=error.text)
    with contextlib.suppress(OSError):
        context.telling.tell(
            "failed", error_kind=error.kind, text=error.text, next_step=error.next_step
        )


def sign_in(folder: RunFolder, pid: int) -> None:
    """Leave word which process works on a run; one that has just died leaves none."""
    with contextlib.suppress(psutil.NoSuchProcess):
        row = {"pid": pid, "process_began": psutil.Process(pid).create_time()}
        write_atomically(folder.root / PROCESS_FILE, json.dumps(row))


def cycle_alive(folder: RunFolder) -> bool:
    """Whether a cycle process works on this run."""
    try:
        row = json.loads((folder.root / PROCESS_FILE).read_text("utf-8"))
        return process_alive(int(row["pid"]), float(row["process_began"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def run_named(store: Store, run_id: str) -> Run:
    """The run of this name."""
    try:
        return store.runs.get(run_id)
    except PerennialError as error:
        raise CycleError(
            f"There is no run {run_id}.", "See `perennial runs` for their names.",
            kind="run_unknown",
        ) from error  # fmt: skip
