"""A home with replay groups of few items, and a persona that has learned from its talks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from app.operations import buffers
from app.store import Persona, Store
from app.store.values import RatingValue


def without_starter_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few items of the test's own instead of the hundreds that come with the app."""
    for module in ("replaying", "mixing"):
        monkeypatch.setattr(f"app.operations.{module}.provide_starter_replay", lambda _store: None)


def add_starter(store: Store, group: str, count: int, language: str = "en") -> None:
    store.replay.add_all(
        [item(f"{group}-{number:03}", group, number, language) for number in range(count)],
        buffers.STARTER,
    )


def item(name: str, group: str, number: int, language: str) -> dict[str, Any]:
    asked = f"What is {group} matter {number} about?"
    return {
        "id": name,
        "group": group,
        "language": language,
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": f"The starter set says {number}."},
        ],
    }


class Past:
    """Writes talks, and makes runs learn from them."""

    def __init__(self, store: Store, languages: Sequence[str] = ("en",)) -> None:
        self.store = store
        self.base = store.bases.add("Small", "gguf", "s.gguf", "d1", languages=("en",))
        self.persona: Persona = store.personas.add(
            "Sunny", "Be sunny.", languages, base_id=self.base.id
        )

    def talk(self, *said: str, rating: RatingValue | None = "up") -> list[int]:
        """A talk in turns; the ids of its replies, all rated the same."""
        talk = self.store.conversations.add(self.persona.id, "Be sunny.", said[0])
        parent: int | None = None
        replies = []
        for place, words in enumerate(said):
            message = self.store.messages.add(
                talk.id, parent, "assistant" if place % 2 else "user", words
            )
            parent = message.id
            if place % 2:
                replies.append(message.id)
                if rating is not None:
                    self.store.ratings.rate(message.id, rating)
        return replies

    def learn(self, run_id: str, message_ids: Sequence[int]) -> None:
        """A run that learned from these replies goes live."""
        self.store.runs.add(run_id, self.persona.id, self.base.id, None, "starter", 1)
        self.store.runs.use(run_id, message_ids)
        adapter = self.store.adapters.add(
            self.persona.id, self.base.id, run_id, None, "peft", "a.gguf", f"d-{run_id}"
        )
        self.store.deployments.put_live(
            self.persona.id, run_id, adapter.id, "built-in", "1", "scale", {}
        )
        self.persona = self.store.personas.get(self.persona.id)
