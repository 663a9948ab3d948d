"""A home and its store, and a persona with everything a month leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.home import Home, open_home
from app.store import Adapter, Base, Message, Persona, Role, Store, open_store


class Month:
    """Writes what a month of use writes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.base: Base = store.bases.add("tiny", "gguf", Path("tiny.gguf"), "d1", "llama", 10)
        self.persona: Persona = store.personas.add("Sunny", "Be sunny.", base_id=self.base.id)

    def talk(self, *texts: str) -> list[Message]:
        """A conversation in which user and persona take turns."""
        conversation = self.store.conversations.add(self.persona.id, "Be sunny.")
        said: list[Message] = []
        roles: tuple[Role, Role] = ("user", "assistant")
        for place, text in enumerate(texts):
            parent_id = said[-1].id if said else None
            role = roles[place % 2]
            said.append(self.store.messages.add(conversation.id, parent_id, role, text))
        return said

    def train(self, run_id: str, learned: list[int] | None = None) -> Adapter:
        """A run with its candidate."""
        self.store.runs.add(run_id, self.persona.id, self.base.id, None, "starter", 7)
        self.store.runs.use(run_id, learned or [])
        return self.store.adapters.add(
            self.persona.id, self.base.id, run_id, None, "peft", "adapter.gguf", f"of-{run_id}"
        )

    def deploy(self, adapter: Adapter) -> None:
        self.store.deployments.put_live(
            self.persona.id, adapter.run_id, adapter.id, "built-in", "1", "runtime", {"ok": True}
        )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def month(store: Store) -> Month:
    return Month(store)
