"""What is ours leaves the user's own Ollama: taken out, cut off half-way, or to be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace

from filelock import Timeout

from app.home import Home
from app.operations.ollama_choice import choice_of, choose
from app.operations.ollama_server import find_server, one_at_a_time
from app.store import OllamaModel, Persona, Store
from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.names import Names, remove, settle
from ollama_bridge.deploy.registry import left_behind
from ollama_bridge.errors import OllamaError


def take_out(home: Home, store: Store, persona: Persona) -> list[str]:
    """Take a persona out of Ollama: its name has what it had before we came."""
    with one_at_a_time(home), find_server() as api:
        end_cut_off(store, api)
        names = take_models_out(store, api, lambda record: record.persona_id == persona.id)
        _want_no_more(store, persona)
        return names


def take_all_out(home: Home, store: Store) -> list[str]:
    """Take all that is ours out of Ollama, bases that we brought included, and nothing else."""
    with one_at_a_time(home), find_server() as api:
        end_cut_off(store, api)
        names = take_models_out(store, api, lambda record: True)
        for record in store.ollama_models.all():
            if (
                record.address == api.address
                and record.base_is_ours
                and api.delete(record.base_name)
            ):
                names.append(record.base_name)
        for persona in store.personas.all():
            if choice_of(store, persona).wanted:  # None: was never asked, and is asked still.
                _want_no_more(store, persona)
        return names


def _want_no_more(store: Store, persona: Persona) -> None:
    """Its next adapter does not go there by itself."""
    choose(store, persona, replace(choice_of(store, persona), wanted=False, upload_to=""))


def take_models_out(
    store: Store, api: OllamaApi, which: Callable[[OllamaModel], bool]
) -> list[str]:
    """Take out those of this server's models, and whatever else lies under their names."""
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


def take_learned_out(home: Home, store: Store, runs: Collection[str]) -> list[str]:
    """Take out what was trained by these runs, with all that lies under the same names.

    Returns the names in a server that is away: they go when it is back.
    """
    if store.ollama_models.of_runs(runs):
        with one_at_a_time(home):
            store.ollama_models.let_go(runs)
            with suppress(OllamaError), find_server() as api:
                end_cut_off(store, api)
    return [
        f"{each.name} ({each.address})" for each in store.ollama_models.unsettled() if each.leaving
    ]


def end_interrupted(home: Home, store: Store) -> list[OllamaModel]:
    """At a start: end what was cut off, if nobody is at it; what that was."""
    try:
        with one_at_a_time(home, wait=False), find_server() as api:
            here = [each for each in store.ollama_models.unsettled() if each.address == api.address]
            end_cut_off(store, api)
            return here
    except (OllamaError, Timeout):
        return []  # It is being worked on; or that server is away, and it waits for its return.


def end_cut_off(store: Store, api: OllamaApi) -> None:
    """End what is half done here: a name answers with the new model, or with the old."""
    for name in left_behind(str(row["name"]) for row in api.models()):
        api.delete(name)
    for record in store.ollama_models.unsettled():
        if record.address != api.address:
            continue
        if record.leaving:
            take_models_out(store, api, lambda each, name=record.name: each.name == name)  # type: ignore[misc]
        else:
            _end_deployment(store, api, record)


def _end_deployment(store: Store, api: OllamaApi, record: OllamaModel) -> None:
    """As far as its base was looked for, something of it may be there."""
    before, after, ours = record.before_digest, record.after_digest, store.ollama_models.digests()
    if record.base_name and settle(api, Names(record.name), before, after, ours):
        store.ollama_models.went_live(
            record.id, api.version(), record.strategy, {}, "finished after it was cut off"
        )
    else:
        store.ollama_models.end(record.id, "failed", "it was cut off, and undone")
