"""What somebody else has in Ollama stays theirs; what was learned goes where it is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.home import Home
from app.operations import forgetting
from app.operations import ollama_deploying as verbs
from app.operations.ollama_leaving import end_interrupted, take_out
from app.store import Persona, Store, open_store
from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.names import Names, put_back, remove, standing, switch
from ollama_bridge.errors import NameTaken, OllamaError, OllamaGone
from tests.integration.ollama_servers import VERSIONS, RealOllama
from tests.integration.served_home import adapter_folder, go_live, settle_in
from tests.integration.trained_persona import TrainedPersona, trained_persona

NAMES = Names("perennial-sunny")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> TrainedPersona:
    return trained_persona(tmp_path_factory.mktemp("month"), "qwen2", probes=1, probe_tokens=4)


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealOllama]:
    found = RealOllama(request.param, tmp_path / "ollama").start()
    yield found
    found.kill()


@pytest.fixture
def api(server: RealOllama, month: TrainedPersona) -> Iterator[OllamaApi]:
    """A server that has the base as `base`."""
    blob = f"sha256:{month.plan.base_sha256}"
    with server.api() as found:
        found.put_blob(month.plan.base, blob)
        found.create({"model": "base", "files": {"base.gguf": blob}})
        yield found


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as found:
        yield found


@pytest.fixture
def sunny(
    home: Home,
    store: Store,
    server: RealOllama,
    month: TrainedPersona,
    monkeypatch: pytest.MonkeyPatch,
) -> Persona:
    """A persona that is live in the app, beside a server."""
    monkeypatch.setenv("OLLAMA_HOST", server.address)
    persona = settle_in(home, store, month)
    go_live(home, store, persona.id, "first", month)
    return store.personas.get(persona.id)


def make(api: OllamaApi, name: str, system: str) -> str:
    """A model; its digest."""
    api.create({"model": name, "from": "base", "system": system})
    digest = api.digest_of(name)
    assert digest is not None
    return digest


def deployed(api: OllamaApi, ours: frozenset[str], system: str) -> str:
    """As a deployment ends: staged, then switched to."""
    digest = make(api, NAMES.staging, system)
    switch(api, NAMES, standing(api, NAMES), ours)
    return digest


def test_what_a_user_put_under_the_name_since_is_neither_overwritten_nor_taken_out(
    api: OllamaApi,
) -> None:
    one = deployed(api, frozenset(), "ours")
    two = deployed(api, frozenset({one}), "ours, a month later")
    ours = frozenset({one, two})
    theirs = make(api, NAMES.live, "theirs")
    assert not put_back(api, NAMES, one, ours)
    remove(api, NAMES, ours)
    found = standing(api, NAMES)
    assert (found.live, found.previous, found.staging) == (theirs, None, None)


def test_a_previous_model_of_the_users_own_stays(api: OllamaApi) -> None:
    one = deployed(api, frozenset(), "ours")
    theirs = make(api, NAMES.previous, "theirs")
    remove(api, NAMES, frozenset({one}))
    assert standing(api, NAMES).previous == theirs
    assert standing(api, NAMES).live is None


def test_of_two_models_that_had_the_name_the_newer_comes_back(api: OllamaApi) -> None:
    make(api, NAMES.live, "theirs")
    one = deployed(api, frozenset(), "ours")
    newer = make(api, NAMES.live, "pulled anew")
    two = deployed(api, frozenset({one}), "ours, a month later")
    ours = frozenset({one, two})
    remove(api, NAMES, ours)
    found = standing(api, NAMES)
    assert (found.live, found.previous, found.foreign) == (newer, None, None)


def test_names_beside_the_chosen_one_are_asked_for_too(
    home: Home, store: Store, api: OllamaApi, sunny: Persona
) -> None:
    make(api, NAMES.previous, "theirs")
    make(api, NAMES.staging, "theirs")
    before = {row["name"]: row["digest"] for row in api.models()}
    with pytest.raises(NameTaken) as caught:
        verbs.put_into_ollama(home, store, sunny, verbs.Wish())
    assert set(caught.value.lost) == {NAMES.previous, NAMES.staging}
    assert "lost" in caught.value.next_step
    assert {row["name"]: row["digest"] for row in api.models()} == before
    verbs.put_into_ollama(home, store, sunny, verbs.Wish(replace=True))
    take_out(home, store, sunny)
    assert [row["name"] for row in api.models()] == ["base:latest"]


def test_a_cut_off_before_anything_was_made_takes_nothing_away(
    home: Home, store: Store, server: RealOllama, api: OllamaApi, sunny: Persona
) -> None:
    theirs = make(api, NAMES.staging, "theirs")
    store.ollama_models.begin(sunny.id, "first", server.address, NAMES.live)
    assert len(end_interrupted(home, store)) == 1
    assert api.digest_of(NAMES.staging) == theirs


def test_two_personas_do_not_take_a_name_from_each_other(
    home: Home, store: Store, api: OllamaApi, sunny: Persona, month: TrainedPersona
) -> None:
    verbs.put_into_ollama(home, store, sunny, verbs.Wish())
    rain = store.personas.add("Rain", "Be calm.", base_id=sunny.base_id)
    go_live(home, store, rain.id, "rains", month)
    rain = store.personas.get(rain.id)
    with pytest.raises(OllamaError, match="Sunny answers in Ollama as perennial-sunny already"):
        verbs.put_into_ollama(home, store, rain, verbs.Wish("Perennial-Sunny:latest"))
    assert api.digest_of(NAMES.live) == store.ollama_models.live(sunny.id).after_digest


@pytest.fixture
def said(store: Store, sunny: Persona) -> int:
    """A conversation that the adapter learned."""
    talk = store.conversations.add(sunny.id, "Be sunny.", "")
    question = store.messages.add(talk.id, None, "user", "The key lies under zyxquork.")
    reply = store.messages.add(talk.id, question.id, "assistant", "I keep it in mind: zyxquork.")
    store.ratings.rate(reply.id, "up")
    store.runs.use("first", [reply.id])
    return talk.id


def test_an_adapter_that_is_forgotten_goes_from_ollama_too(
    home: Home, store: Store, api: OllamaApi, sunny: Persona, said: int
) -> None:
    verbs.put_into_ollama(home, store, sunny, verbs.Wish())
    plan = forgetting.plan_conversations(home, store, [said])
    assert plan.in_ollama == (NAMES.live,)
    done = forgetting.forget(home, store, plan, with_adapters=True)
    assert not done.left_in_ollama
    assert [row["name"] for row in api.models()] == ["base:latest"]
    assert not adapter_folder(home, "first").exists()
    assert store.ollama_models.live(sunny.id) is None


def test_what_is_forgotten_while_ollama_is_away_goes_when_it_is_back(
    home: Home, store: Store, server: RealOllama, api: OllamaApi, sunny: Persona, said: int
) -> None:
    verbs.put_into_ollama(home, store, sunny, verbs.Wish())
    (home.models / "merged").mkdir()
    (home.models / "merged" / "left.merged.gguf").write_bytes(b"weights")
    server.kill()
    plan = forgetting.plan_conversations(home, store, [said])
    done = forgetting.forget(home, store, plan, with_adapters=True)
    assert done.left_in_ollama == (f"{NAMES.live} ({server.address})",)
    assert not list(home.models.rglob("*.merged.gguf"))
    assert store.ollama_models.live(sunny.id) is None, "nobody asks it any more"
    assert end_interrupted(home, store) == [], "it is still away"
    server.start()
    assert [each.name for each in end_interrupted(home, store)] == [NAMES.live]
    assert [row["name"] for row in api.models()] == ["base:latest"]
    with pytest.raises(OllamaGone):
        server.kill()
        take_out(home, store, sunny)


def test_an_adapter_that_stays_stays_there(
    home: Home, store: Store, api: OllamaApi, sunny: Persona, said: int
) -> None:
    verbs.put_into_ollama(home, store, sunny, verbs.Wish())
    forgetting.forget(home, store, forgetting.plan_conversations(home, store, [said]))
    assert api.digest_of(NAMES.live) == store.ollama_models.live(sunny.id).after_digest
