"""The month's mix: what a persona would learn from now, with replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from app.operations.buffers import provide_starter_replay, replay_examples, spoken_languages
from app.operations.mix_settings import MixSettings, mix_settings
from app.operations.month import progress_in
from app.operations.own_tests import held_out
from app.operations.past_replies import fill_from_conversations, message_of
from app.operations.turns import turns_of
from app.store import Persona, Store
from app.store.values import LearnableConversation
from replay.choosing import Limits
from replay.example import Conversation, Example, Turn, example_of
from replay.measures.near import signature
from replay.measures.topics import topic_of
from replay.mix import EARLIER_STAGE, Mix, MixPlan, draw_mix
from replay.rounds import EARLIER_SHARE, History, Proposal, propose

REPLIES_REMEMBERED = 3  # of one conversation
_REBUILD_KEY = "rebuild"


@dataclass(frozen=True)
class DrawnMonth:
    """A mix with the round that it is drawn for."""

    mix: Mix
    history: History
    proposal: Proposal

    def manifest(self) -> dict[str, Any]:
        """The numbers of the mix, each with its reason."""
        return {**self.mix.manifest.to_dict(), "round": self.round()}

    def round(self) -> dict[str, Any]:
        """The round and what it draws from."""
        return self.proposal.row(self.history)

    def replay_ids(self) -> set[str]:
        """The replay items that are learned from."""
        learned = (*self.mix.train, *self.mix.valid)
        return {example.id for example in learned if example.group != "new"}


def draw_month(
    store: Store,
    persona: Persona,
    *,
    seed: int,
    replay: bool = True,
    rebuild: bool = False,
    settings: MixSettings | None = None,
) -> DrawnMonth:
    """Draw a persona's mix as its settings say; the same for the same seed."""
    provide_starter_replay(store)
    settings = settings or mix_settings(store, persona)
    conversations = list(store.learnable(persona.id))
    history = history_of(store, persona, conversations)
    proposal = propose(history, rebuild=rebuild or rebuild_wanted(store, persona))
    from_parent = proposal.from_parent
    fill_from_conversations(store, persona, conversations)
    items = replay_examples(store, persona, said_is_new=not from_parent)
    if from_parent:
        in_buffers = {message_of(each.id) for group in items.values() for each in group}
        items[EARLIER_STAGE] = list(
            _examples(conversations, persona, earlier=True, besides=in_buffers)
        )
    plan = _plan(store, persona, settings, proposal, seed)
    new = list(_examples(conversations, persona, keep_used=not from_parent))
    return DrawnMonth(draw_mix(new, items, replace(plan, replay=replay)), history, proposal)


def history_of(
    store: Store, persona: Persona, conversations: Iterable[LearnableConversation]
) -> History:
    """What a persona has behind it on the base that it speaks through now."""
    progress = progress_in(conversations)
    live = persona.active_adapter_id
    same = live is not None and store.adapters.get(live).base_id == persona.base_id
    return History(progress.usable + progress.own_waiting, progress.learned, same)


def rebuild_wanted(store: Store, persona: Persona) -> bool:
    """Whether something that an adapter learned was forgotten since it was trained."""
    return bool(store.settings.get(f"{_REBUILD_KEY}:{persona.slug}", False))


def want_rebuild(store: Store, persona: Persona, wanted: bool) -> None:
    """Have the next training start from the base, or not any more."""
    store.settings.set(f"{_REBUILD_KEY}:{persona.slug}", wanted)


def mix_counts(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest in four numbers and a line a group, all in approved replies."""
    train = manifest["train"]
    return {
        "new": train["new"]["replies"],
        "replay": train["replay"]["replies"],
        "groups": {name: each["train"] for name, each in manifest["groups"].items()},
        "ratio_new": manifest["ratio_new_got"]["train"],
        "valid": manifest["valid"]["new"]["replies"] + manifest["valid"]["replay"]["replies"],
        "test": manifest["test"]["replies"],
        "replay_test": manifest["replay_test"]["replies"],
        "shortfalls": list(manifest["shortfalls"]),
    }


def _plan(
    store: Store, persona: Persona, settings: MixSettings, proposal: Proposal, seed: int
) -> MixPlan:
    groups = store.replay.groups()
    earlier = settings.earlier_share
    return MixPlan(
        judging=held_out(store.home, persona),
        seed=seed,
        system_prompt=persona.system_prompt,
        languages=spoken_languages(store, persona),
        ratio_new=settings.ratio_new,
        group_targets={group.name: group.target for group in groups},
        group_languages={group.name: group.language for group in groups if group.language},
        limits=Limits(
            conversation=settings.conversation_cap,
            day=settings.day_cap,
            replies=proposal.limit,
            topic_shares=settings.topic_shares,
            task_weights=settings.by_task,
        ),
        earlier_share=(EARLIER_SHARE if earlier is None else earlier)
        if proposal.from_parent
        else 0.0,
        short=settings.short,
    )


def _examples(
    conversations: list[LearnableConversation],
    persona: Persona,
    *,
    keep_used: bool = False,
    earlier: bool = False,
    besides: AbstractSet[int | None] = frozenset(),
) -> Iterator[Example]:
    """What conversations teach: what is new, with what was learned before or not; or that alone,
    `besides` what is drawn from a buffer.

    What came in without a prompt is learned under the persona's, as it will be met.
    """
    for found in conversations:
        turns = [
            replace(turn, used=turn.used and not keep_used)
            if not earlier
            else replace(turn, used=not turn.used or turn.message_id in besides)
            for turn in _turns(found)
        ]
        prompt = found.system_prompt or persona.system_prompt
        example = example_of(
            Conversation(found.conversation_id, prompt, turns, day=found.created[:10])
        )
        if example is not None and earlier:
            yield _remembered(example)
        elif example is not None:
            learned = any(turn.used for turn in found.turns)
            yield replace(example, learned=True) if learned else example


def _turns(found: LearnableConversation) -> Iterator[Turn]:
    """Turns as the mix reads them; what nobody has looked at yet is looked at now."""
    asked = ""
    for turn in turns_of(found):
        if turn.role == "user":
            asked = turn.content
        elif turn.approved and not (turn.signature and turn.topic):
            turn = replace(
                turn,
                signature=turn.signature or signature(f"{asked}\n{turn.text}"),
                topic=turn.topic or topic_of(asked, turn.text),
            )
        yield turn


def _remembered(example: Example) -> Example:
    """A conversation of an earlier stage, with few replies of it: the stage has a small share."""
    kept = example.without(set(example.message_ids[REPLIES_REMEMBERED:])) or example
    return replace(
        kept,
        id=f"earlier:{kept.id}",
        group=EARLIER_STAGE,
        message_ids=(),
        own_ids=(),
        learned=True,
    )
