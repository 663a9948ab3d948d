"""What the store's thread counts for the personas page."""

from __future__ import annotations

from dataclasses import dataclass

from app.store.store import Store

COUNT_MOST = 1000
_PAGE = 200


@dataclass(frozen=True)
class PersonaCounts:
    """Conversations, up to one more than are counted, and the thumbs that trainings see."""

    conversations: int = 0
    up: int = 0
    down: int = 0


def count_for(store: Store, persona_id: int) -> PersonaCounts:
    """Count one persona's conversations and thumbs."""
    ratings = [
        turn.rating for talk in store.learnable(persona_id) for turn in talk.turns if turn.rating
    ]
    return PersonaCounts(
        _conversations(store, persona_id), ratings.count("up"), ratings.count("down")
    )


def _conversations(store: Store, persona_id: int) -> int:
    """Page by page, since each conversation carries its prompt; an archive may hold thousands."""
    count, last = 0, None
    while count <= COUNT_MOST:
        page = store.conversations.page(persona_id, _PAGE, last)
        count += len(page)
        if len(page) < _PAGE:
            return count
        last = page[-1].id
    return COUNT_MOST + 1
