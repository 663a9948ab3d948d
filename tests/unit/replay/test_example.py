"""What a persona learns from, turn by turn."""

from __future__ import annotations

from replay.example import Conversation, Turn, example_of, replay_example
from replay.meaning import CORRECTED


def _conversation(*replies: Turn, prompt: str = "You are Sunny.") -> Conversation:
    turns = []
    for reply in replies:
        turns += [Turn(reply.message_id - 1, "user", f"question {reply.message_id}"), reply]
    return Conversation(12, prompt, turns)


def _reply(
    message_id: int, rating: str | None = None, correction: str | None = None, used: bool = False
) -> Turn:
    return Turn(message_id, "assistant", f"reply {message_id}", rating, correction, used)


def test_only_approved_replies_teach_and_the_others_are_context() -> None:
    example = example_of(_conversation(_reply(2), _reply(4, "up"), _reply(6, "kept"), _reply(8)))
    assert example is not None
    assert example.id == "c12:m6"
    assert [(m.role, m.weight) for m in example.messages] == [
        ("system", 0.0),
        ("user", 0.0),
        ("assistant", 0.0),
        ("user", 0.0),
        ("assistant", 1.0),
        ("user", 0.0),
        ("assistant", 1.0),
    ]
    assert example.replies == 2
    assert example.message_ids == (4, 6)


def test_a_conversation_is_cut_before_a_rejected_reply_and_keeps_what_came_before() -> None:
    example = example_of(_conversation(_reply(2, "up"), _reply(4, "down"), _reply(6, "up")))
    assert example is not None
    assert example.id == "c12:m2"
    assert [m.content for m in example.messages][-1] == "reply 2"


def test_a_correction_is_learned_in_place_of_the_reply_and_weighs_more() -> None:
    example = example_of(_conversation(_reply(2, "down", "better so"), _reply(4, "up")))
    assert example is not None
    assert [(m.content, m.weight) for m in example.messages if m.role == "assistant"] == [
        ("better so", CORRECTED.weight),
        ("reply 4", 1.0),
    ]


def test_what_a_live_adapter_learned_is_not_learned_again() -> None:
    example = example_of(_conversation(_reply(2, "up", used=True), _reply(4, "up")))
    assert example is not None
    assert example.message_ids == (4,)
    assert example_of(_conversation(_reply(2, "up", used=True))) is None


def test_nothing_approved_is_nothing_to_learn() -> None:
    assert example_of(_conversation(_reply(2), _reply(4))) is None
    assert example_of(_conversation(_reply(2, "dropped"), _reply(4, "up"))) is None
    assert example_of(Conversation(1, "", [])) is None


def test_a_persona_without_a_prompt_gets_no_system_message() -> None:
    example = example_of(_conversation(_reply(2, "up"), prompt="  "))
    assert example is not None
    assert example.messages[0].role == "user"


def test_a_row_has_the_shape_that_the_trainer_reads() -> None:
    example = replay_example(
        "coding-1",
        "coding",
        [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
        "en",
    )
    assert example.row() == {
        "id": "coding-1",
        "group": "coding",
        "messages": [
            {"role": "user", "content": "q", "weight": 0.0},
            {"role": "assistant", "content": "a", "weight": 1.0},
        ],
    }
