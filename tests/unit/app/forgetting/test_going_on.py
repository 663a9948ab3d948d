"""A forgetting that goes on must not take what was said since it was broken off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest

from app.home import Home
from app.operations import chat, forgetting
from app.store import Persona, Store, open_store
from app.store.removal import Removal

SECRET = "My neighbour Hans has lost all his money at cards."


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    return store.personas.add("Sunny")


def _titles(store: Store, persona: Persona) -> list[str]:
    return [each.title for each in chat.conversations(store, persona.id, 50, None)]


@pytest.mark.parametrize("kind", ["conversation", "persona"])
@pytest.mark.parametrize("stage", ["tables", "database"])
def test_what_was_begun_since_stays(
    home: Home,
    store: Store,
    sunny: Persona,
    monkeypatch: pytest.MonkeyPatch,
    kind: Literal["conversation", "persona"],
    stage: Literal["tables", "database"],
) -> None:
    """The number of the conversation that went is given to the next one."""
    chat.ask(store, sunny, None, "A first talk")
    secret = chat.ask(store, sunny, None, SECRET)
    plan = (
        forgetting.plan_persona(home, store, sunny.id)
        if kind == "persona"
        else forgetting.plan_conversations(home, store, [secret.conversation_id])
    )

    def broken_off(*_rest: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(Removal, "remove" if stage == "tables" else "scour", broken_off)
        forgetting.forget(home, store, plan)
    since = chat.ask(store, sunny, None, "A new talk")
    if stage == "database" and kind == "conversation":
        assert since.conversation_id == secret.conversation_id
    assert forgetting.go_on(home, store) is not None
    left = {
        ("conversation", "tables"): ["A new talk", "A first talk"],
        ("conversation", "database"): ["A new talk", "A first talk"],
        # Nothing had gone yet: all that was said to the persona still goes.
        ("persona", "tables"): [],
        ("persona", "database"): ["A new talk"],
    }
    assert _titles(store, sunny) == left[kind, stage]
    assert not forgetting.unfinished(home)
    store.close()
    assert all(
        SECRET.encode() not in path.read_bytes() for path in home.root.rglob("*") if path.is_file()
    )
