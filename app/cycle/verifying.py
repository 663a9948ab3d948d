"""The stage `verified`: what is served speaks as it did when it was trained."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.cycle import deploying
from app.cycle.context import CycleContext, patiently
from app.cycle.errors import ParityFailed
from app.errors import StoreError
from app.operations.ollama_choice import choice_of
from app.operations.ollama_deploying import Wish, put_into_ollama
from ollama_bridge.deploy.parity import Parity, distance, mean
from ollama_bridge.errors import BridgeError
from ollama_bridge.runtime.client import RuntimeClient
from trainer.contract.folder import write_atomically

PARITY_FILE = "verified.json"
LIKELIEST = 64


def verify(context: CycleContext) -> None:
    """Hold the served adapter against torch's own numbers; undo the deployment if it differs."""
    if not deploying.is_deployed(context):
        deploying.deploy(context)
    probes = json.loads(context.folder.parity.read_text("utf-8"))["probes"]
    parity = measure(
        context.staged(),
        probes,
        context.run.id,
        lambda done, total: context.telling.progress("verified", done, total),
    )
    write_atomically(
        context.folder.root / PARITY_FILE, json.dumps({**asdict(parity), "holds": parity.holds})
    )
    if parity.holds:
        _serve_in_ollama(context)
        return
    deploying.undeploy(context)
    what = (
        f"its log-probabilities differ by {parity.candidate_difference:.3f} a token, the base's"
        f" by {parity.base_difference:.3f}"
        if parity.prompts_equal
        else "the runtime writes the prompt differently from the training"
    )
    raise ParityFailed(
        f"What is served is not what was trained: {what}. The deployment was undone.",
        "Train again; if it stays so, choose another base for the persona.",
        kept="The adapter that served before is back, and what was rated stays new.",
    )


def _serve_in_ollama(context: CycleContext) -> None:
    """Have the user's Ollama answer with it too, where that is wanted; it costs no adapter."""
    if not choice_of(context.store, context.persona).wanted:
        return
    try:
        put_into_ollama(
            context.home, context.store, context.persona, Wish(), connect=context.staged,
            on_step=lambda _step, done, total: context.telling.progress("verified", done, total),
        )  # fmt: skip
    except (BridgeError, StoreError, OSError) as error:
        trouble = error.strerror or str(error) if isinstance(error, OSError) else error.text
        context.telling.warning("ollama_failed", str(error), trouble=trouble)


def measure(
    client: RuntimeClient,
    probes: Sequence[Mapping[str, Any]],
    adapter: str,
    on_progress: Any = lambda done, total: None,
) -> Parity:
    """Mean absolute difference between served and trained log-probabilities of the probes."""
    prompts_equal = True
    differences: dict[str, list[float]] = {"base": [], "candidate": []}
    total = 2 * sum(len(probe["reply_tokens"]) for probe in probes)
    done = 0
    for probe in probes:
        prompts_equal &= _rendered(client, probe["prompt_messages"]) == probe["prompt"]
        for subject, name in (("base", None), ("candidate", adapter)):
            tokens = list(probe["prompt_tokens"])
            for token, trained in zip(probe["reply_tokens"], probe[subject], strict=True):
                served = _likeliest(client, tokens, name)
                differences[subject].append(distance(served, token, trained))
                tokens.append(token)
                done += 1
                on_progress(done, total)
    return Parity(
        bool(prompts_equal),
        mean(differences["base"]),
        mean(differences["candidate"]),
        len(differences["candidate"]),
    )


def _rendered(client: RuntimeClient, messages: Sequence[Mapping[str, str]]) -> str:
    return patiently(lambda: client.render(messages))


def _likeliest(client: RuntimeClient, tokens: list[int], adapter: str | None) -> dict[int, float]:
    return patiently(lambda: client.next_token_logprobs(tokens, adapter, LIKELIEST))
