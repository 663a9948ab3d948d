"""If one of these fails, a persona answers in somebody's Ollama as it was never trained, or does
not answer, or cannot be taken out again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gguf import LlamaFileType

from ollama_bridge.deploy import deployment
from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.names import Names, put_back, remove
from ollama_bridge.deploy.plan import Strategy
from ollama_bridge.deploy.shown import Weights, weights_of
from ollama_bridge.errors import NameTaken
from tests.integration.ollama_servers import VERSIONS, RealOllama
from tests.integration.trained_persona import REPLY_TOKENS, TrainedPersona, trained_persona

FAMILIES = ("llama", "qwen2", "qwen3")
# What each server takes first. 0.24.0 runs qwen3 in an engine that knows no adapters.
FIRST: dict[tuple[str, str], Strategy] = {
    ("0.24.0", "llama"): "adapter",
    ("0.24.0", "qwen2"): "adapter",
    ("0.24.0", "qwen3"): "merged",
    ("0.34.1", "llama"): "registry",
    ("0.34.1", "qwen2"): "registry",
    ("0.34.1", "qwen3"): "registry",
}


class Forgetful:
    """A journal that keeps nothing."""

    def base_ready(self, name: str, created: bool) -> None: ...

    def about_to_switch(self, before: str | None, after: str) -> None: ...


NO_JOURNAL = Forgetful()


@pytest.fixture(scope="module", params=VERSIONS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealOllama]:
    found = RealOllama(request.param, tmp_path_factory.mktemp("ollama")).start()
    yield found
    found.kill()


@pytest.fixture
def api(server: RealOllama) -> Iterator[OllamaApi]:
    with server.api() as found:
        yield found


@pytest.fixture(scope="module")
def personas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TrainedPersona]:
    """One of each family."""
    return {
        family: trained_persona(tmp_path_factory.mktemp(family), family, name=f"sunny-{family}")
        for family in FAMILIES
    }


def greedy(api: OllamaApi, persona: TrainedPersona, name: str) -> str:
    body = {
        "model": name, "messages": list(persona.asked),
        "options": {"temperature": 0, "num_predict": REPLY_TOKENS},
    }  # fmt: skip
    return "".join(str(piece["message"]["content"]) for piece in api.chat(body))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_persona_answers_as_it_was_trained_and_can_be_taken_back(
    server: RealOllama, api: OllamaApi, personas: dict[str, TrainedPersona], family: str
) -> None:
    persona = personas[family]
    deployment.ensure_base(api, persona.plan, NO_JOURNAL)
    before = server.manifests()
    deployed = deployment.deploy(api, persona.plan, persona.probes, NO_JOURNAL)
    assert deployed.strategy == FIRST[server.version, family], deployed.not_taken
    assert deployed.parity.holds
    assert deployed.parity.tokens >= 20
    assert greedy(api, persona, persona.plan.name) == persona.reply
    ours = frozenset({deployed.after})
    assert put_back(api, Names(persona.plan.name), deployed.before, ours)
    assert server.manifests() == before


def test_the_base_is_brought_once_and_everything_of_ours_can_be_taken_out(
    server: RealOllama, api: OllamaApi, personas: dict[str, TrainedPersona]
) -> None:
    persona = personas["llama"]
    for name in {str(row["name"]) for row in api.models()}:
        api.delete(name)
    first = deployment.deploy(api, persona.plan, persona.probes, NO_JOURNAL)
    again = deployment.deploy(
        api, persona.plan, persona.probes, NO_JOURNAL, ours=frozenset({first.after})
    )
    assert again.after == first.after, "the same adapter is the same model"
    assert len(api.models()) == 3, "the base, the persona, and what it was before"
    remove(api, Names(persona.plan.name), frozenset({first.after}))
    assert [row["name"] for row in api.models()] == [first.base_name]


def test_a_model_of_somebody_else_is_never_replaced_without_asking(
    server: RealOllama, api: OllamaApi, personas: dict[str, TrainedPersona]
) -> None:
    """The base's own name, taken with consent: it comes back to the byte."""
    persona = personas["qwen2"]
    base = deployment.ensure_base(api, persona.plan, NO_JOURNAL)
    api.copy(base, "llama3.2:3b")
    api.delete(base)
    before = server.manifests()
    plan = replace(persona.plan, name="llama3.2:3b")
    with pytest.raises(NameTaken):
        deployment.deploy(api, plan, persona.probes, NO_JOURNAL)
    assert server.manifests() == before
    ours: frozenset[str] = frozenset()
    folder = persona.plan.adapter.parent
    for month in (persona, trained_persona(folder, "qwen2", seed=1, base=persona.plan.base)):
        plan = replace(month.plan, name=plan.name)
        done = deployment.deploy(
            api, plan, month.probes, NO_JOURNAL, ours=ours, replace_foreign=True
        )
        ours |= {done.after}
        assert greedy(api, month, plan.name) == month.reply
    assert greedy(api, persona, "llama3.2:3b-before-perennial") != persona.reply
    remove(api, Names(plan.name), ours)
    assert server.manifests() == before


@pytest.mark.parametrize("stored", [LlamaFileType.MOSTLY_Q8_0, LlamaFileType.MOSTLY_Q4_K_M])
def test_a_persona_merged_into_a_copy_of_its_base(
    server: RealOllama, api: OllamaApi, tmp_path: Path, stored: LlamaFileType
) -> None:
    persona = trained_persona(tmp_path, "qwen2", stored=stored, scale=0.1, name="merged", probes=1)
    before = deployment.ensure_base(api, persona.plan, NO_JOURNAL)
    there = server.manifests()
    deployed = deployment.deploy(api, persona.plan, persona.probes, NO_JOURNAL, order=("merged",))
    assert deployed.parity.holds
    assert deployed.base_name == before
    assert list(persona.plan.work.iterdir()) == [], "what was made on the way is gone"
    assert not server_weights(api, "merged").has_adapter
    assert put_back(api, Names("merged"), deployed.before, frozenset({deployed.after}))
    assert server.manifests() == there


def server_weights(api: OllamaApi, name: str) -> Weights:
    found = weights_of(api.show(name))
    assert found is not None
    return found
