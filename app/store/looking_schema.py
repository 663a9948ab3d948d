"""The steps of the schema for looking at replies and reviewing them; see migrations.

`replies` holds nothing of its own: triggers keep it as the other tables say, so that a page or a
count of the review is a walk along one index, however long the history is.
"""

from __future__ import annotations

import sqlite3

_OUT_OF_SIGHT = """EXISTS (
    SELECT 1 FROM messages JOIN conversations ON conversations.id = messages.conversation_id
    WHERE messages.id = replies.message_id AND (conversations.never_train
        OR EXISTS (SELECT 1 FROM deletions WHERE conversation_id = conversations.id)))"""
# As replay.meaning has it: a correction counts as approval, whatever the thumb beside it.
_SAID = """coalesce((
    SELECT CASE WHEN correction IS NOT NULL OR value IN ('up', 'kept') THEN 'approved'
        WHEN value IN ('down', 'dropped') THEN 'rejected' END
    FROM ratings WHERE ratings.message_id = replies.message_id AND origin = 'user'
    ORDER BY id DESC LIMIT 1), 'open')"""
_SET_STATE = f"UPDATE replies SET state = CASE WHEN {_OUT_OF_SIGHT} THEN 'hidden' ELSE {_SAID} END"
_OF_CONVERSATION = (
    "message_id IN (SELECT id FROM messages WHERE conversation_id = {} AND role = 'assistant')"
)
_TOPIC = """coalesce(
    (SELECT topic FROM topics WHERE topics.message_id = replies.message_id
     ORDER BY id DESC LIMIT 1),
    (SELECT topic FROM looks WHERE looks.message_id = replies.message_id), '')"""
_BEFORE_NEW = """(SELECT correction FROM ratings AS before WHERE before.message_id = new.message_id
    AND before.id < new.id ORDER BY id DESC LIMIT 1)"""
_BEFORE_OLD = """(SELECT correction FROM ratings AS before WHERE before.message_id = old.message_id
    AND before.id < old.id ORDER BY id DESC LIMIT 1)"""
_ENDS = (
    ("the_words", "UPDATE OF content ON messages", "new.id"),
    ("an_edit", "INSERT ON edits", "new.message_id"),
    ("an_edit_undone", "DELETE ON edits", "old.message_id"),
    (
        "a_correction",
        f"INSERT ON ratings WHEN new.correction IS NOT {_BEFORE_NEW}",
        "new.message_id",
    ),
    (
        "a_correction_undone",
        f"DELETE ON ratings WHEN old.correction IS NOT {_BEFORE_OLD}",
        "old.message_id",
    ),
)


def looks(connection: sqlite3.Connection) -> None:
    """What was found when a reply was looked at, until its words or its question change."""
    for statement in (
        """CREATE TABLE looks (
            message_id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
            version INTEGER NOT NULL,
            topic TEXT NOT NULL,
            signature BLOB NOT NULL
        ) STRICT""",
        # `other_id` is what a reply nearly is the same as: the flag ends with either of them.
        # Persona and state are those of `replies`, for the index.
        """CREATE TABLE flags (
            message_id INTEGER NOT NULL REFERENCES looks (message_id) ON DELETE CASCADE,
            flag TEXT NOT NULL,
            detail TEXT NOT NULL,
            other_id INTEGER REFERENCES messages (id) ON DELETE CASCADE,
            persona_id INTEGER NOT NULL,
            state TEXT NOT NULL,
            PRIMARY KEY (message_id, flag)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX flags_by_kind ON flags (persona_id, flag, state, message_id)",
        "CREATE INDEX flags_of_other ON flags (other_id) WHERE other_id IS NOT NULL",
        # Keys that near-duplicates share. No reference to looks, which would need an index as
        # large as the table: what is left of a look that ended is put away when it is met.
        """CREATE TABLE look_bands (
            band INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            PRIMARY KEY (band, message_id)
        ) STRICT, WITHOUT ROWID""",
    ):
        connection.execute(statement)


def replies(connection: sqlite3.Connection) -> None:
    """Each reply as the review finds it, and the sample that is offered of an archive."""
    for statement in (
        """CREATE TABLE replies (
            message_id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
            persona_id INTEGER NOT NULL,
            imported INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'rejected', 'hidden')),
            looked INTEGER NOT NULL DEFAULT 0,
            topic TEXT NOT NULL DEFAULT '',
            flagged INTEGER NOT NULL DEFAULT 0
        ) STRICT""",
        """INSERT INTO replies (message_id, persona_id, imported, state)
            SELECT messages.id, persona_id, source <> 'chat', 'open' FROM messages
            JOIN conversations ON conversations.id = messages.conversation_id
            WHERE role = 'assistant'""",
        _SET_STATE,
        "CREATE INDEX replies_by_state ON replies (persona_id, imported, state, message_id)",
        "CREATE INDEX replies_by_look ON replies (persona_id, looked, message_id)",
        "CREATE INDEX replies_flagged ON replies (persona_id, state, message_id) WHERE flagged",
        "CREATE INDEX replies_by_topic ON replies (persona_id, topic, state, message_id)"
        " WHERE topic <> ''",
        """CREATE TABLE samples (
            message_id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE
        ) STRICT""",
    ):
        connection.execute(statement)
    for name, event, body in _TRIGGERS:
        connection.execute(f"CREATE TRIGGER {name} AFTER {event} BEGIN {body}; END")
    for name, event, which in _ENDS:
        # Those that were flagged for being like it may still be like one another.
        connection.execute(
            f"CREATE TRIGGER looks_end_with_{name} AFTER {event} BEGIN"
            " UPDATE replies SET looked = 0 WHERE message_id IN"
            f" (SELECT message_id FROM flags WHERE other_id = {which} UNION SELECT message_id"
            f" FROM messages JOIN flags ON other_id = messages.id WHERE parent_id = {which});"
            f" DELETE FROM looks WHERE message_id = {which}"
            f" OR message_id IN (SELECT id FROM messages WHERE parent_id = {which}); END"
        )


_TRIGGERS = (
    (
        "replies_come",
        "INSERT ON messages WHEN new.role = 'assistant'",
        "INSERT INTO replies (message_id, persona_id, imported, state)"
        " SELECT new.id, persona_id, source <> 'chat', CASE WHEN never_train OR EXISTS"
        " (SELECT 1 FROM deletions WHERE conversation_id = new.conversation_id)"
        " THEN 'hidden' ELSE 'open' END FROM conversations WHERE id = new.conversation_id",
    ),
    (
        "replies_are_rated",
        "INSERT ON ratings WHEN new.origin = 'user'",
        f"{_SET_STATE} WHERE message_id = new.message_id",
    ),
    (
        "replies_are_unrated",
        "DELETE ON ratings WHEN old.origin = 'user'",
        f"{_SET_STATE} WHERE message_id = old.message_id",
    ),
    (
        "replies_are_hidden",
        "INSERT ON deletions",
        f"{_SET_STATE} WHERE {_OF_CONVERSATION.format('new.conversation_id')}",
    ),
    (
        "replies_are_back",
        "DELETE ON deletions",
        f"{_SET_STATE} WHERE {_OF_CONVERSATION.format('old.conversation_id')}",
    ),
    (
        "replies_may_teach",
        "UPDATE OF never_train ON conversations",
        f"{_SET_STATE} WHERE {_OF_CONVERSATION.format('new.id')}",
    ),
    (
        "replies_change_state",
        "UPDATE OF state ON replies WHEN new.state <> old.state",
        "UPDATE flags SET state = new.state WHERE message_id = new.message_id",
    ),
    (
        "replies_are_looked_at",
        "INSERT ON looks",
        f"UPDATE replies SET looked = new.version, topic = {_TOPIC}"
        " WHERE message_id = new.message_id",
    ),
    (
        "replies_are_to_be_looked_at",
        "DELETE ON looks",
        f"UPDATE replies SET looked = 0, topic = {_TOPIC} WHERE message_id = old.message_id;"
        " DELETE FROM flags WHERE other_id = old.message_id",
    ),
    (
        "replies_are_flagged",
        "INSERT ON flags",
        "UPDATE replies SET flagged = 1 WHERE message_id = new.message_id AND NOT flagged",
    ),
    (
        "replies_lose_a_flag",
        "DELETE ON flags",
        "UPDATE replies SET flagged = EXISTS"
        " (SELECT 1 FROM flags WHERE message_id = old.message_id)"
        " WHERE message_id = old.message_id",
    ),
    (
        "replies_get_a_topic",
        "INSERT ON topics",
        f"UPDATE replies SET topic = {_TOPIC} WHERE message_id = new.message_id",
    ),
    (
        "replies_lose_a_topic",
        "DELETE ON topics",
        f"UPDATE replies SET topic = {_TOPIC} WHERE message_id = old.message_id",
    ),
)
