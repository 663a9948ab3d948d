"""Words in the user's language: one catalogue a language, looked up by the English text."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from app.words import LANGUAGES as LANGUAGES
from app.words import Language as Language
from app.words import later as later
from app.words import read_catalogue as read_catalogue

CONTEXT = "perennial"


def tr(text: str, /, **values: object) -> str:
    """The text in the chosen language, its {names} filled in."""
    translated = QCoreApplication.translate(CONTEXT, text)
    return translated.format(**values) if values else translated


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


_INSTALLED: list[QTranslator] = []
_CURRENT: list[Language] = ["en"]


def current_language() -> Language:
    return _CURRENT[0]


def use_language(language: Language) -> None:
    """Speak this language from now on; widgets that exist keep their words."""
    for catalogue in _INSTALLED:
        QCoreApplication.removeTranslator(catalogue)
    _CURRENT[0] = language
    words = read_catalogue(language)
    # The last one is asked first, and ours has an answer to everything.
    _INSTALLED[:] = [Catalogue(words), _words_of_qt(language)] if words else []
    for catalogue in _INSTALLED:
        QCoreApplication.installTranslator(catalogue)


def _words_of_qt(language: Language) -> QTranslator:
    """Qt's own: its dialog for files, the menu of a field that is written in."""
    made = QTranslator()
    made.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    return made
