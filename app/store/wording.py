"""The name that a conversation without one of its own has by its words; it changes as they grow."""

from __future__ import annotations

import hashlib
import json
from typing import Self

_NAME_LENGTH = 24


class Wording:
    """The words of a conversation as far as it is said."""

    def __init__(self, system_prompt: str) -> None:
        self._digest = hashlib.sha256(json.dumps(system_prompt).encode())

    def say(self, role: str, content: str) -> None:
        """Go on with a message."""
        self._digest.update(json.dumps((role, content)).encode())

    def then(self, role: str, content: str) -> Self:
        """What follows when a message is said; this stays as it is, for other branches."""
        following = object.__new__(type(self))
        following._digest = self._digest.copy()
        following.say(role, content)
        return following

    @property
    def name(self) -> str:
        return self._digest.hexdigest()[:_NAME_LENGTH]
