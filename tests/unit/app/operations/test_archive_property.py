"""Whatever somebody has said and judged comes through a move as it was."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.home import open_home
from app.operations.archive import export_archive, import_archive
from app.store import Store, open_store
from tests.unit.app.operations.full_home import stored_tables, tables_of

# Everything that SQLite can hold as text: no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
STEP = st.tuples(
    st.sampled_from(
        ["talk", "say", "say", "say", "rate", "import", "edit", "tag", "choose", "delete", "never",
         "undo", "leaf", "help", "replay"]
    ),
    st.integers(0, 20),
    st.integers(0, 20),
    TEXT,
)  # fmt: skip


class Life:
    """Does whatever a list of steps says to a persona of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.persona = store.personas.add("Sunny")
        self.talks: list[int] = []
        self.said: list[tuple[int, int]] = []  # conversation and message

    def do(self, verb: str, first: int, second: int, text: str) -> None:
        if verb == "talk" or not self.talks:
            talk = self.store.conversations.add(self.persona.id, text, text)
            self.talks.append(talk.id)
        elif verb == "say" or not self.said:
            self._say(self.talks[first % len(self.talks)], second, text)
        elif verb == "undo":
            self.store.actions.undo(self.persona.id)
        else:
            one = self.said[first % len(self.said)]
            other = self.said[second % len(self.said)]
            self._judge(verb, one, other, second, text)

    def _say(self, talk: int, number: int, text: str) -> None:
        here = [message for found, message in self.said if found == talk]
        parent = here[number % len(here)] if here and number else None
        role: Any = ("user", "assistant")[number % 2]
        message = self.store.messages.add(
            talk, parent, role, text, sampling={text: [number, None, text]}, finish="stop"
        )
        self.said.append((talk, message.id))

    def _judge(
        self, verb: str, one: tuple[int, int], other: tuple[int, int], number: int, text: str
    ) -> None:
        store, action = self.store, self.store.actions.begin(self.persona.id, verb)
        if verb in ("rate", "import"):
            values: Any = (None, "up", "down", "kept", "dropped")
            store.ratings.rate(
                one[1], values[number % 5], [text], text, text if number % 2 else None,
                origin="user" if verb == "rate" else "import",
                action_id=action.id if number % 3 else None,
            )  # fmt: skip
        elif verb == "edit":
            store.actions.edit(one[1], text, action.id if number % 2 else None)
        elif verb == "tag":
            store.actions.set_topic([one[1]], text, action.id)
        elif verb == "choose":
            store.actions.choose(one[1], other[1], action.id)
        elif verb == "delete":
            store.actions.delete_conversation(one[0], action.id)
        elif verb == "never":
            store.conversations.set_never_train(one[0], number % 2 == 0)
        elif verb == "leaf":
            store.messages.choose(one[1])
        elif verb == "help":
            store.helping.record(one[1], [other[1]], with_note=number % 2 == 0)
        else:
            item = {"id": f"said:{one[1]}", "group": "persona", "message_id": one[1],
                    "messages": [{"role": "user", "content": text}]}  # fmt: skip
            store.replay.add_all([item], text, persona_id=self.persona.id)


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(STEP, max_size=30))
def test_every_small_life_is_the_same_after_a_move(steps: list[tuple[str, int, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        here, there = open_home(root / "here"), open_home(root / "there")
        with open_store(here) as store:
            with store.transaction():
                store.conversations.add(store.personas.add("Somebody else").id, "")
                life = Life(store)
                for step in steps:
                    life.do(*step)
            before = stored_tables(store, life.persona)
            export_archive(here, store, life.persona, root / "a.perennial")
        with open_store(there) as store:
            came = import_archive(there, store, root / "a.perennial")
            assert stored_tables(store, came.persona) == before
            export_archive(there, store, came.persona, root / "b.perennial")
        assert tables_of(root / "a.perennial") == tables_of(root / "b.perennial") == before
