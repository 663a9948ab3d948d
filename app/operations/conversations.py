"""Past conversations: found by their titles, put out of sight, and brought back."""

from __future__ import annotations

from app.store.store import Store
from app.store.values import Action, Conversation

TITLE_MOST = 120


def rename(store: Store, conversation_id: int, title: str) -> bool:
    """Give a conversation another title, in one line; whether it is another one."""
    words = " ".join(title.split())[:TITLE_MOST]
    if not words or words == store.conversations.get(conversation_id).title:
        return False
    store.conversations.set_title(conversation_id, words)
    return True


def delete(store: Store, conversation_id: int) -> Action:
    """Put a conversation out of sight: not listed, not found, not learned from."""
    conversation = store.conversations.get(conversation_id)
    with store.transaction():
        action = store.actions.begin(conversation.persona_id, "delete")
        store.actions.delete_conversation(conversation_id, action.id)
    return action


def bring_back(store: Store, conversation_id: int) -> bool:
    """Have a deleted conversation again; whether it was deleted."""
    return store.actions.bring_back(conversation_id)


def deleted(store: Store, persona_id: int, limit: int, before: int | None) -> list[Conversation]:
    """A page of what was deleted, the last first; `before` is the last id of the page above."""
    return store.conversations.deleted(persona_id, limit, before)
