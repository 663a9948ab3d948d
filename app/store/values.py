"""The rows of the store as values; times are ISO 8601 in UTC and sort as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

BaseKind = Literal["gguf", "hf"]
Role = Literal["system", "user", "assistant"]
Finish = Literal["", "stop", "length", "stopped", "error"]
RatingValue = Literal["up", "down", "kept", "dropped"]
RunState = Literal["running", "waiting", "done", "refused", "undecided", "failed", "stopped"]
AdapterStatus = Literal["candidate", "live", "previous", "refused", "rolled_back"]
Subject = Literal["base", "parent", "candidate"]


@dataclass(frozen=True)
class Traits:
    """How a persona speaks: ten measures from 0 to 1."""

    formality: float = 0.5
    verbosity: float = 0.5
    emoji: float = 0.5
    questions: float = 0.5
    humour: float = 0.5
    empathy: float = 0.5
    creativity: float = 0.5
    initiative: float = 0.5
    technical_depth: float = 0.5
    code_examples: float = 0.5


@dataclass(frozen=True)
class Persona:
    """Someone to talk to; `slug` is plain ASCII and never changes."""

    id: int
    slug: str
    name: str
    colour: str
    languages: tuple[str, ...]
    system_prompt: str
    traits: Traits
    base_id: int | None
    active_adapter_id: int | None
    created: str


@dataclass(frozen=True)
class Base:
    """A model that adapters are trained on, known by its digest."""

    id: int
    name: str
    kind: BaseKind
    path: Path
    digest: str
    architecture: str
    size_bytes: int
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Conversation:
    """A tree of messages; `leaf_id` is the end of its active branch."""

    id: int
    persona_id: int
    title: str
    system_prompt: str
    never_train: bool
    source: str
    external_id: str | None
    leaf_id: int | None
    created: str
    updated: str


@dataclass(frozen=True)
class Message:
    """One message and what made it."""

    id: int
    conversation_id: int
    parent_id: int | None
    role: Role
    content: str
    created: str
    base_id: int | None = None
    adapter_id: int | None = None
    system_prompt: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)
    finish: Finish = ""


@dataclass(frozen=True)
class Rating:
    """A user's word on a reply; the last one of a message counts."""

    id: int
    message_id: int
    value: RatingValue | None
    reasons: tuple[str, ...]
    comment: str
    correction: str | None
    created: str


@dataclass(frozen=True)
class Run:
    """One attempt at an adapter; `stage` is the last one completed."""

    id: str
    persona_id: int
    base_id: int
    parent_adapter_id: int | None
    stage: str
    state: RunState
    recipe: str
    seed: int
    verdict: str | None
    reason: str
    created: str
    updated: str


@dataclass(frozen=True)
class Adapter:
    """What a run made, with where it comes from."""

    id: int
    persona_id: int
    base_id: int
    run_id: str
    parent_id: int | None
    version: int
    status: AdapterStatus
    peft_path: Path
    gguf_path: Path
    digest: str
    created: str


@dataclass(frozen=True)
class Deployment:
    """What went live, and what stood there before: enough to undo it exactly."""

    id: int
    persona_id: int
    run_id: str
    server: str
    server_version: str
    strategy: str
    before_adapter_id: int | None
    after_adapter_id: int | None
    before_base_id: int | None
    parity: dict[str, Any]
    created: str
    undone: str | None


@dataclass(frozen=True)
class ReplayItem:
    """An example that keeps an ability alive."""

    id: int
    external_id: str
    group: str
    language: str
    messages: list[dict[str, Any]]
    checks: str
    source: str
    left_out: bool
    last_used: str | None


@dataclass(frozen=True)
class Score:
    """One measure of one subject, over `n` cases."""

    run_id: str
    subject: Subject
    measure: str
    group: str
    value: float
    n: int


@dataclass(frozen=True)
class SearchHit:
    """A message that was found, with the words around the first match."""

    message_id: int
    conversation_id: int
    snippet: str


@dataclass(frozen=True)
class Turn:
    """A message of an active branch with its rating; `used` when a live line learned from it."""

    message_id: int
    role: Role
    content: str
    rating: RatingValue | None
    correction: str | None
    used: bool


@dataclass(frozen=True)
class LearnableConversation:
    """A conversation that may be trained on."""

    conversation_id: int
    system_prompt: str
    turns: list[Turn]
