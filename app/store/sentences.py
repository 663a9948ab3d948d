"""Many sentences, looked for in a text at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Sentences:
    """Sentences by one word of each, so that a thousand of them cost hardly more than one."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self._by_word: dict[str, list[str]] = {}
        for sentence in sentences:
            self._by_word.setdefault(_inner_word(sentence), []).append(sentence)
        self._words = frozenset(self._by_word)

    def within(self, text: str) -> Iterator[str]:
        """Those that stand in a text."""
        for word in self._words.intersection(("", *text.split())):
            for sentence in self._by_word[word]:
                if sentence in text:
                    yield sentence


def _inner_word(sentence: str) -> str:
    """The longest word that cannot be part of a longer one where the sentence stands."""
    return max(sentence.split()[1:-1], key=len, default="")
