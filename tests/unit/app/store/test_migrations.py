"""An update of the app must not cost a message, nor what was said of one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from app.home import Home
from app.store import migrations, open_store, opening
from app.store.terms import index_terms

# The version that was there before conversations could come from anywhere.
FIRST = 10
OLD = """
INSERT INTO bases VALUES (1, 'B', 'gguf', 'models/b.gguf', 'd', 'llama', 1, '["en"]');
INSERT INTO personas VALUES (1, 'sunny', 'Sunny', '#000000', '["ko"]', 'Be sunny.', '{}', 1, 't',
    NULL), (2, 'grave', 'Grave', '#000000', '["en"]', '', '{}', NULL, 't', NULL);
INSERT INTO runs VALUES ('r1', 1, 1, NULL, 'live', 'done', 'starter', 1, 'passed', '', 't', 't');
INSERT INTO adapters VALUES (1, 1, 1, 'r1', NULL, 1, 'live', 'p', 'g', 'd', 't');
UPDATE personas SET active_adapter_id = 1 WHERE id = 1;
INSERT INTO conversations VALUES (1, 1, 'School', 'Be sunny.', 0, 'chat', NULL, 't', 't', NULL),
    (2, 1, 'Secret', 'Be sunny.', 1, 'chat', NULL, 't', 't', NULL),
    (3, 2, 'Month', '', 0, 'file', 'x1', 't', 't', NULL);
INSERT INTO messages VALUES (1, 1, NULL, 'user', '학교에서 뭐 해?', 't', NULL, NULL, '', '{}', ''),
    (2, 1, 1, 'assistant', '공부해요', 't', 1, 1, 'Be sunny.', '{}', 'stop'),
    (3, 1, 1, 'assistant', '놀아요', 't', 1, 1, 'Be sunny.', '{}', 'stop'),
    (4, 2, NULL, 'user', 'hush', 't', NULL, NULL, '', '{}', ''),
    (5, 2, 4, 'assistant', 'I am silent', 't', NULL, NULL, '', '{}', 'stop'),
    (6, 3, NULL, 'user', 'hello', 't', NULL, NULL, '', '{}', ''),
    (7, 3, 6, 'assistant', 'good day', 't', NULL, NULL, '', '{}', 'stop');
UPDATE conversations SET leaf_id = (SELECT max(id) FROM messages WHERE conversation_id =
    conversations.id);
UPDATE conversations SET leaf_id = 2 WHERE id = 1;
INSERT INTO ratings (message_id, value, reasons, comment, correction, created) VALUES
    (2, 'down', '[]', '', NULL, 't'), (2, 'up', '[]', '', '공부하고 있어요', 't'),
    (3, 'down', '["wrong_fact"]', 'no', NULL, 't'), (5, 'up', '[]', '', NULL, 't'),
    (7, 'kept', '[]', '', NULL, 't');
INSERT INTO replay_items (external_id, replay_group, language, messages, checks, source, left_out)
    VALUES ('c1', 'coding', 'en', '[{"role":"user","content":"q"}]', '', 'starter', 1);
INSERT INTO replay_uses VALUES (1, 'r1', 't');
INSERT INTO run_messages VALUES ('r1', 2);
INSERT INTO deployments VALUES (1, 1, 'r1', 'built-in', '1', 'runtime', NULL, 1, 1, '{}', 't',
    NULL);
INSERT INTO scores VALUES ('r1', 'base', 'loss', 'coding', 1.5, 4);
INSERT INTO settings VALUES ('persona', '1');
"""
LATER = """
INSERT INTO actions VALUES (1, 2, 'delete', 't'), (2, 1, 'choose', 't'), (3, 1, 'mask', 't');
INSERT INTO deletions VALUES (3, 1);
INSERT INTO choices (chosen_id, passed_id, action_id, created) VALUES (2, 3, 2, 't');
INSERT INTO edits (message_id, content, action_id, created) VALUES (1, '[name]는 뭐 해?', 3, 't');
"""

Rows = dict[str, list[tuple[Any, ...]]]


def write_old(home: Home, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    """A database that came to this version step by step, with rows of each."""
    with monkeypatch.context() as older:
        for reached, rows in ((FIRST, OLD), (version, LATER if version > FIRST else "")):
            older.setattr(opening, "MIGRATIONS", migrations.MIGRATIONS[:reached])
            open_store(home).close()
            with closing(sqlite3.connect(home.database)) as connection:
                connection.executescript(rows)
                if rows is OLD:
                    said = connection.execute("SELECT id, content FROM messages").fetchall()
                    connection.executemany(
                        "INSERT INTO message_index (rowid, terms) VALUES (?, ?)",
                        [(message_id, index_terms(content)) for message_id, content in said],
                    )
                connection.commit()


def columns_of(home: Home) -> dict[str, str]:
    """The columns of every table."""
    with closing(sqlite3.connect(home.database)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            " AND name NOT LIKE 'message_index_%'"
        ).fetchall()
        return {
            table: ", ".join(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))
            for (table,) in tables
        }


def rows_of(home: Home, columns: dict[str, str]) -> Rows:
    with closing(sqlite3.connect(home.database)) as connection:
        return {
            table: connection.execute(f"SELECT {names} FROM {table} ORDER BY 1").fetchall()
            for table, names in columns.items()
        }


@pytest.mark.parametrize("version", range(FIRST, len(migrations.MIGRATIONS)))
def test_what_an_older_app_stored_is_all_there_and_means_the_same(
    home: Home, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    write_old(home, monkeypatch, version)
    columns = columns_of(home)
    before = rows_of(home, columns)
    with open_store(home) as store:
        assert rows_of(home, columns) == before
        states = {
            row["message_id"]: row["state"]
            for row in store._database.rows("SELECT message_id, state FROM replies")
        }
        deleted = version > FIRST
        assert states == {
            2: "approved", 3: "rejected", 5: "hidden", 7: "hidden" if deleted else "approved",
        }  # fmt: skip
        assert [hit.message_id for hit in store.search.find("학교", 1)] == [1]
        assert store.search.find("학교", 2) == []
        (talk,) = store.learnable(1)
        assert [turn.correction for turn in talk.turns] == [None, "공부하고 있어요"]
        assert talk.turns[0].content == ("[name]는 뭐 해?" if deleted else "학교에서 뭐 해?")
        (item,) = store.replay.all()
        assert (item.left_out, item.uses) == (True, 1)
        # Rows of the older app hang on what is written now like any others.
        store.conversations.delete(1)
        assert store.search.find("학교") == [] and 2 not in store.ratings.of([2, 3])
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
