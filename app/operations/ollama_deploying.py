"""A persona in the user's own Ollama: put there, and kept in step with the app."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from app.errors import StoreError
from app.home import Home
from app.operations.chat import live_adapter
from app.operations.chat_source import PROMPT, prompt_mark
from app.operations.ollama_choice import OllamaChoice, choice_of, choose
from app.operations.ollama_leaving import end_cut_off, take_models_out
from app.operations.ollama_plan import Connect, plan_for
from app.operations.ollama_server import find_server, one_at_a_time
from app.store import Adapter, OllamaModel, Persona, Store
from ollama_bridge.deploy import deployment
from ollama_bridge.deploy.api import OllamaApi, full_name
from ollama_bridge.deploy.names import Names, check_free, put_back, standing
from ollama_bridge.deploy.plan import STRATEGIES, OnStep, Strategy, no_steps
from ollama_bridge.errors import BridgeError, OllamaError, OllamaGone


@dataclass(frozen=True)
class Wish:
    """What is to be put into Ollama, and how far one may go for it."""

    name: str = ""
    """Nothing said: the persona's own name there, or the usual one."""
    replace: bool = False
    upload: bool = False
    order: tuple[Strategy, ...] = STRATEGIES


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
        choice = choice_of(store, persona)
        name = wish.name or choice.name
        _check_upload(api, wish, choice)
        _check_nobody_else(store, api, persona, name)
        end_cut_off(store, api)
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
        wanted = True if choice.wanted is None else choice.wanted
        choose(store, persona, OllamaChoice(wanted, name, "" if api.local else api.address))
        served = {
            **asdict(done.parity),
            "context_tokens": plan.texts.parameters["num_ctx"],
            "context_lowered_by": plan.texts.context_lowered_by,
            PROMPT: prompt_mark(persona),
        }
        return store.ollama_models.went_live(
            record.id, done.server_version, done.strategy, served, reason
        )


def _check_upload(api: OllamaApi, wish: Wish, choice: OllamaChoice) -> None:
    """Nothing leaves this computer without a word of the user's, which holds for one server."""
    if api.local or wish.upload or choice.upload_to == api.address:
        return
    raise OllamaError(
        f"The Ollama at {api.address} is not on this computer: the adapter would leave it.",
        "Agree to the upload (--upload), or unset OLLAMA_HOST.",
        kind="ollama_remote",
        kept="Nothing was sent.",
    )


def _check_nobody_else(store: Store, api: OllamaApi, persona: Persona, name: str) -> None:
    """Two personas under one name would take it from each other."""
    for record in store.ollama_models.all():
        if record.persona_id in (None, persona.id) or record.state != "live":
            continue
        if record.address == api.address and _same_name(record.name, name):
            other = store.personas.get(record.persona_id)
            raise OllamaError(
                f"{other.name} answers in Ollama as {record.name} already.",
                f"Choose another name for {persona.name}, or take {other.name} out first.",
                kind="ollama_name_of_another",
                kept="Nothing was changed.",
            )


def _same_name(one: str, other: str) -> bool:
    """Ollama tells capitals, or a missing tag, apart no more than we do."""
    return full_name(one).lower() == full_name(other).lower()


def _leave_other_names(store: Store, api: OllamaApi, persona: Persona, name: str) -> None:
    """A persona has one name."""
    take_models_out(
        store, api, lambda each: each.persona_id == persona.id and not _same_name(each.name, name)
    )


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
                take_models_out(store, api, lambda record: record.persona_id == persona.id)
    return store.ollama_models.live(persona.id)


def _step_back(store: Store, api: OllamaApi, persona: Persona) -> None:
    """Undo the persona's last deployments, as many as went live since what is wanted now."""
    wanted, undone = _live_run(store, persona), []
    for record in store.ollama_models.all_live(persona.id, api.address):
        undone.append(record)
        earlier = store.ollama_models.owner_of(persona.id, record.before_digest)
        if (earlier.run_id if earlier else None) == wanted:
            ours = store.ollama_models.digests()
            if put_back(api, Names(record.name), record.before_digest, ours):
                for each in undone:
                    store.ollama_models.end(each.id, "undone")
            return


def _live_run(store: Store, persona: Persona) -> str | None:
    adapter = live_adapter(store, persona)
    return adapter.run_id if adapter is not None else None


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
