"""Trainings as a person orders them: start, resume, stop, use, keep the old one, roll back."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from app.cycle import deploying, process
from app.cycle.context import base_of
from app.cycle.detached import reap, spawn
from app.cycle.device import trainer_alive
from app.cycle.errors import CycleError
from app.cycle.process import CycleResult
from app.cycle.request import CycleRequest, find_recipe, make_request
from app.cycle.stages import DISCARDED, SAVED, is_after
from app.home import Home
from app.operations import freeing
from app.operations.base import check_base
from app.operations.month import month_progress
from app.operations.overruling import overrule
from app.store import Deployment, Run, Store, open_store
from ollama_bridge.base_gguf import read_facts
from ollama_bridge.errors import BridgeError
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import Served
from trainer.contract.folder import Command, RunFolder, send_control

KEPT_OLD = "You kept the old adapter; what this one learned from stays new."


def start_training(
    home: Home,
    persona_id: int,
    *,
    recipe: str | Path = "auto",
    seed: int | None = None,
    replay: bool = True,
    rebuild: bool = False,
    free_ollama: bool | None = None,
) -> str:
    """Start a persona's month in a process of its own, or go on with one that was cut off.

    Gives the run's name; a run that was asked for with other settings is set aside.
    """
    with open_store(home) as store:
        run = prepare_run(
            home, store, persona_id, recipe=recipe, seed=seed, replay=replay, rebuild=rebuild
        )
    _spawn(home, run.id, *_consent_options(free_ollama))
    return run.id


def prepare_run(
    home: Home,
    store: Store,
    persona_id: int,
    *,
    recipe: str | Path = "auto",
    seed: int | None = None,
    replay: bool = True,
    rebuild: bool = False,
) -> Run:
    """The run to work on: the one that can go on, else a new one that sets it aside.

    Without settings of its own a request goes on with whatever was cut off.
    """
    persona = store.personas.get(persona_id)

    def asked() -> CycleRequest:
        find_recipe(recipe)  # what was just typed is judged before what lies on the disk
        base = base_of(store, persona)
        check_base(home, base)
        return make_request(
            recipe, seed, replay, rebuild,
            base_billions=read_facts(base.path).parameters / 1e9,
            examples=month_progress(store, persona_id).usable,
        )  # fmt: skip

    plain = str(recipe) == "auto" and seed is None and replay and not rebuild
    with process.persona_lock(home, persona):
        request = None if plain else asked()
        run = process.run_to_go_on(home, store, persona, request)
        if run is None:
            request = request or asked()
            process.set_aside(store, persona)
            run = process.begin_run(home, store, persona, request)
    return run


def work_on(
    home: Home, run_id: str, *, yes: bool = False, free_ollama: bool | None = None
) -> CycleResult:
    """Take a run as far as it goes, in this process."""
    with open_store(home) as store:
        may_free = freeing.always(store) if free_ollama is None else free_ollama
        run = store.runs.get(run_id)
        with process.persona_lock(home, store.personas.get(run.persona_id)):
            return process.run_cycle(
                home, store, store.runs.get(run_id), yes=yes, free_ollama=may_free
            )


def resume_training(home: Home, run_id: str, *, free_ollama: bool | None = None) -> None:
    """Go on with a run that was cut off, failed or stopped."""
    with open_store(home) as store:
        check_resumable(home, store, run_id)
    _spawn(home, run_id, *_consent_options(free_ollama))


def check_resumable(home: Home, store: Store, run_id: str) -> Run:
    """The run, if there is something to go on from."""
    run = process.run_named(store, run_id)
    if not process.can_go_on(home, store, run):
        raise CycleError(
            f"The run {run_id} is over ({run.state}).",
            "Start a new training.",
            kind="run_over",
        )
    return run


def check_usable(home: Home, store: Store, run_id: str) -> Run:
    """The run, if its candidate waits for the user's word or is on its way live by it."""
    run = process.run_named(store, run_id)
    if not is_after(run.stage, "gated") or not process.can_go_on(home, store, run):
        raise _none_waits(run)
    return run


def send_command(home: Home, run_id: str, command: Command) -> None:
    """Stop, discard, pause or resume a run that is under way."""
    folder = RunFolder(home.runs / run_id)
    with open_store(home) as store:
        run = process.run_named(store, run_id)
        if run.state == "running" and run_alive(home, run_id):
            send_control(folder, command)
        elif run.state == "running" and trainer_alive(folder):
            # Its cycle was killed: somebody has to write down how the training ends.
            send_control(folder, command)
            _spawn(home, run_id)
        elif process.can_go_on(home, store, run) and command in ("discard", "save-and-stop"):
            _end_idle(home, store, run, discard=command == "discard")
        else:
            raise CycleError(
                f"The run {run_id} is not under way ({run.state}).",
                "See `perennial runs` for what is.",
                kind="run_over",
            )


def use_candidate(home: Home, run_id: str) -> None:
    """Put a candidate that passed the gate live: the rest of its month, in its own process."""
    with open_store(home) as store:
        _waiting(store, run_id)
    _spawn(home, run_id, "--yes")


def use_all_the_same(home: Home, run_id: str, because: str) -> None:
    """Put a candidate that did not pass live, for a reason, in a process of its own."""
    with open_store(home) as store:
        overrule(home, store, run_id, because)
    resume_training(home, run_id)


def keep_old(home: Home, run_id: str) -> None:
    """Say no to a candidate; its adapter stays on the disk, its data stays new."""
    with open_store(home) as store:
        run = _waiting(store, run_id)
        with process.persona_lock(home, store.personas.get(run.persona_id)):
            _refuse(home, store, run)


def roll_back(home: Home, persona_id: int, to_run: str | None = None) -> Deployment:
    """Bring back exactly what was live before, or any adapter that once was.

    Works without any runtime; Ollama follows by `catch_up`.
    """
    with open_store(home) as store:
        if to_run is None:
            deployment = store.deployments.undo_last(persona_id)
        else:
            deployment = _bring_back(store, persona_id, to_run)
        serve_live(home, store, persona_id)
    return deployment


def _bring_back(store: Store, persona_id: int, run_id: str) -> Deployment:
    adapter = store.adapters.of_run(run_id)
    once_live = adapter is not None and adapter.status in ("live", "previous", "rolled_back")
    there = adapter is not None and adapter.gguf_path.is_file()
    if adapter is None or adapter.persona_id != persona_id or not (once_live and there):
        raise CycleError(
            f"The persona never spoke through an adapter of the run {run_id}.",
            "See `perennial runs` for those that it did.",
            kind="run_unknown",
        )
    return store.deployments.put_live(
        persona_id, run_id, adapter.id, deploying.SERVER, "", deploying.STRATEGY, {}
    )


def serve_live(home: Home, store: Store, persona_id: int) -> None:
    """Have a runtime that is there serve what personas speak through now."""
    persona = store.personas.get(persona_id)
    if persona.base_id is None or not home.runtime_file.exists():
        return
    base = store.bases.get(persona.base_id)
    live = {each.active_adapter_id for each in store.personas.all()}
    adapters = store.adapters.of_base(base.id)
    served = [Served(each.run_id, each.gguf_path) for each in adapters if each.id in live]
    _serve_again(home, base.path, served)


def run_alive(home: Home, run_id: str) -> bool:
    """Whether a process takes this run on."""
    return process.cycle_alive(RunFolder(home.runs / run_id))


def _serve_again(home: Home, base: Path, adapters: list[Served]) -> None:
    """Tell a runtime that is there; one that cannot load takes nothing from the rollback."""
    try:
        with RuntimeClient.connect(home.root) as client:
            if client.status().base is not None:
                client.serve(base, adapters)
    except BridgeError:
        return


def _waiting(store: Store, run_id: str) -> Run:
    run = process.run_named(store, run_id)
    if run.state != "waiting":
        raise _none_waits(run)
    return run


def _none_waits(run: Run) -> CycleError:
    return CycleError(
        f"The run {run.id} has no candidate that waits for your word ({run.state}).",
        "See `perennial runs` for the runs that wait.",
        kind="run_over",
    )


def _end_idle(home: Home, store: Store, run: Run, *, discard: bool) -> None:
    """End a run that no process works on."""
    with process.persona_lock(home, store.personas.get(run.persona_id)):
        if not discard:
            if run.state == "running":
                store.runs.set_state(run.id, "stopped", reason=SAVED)
        elif run.state == "waiting":
            _refuse(home, store, run)
        else:
            shutil.rmtree(RunFolder(home.runs / run.id).checkpoints, ignore_errors=True)
            store.runs.set_state(run.id, "stopped", reason=DISCARDED)


def _refuse(home: Home, store: Store, run: Run) -> None:
    adapter = store.adapters.of_run(run.id)
    with store.transaction():
        store.runs.set_state(run.id, "refused", reason=KEPT_OLD)
        if adapter is not None:
            store.adapters.set_status(adapter.id, "refused")
    shutil.rmtree(RunFolder(home.runs / run.id).checkpoints, ignore_errors=True)


def _consent_options(free_ollama: bool | None) -> tuple[str, ...]:
    """What was answered now; without an answer the setting decides."""
    if free_ollama is None:
        return ()
    return ("--free-ollama",) if free_ollama else ("--keep-ollama",)


def _spawn(home: Home, run_id: str, *options: str) -> None:
    """The same process as `perennial cycle`, on its own."""
    folder = RunFolder(home.runs / run_id)
    with open_store(home) as store:
        slug = store.personas.get(store.runs.get(run_id).persona_id).slug
    command = [
        sys.executable, "-m", "app.cli", "cycle", slug, "--resume", run_id,
        "--home", str(home.root), "--json", *options,
    ]  # fmt: skip
    with folder.log.open("ab") as log:
        started = spawn(command, log.fileno())
    process.sign_in(folder, started.pid)
    reap(started)
