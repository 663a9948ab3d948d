"""Words in the user's language: one catalogue a language, looked up by the English text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

import resources

CONTEXT = "perennial"
Language = Literal["en", "ko"]
LANGUAGES: dict[Language, str] = {"en": "English", "ko": "한국어"}


def tr(text: str, /, **values: object) -> str:
    """The text in the chosen language, its {names} filled in."""
    translated = QCoreApplication.translate(CONTEXT, text)
    return translated.format(**values) if values else translated


def later(text: str, /) -> str:
    """Marks a text that is translated only when it is shown, as in a table of a module."""
    return text


def system_language() -> Language:
    """The language of the system, as far as it is one of ours."""
    korean = QLocale.system().language() == QLocale.Language.Korean
    return "ko" if korean else "en"


class Catalogue(QTranslator):
    """A language's catalogue."""

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__()
        self._words = words

    def translate(
        self,
        context: str,
        source_text: str,
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str:
        # An empty answer would count as a translation and leave the widget without words.
        return self._words.get(source_text, source_text)

    def isEmpty(self) -> bool:
        return not self._words


def read_catalogue(language: Language) -> dict[str, str]:
    """The catalogue of a language; English stands in the source itself."""
    path = Path(resources.__file__).parent / "translations" / f"{language}.json"
    if language == "en":
        return {}
    words: dict[str, str] = json.loads(path.read_text("utf-8"))
    return words


_INSTALLED: list[Catalogue] = []
_CURRENT: list[Language] = ["en"]


def current_language() -> Language:
    return _CURRENT[0]


def use_language(language: Language) -> None:
    """Speak this language from now on; widgets that exist keep their words."""
    for catalogue in _INSTALLED:
        QCoreApplication.removeTranslator(catalogue)
    _CURRENT[0] = language
    words = read_catalogue(language)
    _INSTALLED[:] = [Catalogue(words)] if words else []
    for catalogue in _INSTALLED:
        QCoreApplication.installTranslator(catalogue)
