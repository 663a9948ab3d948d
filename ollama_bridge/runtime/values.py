"""The values that go in and out of the runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ANY_SLOT = -1


@dataclass(frozen=True)
class Served:
    """An adapter by name."""

    name: str
    path: Path


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen; a temperature of 0 takes the likeliest (exams)."""

    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 40
    max_tokens: int = 512
    seed: int | None = None
    to_the_end: bool = False
    """Whether it writes all of `max_tokens`, wherever the reply would end (for timing)."""


@dataclass(frozen=True)
class Timings:
    """What a reply cost, as the model server measured it."""

    prompt_tokens: int
    cached_tokens: int
    prompt_ms: float
    reply_tokens: int
    reply_ms: float


@dataclass(frozen=True)
class Delta:
    """A piece of a reply; the last one has no text, but a reason to end and the timings."""

    text: str
    finish: str | None = None
    timings: Timings | None = None


@dataclass(frozen=True)
class Reply:
    """A whole reply."""

    text: str
    finish: str
    tokens: int
    seconds: float


@dataclass(frozen=True)
class RuntimeStatus:
    """What the runtime holds now; no base means that no model is in memory."""

    base: Path | None
    adapters: tuple[Path, ...]
    slots: int
    context_tokens: int
    pid: int
    server_pid: int | None
    memory_bytes: int
    """What the model server takes of main memory: weights, adapters and caches that are there."""
    leases: int
    engine: str
    """`xllamacpp` or `llama-server`; nothing while no model is in memory."""
    device: str
    """The card that it computes on; nothing for the processor."""
    adapters_bytes: int
    cache_bytes: int
    """What the slots' caches take, in main memory or on the card."""
    changing: bool
    """Whether another model or adapter is being loaded now, and messages wait."""

    @property
    def served_by(self) -> str:
        """The engine and its card, in words for a window."""
        return f"{self.engine} ({self.device})" if self.device else self.engine
