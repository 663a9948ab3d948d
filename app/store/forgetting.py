"""What is forgotten together: its rows, its texts, and where they stand beside; see removal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.store.database import Database, id_list, to_json
from app.store.terms import folded, match_expression

Kind = Literal["message", "conversation", "persona"]
# What is asked of the search index: enough of a sentence to have few candidates left.
_ASKED_CHARACTERS = 160

BELOW = """
WITH RECURSIVE below (id) AS (
    SELECT value FROM json_each(?)
    UNION
    SELECT messages.id FROM below JOIN messages ON messages.parent_id = below.id
)
SELECT messages.id FROM below JOIN messages ON messages.id = below.id
"""
_TEXTS = (
    "SELECT content AS text FROM messages WHERE id IN ({ids})",
    "SELECT content AS text FROM edits WHERE message_id IN ({ids})",
    "SELECT comment AS text FROM ratings WHERE message_id IN ({ids})",
    "SELECT correction AS text FROM ratings WHERE correction IS NOT NULL AND message_id IN ({ids})",
)
_SETTINGS = {"about_me": "the note About me"}
IDS = "SELECT value FROM json_each(?)"


@dataclass(frozen=True)
class Scope:
    """What is forgotten: parts of conversations, whole conversations, or all of a persona's."""

    kind: Kind
    persona_ids: tuple[int, ...]
    conversation_ids: tuple[int, ...] = ()
    message_ids: tuple[int, ...] = ()
    replay_ids: tuple[str, ...] = ()

    @property
    def whole_personas(self) -> tuple[int, ...]:
        return self.persona_ids if self.kind == "persona" else ()


@dataclass(frozen=True)
class Counts:
    """How much goes."""

    conversations: int
    messages: int
    ratings: int
    edits: int
    replay_items: int


class Forgetting:
    """Finds what belongs to a scope before it is removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def message(self, message_id: int) -> Scope:
        """A message with everything that answers it; the conversation when nothing else is left."""
        row = self._database.row("message", "messages", message_id)
        ids = self._ids(BELOW, id_list([message_id]))
        conversation_id = int(row["conversation_id"])
        every = self._ids("SELECT id FROM messages WHERE conversation_id = ?", conversation_id)
        if set(ids) == set(every):
            return self.conversations([conversation_id])
        persona = self._database.row("conversation", "conversations", conversation_id)
        scope = Scope("message", (int(persona["persona_id"]),), (), tuple(ids))
        return replace(scope, replay_ids=self._replay_ids(scope))

    def conversations(self, conversation_ids: Iterable[int]) -> Scope:
        """Whole conversations."""
        chosen = sorted(set(conversation_ids))
        personas = {
            int(self._database.row("conversation", "conversations", each)["persona_id"])
            for each in chosen
        }
        ids = self._ids(
            f"SELECT id FROM messages WHERE conversation_id IN ({IDS})", id_list(chosen)
        )
        scope = Scope("conversation", tuple(sorted(personas)), tuple(chosen), tuple(ids))
        return replace(scope, replay_ids=self._replay_ids(scope))

    def persona(self, persona_id: int) -> Scope:
        """Everything that was said to a persona; the persona itself stays."""
        self._database.row("persona", "personas", persona_id)
        scope = Scope("persona", (persona_id,))
        return replace(scope, replay_ids=self._replay_ids(scope))

    def counts(self, scope: Scope) -> Counts:
        """How much goes with a scope."""
        where, ids = messages_of(scope)

        def count(table: str, condition: str) -> int:
            row = self._database.first(f"SELECT count(*) AS n FROM {table} WHERE {condition}", ids)
            return int(row["n"]) if row else 0

        conversations = len(scope.conversation_ids)
        if scope.whole_personas:
            conversations = count("conversations", f"persona_id IN ({IDS})")
        return Counts(
            conversations,
            count("messages", f"id IN ({where})"),
            count("ratings", f"message_id IN ({where})"),
            count("edits", f"message_id IN ({where})"),
            len(scope.replay_ids),
        )

    def texts(self, scope: Scope) -> Iterator[str]:
        """Every text that goes, from every table."""
        ids = id_list(scope.message_ids)
        for statement in _TEXTS:
            for row in self._database.rows(statement.format(ids=IDS), (ids,)):
                yield str(row["text"])
        chosen = id_list(scope.conversation_ids)
        for row in self._database.rows(
            f"SELECT title FROM conversations WHERE id IN ({IDS})", (chosen,)
        ):
            yield str(row["title"])
        for row in self._database.rows(
            f"SELECT messages FROM replay_items WHERE external_id IN ({IDS})",
            (to_json(list(scope.replay_ids)),),
        ):
            yield from strings_in(json.loads(row["messages"]))

    def standing(self, sentences: Sequence[str], scope: Scope) -> dict[str, str]:
        """The sentences that stand in what stays, too, each with one place where."""
        found: dict[str, str] = {}
        ids = id_list(scope.message_ids)
        for sentence in sentences:
            expression = match_expression(sentence[:_ASKED_CHARACTERS])
            row = expression and self._database.first(
                "SELECT messages.conversation_id AS id FROM message_index"
                " JOIN messages ON messages.id = message_index.rowid"
                " WHERE message_index MATCH ? AND instr(messages.content, ?) > 0"
                f" AND messages.id NOT IN ({IDS}) LIMIT 1",
                (expression, sentence, ids),
            )
            if row:
                found[sentence] = f"conversation {row['id']}"
        for place, text in self._beside_messages(scope):
            for sentence in sentences:
                if sentence not in found and sentence in text:
                    found[sentence] = place
        return found

    def holding(self, text: str) -> list[int]:
        """The conversations in which a text stands, in whatever case or width it is written.

        Every row is read, since the search index knows no beginnings in the middle of a word.
        """
        wanted = folded(" ".join(text.split()))
        found: set[int] = set()
        for statement in (
            "SELECT conversation_id AS id, content AS text FROM messages",
            "SELECT conversation_id AS id, edits.content AS text FROM edits"
            " JOIN messages ON messages.id = edits.message_id",
            "SELECT conversation_id AS id, comment || char(10) || coalesce(correction, '') AS text"
            " FROM ratings JOIN messages ON messages.id = ratings.message_id",
            "SELECT id, title AS text FROM conversations",
        ):
            for row in self._database.each(statement):
                if wanted in folded(" ".join(row["text"].split())):
                    found.add(int(row["id"]))
        return sorted(found)

    def runs_of(self, scope: Scope) -> list[str]:
        """The runs that learned from a scope, by messages or by replay made of them."""
        where, ids = messages_of(scope)
        rows = self._database.rows(
            f"SELECT run_id FROM run_messages WHERE message_id IN ({where})", ids
        )
        if scope.whole_personas:
            rows += self._database.rows(
                f"SELECT id AS run_id FROM runs WHERE persona_id IN ({IDS})", ids
            )
        rows += self._database.rows(
            "SELECT run_id FROM replay_uses JOIN replay_items ON replay_items.id = item_id"
            f" WHERE external_id IN ({IDS})",
            (to_json(list(scope.replay_ids)),),
        )
        return sorted({row["run_id"] for row in rows})

    def _beside_messages(self, scope: Scope) -> Iterator[tuple[str, str]]:
        """What stays, beside the messages themselves."""
        ids = id_list(scope.message_ids)
        for table, column in (
            ("edits", "content"),
            ("ratings", "comment"),
            ("ratings", "correction"),
        ):
            for row in self._database.rows(
                f"SELECT conversation_id AS id, {table}.{column} AS text FROM {table}"
                f" JOIN messages ON messages.id = {table}.message_id"
                f" WHERE coalesce({table}.{column}, '') <> '' AND messages.id NOT IN ({IDS})",
                (ids,),
            ):
                yield f"conversation {row['id']}", row["text"]
        for row in self._database.rows("SELECT name, system_prompt FROM personas"):
            yield f"the prompt of {row['name']}", row["system_prompt"]
        for row in self._database.rows("SELECT key, value FROM settings"):
            place = _SETTINGS.get(row["key"], f"the setting {row['key']}")
            yield place, "\n".join(strings_in(json.loads(row["value"])))
        for row in self._database.rows(
            "SELECT messages FROM replay_items WHERE source IN ('starter', 'retention')"
        ):
            yield "the replay sets", "\n".join(strings_in(json.loads(row["messages"])))

    def _replay_ids(self, scope: Scope) -> tuple[str, ...]:
        """Replay made of these messages, and a base's own answers to it."""
        where, ids = messages_of(scope)
        rows = self._database.rows(
            f"SELECT external_id FROM replay_items WHERE message_id IN ({where})", ids
        )
        rows += self._database.rows(
            f"SELECT external_id FROM replay_items WHERE persona_id IN ({IDS})",
            (id_list(scope.whole_personas),),
        )
        made = sorted({row["external_id"] for row in rows})
        rows = self._database.rows(
            "SELECT external_id FROM replay_items WHERE external_id LIKE 'rehearsed:%'"
        )
        answered = [
            row["external_id"]
            for row in rows
            if row["external_id"].split(":", 2)[-1] in made and row["external_id"] not in made
        ]
        return (*made, *answered)

    def _ids(self, sql: str, parameter: Any) -> list[int]:
        return [int(row["id"]) for row in self._database.rows(sql, (parameter,))]


def messages_of(scope: Scope) -> tuple[str, tuple[str]]:
    """The messages of a scope as a subquery with its parameter."""
    if scope.whole_personas:
        return (
            "SELECT messages.id FROM messages JOIN conversations"
            " ON conversations.id = messages.conversation_id"
            f" WHERE conversations.persona_id IN ({IDS})",
            (id_list(scope.whole_personas),),
        )
    return IDS, (id_list(scope.message_ids),)


def strings_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings_in(each)
