"""Forgetting for good: a message, conversations, or all that was said to a persona.

Everything that quotes it is cleaned first and the tables last, since the tables are what is
looked for; a forgetting that was broken off is gone through anew, and every step may be repeated.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from filelock import Timeout

from app.cycle import process
from app.cycle.device import trainer_alive
from app.cycle.errors import PersonaBusy
from app.cycle.stages import DISCARDED, is_after
from app.errors import PerennialError
from app.forgetting import journal
from app.forgetting.adapters import Learned, delete_files, delete_unnamed, learned_by
from app.forgetting.journal import Task
from app.forgetting.places import check_room, empty_logs, scrub_home, standing_in_tests
from app.forgetting.plan import Forgotten, Plan, RunUnderWay
from app.forgetting.run_folders import drew, run_folders, says, scrub_run, strip_run
from app.forgetting.traces import Traces, is_telling, sentences_of
from app.home import Home
from app.operations.mixing import want_rebuild
from app.operations.training import serve_live
from app.store import Run, Store
from app.store.backups import backups
from app.store.forgetting import Place, Scope
from trainer.contract.folder import RunFolder

Step = Literal["files", "backups", "tables", "database"]
Tell = Callable[[Step], None]
# Two slow cores write a database of 500 MB anew in about this time.
BYTES_A_SECOND = 15_000_000

# What refuses a forgetting before anything goes; one that goes on has begun already.
_BEFORE_IT_BEGINS = ("forgetting_run", "forgetting_no_room", "forgetting_busy")
_BEGUN = "It was begun before, and remains of it may still be there."


def _quietly(step: Step) -> None:
    """Nobody wants to know how far it is."""


def plan_message(home: Home, store: Store, message_id: int) -> Plan:
    """Forgetting a message with everything that answers it."""
    return _plan(home, store, store.forgetting.message(message_id))


def plan_conversations(
    home: Home, store: Store, conversation_ids: Iterable[int], sentence: str = ""
) -> Plan:
    """Forgetting whole conversations, and a sentence of theirs wherever it is quoted."""
    return _plan(home, store, store.forgetting.conversations(conversation_ids), sentence)


def plan_persona(home: Home, store: Store, persona_id: int) -> Plan:
    """Forgetting all that was said to a persona; it stays, as somebody who was never spoken to."""
    return _plan(home, store, store.forgetting.persona(persona_id))


def find_sentence(store: Store, sentence: str) -> list[int]:
    """The conversations in which a sentence stands: said, corrected, commented or as a title."""
    if not is_telling(sentence.strip()):
        raise PerennialError(
            "This is too short to tell what is meant by it from other words.",
            "Give more of the sentence, or forget a conversation by its number.",
            kind="forgetting_short",
            kept="Nothing was forgotten.",
        )
    return store.forgetting.holding(sentence)


def unfinished(home: Home) -> bool:
    """Whether a forgetting was begun and broken off."""
    return journal.read(home) is not None


def forget(
    home: Home,
    store: Store,
    plan: Plan,
    *,
    with_adapters: bool = False,
    rebuild: bool = True,
    tell: Tell = _quietly,
) -> Forgotten:
    """Forget what was planned, for good."""
    task = Task(plan.scope, plan.runs, with_adapters, rebuild, store.forgetting.last_message())
    return _forget(home, store, task, plan.traces, tell)


def go_on(home: Home, store: Store, tell: Tell = _quietly) -> Forgotten | None:
    """End a forgetting that was broken off, if there is one."""
    task = journal.read(home)
    if task is None:
        return None
    task = replace(task, scope=store.forgetting.left_of(task.scope, task.until))
    traces, _ = _traces(home, store, task.scope)
    try:
        return _forget(home, store, task, traces, tell)
    except PerennialError as error:
        if error.kind in _BEFORE_IT_BEGINS:
            error.kind, error.kept = f"{error.kind}_again", _BEGUN
        raise


def _plan(home: Home, store: Store, scope: Scope, sentence: str = "") -> Plan:
    traces, standing = _traces(home, store, scope, sentence)
    runs = set(store.forgetting.runs_of(scope))
    runs |= {folder.root.name for folder in run_folders(home) if drew(folder, traces)}
    copies = backups(home)
    learned = learned_by(home, store, runs)
    there = store.ollama_models.of_runs({each.run for each in learned})
    size = sum(path.stat().st_size for path in (home.database, *copies))
    return Plan(
        scope,
        store.forgetting.counts(scope),
        learned,
        tuple(sorted(runs)),
        len(copies),
        tuple(sorted(set(standing.values()))),
        1 + size // BYTES_A_SECOND,
        traces,
        tuple(dict.fromkeys(each.name for each in there)),
    )


def _traces(
    home: Home, store: Store, scope: Scope, sentence: str = ""
) -> tuple[Traces, dict[str, Place]]:
    """What is looked for in files, and what of it others said too, which stays theirs."""
    found = {each for text in store.forgetting.texts(scope) for each in sentences_of(text)}
    if sentence.strip():
        found.add(sentence.strip())
    standing = standing_in_tests(home, found)
    standing |= store.forgetting.standing(sorted(found), scope)
    return Traces(scope, found - set(standing)), standing


def _forget(home: Home, store: Store, task: Task, traces: Traces, tell: Tell) -> Forgotten:
    with _alone(home, store, task, traces) as live:
        check_room(home, backups(home))
        journal.write(home, task)
        tell("files")
        learned = learned_by(home, store, task.runs)
        gone = learned_by(home, store, task.runs, deleted=True) if task.with_adapters else ()
        left = _out_of_ollama(home, store, gone)
        gone_back = _delete_adapters(home, store, gone)
        delete_unnamed(home, store, task.runs)
        _clean_files(home, store, task, traces, live)
        tell("backups")
        copies = store.removal.remove_from_backups(task.scope, traces.found_in)
        tell("tables")
        rebuild = _end_trainings(store, task, learned, gone)
        store.tombstones.leave(task.scope)
        store.removal.remove(task.scope, traces.found_in)
        tell("database")
        store.removal.scour()
        # One that another process made meanwhile.
        late = store.removal.remove_from_backups(task.scope, traces.found_in, copies.done)
        journal.end(home)
    return Forgotten(
        () if task.with_adapters else learned,
        learned if task.with_adapters else (),
        tuple(store.personas.get(each).slug for each in gone_back),
        rebuild,
        task.runs,
        tuple(path.name for path in (*copies.dropped, *late.dropped)),
        left,
    )


@contextmanager
def _alone(home: Home, store: Store, task: Task, traces: Traces) -> Iterator[list[Path]]:
    """Let no training of these personas begin meanwhile; the folders of those that may go on."""
    with ExitStack() as locks:
        try:
            locks.enter_context(journal.forgetting_lock(home).acquire(timeout=0))
        except Timeout as error:
            raise PerennialError(
                "Another window or command is forgetting something just now.",
                "Wait for it to end, then ask again.",
                kind="forgetting_busy",
                kept="Nothing of this was forgotten yet.",
            ) from error
        live = _live_runs(home, store)
        known = learned_by(home, store, task.runs, deleted=True) if task.with_adapters else ()
        for run in live:
            _check_apart(home, run, task, traces)
            if run.parent_adapter_id in {each.adapter_id for each in known}:
                raise RunUnderWay(run.id)
        for persona_id in task.scope.persona_ids:
            persona = store.personas.get(persona_id)
            try:
                locks.enter_context(process.persona_lock(home, persona))
            except PersonaBusy:
                # Its training learns from something else; one that has just begun may not.
                if not any(run.persona_id == persona_id for run in live):
                    raise
        yield [home.runs / run.id for run in live]


def _live_runs(home: Home, store: Store) -> list[Run]:
    """The runs on which some process works."""
    return [
        run
        for persona in store.personas.everyone()
        for run in store.runs.of_persona(persona.id)
        if process.cycle_alive(folder := RunFolder(home.runs / run.id)) or trainer_alive(folder)
    ]


def _check_apart(home: Home, run: Run, task: Task, traces: Traces) -> None:
    """Refuse while a run is at work on what goes, or has not yet drawn what it learns from."""
    folder = RunFolder(home.runs / run.id)
    ours = run.persona_id in task.scope.persona_ids
    undrawn = ours and not folder.spec.exists()
    whole = run.persona_id in task.scope.whole_personas
    learns = run.id in task.runs or drew(folder, traces) or says(folder, traces)
    if undrawn or whole or learns:
        raise RunUnderWay(run.id)


def _out_of_ollama(home: Home, store: Store, learned: Sequence[Learned]) -> tuple[str, ...]:
    """They go there too, with copies of bases that they are written into; what has to wait."""
    if not learned:
        return ()
    # Brings the bridge's libraries.
    from app.operations.ollama_leaving import take_learned_out
    from app.operations.ollama_plan import WORK_FOLDER

    shutil.rmtree(home.models / WORK_FOLDER, ignore_errors=True)
    return tuple(take_learned_out(home, store, {each.run for each in learned}))


def _delete_adapters(home: Home, store: Store, learned: Sequence[Learned]) -> list[int]:
    """Nobody speaks through them, no runtime holds them open, and then they go."""
    gone_back = store.deployments.withdraw([each.adapter_id for each in learned])
    for persona_id in gone_back:
        serve_live(home, store, persona_id)
    delete_files(home, store, learned)
    return gone_back


def _clean_files(home: Home, store: Store, task: Task, traces: Traces, live: list[Path]) -> None:
    whole = {run.id for each in task.scope.whole_personas for run in store.runs.of_persona(each)}
    for folder in run_folders(home):
        if folder.root.name in whole:
            strip_run(folder)
        elif folder.root not in live:
            learned = folder.root.name in task.runs or drew(folder, traces)
            scrub_run(folder, traces, learned=learned)
    if whole or task.scope.whole_personas:
        empty_logs(home)
    scrub_home(home, traces, live)


def _end_trainings(
    store: Store, task: Task, learned: tuple[Learned, ...], gone: tuple[Learned, ...]
) -> tuple[str, ...]:
    """End what could only go on from what is deleted; the personas to be built anew."""
    gone_ids, gone_runs = {each.adapter_id for each in gone}, {each.run for each in gone}
    for persona in store.personas.everyone():
        for run in store.runs.of_persona(persona.id):
            training = not is_after(run.stage, "trained")
            unnamed = store.adapters.of_run(run.id) is None
            all_of_it = persona.id in task.scope.whole_personas
            cut_off = run.state == "running" and training
            ended = run.id in task.runs and (cut_off or unnamed or all_of_it)
            ended |= run.id in gone_runs and run.state in ("running", "waiting")
            ended |= run.parent_adapter_id in gone_ids and training
            if ended:
                _end_training(store, run)
    due = task.rebuild and not task.with_adapters
    slugs = {each.persona for each in learned if each.live} if due else set()
    for persona in store.personas.everyone():
        if persona.slug in slugs:
            want_rebuild(store, persona, True)
    return tuple(sorted(slugs))


def _end_training(store: Store, run: Run) -> None:
    if run.state in ("running", "waiting", "stopped", "failed"):
        store.runs.set_state(run.id, "stopped", reason=DISCARDED)
        adapter = store.adapters.of_run(run.id)
        if adapter is not None and adapter.status == "candidate":
            store.adapters.set_status(adapter.id, "refused")
