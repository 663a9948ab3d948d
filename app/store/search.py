"""Full-text search over everything that was said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from app.store.database import Database, Row, id_list
from app.store.terms import (
    candidate_expression,
    folded,
    index_terms,
    match_expression,
    part_pattern,
    query_parts,
    whole_word_expression,
)
from app.store.values import SearchHit

# A common word stands in hundreds of thousands of messages: to read and compare all of them
# takes seconds, so of very many only the newest compete for the page.
_COMPARED = 200
_READ_CHARACTERS = 4_000
_BEGINNING_COUNTS = 0.3
_USUAL_LENGTH = 500
_BEFORE = 40
_LENGTH = 160

# CROSS JOIN: in this order, from the matches, newest first, until there are enough.
_NEWEST = """
SELECT messages.id, substr(messages.content, 1, ?3) AS content FROM message_index
CROSS JOIN messages ON messages.id = message_index.rowid
WHERE message_index MATCH ?1
    AND messages.conversation_id NOT IN (SELECT conversation_id FROM deletions)
ORDER BY message_index.rowid DESC LIMIT ?2
"""
_NEWEST_OF_PERSONA = """
SELECT messages.id, substr(messages.content, 1, ?3) AS content FROM message_index
CROSS JOIN persona_messages ON persona_id = ?4 AND message_id = message_index.rowid
CROSS JOIN messages ON messages.id = message_index.rowid
WHERE message_index MATCH ?1
    AND message_index.rowid BETWEEN
        coalesce((SELECT min(message_id) FROM persona_messages WHERE persona_id = ?4), 0)
        AND coalesce((SELECT max(message_id) FROM persona_messages WHERE persona_id = ?4), 0)
    AND messages.conversation_id NOT IN (SELECT conversation_id FROM deletions)
ORDER BY message_index.rowid DESC LIMIT ?2
"""


class Search:
    """Finds messages by words, and by any part of a Korean, Chinese or Japanese word."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: str, persona_id: int | None = None, limit: int = 50) -> list[SearchHit]:
        """The messages that hold every part of the query, best first, then newest.

        The more often the parts stand in a text and the shorter it is, the better; a whole word
        counts more than the beginning of a longer one. Of more than some hundred matches only
        the newest are compared with one another, those with whole words apart from the others.
        """
        patterns = [part_pattern(part) for part in query_parts(query)]
        if not patterns:
            return []
        scores = self._scores(query, patterns, persona_id, limit)
        best = sorted(scores, key=lambda message_id: (scores[message_id], message_id))
        return self._hits(best[: -limit - 1 : -1], patterns)

    def put(self, message_id: int, content: str) -> None:
        """Index a message anew; the messages table calls this in its own transaction."""
        self._database.change("DELETE FROM message_index WHERE rowid = ?", (message_id,))
        self._database.insert(
            "INSERT INTO message_index (rowid, terms) VALUES (?, ?)",
            (message_id, index_terms(content)),
        )

    def _scores(
        self, query: str, patterns: Sequence[re.Pattern[str]], persona_id: int | None, limit: int
    ) -> dict[int, float]:
        """How well messages match, for at least as many as asked for if there are so many."""
        likely, complete = candidate_expression(query), match_expression(query)
        candidates = self._newest(likely, persona_id, limit)
        certain = likely == complete
        held = [row for row in candidates if certain or _holds(row, patterns)]
        scores = _scored(held, patterns)
        if len(held) == len(candidates) < _compared(limit):
            return scores
        for expression in (whole_word_expression(query), complete):
            if expression != likely and (len(scores) < limit or expression != complete):
                scores |= _scored(self._newest(expression, persona_id, limit), patterns)
        return scores

    def _newest(self, expression: str, persona_id: int | None, limit: int) -> list[Row]:
        parameters = (expression, _compared(limit), _READ_CHARACTERS)
        if persona_id is None:
            return self._database.rows(_NEWEST, parameters)
        return self._database.rows(_NEWEST_OF_PERSONA, (*parameters, persona_id))

    def _hits(
        self, message_ids: Sequence[int], patterns: Sequence[re.Pattern[str]]
    ) -> list[SearchHit]:
        rows = self._database.rows(
            "SELECT messages.id, conversation_id, content FROM json_each(?)"
            " CROSS JOIN messages ON messages.id = json_each.value ORDER BY json_each.key",
            (id_list(message_ids),),
        )
        return [
            SearchHit(row["id"], row["conversation_id"], _snippet(row["content"], patterns))
            for row in rows
        ]


def _compared(limit: int) -> int:
    return max(limit, _COMPARED)


def _scored(rows: Iterable[Row], patterns: Sequence[re.Pattern[str]]) -> dict[int, float]:
    return {row["id"]: _score(folded(row["content"]), patterns) for row in rows}


def _holds(row: Row, patterns: Sequence[re.Pattern[str]]) -> bool:
    text = folded(row["content"])
    return all(pattern.search(text) for pattern in patterns)


def _score(text: str, patterns: Sequence[re.Pattern[str]]) -> float:
    """As BM25 has it for one term, without weights: every part stands in every match."""
    score = 0.0
    for pattern in patterns:
        beyond = pattern.findall(text)
        beginnings = sum(map(bool, beyond))
        count = len(beyond) - beginnings + beginnings * _BEGINNING_COUNTS
        score += count / (count + 0.5 + len(text) / _USUAL_LENGTH)
    return score


def _snippet(content: str, patterns: Sequence[re.Pattern[str]]) -> str:
    """A line of the text around the first match."""
    line = " ".join(content.split())
    text = folded(line)
    # Folding can change lengths ("ß" to "ss"); the place is then near enough for a snippet.
    places = [match.start() for pattern in patterns if (match := pattern.search(text))]
    start = max(0, min(places, default=0) - _BEFORE)
    end = start + _LENGTH
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
