"""How long replies take: short and long ones, one at a time, to the same prompts for everybody."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from app.cycle.context import patiently
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import ANY_SLOT, Reply, Sampling

SHORT_TOKENS, LONG_TOKENS = 32, 512
SHORT_PROMPTS = (
    "What is the capital of Norway?",
    "Name three fruits.",
    "How many days has a week?",
    "Say good morning.",
    "What colour is the sky at noon?",
    "Give me another word for happy.",
    "What is 12 plus 30?",
    "Which animal barks?",
)
LONG_PROMPTS = (
    "Write a long story about a lighthouse keeper who finds a letter on the beach.",
    "Explain at length how bread is made, from the field to the table.",
)

Kind = Literal["short", "long"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Latency:
    """Seconds that replies of one kind took, and their tokens together."""

    subject: str
    kind: Kind
    replies: int
    tokens: int
    median: float
    p90: float


def measure_latency(
    client: RuntimeClient,
    served: Mapping[str, str | None],
    system_prompt: str,
    on_progress: Progress = lambda done, total: None,
) -> list[Latency]:
    """Time everybody by the names that the runtime serves them under."""
    total = len(served) * (len(SHORT_PROMPTS) + len(LONG_PROMPTS))
    done = 0

    def ask(prompt: str, adapter: str | None, sampling: Sampling) -> Reply:
        system = [{"role": "system", "content": system_prompt}] if system_prompt else []
        messages = [*system, {"role": "user", "content": prompt}]
        return patiently(
            lambda: client.complete_chat(
                messages, adapter=adapter, sampling=sampling, slot=ANY_SLOT
            )
        )

    kinds: dict[Kind, tuple[tuple[str, ...], Sampling]] = {
        "short": (SHORT_PROMPTS, Sampling(temperature=0.0, max_tokens=SHORT_TOKENS)),
        "long": (
            LONG_PROMPTS,
            Sampling(temperature=0.0, max_tokens=LONG_TOKENS, to_the_end=True),
        ),
    }
    found = []
    for name, adapter in served.items():
        # The first reply reads the persona's prompt; what comes later finds it read.
        ask("Hello.", adapter, Sampling(temperature=0.0, max_tokens=1))
        for kind, (prompts, sampling) in kinds.items():
            replies = []
            for prompt in prompts:
                replies.append(ask(prompt, adapter, sampling))
                done += 1
                on_progress(done, total)
            found.append(_latency(name, kind, replies))
    return found


def _latency(subject: str, kind: Kind, replies: list[Reply]) -> Latency:
    seconds = [reply.seconds for reply in replies]
    return Latency(
        subject,
        kind,
        len(replies),
        sum(reply.tokens for reply in replies),
        round(statistics.median(seconds), 3),
        round(statistics.quantiles(seconds, n=10, method="inclusive")[8], 3),
    )
