"""The steps of the schema for what is collected and looked through; see migrations."""

from __future__ import annotations

import sqlite3

_CHOICES = (
    """CREATE TABLE choices (
        id INTEGER PRIMARY KEY,
        chosen_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
        passed_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
        action_id INTEGER REFERENCES actions (id) ON DELETE CASCADE,
        created TEXT NOT NULL,
        origin TEXT NOT NULL DEFAULT 'user' CHECK (origin IN ('user', 'import'))
    ) STRICT""",
    "CREATE INDEX choices_of_chosen ON choices (chosen_id)",
    "CREATE INDEX choices_of_passed ON choices (passed_id)",
    "CREATE INDEX choices_of_action ON choices (action_id)",
)


def actions(connection: sqlite3.Connection) -> None:
    """What is done to many things at once, to be undone at once: its rows go with the action."""
    for statement in (
        """CREATE TABLE actions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            persona_id INTEGER NOT NULL REFERENCES personas (id) ON DELETE CASCADE,
            verb TEXT NOT NULL,
            created TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX actions_of_persona ON actions (persona_id)",
        # An imported rating is somebody's word, but counts only once the user has looked.
        """ALTER TABLE ratings ADD COLUMN origin TEXT NOT NULL DEFAULT 'user'
            CHECK (origin IN ('user', 'import'))""",
        """ALTER TABLE ratings ADD COLUMN action_id INTEGER
            REFERENCES actions (id) ON DELETE CASCADE""",
        "CREATE INDEX ratings_of_action ON ratings (action_id) WHERE action_id IS NOT NULL",
        # Another text in the place of a message: the last one counts, the message stays.
        """CREATE TABLE edits (
            id INTEGER PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            content TEXT NOT NULL,
            action_id INTEGER REFERENCES actions (id) ON DELETE CASCADE,
            created TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX edits_of_message ON edits (message_id)",
        "CREATE INDEX edits_of_action ON edits (action_id)",
        # The user's topic of a reply; the suggested one stands in `looks`.
        """CREATE TABLE topics (
            id INTEGER PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            topic TEXT NOT NULL,
            action_id INTEGER REFERENCES actions (id) ON DELETE CASCADE,
            created TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX topics_of_message ON topics (message_id)",
        "CREATE INDEX topics_of_action ON topics (action_id)",
        # A deleted conversation is out of sight until its action is undone or forgotten.
        """CREATE TABLE deletions (
            conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
            action_id INTEGER NOT NULL REFERENCES actions (id) ON DELETE CASCADE
        ) STRICT""",
        "CREATE INDEX deletions_of_action ON deletions (action_id)",
        *_CHOICES,
    ):
        connection.execute(statement)


def sources(connection: sqlite3.Connection) -> None:
    """Where conversations come from: files taken in once, and stores looked into again."""
    for statement in (
        "ALTER TABLE messages ADD COLUMN speaker TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE sources (
            id INTEGER PRIMARY KEY,
            persona_id INTEGER NOT NULL REFERENCES personas (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            place TEXT NOT NULL,
            state TEXT NOT NULL,
            looked TEXT,
            created TEXT NOT NULL,
            UNIQUE (persona_id, kind, place)
        ) STRICT""",
        # What was forgotten and stays out: digests made with the persona's key, never words.
        """CREATE TABLE tombstones (
            persona_id INTEGER NOT NULL REFERENCES personas (id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN
                ('key', 'conversation', 'beginning', 'message', 'place')),
            digest TEXT NOT NULL,
            PRIMARY KEY (persona_id, kind, digest)
        ) STRICT, WITHOUT ROWID""",
    ):
        connection.execute(statement)


def buffers(connection: sqlite3.Connection) -> None:
    """Replay groups with their targets; where each item comes from, and which ones only judge."""
    for statement in (
        """CREATE TABLE replay_groups (
            name TEXT PRIMARY KEY,
            target INTEGER NOT NULL CHECK (target >= 0),
            language TEXT NOT NULL
        ) STRICT""",
        """INSERT INTO replay_groups (name, target, language) VALUES
            ('persona', 200, ''), ('korean', 300, 'ko'), ('coding', 300, ''), ('general', 200, '')
        """,
        "ALTER TABLE replay_items ADD COLUMN judges INTEGER NOT NULL DEFAULT 0",
        # The persona whose words they are, and the reply; NULL for what everybody may draw.
        """ALTER TABLE replay_items ADD COLUMN persona_id INTEGER
            REFERENCES personas (id) ON DELETE CASCADE""",
        """ALTER TABLE replay_items ADD COLUMN message_id INTEGER
            REFERENCES messages (id) ON DELETE CASCADE""",
        # The base whose own answer it is (self-rehearsal); only that base rehearses it.
        """ALTER TABLE replay_items ADD COLUMN base_id INTEGER
            REFERENCES bases (id) ON DELETE CASCADE""",
        "CREATE INDEX replay_items_of_message ON replay_items (message_id)",
        "CREATE INDEX replay_items_of_group ON replay_items (replay_group)",
    ):
        connection.execute(statement)


def help_given(connection: sqlite3.Connection) -> None:
    """What rode along in the prompt of a reply; never part of what is learned."""
    for statement in (
        """CREATE TABLE help_given (
            message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            example_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            PRIMARY KEY (message_id, example_id)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX help_by_example ON help_given (example_id)",
        "ALTER TABLE messages ADD COLUMN with_note INTEGER NOT NULL DEFAULT 0",
    ):
        connection.execute(statement)


def search_of_many(connection: sqlite3.Connection) -> None:
    """Search that stays quick in a million messages: beginnings by index, and who was spoken to."""
    for statement in (
        # One syllable or letter, and three letters: app.store.terms asks for these lengths. The
        # sizes of the rows served FTS5's own rank, which nothing orders by any more.
        "DROP TRIGGER message_index_forgets",
        "ALTER TABLE message_index RENAME TO message_index_before",
        """CREATE VIRTUAL TABLE message_index USING fts5(
            terms, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 3', columnsize = 0)""",
        # Bytes that an import gathers before it writes a segment: of 1 MB, as FTS5 has it, there
        # are so many segments that merging them costs half as much again.
        "INSERT INTO message_index (message_index, rank) VALUES ('hashsize', 8388608)",
        "INSERT INTO message_index (rowid, terms)"
        " SELECT rowid, terms FROM message_index_before ORDER BY rowid",
        "DROP TABLE message_index_before",
        """CREATE TRIGGER message_index_forgets AFTER DELETE ON messages BEGIN
            DELETE FROM message_index WHERE rowid = old.id; END""",
        # Holds nothing of its own: to leave out the messages of other personas by their rows
        # would read hundreds of thousands of them for a common word.
        """CREATE TABLE persona_messages (
            persona_id INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            PRIMARY KEY (persona_id, message_id)
        ) STRICT, WITHOUT ROWID""",
        """INSERT INTO persona_messages (persona_id, message_id)
            SELECT persona_id, messages.id FROM conversations
            JOIN messages ON messages.conversation_id = conversations.id""",
        """CREATE TRIGGER persona_messages_come AFTER INSERT ON messages BEGIN
            INSERT INTO persona_messages (persona_id, message_id)
            SELECT persona_id, new.id FROM conversations WHERE id = new.conversation_id; END""",
        """CREATE TRIGGER persona_messages_go AFTER DELETE ON messages BEGIN
            DELETE FROM persona_messages WHERE message_id = old.id
                AND persona_id IN (SELECT id FROM personas); END""",
    ):
        connection.execute(statement)
