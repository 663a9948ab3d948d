"""Preferences as rows: pairs for DPO and single thumbs for KTO, each under its prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.store import Persona, Store
from app.store.values import Action, Question
from replay.mix import Mix
from replay.preferences import Pair, Reply, Thumb, pairs, thumbs
from replay.splits import normalised


@dataclass(frozen=True)
class Preferred:
    """A persona's preferences with the messages that they answer."""

    pairs: tuple[Pair, ...]
    thumbs: tuple[Thumb, ...]
    questions: dict[int, Question]
    persona_prompt: str

    def prompt(self, question_id: int) -> list[dict[str, str]]:
        """What was said up to a message, under its system prompt."""
        question = self.questions[question_id]
        system = question.system_prompt or self.persona_prompt
        said = [{"role": each.role, "content": each.content} for each in question.messages]
        return [{"role": "system", "content": system}, *said] if system.strip() else said

    def pair_row(self, pair: Pair) -> dict[str, Any]:
        """A pair as a line of a preference file."""
        return {
            "id": f"m{pair.chosen_id}>m{pair.rejected_id}",
            "reason": pair.reason,
            "prompt": self.prompt(pair.question_id),
            "chosen": pair.chosen,
            "rejected": pair.rejected,
        }

    def thumb_row(self, thumb: Thumb) -> dict[str, Any]:
        """A reply that was judged alone as a line of a preference file."""
        return {
            "id": f"m{thumb.message_id}",
            "reason": "thumb",
            "prompt": self.prompt(thumb.question_id),
            "completion": [{"role": "assistant", "content": thumb.text}],
            "label": thumb.good,
        }


def preferred(store: Store, persona: Persona) -> Preferred:
    """Every preference that follows from a persona's ratings, corrections and choices."""
    replies = [
        Reply(each.message_id, each.parent_id, each.content, each.rating, each.correction)
        for each in store.preferences.judged(persona.id)
    ]
    found = pairs(replies, store.preferences.choices(persona.id))
    alone = thumbs(replies)
    wanted = {pair.question_id for pair in found} | {thumb.question_id for thumb in alone}
    questions = {each.message_id: each for each in store.preferences.questions(wanted)}
    return Preferred(tuple(found), tuple(alone), questions, persona.system_prompt)


def preference_rows(found: Preferred, mix: Mix) -> list[dict[str, Any]]:
    """What a run may learn from: no pair and no thumb of a conversation or question that judges it,
    in its mix or in a test set of the user's.

    The pairs come first. A reply may be in both: a run learns from one kind alone.
    """
    judging = [*mix.test, *mix.valid, *mix.replay_test]
    conversations = {example.conversation for example in judging}
    asked = {
        normalised(message.content)
        for example in judging
        for message in example.messages
        if message.role == "user"
    }

    def teaches(question_id: int) -> bool:
        question = found.questions[question_id]
        return not _judges(question, conversations, asked) and not any(
            said.role == "user" and mix.judging.asks(said.content) for said in question.messages
        )

    return [
        *(found.pair_row(pair) for pair in found.pairs if teaches(pair.question_id)),
        *(found.thumb_row(thumb) for thumb in found.thumbs if teaches(thumb.question_id)),
    ]


def prefer(store: Store, chosen_id: int) -> Action:
    """Pick a reply over every other one beside it, and go on from there; where one does so
    already, what was said below it stays in sight."""
    message = store.messages.get(chosen_id)
    persona_id = store.conversations.get(message.conversation_id).persona_id
    with store.transaction():
        action = store.actions.begin(persona_id, "choose")
        for other in store.messages.siblings(chosen_id):
            if other.id != chosen_id and other.role == "assistant":
                store.actions.choose(chosen_id, other.id, action.id)
        if all(each.id != chosen_id for each in store.messages.path(message.conversation_id)):
            store.messages.choose(chosen_id)
    return action


def take_back(store: Store, action: Action) -> bool:
    """Have a pick not made; whether it still stood."""
    return store.actions.take_back(action.id)


def unprefer(store: Store, message_id: int) -> None:
    """A reply is no longer picked; what was picked before it counts again."""
    store.actions.take_choice_back(message_id)


def _judges(question: Question, conversations: set[str], asked: set[str]) -> bool:
    if f"c{question.conversation_id}" in conversations:
        return True
    return any(
        said.role == "user" and normalised(said.content) in asked for said in question.messages
    )
