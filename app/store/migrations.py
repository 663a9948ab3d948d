"""The schema as a list of steps, one a feature; only ever appended to.

Plain SQL: importing sqlite-utils takes numpy and pandas along where they are installed (0.4 to
1.7 s and 25 to 100 MB), which the first start of the window would pay for. A step that has to
rebuild a table may import it for its `transform`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from app.store import (
    base_origins,
    curation,
    deletion_schema,
    looking_schema,
    ollama_schema,
    program_schema,
)


def personas(connection: sqlite3.Connection) -> None:
    """Personas and the bases they speak through."""
    _run(
        connection,
        """CREATE TABLE bases (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('gguf', 'hf')),
            path TEXT NOT NULL,
            digest TEXT NOT NULL UNIQUE,
            architecture TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            languages TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE personas (
            id INTEGER PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            colour TEXT NOT NULL,
            languages TEXT NOT NULL,
            system_prompt TEXT NOT NULL,
            traits TEXT NOT NULL,
            base_id INTEGER REFERENCES bases (id),
            created TEXT NOT NULL
        ) STRICT""",
    )


def adapters(connection: sqlite3.Connection) -> None:
    """Runs with their stage, and the adapters that they make."""
    _run(
        connection,
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            persona_id INTEGER NOT NULL REFERENCES personas (id),
            base_id INTEGER NOT NULL REFERENCES bases (id),
            parent_adapter_id INTEGER REFERENCES adapters (id),
            stage TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN
                ('running', 'waiting', 'done', 'refused', 'undecided', 'failed', 'stopped')),
            recipe TEXT NOT NULL,
            seed INTEGER NOT NULL,
            verdict TEXT,
            reason TEXT NOT NULL,
            created TEXT NOT NULL,
            updated TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX runs_of_persona ON runs (persona_id)",
        """CREATE TABLE adapters (
            id INTEGER PRIMARY KEY,
            persona_id INTEGER NOT NULL REFERENCES personas (id),
            base_id INTEGER NOT NULL REFERENCES bases (id),
            run_id TEXT NOT NULL UNIQUE REFERENCES runs (id),
            parent_id INTEGER REFERENCES adapters (id),
            version INTEGER NOT NULL,
            status TEXT NOT NULL CHECK (status IN
                ('candidate', 'live', 'previous', 'refused', 'rolled_back')),
            peft_path TEXT NOT NULL,
            gguf_path TEXT NOT NULL,
            digest TEXT NOT NULL,
            created TEXT NOT NULL,
            UNIQUE (persona_id, version)
        ) STRICT""",
        "ALTER TABLE personas ADD COLUMN active_adapter_id INTEGER REFERENCES adapters (id)",
    )


def conversations(connection: sqlite3.Connection) -> None:
    """Conversations as trees of messages."""
    _run(
        connection,
        """CREATE TABLE conversations (
            id INTEGER PRIMARY KEY,
            persona_id INTEGER NOT NULL REFERENCES personas (id),
            title TEXT NOT NULL,
            system_prompt TEXT NOT NULL,
            never_train INTEGER NOT NULL,
            source TEXT NOT NULL,
            external_id TEXT,
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            UNIQUE (persona_id, external_id)
        ) STRICT""",
        "CREATE INDEX conversations_by_time ON conversations (persona_id, updated)",
        # No cascade along parents: a long conversation would exceed SQLite's trigger depth.
        # AUTOINCREMENT, since an id once given to a run must never name another message.
        """CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            parent_id INTEGER REFERENCES messages (id),
            role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
            content TEXT NOT NULL,
            created TEXT NOT NULL,
            base_id INTEGER REFERENCES bases (id),
            adapter_id INTEGER REFERENCES adapters (id),
            system_prompt TEXT NOT NULL,
            sampling TEXT NOT NULL,
            finish TEXT NOT NULL CHECK (finish IN ('', 'stop', 'length', 'stopped', 'error'))
        ) STRICT""",
        "CREATE INDEX messages_of_conversation ON messages (conversation_id)",
        "CREATE INDEX messages_of_parent ON messages (parent_id)",
        """ALTER TABLE conversations ADD COLUMN leaf_id INTEGER
            REFERENCES messages (id) ON DELETE SET NULL""",
        "CREATE INDEX conversations_by_leaf ON conversations (leaf_id)",
    )


def ratings(connection: sqlite3.Connection) -> None:
    """What the user said of a reply, each time anew."""
    _run(
        connection,
        """CREATE TABLE ratings (
            id INTEGER PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            value TEXT CHECK (value IN ('up', 'down', 'kept', 'dropped')),
            reasons TEXT NOT NULL,
            comment TEXT NOT NULL,
            correction TEXT,
            created TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX ratings_of_message ON ratings (message_id)",
    )


def search(connection: sqlite3.Connection) -> None:
    """Full-text search; what is stored here are the terms of app.store.terms."""
    _run(
        connection,
        """CREATE VIRTUAL TABLE message_index USING fts5(
            terms, tokenize = 'unicode61 remove_diacritics 2')""",
        """CREATE TRIGGER message_index_forgets AFTER DELETE ON messages BEGIN
            DELETE FROM message_index WHERE rowid = old.id; END""",
    )


def replay(connection: sqlite3.Connection) -> None:
    """Replay examples and the runs that used them."""
    _run(
        connection,
        """CREATE TABLE replay_items (
            id INTEGER PRIMARY KEY,
            external_id TEXT NOT NULL UNIQUE,
            replay_group TEXT NOT NULL,
            language TEXT NOT NULL,
            messages TEXT NOT NULL,
            checks TEXT NOT NULL,
            source TEXT NOT NULL,
            left_out INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE replay_uses (
            item_id INTEGER NOT NULL REFERENCES replay_items (id) ON DELETE CASCADE,
            run_id TEXT NOT NULL REFERENCES runs (id),
            used TEXT NOT NULL,
            PRIMARY KEY (item_id, run_id)
        ) STRICT""",
    )


def learned(connection: sqlite3.Connection) -> None:
    """Which messages a run learned from."""
    _run(
        connection,
        """CREATE TABLE run_messages (
            run_id TEXT NOT NULL REFERENCES runs (id),
            message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            PRIMARY KEY (run_id, message_id)
        ) STRICT""",
        "CREATE INDEX runs_of_message ON run_messages (message_id)",
    )


def deployments(connection: sqlite3.Connection) -> None:
    """What went live and what stood there before."""
    _run(
        connection,
        """CREATE TABLE deployments (
            id INTEGER PRIMARY KEY,
            persona_id INTEGER NOT NULL REFERENCES personas (id),
            run_id TEXT NOT NULL REFERENCES runs (id),
            server TEXT NOT NULL,
            server_version TEXT NOT NULL,
            strategy TEXT NOT NULL,
            before_adapter_id INTEGER REFERENCES adapters (id),
            after_adapter_id INTEGER REFERENCES adapters (id),
            before_base_id INTEGER REFERENCES bases (id),
            parity TEXT NOT NULL,
            created TEXT NOT NULL,
            undone TEXT
        ) STRICT""",
        "CREATE INDEX deployments_of_persona ON deployments (persona_id)",
    )


def scores(connection: sqlite3.Connection) -> None:
    """What an examination measured."""
    _run(
        connection,
        """CREATE TABLE scores (
            run_id TEXT NOT NULL REFERENCES runs (id),
            subject TEXT NOT NULL CHECK (subject IN ('base', 'parent', 'candidate')),
            measure TEXT NOT NULL,
            score_group TEXT NOT NULL,
            value REAL NOT NULL,
            n INTEGER NOT NULL,
            PRIMARY KEY (run_id, subject, measure, score_group)
        ) STRICT""",
    )


def settings(connection: sqlite3.Connection) -> None:
    """Settings as JSON values."""
    _run(connection, "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    personas,
    adapters,
    conversations,
    ratings,
    search,
    replay,
    learned,
    deployments,
    scores,
    settings,
    curation.actions,
    looking_schema.looks,
    looking_schema.replies,
    curation.sources,
    curation.buffers,
    curation.help_given,
    curation.search_of_many,
    base_origins.base_origins,
    program_schema.programs,
    ollama_schema.ollama_models,
    ollama_schema.ollama_leaving,
    deletion_schema.deletions_that_end,
)


def _run(connection: sqlite3.Connection, *statements: str) -> None:
    """One by one: `executescript` would end the transaction that a step runs in."""
    for statement in statements:
        connection.execute(statement)
