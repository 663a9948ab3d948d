"""What is forgotten together: its rows, its texts, and where they stand beside; see removal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.store.database import Database, id_list, to_json
from app.store.sentences import Sentences
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
# What came in with a conversation; the prompt of a persona is nothing that was said.
_BROUGHT = "source <> 'chat' AND system_prompt NOT IN (SELECT system_prompt FROM personas)"
_NOTE_KEY = "about_me"
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


@dataclass(frozen=True, order=True)
class Place:
    """Where words stand that are not to be forgotten there."""

    kind: Literal["conversation", "prompt", "note", "setting", "replay", "test"]
    name: str = ""
    title: str = ""

    def __str__(self) -> str:
        return {
            "conversation": f"conversation {self.name}",
            "prompt": f"the prompt of {self.name}",
            "note": "the note About me",
            "setting": f"the setting {self.name}",
            "replay": "the replay sets",
            "test": f"the test set {self.name}",
        }[self.kind]


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

    def last_message(self) -> int:
        """The highest number that a message ever had; none is given again."""
        row = self._database.first("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")
        return int(row["seq"]) if row else 0

    def left_of(self, scope: Scope, until: int) -> Scope:
        """What of a scope is still in the tables, without anything begun after a message.

        The number of a conversation that is gone may have been given to one begun since, and a
        persona of whom all was forgotten may have been spoken to.
        """
        if scope.kind == "message":
            return scope
        where, ids = messages_of(scope)
        condition = f"id IN ({where})" if scope.whole_personas else f"conversation_id IN ({IDS})"
        chosen = ids if scope.whole_personas else (id_list(scope.conversation_ids),)
        rows = self._database.rows(
            f"SELECT DISTINCT conversation_id AS id FROM messages WHERE {condition} AND id <= ?",
            (*chosen, until),
        )
        if scope.whole_personas and rows:
            return scope
        found = () if scope.whole_personas else tuple(int(row["id"]) for row in rows)
        return replace(scope, kind="conversation", conversation_ids=found)

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
            f"SELECT title, CASE WHEN {_BROUGHT} THEN system_prompt ELSE '' END AS brought"
            f" FROM conversations WHERE id IN ({IDS})",
            (chosen,),
        ):
            yield from (str(row["title"]), str(row["brought"]))
        for row in self._database.rows(
            f"SELECT messages FROM replay_items WHERE external_id IN ({IDS})",
            (to_json(list(scope.replay_ids)),),
        ):
            yield from strings_in(json.loads(row["messages"]))

    def standing(self, sentences: Sequence[str], scope: Scope) -> dict[str, Place]:
        """The sentences that stand in what stays, too, each with one place where."""
        found: dict[str, Place] = {}
        ids = id_list(scope.message_ids)
        for sentence in sentences:
            expression = match_expression(sentence[:_ASKED_CHARACTERS])
            row = expression and self._database.first(
                "SELECT conversations.id, title FROM message_index"
                " JOIN messages ON messages.id = message_index.rowid"
                " JOIN conversations ON conversations.id = messages.conversation_id"
                " WHERE message_index MATCH ? AND instr(messages.content, ?) > 0"
                f" AND messages.id NOT IN ({IDS}) LIMIT 1",
                (expression, sentence, ids),
            )
            if row:
                found[sentence] = Place("conversation", str(row["id"]), row["title"])
        others = Sentences(each for each in sentences if each not in found)
        for place, text in self._beside_messages(scope) if sentences else ():
            for sentence in others.within(text):
                found.setdefault(sentence, place)
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
            f"SELECT id, system_prompt AS text FROM conversations WHERE {_BROUGHT}",
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

    def _beside_messages(self, scope: Scope) -> Iterator[tuple[Place, str]]:
        """What stays, beside the messages themselves."""
        yield from self._beside_in_conversations(scope)
        for row in self._database.rows("SELECT name, system_prompt FROM personas"):
            yield Place("prompt", row["name"]), row["system_prompt"]
        for row in self._database.rows("SELECT key, value FROM settings"):
            note = row["key"] == _NOTE_KEY
            place = Place("note") if note else Place("setting", row["key"])
            yield place, "\n".join(strings_in(json.loads(row["value"])))
        for row in self._database.rows(
            "SELECT messages FROM replay_items WHERE source IN ('starter', 'retention')"
        ):
            yield Place("replay"), "\n".join(strings_in(json.loads(row["messages"])))

    def _beside_in_conversations(self, scope: Scope) -> Iterator[tuple[Place, str]]:
        """What was made of messages that stay, and the titles and prompts of conversations."""
        ids = id_list(scope.message_ids)
        inside = f"SELECT conversation_id FROM messages WHERE id IN ({IDS})"
        for table, column in (
            ("edits", "content"),
            ("ratings", "comment"),
            ("ratings", "correction"),
        ):
            for row in self._database.each(
                f"SELECT conversations.id, title, {table}.{column} AS text FROM {table}"
                f" JOIN messages ON messages.id = {table}.message_id"
                " JOIN conversations ON conversations.id = messages.conversation_id"
                f" WHERE coalesce({table}.{column}, '') <> '' AND messages.id NOT IN ({IDS})",
                (ids,),
            ):
                yield Place("conversation", str(row["id"]), row["title"]), row["text"]
        # A title that was made of what goes gets other words; see removal.
        for row in self._database.each(
            f"SELECT id, title, title AS text FROM conversations WHERE id NOT IN ({inside})"
            " UNION ALL SELECT min(id), title, system_prompt FROM conversations"
            f" WHERE id NOT IN ({IDS}) GROUP BY system_prompt",
            (ids, id_list(scope.conversation_ids)),
        ):
            yield Place("conversation", str(row["id"]), row["title"]), row["text"]

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
