"""What was forgotten leaves digests, so that no import brings it back; never a word of it."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby, product
from operator import itemgetter

from app.store.database import Database, Row, id_list, to_json
from app.store.forgetting import IDS, Scope, messages_of
from app.store.last_word import LAST_EDIT, LAST_RATING
from app.store.values import TombstoneKind
from app.store.wording import Wording

# Shorter words are said by chance again; they are known by their conversation or place alone.
LEAST_CHARACTERS = 20
_KEY_BYTES = 32

_ADD = "INSERT OR IGNORE INTO tombstones (persona_id, kind, digest) VALUES (?, ?, ?)"
_Stone = tuple[int, TombstoneKind, str]
# Everything that an export may have written for a message.
_WORDS = (
    ("messages.content", ""),
    ("edits.content", "JOIN edits ON edits.message_id = messages.id"),
    ("ratings.correction", "JOIN ratings ON ratings.message_id = messages.id"),
)
_SAID_ELSEWHERE = f"""
SELECT DISTINCT persona_id, role, content FROM messages
JOIN conversations ON conversations.id = messages.conversation_id
WHERE persona_id IN ({IDS}) AND messages.id NOT IN ({IDS}) AND content IN (
    SELECT content FROM messages WHERE id IN ({IDS}) AND length(content) >= {LEAST_CHARACTERS})
"""
_TREES = """
SELECT persona_id, external_id, conversations.system_prompt, conversation_id,
    messages.id, parent_id, role, content
FROM conversations CROSS JOIN messages ON messages.conversation_id = conversations.id
WHERE external_id IS NOT NULL AND {where} ORDER BY conversations.id, messages.id
"""
# As they stand in files that were exported here: each as it was said, and in the last words.
_EXPORTED = f"""
SELECT persona_id, conversation_id, conversations.system_prompt,
    personas.system_prompt AS persona_prompt, messages.id, parent_id, role, messages.content,
    coalesce(ratings.correction, edits.content, messages.content) AS last_word,
    ratings.id IS NOT NULL AS rated
FROM conversations JOIN personas ON personas.id = persona_id
CROSS JOIN messages ON messages.conversation_id = conversations.id
{LAST_RATING} {LAST_EDIT} WHERE {{where}} ORDER BY conversations.id, messages.id
"""


class Marks:
    """Digests made with the key of a persona."""

    def __init__(self, key: str) -> None:
        self._key = bytes.fromhex(key)

    def conversation(self, external_id: str) -> str:
        return self._digest("conversation", external_id)

    def message(self, role: str, text: str) -> str | None:
        """The mark of words, however they are spaced; None where they are too few."""
        words = _plain(text)
        return None if len(words) < LEAST_CHARACTERS else self._digest("message", role, words)

    def place(self, before: str, role: str, text: str) -> str:
        """The mark of a message behind what has the mark `before`."""
        return self._digest("place", before, role, _plain(text))

    def _digest(self, *parts: str) -> str:
        # What comes before the last part never holds a NUL, so no two lists are one text.
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256").hex()


def marks_of(database: Database, persona_id: int) -> Marks | None:
    """The marks of a persona; None where nothing was ever forgotten."""
    row = database.first(
        "SELECT digest FROM tombstones WHERE persona_id = ? AND kind = 'key'", (persona_id,)
    )
    return Marks(row["digest"]) if row else None


def standing(
    database: Database, persona_id: int, kind: TombstoneKind, marks: Iterable[str]
) -> set[str]:
    """Those of some marks that were left."""
    rows = database.rows(
        "SELECT digest FROM tombstones WHERE persona_id = ? AND kind = ?"
        " AND digest IN (SELECT value FROM json_each(?))",
        (persona_id, kind, to_json(list(marks))),
    )
    return {row["digest"] for row in rows}


class Tombstones:
    """Leaves the marks of what is about to be removed; may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def leave(self, scope: Scope) -> None:
        """Mark a scope, as long as its rows are there."""
        with self._database.transaction():
            marks = {each: self._marks(each) for each in scope.persona_ids}
            self._database.change_all(_ADD, self._of_words(scope, marks))
            if scope.kind == "message":
                self._database.change_all(_ADD, self._of_places(scope, marks))
            else:
                self._database.change_all(_ADD, self._of_names(scope, marks))

    def _marks(self, persona_id: int) -> Marks:
        known = marks_of(self._database, persona_id)
        if known is not None:
            return known
        key = secrets.token_hex(_KEY_BYTES)
        self._database.change(_ADD, (persona_id, "key", key))
        return Marks(key)

    def _of_words(self, scope: Scope, marks: dict[int, Marks]) -> Iterator[_Stone]:
        """Words that are telling; what is said in conversations that stay may come in again."""
        elsewhere = self._said_elsewhere(scope)
        where, ids = messages_of(scope)
        for column, join in _WORDS:
            for row in self._database.each(
                f"SELECT persona_id, role, {column} AS text FROM messages"
                f" JOIN conversations ON conversations.id = messages.conversation_id {join}"
                f" WHERE messages.id IN ({where}) AND length({column}) >= {LEAST_CHARACTERS}",
                ids,
            ):
                mark = marks[row["persona_id"]].message(row["role"], row["text"])
                if mark and (row["persona_id"], row["role"], row["text"]) not in elsewhere:
                    yield row["persona_id"], "message", mark

    def _said_elsewhere(self, scope: Scope) -> set[tuple[int, str, str]]:
        if scope.whole_personas:
            return set()
        ids = id_list(scope.message_ids)
        rows = self._database.rows(_SAID_ELSEWHERE, (id_list(scope.persona_ids), ids, ids))
        return {(row["persona_id"], row["role"], row["content"]) for row in rows}

    def _of_names(self, scope: Scope, marks: dict[int, Marks]) -> Iterator[_Stone]:
        """The ids of whole conversations, also those of their shorter and longer forms."""
        column = "persona_id" if scope.whole_personas else "conversations.id"
        chosen = id_list(scope.whole_personas or scope.conversation_ids)
        where = f"{column} IN ({IDS})"
        for row in self._database.each(
            "SELECT persona_id, external_id FROM conversations"
            f" WHERE external_id IS NOT NULL AND {where}",
            (chosen,),
        ):
            mark = marks[row["persona_id"]].conversation(row["external_id"])
            yield row["persona_id"], "conversation", mark
        trees = self._database.each(_TREES.format(where=where), (chosen,))
        for _, tree in groupby(trees, itemgetter("conversation_id")):
            rows = list(tree)
            persona_id = rows[0]["persona_id"]
            for kind, name in _other_names(rows):
                yield persona_id, kind, marks[persona_id].conversation(name)
        trees = self._database.each(_EXPORTED.format(where=where), (chosen,))
        for _, tree in groupby(trees, itemgetter("conversation_id")):
            rows = list(tree)
            persona_id = rows[0]["persona_id"]
            for name in sorted(_exported_names(rows)):
                yield persona_id, "beginning", marks[persona_id].conversation(name)

    def _of_places(self, scope: Scope, marks: dict[int, Marks]) -> Iterator[_Stone]:
        """Where a message stood in a conversation that may come again."""
        inside = set(scope.message_ids)
        where = f"conversations.id IN (SELECT conversation_id FROM messages WHERE id IN ({IDS}))"
        before: dict[int, str] = {}
        for row in self._database.each(_TREES.format(where=where), (id_list(inside),)):
            mark = marks[row["persona_id"]]
            begun = before.get(row["parent_id"]) or mark.conversation(row["external_id"])
            before[row["id"]] = place = mark.place(begun, row["role"], row["content"])
            if row["id"] in inside and row["parent_id"] not in inside:
                yield row["persona_id"], "place", place


def _other_names(tree: list[Row]) -> Iterator[tuple[TombstoneKind, str]]:
    """What a conversation that is named by its words was called before, and is called now."""
    stem, mark, own = tree[0]["external_id"].rpartition("#")
    said: dict[int, Wording] = {}
    start = Wording(tree[0]["system_prompt"])
    for row in tree:
        said[row["id"]] = said.get(row["parent_id"], start).then(row["role"], row["content"])
    named = next((row["id"] for row in tree if said[row["id"]].name == own), None)
    if named is None:
        return
    above = {row["id"]: row["parent_id"] for row in tree}
    at = above[named]
    while at is not None:
        yield "beginning", f"{stem}{mark}{said[at].name}"
        at = above[at]
    grown = {named}
    for row in tree:
        if row["parent_id"] in grown:
            grown.add(row["id"])
            yield "conversation", f"{stem}{mark}{said[row['id']].name}"


def _exported_names(tree: list[Row]) -> set[str]:
    """What an import calls the lines that an export wrote of a conversation; see exporters.

    A line ends with a branch, or with what was approved then. Of all others only those without
    a telling word need a name: their words are known by themselves.
    """
    own, above = tree[0]["system_prompt"], {row["parent_id"] for row in tree}
    within = [row["content"] for row in tree if row["role"] == "system"]
    prompts = {own or tree[0]["persona_prompt"]}
    prompts.add("\n\n".join(part for part in (own, *within) if part.strip()))
    found = set()
    for prompt, column in product(prompts, ("content", "last_word")):
        start = Wording(prompt if prompt.strip() else "")
        said: dict[int, Wording] = {}
        telling: set[int | None] = set()
        for row in tree:
            text, before = row[column], said.get(row["parent_id"], start)
            spoken = row["role"] != "system" and text.strip()
            said[row["id"]] = before.then(row["role"], text) if spoken else before
            if len(text) >= LEAST_CHARACTERS or row["parent_id"] in telling:
                telling.add(row["id"])
            named = row["rated"] or row["id"] not in telling
            if row["id"] not in above or (row["role"] == "assistant" and named):
                found.add(f"c{row['conversation_id']}#{said[row['id']].name}")
    return found


def _plain(text: str) -> str:
    """Words as they are read: the same in one file and in another that spaces them differently."""
    return " ".join(unicodedata.normalize("NFC", text).split())
