"""Stored turns as the mix reads them: the one place where one becomes the other."""

from __future__ import annotations

from app.store.values import LearnableConversation
from replay.example import Turn


def turns_of(found: LearnableConversation) -> list[Turn]:
    """The turns of a conversation, field by field: there are tens of thousands of them."""
    return [
        Turn(
            turn.message_id,
            turn.role,
            turn.content,
            turn.rating,
            turn.correction,
            turn.used,
            turn.own,
            turn.topic,
            turn.signature,
        )
        for turn in found.turns
    ]
