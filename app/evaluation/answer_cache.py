"""Answers by who gave them and to what: a second examination of the same costs nothing."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.contract.folder import is_torn, read_rows

# Raised when the way of asking changes, so that no old answer is used.
VERSION = 2


@dataclass(frozen=True)
class Known:
    """A reply with its tokens, or a likelihood."""

    text: str = ""
    tokens: int = 0
    value: float = 0.0


class AnswerCache:
    """An append-only file; a torn last line is asked again."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self._known = {str(row.get("key")): _known(row) for row in read_rows(path)}

    @staticmethod
    def key(
        digests: tuple[str, str],
        messages: Sequence[Mapping[str, str]],
        settings: Sequence[str | float],
    ) -> str:
        """Where an answer lies: by base and adapter, all that was said, and how it was asked."""
        asked = [VERSION, *digests, [dict(each) for each in messages], *settings]
        text = json.dumps(asked, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def get(self, key: str) -> Known | None:
        return self._known.get(key)

    def put(self, key: str, known: Known) -> None:
        row = {"key": key, "text": known.text, "tokens": known.tokens, "value": known.value}
        line = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        with self._lock:
            self._known[key] = known
            with self._path.open("ab") as file:
                if is_torn(self._path):
                    file.write(b"\n")
                file.write(line)


def _known(row: Mapping[str, Any]) -> Known:
    """A row as it was written; one of an earlier form is under a key that nobody asks for."""
    tokens, value = row.get("tokens"), row.get("value")
    return Known(
        str(row.get("text", "")),
        tokens if isinstance(tokens, int) else 0,
        float(value) if isinstance(value, int | float) else 0.0,
    )
