"""What forgotten words are known by: the ids of their messages, and their sentences anywhere."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from app.store.forgetting import Scope
from app.store.sentences import Sentences

_ROW = re.compile(r"(?:earlier:)?c(\d+):m(\d+)|m(\d+)(?:>m(\d+))?")
_SENTENCE_END = re.compile(r"[\r\n]+|(?<=[.!?…。！？])\s+")
_GLUED = re.compile(r"[\u1100-\u11ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7fb]")
# Below these a sentence says too little to be looked for in words that others may have written.
LEAST_CHARACTERS, LEAST_WITH_DIGITS, LEAST_ONE_WORD, LEAST_GLUED = 8, 6, 16, 4


class Traces:
    """Recognises what is to be forgotten in rows and in texts."""

    def __init__(self, scope: Scope, sentences: Iterable[str]) -> None:
        self._names = {f"c{each}" for each in scope.conversation_ids}
        self._names |= {f"m{each}" for each in scope.message_ids}
        self._replay = set(scope.replay_ids)
        self.sentences = tuple(sorted(_spellings(sentences)))
        self._looked_for = Sentences(self.sentences)

    def names(self, row: Mapping[str, Any]) -> bool:
        """Whether a line of a run's data is made of what is to be forgotten."""
        row_id = str(row.get("id", ""))
        if row_id in self._replay or row_id.partition(":")[2].partition(":")[2] in self._replay:
            return True
        found = _ROW.fullmatch(row_id)
        if found is None:
            return False
        conversation, *messages = found.groups()
        named = {f"m{each}" for each in messages if each} | {f"c{conversation}"}
        return not self._names.isdisjoint(named)

    def found_in(self, text: str) -> bool:
        """Whether one of the sentences stands in a text."""
        return any(True for _ in self._looked_for.within(text))

    def held_by(self, value: Any) -> bool:
        """Whether one of the sentences stands anywhere in a JSON value."""
        if isinstance(value, str):
            return self.found_in(value)
        if isinstance(value, Mapping):
            return any(self.held_by(each) for each in value.values())
        return isinstance(value, list) and any(self.held_by(each) for each in value)

    @cached_property
    def byte_forms(self) -> list[bytes]:
        """The sentences as they may stand in a file of any text, longest first."""
        forms = {form for sentence in self.sentences for form in _written(sentence)}
        return sorted((form.encode("utf-8", "surrogatepass") for form in forms), key=len)[::-1]


def sentences_of(text: str) -> set[str]:
    """The sentences of a text that are telling enough to be looked for."""
    whole = text.strip()
    found = {each.strip() for each in _SENTENCE_END.split(whole) if is_telling(each.strip())}
    return found or ({whole} if is_telling(whole) else set())


def is_telling(sentence: str) -> bool:
    """Whether nobody says this by chance, like "ok" or the name of a field."""
    if len(_GLUED.findall(sentence)) >= LEAST_GLUED:
        return True
    if any(each.isdigit() for each in sentence):
        return len(sentence) >= LEAST_WITH_DIGITS
    return len(sentence) >= (LEAST_CHARACTERS if " " in sentence else LEAST_ONE_WORD)


def _spellings(sentences: Iterable[str]) -> Collection[str]:
    """Korean is one text to a reader, whether its syllables are stored whole or in parts."""
    return {
        spelling
        for sentence in sentences
        for spelling in (
            sentence,
            unicodedata.normalize("NFC", sentence),
            unicodedata.normalize("NFD", sentence),
        )
    }


def _written(sentence: str) -> set[str]:
    """As it is, and as JSON, HTML and a traceback write it."""
    return {
        sentence,
        json.dumps(sentence)[1:-1],
        json.dumps(sentence, ensure_ascii=False)[1:-1],
        html.escape(sentence),
        html.escape(sentence, quote=False),
        repr(sentence)[1:-1],
    }
