"""Which tables a persona travels in, how their rows are found, and what stays at home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from app.store import portable_rows as rows
from app.store.portable_rows import Names, PortableRow

Part = Literal["conversations", "ratings", "adapters", "replay"]
PARTS: tuple[Part, ...] = ("conversations", "ratings", "adapters", "replay")

# Tables of which nothing travels, each with the reason.
AT_HOME: Mapping[str, str] = {
    "message_index": "made anew from the messages",
    "replies": "kept by triggers",
    "persona_messages": "kept by triggers",
    "looks": "found again by looking",
    "flags": "found again by looking",
    "look_bands": "found again by looking",
    "sources": "places on this machine, which another one has nothing to do with",
    "base_origins": "places on this machine too, and a licence that another user accepts anew",
    "ollama_models": "what lies in the Ollama of this machine",
    "programs": "keys of programs on this machine, and a consent that belongs to it",
}


@dataclass(frozen=True)
class PortableTable:
    """A table as it travels: the shape of its rows, and the query that finds a persona's.

    Rows come in an order in which they can be written again. `parts` are all needed for it.
    """

    name: str
    row: type[PortableRow]
    query: str
    parts: frozenset[Part] = frozenset()
    json: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    # The query for when a part stays at home that some of the rows belong to.
    reduced: tuple[Part, str] | None = None

    @cached_property
    def references(self) -> dict[str, str]:
        """The table that each referring column refers to."""
        return {
            name: mark.table
            for name, column in self.row.model_fields.items()
            for mark in column.metadata
            if isinstance(mark, Names)
        }

    @cached_property
    def numbered(self) -> bool:
        """Whether rows are referred to by their place."""
        return self.row.model_fields["id"].annotation is int if self._has_id else False

    @cached_property
    def required(self) -> frozenset[str]:
        """The referring columns that may not be empty."""
        return frozenset(
            name for name in self.references if self.row.model_fields[name].annotation in (int, str)
        )

    @property
    def columns(self) -> list[str]:
        return list(self.row.model_fields)

    @property
    def _has_id(self) -> bool:
        return "id" in self.row.model_fields


def chosen_tables(parts: frozenset[Part]) -> list[PortableTable]:
    """The tables that go along with these parts, in the order in which they are written."""
    return [table for table in TABLES if table.parts <= parts]


def _of_messages(table: str, column: str = "message_id", order: str = "") -> str:
    # CROSS JOIN keeps SQLite to this order: rows come sorted without being sorted.
    return (
        f"SELECT {table}.* FROM {table} CROSS JOIN messages ON messages.id = {table}.{column}"
        " CROSS JOIN conversations ON conversations.id = messages.conversation_id"
        f" WHERE conversations.persona_id = ?1 ORDER BY {order or f'{table}.id'}"
    )


def _of_runs(table: str, order: str) -> str:
    return (
        f"SELECT {table}.* FROM {table} JOIN runs ON runs.id = {table}.run_id"
        f" WHERE runs.persona_id = ?1 ORDER BY runs.rowid, {order}"
    )


_BASES = """
SELECT * FROM bases WHERE id IN (
    SELECT base_id FROM personas WHERE id = ?1
    UNION SELECT base_id FROM runs WHERE persona_id = ?1
    UNION SELECT base_id FROM adapters WHERE persona_id = ?1
    UNION SELECT before_base_id FROM deployments WHERE persona_id = ?1
    UNION SELECT base_id FROM replay_items WHERE persona_id = ?1
    UNION SELECT messages.base_id FROM messages
        JOIN conversations ON conversations.id = messages.conversation_id WHERE persona_id = ?1
) ORDER BY id
"""
_SETTINGS = f"""
SELECT name, value FROM (
    SELECT substr(key, 1, length(key) - length(slug) - 1) AS name, value
    FROM settings JOIN personas ON personas.id = ?1
    WHERE substr(key, -length(slug) - 1) = ':' || slug
) WHERE name IN ({", ".join(f"'{name}'" for name in get_args(rows.SettingName))}) ORDER BY name
"""
_OF_CONVERSATIONS = """
SELECT * FROM actions WHERE persona_id = ?1 AND id IN
    (SELECT action_id FROM deletions UNION SELECT action_id FROM edits) ORDER BY id
"""
_DELETIONS = """
SELECT deletions.* FROM deletions JOIN conversations ON conversations.id = conversation_id
WHERE persona_id = ?1 ORDER BY conversation_id
"""
_HELP = """
SELECT help_given.* FROM help_given
JOIN messages ON messages.id = message_id
JOIN conversations ON conversations.id = messages.conversation_id
JOIN messages AS examples ON examples.id = example_id
JOIN conversations AS theirs ON theirs.id = examples.conversation_id
WHERE conversations.persona_id = ?1 AND theirs.persona_id = ?1 ORDER BY message_id, example_id
"""
_ITEMS_OF_NO_MESSAGE = (
    "SELECT * FROM replay_items WHERE persona_id = ?1 AND message_id IS NULL ORDER BY id"
)
_GROUPS = """
SELECT * FROM replay_groups WHERE name IN
    (SELECT replay_group FROM replay_items WHERE persona_id = ?1) ORDER BY rowid
"""
_LEARNED = """
SELECT run_messages.* FROM run_messages JOIN runs ON runs.id = run_id
JOIN messages ON messages.id = message_id
JOIN conversations ON conversations.id = conversation_id
WHERE runs.persona_id = ?1 AND conversations.persona_id = ?1 ORDER BY runs.rowid, message_id
"""
_USES = """
SELECT replay_uses.* FROM replay_uses JOIN replay_items ON replay_items.id = item_id
JOIN runs ON runs.id = run_id
WHERE replay_items.persona_id = ?1 AND runs.persona_id = ?1 ORDER BY item_id, runs.rowid
"""

_TALK: frozenset[Part] = frozenset({"conversations"})
_SAID: frozenset[Part] = frozenset({"conversations", "ratings"})
_LEARNT: frozenset[Part] = frozenset({"adapters"})
_KEPT: frozenset[Part] = frozenset({"replay"})


def _own(table: str, order: str = "id") -> str:
    return f"SELECT * FROM {table} WHERE persona_id = ?1 ORDER BY {order}"


TABLES: tuple[PortableTable, ...] = (
    PortableTable("bases", rows.BaseRow, _BASES, json=frozenset({"languages"})),
    PortableTable(
        "personas",
        rows.PersonaRow,
        "SELECT * FROM personas WHERE id = ?1",
        json=frozenset({"languages", "traits"}),
    ),
    PortableTable("settings", rows.SettingRow, _SETTINGS, json=frozenset({"value"})),
    PortableTable(
        "actions", rows.ActionRow, _own("actions"), _TALK, reduced=("ratings", _OF_CONVERSATIONS)
    ),
    PortableTable("runs", rows.RunRow, _own("runs", "rowid"), _LEARNT),
    PortableTable("adapters", rows.AdapterRow, _own("adapters"), _LEARNT),
    PortableTable(
        "deployments", rows.DeploymentRow, _own("deployments"), _LEARNT, frozenset({"parity"})
    ),
    PortableTable(
        "scores", rows.ScoreRow, _of_runs("scores", "subject, measure, score_group"), _LEARNT
    ),
    PortableTable(
        "conversations",
        rows.ConversationRow,
        _own("conversations"),
        _TALK,
        flags=frozenset({"never_train"}),
    ),
    PortableTable(
        "messages",
        rows.MessageRow,
        "SELECT messages.* FROM messages"
        " CROSS JOIN conversations ON conversations.id = conversation_id"
        " WHERE persona_id = ?1 ORDER BY messages.id",
        _TALK,
        frozenset({"sampling"}),
        frozenset({"with_note"}),
    ),
    # What was masked stays masked, whether ratings go along or not.
    PortableTable("edits", rows.EditRow, _of_messages("edits"), _TALK),
    PortableTable("deletions", rows.DeletionRow, _DELETIONS, _TALK),
    PortableTable("help_given", rows.HelpRow, _HELP, _TALK),
    PortableTable("tombstones", rows.TombstoneRow, _own("tombstones", "kind, digest"), _TALK),
    PortableTable(
        "samples",
        rows.SampleRow,
        _of_messages("samples", order="samples.message_id"),
        _TALK,
    ),
    PortableTable(
        "ratings", rows.RatingRow, _of_messages("ratings"), _SAID, frozenset({"reasons"})
    ),
    PortableTable("topics", rows.TopicRow, _of_messages("topics"), _SAID),
    PortableTable("choices", rows.ChoiceRow, _of_messages("choices", "chosen_id"), _SAID),
    PortableTable("run_messages", rows.LearnedRow, _LEARNED, _TALK | _LEARNT),
    PortableTable("replay_groups", rows.ReplayGroupRow, _GROUPS, _KEPT),
    PortableTable(
        "replay_items",
        rows.ReplayItemRow,
        _own("replay_items"),
        _KEPT,
        frozenset({"messages"}),
        frozenset({"left_out", "judges"}),
        ("conversations", _ITEMS_OF_NO_MESSAGE),
    ),
    PortableTable("replay_uses", rows.ReplayUseRow, _USES, _KEPT | _LEARNT),
)
BY_NAME: Mapping[str, PortableTable] = {table.name: table for table in TABLES}
