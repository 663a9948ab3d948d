"""Removing rows for good: from the tables, the index, the log, and copies of the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import StoreError
from app.home import Home
from app.store.actions import remove_empty
from app.store.backups import backups
from app.store.database import Database, id_list
from app.store.faults import explained
from app.store.forgetting import BELOW, IDS, Scope, messages_of, strings_in
from app.store.messages import NEWEST_LEAF

FoundIn = Callable[[str], bool]
_CHECKPOINT_TRIES = 3
_BUSY_TIMEOUT_S = 10.0
# The words of nobody: they came with the app.
_SHIPPED = "('starter', 'retention')"

# Where an action leaves rows behind.
_OF_ACTIONS = (
    ("ratings", "message_id"),
    ("edits", "message_id"),
    ("topics", "message_id"),
    ("choices", "chosen_id"),
    ("choices", "passed_id"),
)
_WITH_PROMPT = ("personas", "conversations", "messages")
# What a copy holds that the database does not, or in other words.
_ONLY_HERE = """
SELECT here.id, here.content AS text FROM main.messages AS here
LEFT JOIN now.messages AS there ON there.id = here.id
WHERE there.id IS NULL OR there.content <> here.content
"""


@dataclass(frozen=True)
class Copies:
    """Copies of the database from which rows were removed, and those that had to go."""

    done: tuple[Path, ...]
    dropped: tuple[Path, ...]


class Removal:
    """Removes rows so that no byte of them stays; app.operations.forgetting sees to the files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remove(self, scope: Scope, found_in: FoundIn) -> None:
        """Take the rows of a scope away, all or none; `scour` takes what is left of their bytes."""
        # Pages that become free are overwritten at once, not only when they are used again.
        self._database.change("PRAGMA secure_delete = ON")
        with self._database.transaction():
            actions = self._actions_of(scope)
            if scope.whole_personas:
                self._remove_personas(scope.whole_personas)
            self._change(f"DELETE FROM conversations WHERE id IN ({IDS})", scope.conversation_ids)
            self._remove_messages(scope.message_ids, found_in)
            self._remove_replay(scope, found_in)
            if actions:
                remove_empty(self._database, actions)
            if self._has("look_bands"):
                self._database.change(
                    "DELETE FROM look_bands WHERE message_id NOT IN (SELECT message_id FROM looks)"
                )

    def remove_strays(self, found_in: FoundIn) -> None:
        """Take out of a copy what the database (attached as `now`) held once and holds no more."""
        strays = [row["id"] for row in self._database.each(_ONLY_HERE) if found_in(row["text"])]
        with self._database.transaction():
            self._remove_messages(strays, found_in)
            for table, column in (
                ("ratings", "comment"), ("ratings", "correction"), ("edits", "content"),
            ):  # fmt: skip
                if self._has(table):
                    self._remove_where(table, column, found_in)
            for row in self._database.rows("SELECT id, title FROM conversations"):
                if found_in(row["title"]):
                    self._retitle(row["id"], len(row["title"]))
            for table in _WITH_PROMPT:
                self._empty_prompts(table, found_in)
            if self._has("settings"):
                self._remove_settings(found_in)

    def scour(self) -> None:
        """Write the whole file anew without what was removed, and empty the log beside it."""
        self._database.change("PRAGMA secure_delete = ON")
        # Segments of the index keep the terms of removed rows until they are merged.
        if self._has("message_index"):
            self._database.change("INSERT INTO message_index (message_index) VALUES ('optimize')")
        self._empty_log()
        self._database.change("VACUUM")
        self._empty_log()

    def remove_from_backups(
        self, scope: Scope, found_in: FoundIn, but: Collection[Path] = ()
    ) -> Copies:
        """The same in every copy of the database; one that cannot be read goes as a whole."""
        home = self._database.home
        for part in home.backups.glob("*.part*"):  # left by a copy that was killed
            part.unlink(missing_ok=True)
        done, dropped = [], []
        for path in backups(home):
            if path in but:
                continue
            try:
                _forget_in_copy(home, path, scope, found_in)
                done.append(path)
            except StoreError as error:
                if error.kind != "damaged":
                    raise
                for part in home.backups.glob(f"{path.name}*"):
                    part.unlink()
                dropped.append(path)
        return Copies(tuple(done), tuple(dropped))

    def _empty_log(self) -> None:
        for _ in range(_CHECKPOINT_TRIES):
            row = self._database.first("PRAGMA wal_checkpoint(TRUNCATE)")
            if row is None or not row[0]:
                return
        raise StoreError(
            "Another Perennial process keeps reading the database, so its log cannot be emptied.",
            "Close other windows and commands of this home, then ask for the forgetting again.",
            kind="forgetting_kept_open",
            kept="What was to be forgotten is out of the tables; remains may be in the file.",
        )

    def _remove_personas(self, persona_ids: Sequence[int]) -> None:
        for table in ("conversations", "actions", "replay_items", "sources"):
            if self._has(table, "persona_id"):
                self._change(f"DELETE FROM {table} WHERE persona_id IN ({IDS})", persona_ids)

    def _remove_messages(self, message_ids: Sequence[int], found_in: FoundIn) -> None:
        """Take messages with all that answers them; what stays of a conversation stays readable."""
        ids = [row["id"] for row in self._database.rows(BELOW, (id_list(message_ids),))]
        torn = self._database.rows(
            "SELECT conversations.id, messages.parent_id, conversations.title, messages.content"
            " FROM messages JOIN conversations ON conversations.id = messages.conversation_id"
            f" WHERE messages.id IN ({IDS})"
            f" AND (messages.parent_id IS NULL OR messages.parent_id NOT IN ({IDS}))",
            (id_list(ids), id_list(ids)),
        )
        self._change(f"DELETE FROM messages WHERE id IN ({IDS})", ids)
        for row in torn:
            self._mend(row["id"], row["parent_id"])
            begun, title = " ".join(row["content"].split()), row["title"]
            if title and (begun.startswith(title.rstrip("…")) or found_in(title)):
                self._retitle(row["id"], len(title))

    def _mend(self, conversation_id: int, parent_id: int | None) -> None:
        """Give a conversation whose active branch was cut off another end."""
        newest = (
            self._database.first(
                "SELECT max(id) AS id FROM messages WHERE conversation_id = ?", (conversation_id,)
            )
            if parent_id is None
            else self._database.first(NEWEST_LEAF, (parent_id,))
        )
        assert newest is not None
        self._database.change(
            "UPDATE conversations SET leaf_id = ? WHERE id = ? AND leaf_id IS NULL",
            (newest["id"], conversation_id),
        )

    def _retitle(self, conversation_id: int, length: int) -> None:
        first = self._database.first(
            "SELECT content FROM messages WHERE conversation_id = ? AND role = 'user'"
            " ORDER BY id LIMIT 1",
            (conversation_id,),
        )
        title = " ".join(first["content"].split())[:length] if first else ""
        self._database.change(
            "UPDATE conversations SET title = ? WHERE id = ?", (title, conversation_id)
        )

    def _remove_replay(self, scope: Scope, found_in: FoundIn) -> None:
        """Take the replay made of what goes, and what a base answered to its questions."""
        wanted = set(scope.replay_ids)
        ids = [
            row["id"]
            for row in self._database.rows(
                f"SELECT id, external_id, messages FROM replay_items WHERE source NOT IN {_SHIPPED}"
            )
            if row["external_id"] in wanted
            or any(found_in(text) for text in strings_in(json.loads(row["messages"])))
        ]
        self._change(f"DELETE FROM replay_items WHERE id IN ({IDS})", ids)

    def _remove_where(self, table: str, column: str, found_in: FoundIn) -> None:
        rows = self._database.rows(f"SELECT id, coalesce({column}, '') AS text FROM {table}")
        ids = [row["id"] for row in rows if found_in(row["text"])]
        self._change(f"DELETE FROM {table} WHERE id IN ({IDS})", ids)

    def _empty_prompts(self, table: str, found_in: FoundIn) -> None:
        prompts = self._database.rows(f"SELECT DISTINCT system_prompt AS text FROM main.{table}")
        for row in prompts:
            if found_in(row["text"]):
                self._database.change(
                    f"UPDATE main.{table} SET system_prompt = '' WHERE system_prompt = ?",
                    (row["text"],),
                )

    def _remove_settings(self, found_in: FoundIn) -> None:
        """A note that was taken back since stands in a copy as it was."""
        for row in self._database.rows("SELECT key, value FROM main.settings"):
            if any(found_in(text) for text in strings_in(json.loads(row["value"]))):
                self._database.change("DELETE FROM main.settings WHERE key = ?", (row["key"],))

    def _actions_of(self, scope: Scope) -> list[int]:
        if not self._has("actions"):
            return []
        where, ids = messages_of(scope)
        rows = [
            row
            for table, column in _OF_ACTIONS
            for row in self._database.rows(
                f"SELECT DISTINCT action_id AS id FROM {table}"
                f" WHERE action_id IS NOT NULL AND {column} IN ({where})",
                ids,
            )
        ]
        rows += self._database.rows(
            f"SELECT action_id AS id FROM deletions WHERE conversation_id IN ({IDS})",
            (id_list(scope.conversation_ids),),
        )
        return sorted({row["id"] for row in rows})

    def _has(self, table: str, column: str = "") -> bool:
        """Whether a copy from an earlier version knows this table or column already."""
        rows = self._database.rows("SELECT name FROM pragma_table_info(?, 'main')", (table,))
        columns = [row["name"] for row in rows]
        return column in columns if column else bool(columns)

    def _change(self, sql: str, ids: Sequence[int]) -> None:
        if ids:
            self._database.change(sql, (id_list(ids),))


def _forget_in_copy(home: Home, path: Path, scope: Scope, found_in: FoundIn) -> None:
    """Take a scope out of a copy of the database, whatever version of the app made it."""
    with (
        explained(home),
        closing(
            sqlite3.connect(
                f"{path.as_uri()}?mode=rw", timeout=_BUSY_TIMEOUT_S, isolation_level=None, uri=True
            )
        ) as connection,
    ):
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("ATTACH ? AS now", (f"{home.database.as_uri()}?mode=ro",))
        database = Database(home, connection)
        removal = Removal(database)
        removal.remove(_there(database, scope), found_in)
        removal.remove_strays(found_in)
        connection.execute("DETACH now")
        removal.scour()


def _there(database: Database, scope: Scope) -> Scope:
    """The scope as a copy has it: a conversation's number may have been given again since."""
    if scope.kind != "conversation":
        return scope
    rows = database.rows(
        f"SELECT DISTINCT conversation_id AS id FROM main.messages WHERE id IN ({IDS})",
        (id_list(scope.message_ids),),
    )
    return replace(scope, conversation_ids=tuple(row["id"] for row in rows))
