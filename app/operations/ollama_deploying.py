"""A persona in the user's own Ollama: put there, kept in step with the app, and taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from filelock import FileLock, Timeout

from app.errors import StoreError
from app.home import Home
from app.operations.chat import live_adapter
from app.operations.ollama_choice import OllamaChoice, choice_of, choose
from app.operations.ollama_plan import Connect, plan_for
from app.store import Adapter, OllamaModel, Persona, Store
from ollama_bridge import ollama
from ollama_bridge.deploy import deployment
from ollama_bridge.deploy.api import OllamaApi, full_name
from ollama_bridge.deploy.names import Names, check_free, put_back, remove, settle, standing
from ollama_bridge.deploy.plan import STRATEGIES, OnStep, Strategy, no_steps
from ollama_bridge.deploy.registry import left_behind
from ollama_bridge.deploy.starting import installed_program, start
from ollama_bridge.errors import BridgeError, OllamaError, OllamaGone

LOCK_FILE = "ollama.lock"


@dataclass(frozen=True)
class Wish:
    """What is to be put into Ollama, and how far one may go for it."""

    name: str = ""
    """Nothing said: the persona's own name there, or the usual one."""
    replace: bool = False
    upload: bool = False
    order: tuple[Strategy, ...] = STRATEGIES


def find_server() -> OllamaApi:
    """The user's Ollama, or what is missing."""
    server = ollama.find()
    if server is not None:
        return OllamaApi(server.address)
    if installed_program() is None:
        raise OllamaGone(
            "No Ollama answers, and none is installed on this computer.",
            "Install it from its own site, or set OLLAMA_HOST to where it runs.",
            kept="The persona answers in this window as before.",
        )
    raise OllamaGone(
        "Ollama is installed and does not run.",
        "Start its app or `ollama serve`, or let Perennial start it.",
        kept="The persona answers in this window as before.",
    )


def start_server(home: Home) -> None:
    """Have the Ollama of this computer run, if it does not."""
    program = installed_program()
    if ollama.find() is None and program is not None:
        start(program, home.logs / "ollama.log")


def check_free_name(store: Store, name: str) -> None:
    """Refuse a name at once that could only be refused at the end."""
    names = Names(name)
    with find_server() as api:
        check_free(standing(api, names), names, store.ollama_models.digests(), replace=False)


def put_into_ollama(
    home: Home,
    store: Store,
    persona: Persona,
    wish: Wish,
    *,
    on_step: OnStep = no_steps,
    connect: Connect | None = None,
) -> OllamaModel:
    """Have the persona answer in Ollama through the adapter that is live here."""
    adapter = _live_adapter(store, persona)
    with find_server() as api, one_at_a_time(home):
        if not api.local and not wish.upload:
            raise OllamaError(
                f"The Ollama at {api.address} is not on this computer: the adapter would leave it.",
                "Agree to the upload (--upload), or unset OLLAMA_HOST.",
                kind="ollama_remote",
                kept="Nothing was sent.",
            )
        end_cut_off(store, api)
        name = wish.name or choice_of(store, persona).name
        plan, probes = plan_for(home, store, persona, adapter, name, connect)
        record = store.ollama_models.begin(persona.id, adapter.run_id, api.address, name)
        try:
            done = deployment.deploy(
                api, plan, probes, _Journal(store, record),
                ours=store.ollama_models.digests(), replace_foreign=wish.replace,
                order=wish.order, on_step=on_step,
            )  # fmt: skip
        except OllamaGone:
            raise  # How far it came shows when the server is back.
        except BridgeError as error:
            store.ollama_models.end(record.id, "failed", str(error))
            raise
        _leave_other_names(store, api, persona, name)
        reason = "; ".join(f"{way}: {why}" for way, why in done.not_taken.items())
        said = choice_of(store, persona).wanted
        choose(store, persona, OllamaChoice(True if said is None else said, name))
        served = {
            **asdict(done.parity),
            "context_tokens": plan.texts.parameters["num_ctx"],
            "context_lowered_by": plan.texts.context_lowered_by,
        }
        return store.ollama_models.went_live(
            record.id, done.server_version, done.strategy, served, reason
        )


def _leave_other_names(store: Store, api: OllamaApi, persona: Persona, name: str) -> None:
    """A persona has one name; Ollama tells capitals, or a missing tag, apart no more than we do."""
    kept = full_name(name).lower()
    _take_out(
        store, api,
        lambda each: each.persona_id == persona.id and full_name(each.name).lower() != kept,
    )  # fmt: skip


def is_behind(store: Store, persona: Persona) -> bool:
    """Whether Ollama answers with another adapter than the one that is live here."""
    record = store.ollama_models.live(persona.id)
    return record is not None and record.run_id != _live_run(store, persona)


def catch_up(
    home: Home,
    store: Store,
    persona: Persona,
    wish: Wish | None = None,
    *,
    on_step: OnStep = no_steps,
    connect: Connect | None = None,
) -> OllamaModel | None:
    """Have Ollama answer as the app does, after a rollback: what it had before, to the byte.

    Where that is gone, the adapter is put there anew.
    """
    if not is_behind(store, persona):
        return store.ollama_models.live(persona.id)
    with find_server() as api, one_at_a_time(home):
        end_cut_off(store, api)
        _step_back(store, api, persona)
    if is_behind(store, persona):
        if persona.active_adapter_id is not None:
            put_into_ollama(home, store, persona, wish or Wish(), on_step=on_step, connect=connect)
        else:
            with find_server() as api, one_at_a_time(home):
                _take_out(store, api, lambda record: record.persona_id == persona.id)
    return store.ollama_models.live(persona.id)


def _step_back(store: Store, api: OllamaApi, persona: Persona) -> None:
    """Undo the persona's last deployments, as many as went live since what is wanted now."""
    wanted, undone = _live_run(store, persona), []
    for record in store.ollama_models.all_live(persona.id, api.address):
        undone.append(record)
        earlier = store.ollama_models.owner_of(persona.id, record.before_digest)
        if (earlier.run_id if earlier else None) == wanted:
            if put_back(api, Names(record.name), record.before_digest):
                for each in undone:
                    store.ollama_models.end(each.id, "undone")
            return


def _live_run(store: Store, persona: Persona) -> str | None:
    adapter = live_adapter(store, persona)
    return adapter.run_id if adapter is not None else None


def take_out(home: Home, store: Store, persona: Persona) -> list[str]:
    """Take a persona out of Ollama: its name has what it had before we came."""
    with one_at_a_time(home), find_server() as api:
        end_cut_off(store, api)
        names = _take_out(store, api, lambda record: record.persona_id == persona.id)
        choose(store, persona, OllamaChoice(False, choice_of(store, persona).name))
        return names


def take_all_out(home: Home, store: Store) -> list[str]:
    """Take all that is ours out of Ollama, bases that we brought included, and nothing else."""
    with one_at_a_time(home), find_server() as api:
        end_cut_off(store, api)
        names = _take_out(store, api, lambda record: True)
        for record in store.ollama_models.all():
            if (
                record.address == api.address
                and record.base_is_ours
                and api.delete(record.base_name)
            ):
                names.append(record.base_name)
        return names


def _take_out(store: Store, api: OllamaApi, which: Callable[[OllamaModel], bool]) -> list[str]:
    live = [
        record
        for record in store.ollama_models.all()
        if record.state == "live" and record.address == api.address and which(record)
    ]
    ours = store.ollama_models.digests()
    names = list(dict.fromkeys(record.name for record in live))
    for name in names:
        remove(api, Names(name), ours)
    for record in live:
        store.ollama_models.end(record.id, "undone", "taken out of Ollama")
    return names


def end_interrupted(home: Home, store: Store) -> bool:
    """At a start: end what was cut off, if nobody is at it; whether there was anything."""
    try:
        with one_at_a_time(home, wait=False), find_server() as api:
            here = [each for each in store.ollama_models.begun() if each.address == api.address]
            end_cut_off(store, api)
            return bool(here)
    except (OllamaError, Timeout):
        return False  # It is being worked on; or that server is away, and it waits for its return.


def end_cut_off(store: Store, api: OllamaApi) -> None:
    """End what a crash left half done: the name answers with the new model, or with the old."""
    for name in left_behind(str(row["name"]) for row in api.models()):
        api.delete(name)
    for record in store.ollama_models.begun():
        if record.address != api.address:
            continue
        if settle(api, Names(record.name), record.before_digest, record.after_digest):
            store.ollama_models.went_live(
                record.id, api.version(), record.strategy, {}, "finished after it was cut off"
            )
        else:
            store.ollama_models.end(record.id, "failed", "it was cut off, and undone")


@contextmanager
def one_at_a_time(home: Home, *, wait: bool = True) -> Iterator[None]:
    """Two deployments at once would meet under the same names."""
    with FileLock(home.root / LOCK_FILE, timeout=-1 if wait else 0):
        yield


def _live_adapter(store: Store, persona: Persona) -> Adapter:
    adapter = live_adapter(store, persona)
    if adapter is None:
        raise StoreError(
            f"{persona.name} has no adapter yet: what Ollama would answer is the base.",
            "Train one first.",
            kind="missing",
            kept="Nothing was changed.",
        )
    return adapter


@dataclass(frozen=True)
class _Journal:
    """Writes down each step before it is taken, so that a crash can be ended."""

    store: Store
    record: OllamaModel

    def base_ready(self, name: str, created: bool) -> None:
        self.store.ollama_models.note_base(self.record.id, name, created)

    def about_to_switch(self, before: str | None, after: str) -> None:
        self.store.ollama_models.about_to_switch(self.record.id, before, after)
