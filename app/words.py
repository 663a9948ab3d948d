"""Words in the user's language, without a window: one catalogue a language, by the English text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import resources

Language = Literal["en", "ko"]
LANGUAGES: dict[Language, str] = {"en": "English", "ko": "한국어"}


def later(text: str, /) -> str:
    """Marks a text that is translated only when it is shown, as in a table of a module."""
    return text


def read_catalogue(language: str) -> dict[str, str]:
    """The catalogue of a language; English stands in the source itself."""
    if language == "en" or language not in LANGUAGES:
        return {}
    path = Path(resources.__file__).parent / "translations" / f"{language}.json"
    words: dict[str, str] = json.loads(path.read_text("utf-8"))
    return words


class Words:
    """Says English texts in a language; what has no translation stays English."""

    def __init__(self, language: str, catalogue: Mapping[str, str] | None = None) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._catalogue = read_catalogue(language) if catalogue is None else catalogue

    def __call__(self, text: str, /, **values: object) -> str:
        """The text in the language, its {names} filled in."""
        said = self._catalogue.get(text) or text
        return said.format(**values) if values else said
