"""A month that went live is used up; one that was refused or rolled back is not."""

from __future__ import annotations

import pytest

from app.errors import StoreError
from app.store import Message
from tests.unit.app.store.conftest import Month


def used(month: Month) -> list[int]:
    return [
        turn.message_id
        for conversation in month.store.learnable(month.persona.id)
        for turn in conversation.turns
        if turn.used
    ]


def rated(month: Month, *texts: str) -> list[Message]:
    said = month.talk(*texts)
    month.store.ratings.rate(said[-1].id, "up")
    return said


def live(month: Month) -> int | None:
    return month.store.personas.get(month.persona.id).active_adapter_id


def statuses(month: Month) -> list[str]:
    adapters = month.store.adapters.of_persona(month.persona.id)
    return [adapter.status for adapter in reversed(adapters)]


def test_turns_come_with_the_rating_that_counts(month: Month) -> None:
    question, reply, _, second = month.talk("q", "a", "q2", "b")
    month.store.messages.add(question.conversation_id, second.id, "user", "thanks")
    month.store.ratings.rate(reply.id, "down")
    month.store.ratings.rate(reply.id, "up")
    month.store.ratings.rate(second.id, "down", correction="better")
    (conversation,) = month.store.learnable(month.persona.id)
    assert (conversation.conversation_id, conversation.system_prompt) == (
        question.conversation_id,
        "Be sunny.",
    )
    assert [
        (turn.role, turn.content, turn.rating, turn.correction) for turn in conversation.turns
    ] == [
        ("user", "q", None, None),
        ("assistant", "a", "up", None),
        ("user", "q2", None, None),
        ("assistant", "b", "down", "better"),
        ("user", "thanks", None, None),
    ]


def test_nothing_is_learned_from_what_must_never_be_trained_on(month: Month) -> None:
    kept, private = rated(month, "q", "a"), rated(month, "secret", "b")
    month.talk("nobody", "rated this")
    month.store.conversations.set_never_train(private[0].conversation_id, True)
    stranger = month.store.personas.add("Other")
    month.store.conversations.add(stranger.id, "")
    month.store.conversations.add(month.persona.id, "nothing said yet")
    learnable = list(month.store.learnable(month.persona.id))
    assert [item.conversation_id for item in learnable] == [kept[0].conversation_id]


def test_only_the_active_branch_is_learned_from(month: Month) -> None:
    question, _ = rated(month, "q", "a")
    month.store.messages.add(question.conversation_id, question.id, "assistant", "b")
    (conversation,) = month.store.learnable(month.persona.id)
    assert [turn.content for turn in conversation.turns] == ["q", "b"]


def test_more_conversations_than_a_chunk_all_come(month: Month) -> None:
    with month.store.transaction():
        ids = [rated(month, "q", "a")[0].conversation_id for _ in range(401)]
    assert [item.conversation_id for item in month.store.learnable(month.persona.id)] == ids


def test_only_what_went_live_uses_data_up(month: Month) -> None:
    reply = rated(month, "q", "a")[1]
    adapter = month.train("r1", [reply.id])
    assert used(month) == []
    month.store.adapters.set_status(adapter.id, "refused")
    assert used(month) == []
    month.deploy(adapter)
    assert used(month) == [reply.id]
    month.store.deployments.undo_last(month.persona.id)
    assert used(month) == []


def test_month_before_the_live_one_stays_used(month: Month) -> None:
    first, second = rated(month, "q", "a")[1], rated(month, "q", "b")[1]
    for run_id, reply in (("r1", first), ("r2", second)):
        month.deploy(month.train(run_id, [reply.id]))
    assert statuses(month) == ["previous", "live"]
    assert used(month) == [first.id, second.id]
    month.store.deployments.undo_last(month.persona.id)
    assert statuses(month) == ["live", "rolled_back"]
    assert used(month) == [first.id]


def test_rollback_restores_exactly_what_was_there(month: Month) -> None:
    before = month.store.personas.get(month.persona.id)
    first, second = month.train("r1"), month.train("r2")
    month.deploy(first)
    with_first = month.store.personas.get(month.persona.id)
    month.deploy(second)
    undone = month.store.deployments.undo_last(month.persona.id)
    assert (undone.after_adapter_id, undone.before_adapter_id) == (second.id, first.id)
    assert undone.undone is not None
    assert undone.parity == {"ok": True}
    assert month.store.personas.get(month.persona.id) == with_first
    month.store.deployments.undo_last(month.persona.id)
    assert month.store.personas.get(month.persona.id) == before
    assert before.active_adapter_id is None
    assert statuses(month) == ["rolled_back", "rolled_back"]


def test_rollback_restores_the_base_as_well(month: Month) -> None:
    other = month.store.bases.add("other", "gguf", "other.gguf", "d2")
    month.store.runs.add("r1", month.persona.id, other.id, None, "starter", 1)
    adapter = month.store.adapters.add(month.persona.id, other.id, "r1", None, "p", "g", "d")
    month.deploy(adapter)
    assert month.store.personas.get(month.persona.id).base_id == other.id
    month.store.deployments.undo_last(month.persona.id)
    assert month.store.personas.get(month.persona.id).base_id == month.base.id


def test_deployment_repeated_after_a_kill_is_one_deployment(month: Month) -> None:
    adapter = month.train("r1")
    month.deploy(adapter)
    month.deploy(adapter)
    month.store.deployments.undo_last(month.persona.id)
    assert live(month) is None
    assert month.store.deployments.last(month.persona.id) is None


def test_rolled_back_adapter_can_go_live_again(month: Month) -> None:
    adapter = month.train("r1")
    month.deploy(adapter)
    month.store.deployments.undo_last(month.persona.id)
    month.deploy(adapter)
    assert (live(month), statuses(month)) == (adapter.id, ["live"])


def test_nothing_live_is_said_so(month: Month) -> None:
    with pytest.raises(StoreError, match="nothing to roll back"):
        month.store.deployments.undo_last(month.persona.id)
    assert live(month) is None
