"""What is served must be what was trained; if not, nobody is left with the wrong adapter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.cycle import deploying
from app.cycle.context import CycleContext
from app.cycle.converting import convert_adapter
from app.cycle.errors import ParityFailed
from app.cycle.verifying import LIKELIEST, verify
from ollama_bridge.deploy.parity import Parity
from tests.tiny_gguf import write_tiny_adapter
from tests.tiny_month import TinyMonth

ASKED = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Tea?"}]


@pytest.fixture
def deployed(month: TinyMonth) -> CycleContext:
    """A random adapter, deployed, with probes that were measured on the runtime itself."""
    month.talk()
    context = month.context(month.begin())
    write_tiny_adapter(context.folder.adapter)
    convert_adapter(context)
    deploying.deploy(context)
    probe = measured(context)
    context.folder.parity.write_text(json.dumps({"probes": [probe]}), "utf-8")
    return context


def measured(context: CycleContext) -> dict[str, Any]:
    client = context.staged()
    prompt = client.render(ASKED)
    tokens = client.tokenize(prompt)
    reply = client.tokenize("It is tea!", special=False)[:4]
    probe: dict[str, Any] = {
        "prompt_messages": ASKED,
        "prompt": prompt,
        "prompt_tokens": tokens,
        "reply_tokens": reply,
    }
    for subject, name in (("base", None), ("candidate", context.run.id)):
        probe[subject] = []
        for place, token in enumerate(reply):
            found = client.next_token_logprobs([*tokens, *reply[:place]], name, 400)
            probe[subject].append(found[token])
    return probe


def change(context: CycleContext, **changes: Any) -> None:
    row = json.loads(context.folder.parity.read_text("utf-8"))
    row["probes"][0].update(changes)
    context.folder.parity.write_text(json.dumps(row), "utf-8")


def test_a_faithful_adapter_stays(deployed: CycleContext) -> None:
    verify(deployed)
    assert deploying.is_deployed(deployed)
    told = json.loads((deployed.folder.root / "verified.json").read_text("utf-8"))
    assert told["holds"] and told["candidate_difference"] < 0.05
    deployed.close()


@pytest.mark.parametrize("wrong", ["numbers", "prompt"])
def test_another_adapter_than_was_trained_is_taken_back(deployed: CycleContext, wrong: str) -> None:
    """A conversion that went wrong must not speak for a persona."""
    if wrong == "numbers":
        change(deployed, candidate=[-0.001] * 4)
    else:
        change(deployed, prompt="something else")
    with pytest.raises(ParityFailed, match="undone"):
        verify(deployed)
    assert not deploying.is_deployed(deployed)
    assert deployed.persona.active_adapter_id is None
    adapter = deployed.store.adapters.of_run(deployed.run.id)
    assert adapter is not None and adapter.status == "rolled_back"
    deployed.close()


def test_a_deployment_that_was_undone_by_a_kill_is_made_again(deployed: CycleContext) -> None:
    deployed.store.deployments.undo_last(deployed.run.persona_id)
    verify(deployed)
    assert deploying.is_deployed(deployed)
    deployed.close()


@pytest.mark.parametrize(
    ("base", "candidate", "holds"), [(0.0, 0.04, True), (0.1, 0.34, True), (0.1, 0.36, False)]
)
def test_the_base_shows_how_much_precisions_differ(
    base: float, candidate: float, holds: bool
) -> None:
    assert Parity(True, base, candidate, 9).holds is holds
    assert LIKELIEST >= 50
