"""The month: what a persona could learn from now, and how its trainings stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.archive.provenance import came_along
from app.operations.turns import turns_of
from app.store.store import Store
from app.store.values import Adapter, Base, Deployment, LearnableConversation, Persona, Run
from replay.example import Conversation, example_of
from replay.filters import LengthBounds, learnable
from replay.meaning import own_allowed

MINIMUM_USABLE = 50
TARGET_USABLE = 500


@dataclass(frozen=True)
class MonthProgress:
    """Usable replies, the least that an adapter needs, and what is better over the months."""

    usable: int
    minimum: int = MINIMUM_USABLE
    target: int = TARGET_USABLE
    learned: int = 0
    own_waiting: int = 0  # the persona's own words, beyond half of what is new

    @property
    def total(self) -> int:
        """Usable replies over all months."""
        return self.usable + self.learned

    @property
    def missing(self) -> int:
        """How many usable replies an adapter still needs."""
        return max(0, self.minimum - self.usable)


@dataclass(frozen=True)
class MonthContents:
    """What the month holds, as the train page shows it."""

    persona: Persona
    base: Base | None
    progress: MonthProgress
    conversations: int
    corrected: int
    rejected: int
    mix_new: int = 0
    mix_replay: int = 0


@dataclass(frozen=True)
class Trainings:
    """How the trainings of a persona stand."""

    latest: Run | None
    adapters: tuple[Adapter, ...]
    live: Adapter | None
    deployment: Deployment | None


@dataclass(frozen=True)
class _Count:
    usable: int
    own: int
    learned: int
    corrected: int
    rejected: int


def month_progress(store: Store, persona_id: int) -> MonthProgress:
    """How many replies a persona could learn from now."""
    return progress_in(store.learnable(persona_id))


def progress_in(conversations: Iterable[LearnableConversation]) -> MonthProgress:
    """How many replies of these conversations could be learned from now."""
    return _progress([_count(conversation) for conversation in conversations])


def month_contents(store: Store, persona_id: int) -> MonthContents:
    """What the month holds."""
    persona = store.personas.get(persona_id)
    counts = [_count(conversation) for conversation in store.learnable(persona_id)]
    new = [count for count in counts if count.usable]
    return MonthContents(
        persona,
        store.bases.get(persona.base_id) if persona.base_id is not None else None,
        _progress(counts),
        len(new),
        sum(count.corrected for count in new),
        sum(count.rejected for count in counts),
    )


def trainings(store: Store, persona_id: int) -> Trainings:
    """The last run that was made here, the adapters and what is live."""
    persona = store.personas.get(persona_id)
    elsewhere = came_along(store, persona)
    runs = [run for run in store.runs.of_persona(persona_id) if run.id not in elsewhere]
    adapters = tuple(store.adapters.of_persona(persona_id))
    live = next((each for each in adapters if each.id == persona.active_adapter_id), None)
    return Trainings(runs[0] if runs else None, adapters, live, store.deployments.last(persona_id))


def _progress(counts: Sequence[_Count]) -> MonthProgress:
    approved = sum(count.usable for count in counts)
    own = sum(count.own for count in counts)
    waiting = max(0, own - own_allowed(approved - own))
    return MonthProgress(
        approved - waiting,
        learned=sum(count.learned for count in counts),
        own_waiting=waiting,
    )


def _count(conversation: LearnableConversation) -> _Count:
    """What the mix would take of a conversation, by the mix's own rules."""
    turns = turns_of(conversation)
    replies = [turn for turn in turns if turn.role == "assistant"]
    example = example_of(
        Conversation(conversation.conversation_id, conversation.system_prompt, turns)
    )
    if example is not None:
        example, _ = learnable(example, LengthBounds())
    taught: set[int] = set(example.message_ids) if example is not None else set()
    return _Count(
        usable=len(taught),
        own=len(example.own_ids) if example is not None else 0,
        learned=sum(turn.used and turn.approved for turn in replies),
        corrected=sum(turn.correction is not None for turn in replies if turn.message_id in taught),
        rejected=int(any(turn.rejected for turn in replies)),
    )
