"""The words of the window in one language, and what of another language stands among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.gui.translation import LANGUAGES, Language, read_catalogue

_PLACEHOLDER = re.compile(r"\{\w+\}")
_KEYS = re.compile(r"\s*\([^()]*\)$")
_LETTERS, HANGUL = re.compile(r"[A-Za-z]{2}"), re.compile(r"[가-힣ㄱ-ㅣ]")
# From so many words on a sentence is looked for inside of longer texts, too.
_SENTENCE = 4
# What stands for a {name}: a number, a name, a time. One word where hardly any other is there.
_FILLED, _ONE_WORD = r"\S+(?: \S+){0,2}", r"\S+"


class AppWords:
    """Says the app's own texts; one that has no translation is a fault of the app or of the test.

    `other` is the language that the window must not speak meanwhile.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self.other: Language = "ko" if language == "en" else "en"
        self._korean = read_catalogue("ko")
        self._english = [
            (text, _pattern(text))
            for text, said in self._korean.items()
            if said != text and _LETTERS.search(_PLACEHOLDER.sub("", text))
        ]

    def __call__(self, text: str, /, **values: object) -> str:
        """The text in the language, its {names} filled in."""
        said = self._of(text)
        return said.format(**values) if values else said

    def like(self, text: str) -> re.Pattern[str]:
        """The text in the language, whatever stands for its {names}."""
        return _pattern(self._of(text))

    def foreign(self, shown: Iterable[str]) -> list[str]:
        """What of these texts is in the other language."""
        names = set(LANGUAGES.values())
        if self.language == "en":
            return [text for text in shown if HANGUL.search(_without(text, names))]
        return [text for text in shown if text not in names and self._is_english(text)]

    def _of(self, text: str) -> str:
        korean = self._korean[text]
        return korean if self.language == "ko" else text

    def _is_english(self, text: str) -> bool:
        pieces = [each for each in _pieces(text) if _LETTERS.search(each)]
        return any(
            pattern.fullmatch(piece) or (len(english.split()) >= _SENTENCE and english in piece)
            for piece in pieces
            for english, pattern in self._english
        )


def _pattern(text: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(text)
    filled = _FILLED if len(" ".join(parts).split()) > 1 else _ONE_WORD
    return re.compile(filled.join(map(re.escape, parts)))


def _pieces(text: str) -> Iterator[str]:
    """A text, and what it may have been put together from."""
    yield text
    yield _KEYS.sub("", text)
    for line in text.splitlines():
        for piece in line.split(" · "):
            yield piece.strip()
            yield _KEYS.sub("", piece.strip())


def _without(text: str, names: Iterable[str]) -> str:
    for name in names:
        text = text.replace(name, "")
    return text
