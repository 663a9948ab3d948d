"""The rows of the store as values; times are ISO 8601 in UTC and sort as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

BaseKind = Literal["gguf", "hf"]
Role = Literal["system", "user", "assistant"]
Finish = Literal["", "stop", "length", "stopped", "error"]
RatingValue = Literal["up", "down", "kept", "dropped"]
RatingOrigin = Literal["user", "import"]
RunState = Literal["running", "waiting", "done", "refused", "undecided", "failed", "stopped"]
AdapterStatus = Literal["candidate", "live", "previous", "refused", "rolled_back"]
Subject = Literal["base", "parent", "candidate"]
# `conversation`: the id of one that is out with all that grows from it. `beginning`: what it was
# called when it was shorter. `message`: words that are out wherever they are said. `place`: a
# message of a conversation that stayed, by all that was said before it. `key`: a persona's own.
TombstoneKind = Literal["key", "conversation", "beginning", "message", "place"]


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
    # Where it came from, like `ollama:qwen2.5:7b`, and what its licence calls itself.
    source: str = ""
    licence: str = ""


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
    speaker: str = ""
    with_note: bool = False


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
    origin: RatingOrigin = "user"


@dataclass(frozen=True)
class Judged:
    """A reply that was rated, corrected, chosen or passed over; `parent_id` is what it answers."""

    message_id: int
    conversation_id: int
    parent_id: int
    content: str
    rating: RatingValue | None
    correction: str | None


@dataclass(frozen=True)
class Pick:
    """A reply that was picked over others beside it."""

    message_id: int
    origin: RatingOrigin


@dataclass(frozen=True)
class Said:
    """Words in the order of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Question:
    """A message with everything said before it, as it would be learned."""

    message_id: int
    conversation_id: int
    system_prompt: str
    messages: tuple[Said, ...]


@dataclass(frozen=True)
class Exchange:
    """A question and the reply that the user approves of; `follows` when more was said before."""

    message_id: int
    conversation_id: int
    question: str
    reply: str
    corrected: bool
    follows: bool


@dataclass(frozen=True)
class GivenExample:
    """An exchange that helped a reply, by the first words of its question."""

    message_id: int
    words: str


@dataclass(frozen=True)
class Action:
    """Something done in one go that one undo takes back."""

    id: int
    persona_id: int
    verb: str
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
    uses: int = 0
    judges: bool = False
    persona_id: int | None = None
    message_id: int | None = None
    base_id: int | None = None
    conversation_id: int | None = None
    title: str = ""
    said: str | None = None
    last_run: str | None = None


@dataclass(frozen=True)
class ReplayMark:
    """A replay item without its words; `uses` are the draws of this persona that went live."""

    id: int
    external_id: str
    group: str
    language: str
    source: str
    left_out: bool
    judges: bool
    message_id: int | None
    uses: int


@dataclass(frozen=True)
class ReplayGroup:
    """A buffer of replay: how many approved replies it holds at most, and in which language."""

    name: str
    target: int
    language: str


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
    """A message of an active branch with what the user said of it.

    `used` when a live line learned from it, `own` when a model of this home said it.
    """

    message_id: int
    role: Role
    content: str
    rating: RatingValue | None
    correction: str | None
    used: bool
    own: bool
    topic: str
    signature: bytes


@dataclass(frozen=True)
class LearnableConversation:
    """A rated conversation that may be trained on."""

    conversation_id: int
    system_prompt: str
    created: str
    turns: list[Turn]
