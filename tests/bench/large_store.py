"""A store as large as a life of talking: a million messages, half Korean, half English."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

import yaml

from app.store import Store
from app.store.arriving import ArrivingConversation, ArrivingMessage

CONVERSATIONS = 200_000
BATCH = 2_000
KOREAN_FORMS = 40_000
# One word in this many is said nowhere else: names, numbers, misspellings.
RARE = 60
_WORDS = Path(__file__).with_name("large_store_words.yaml")
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
ENDINGS = ("", "s", "ed", "ing", "er", "ers", "able", "ment", "ings")
BEGINNINGS = ("re", "un", "over", "out")


def _words(name: str) -> list[str]:
    words: str = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))[name]
    return words.split()


def korean_stems() -> list[str]:
    """Stems, the common ones first: what is listed, then words of two roots each."""
    roots = _words("korean_roots")
    pairs = [first + second for first in roots for second in roots if first != second]
    Random(1).shuffle(pairs)
    return list(dict.fromkeys(_words("korean_words") + pairs[:4_000]))


def english_words() -> list[str]:
    """Words, the common ones first: what is listed, then forms of the roots."""
    roots = _words("english_roots")
    forms = [root + ending for root in roots for ending in ENDINGS]
    forms += [beginning + root for root in roots[::2] for beginning in BEGINNINGS]
    Random(2).shuffle(forms)
    return list(dict.fromkeys(_words("english_words") + forms))


class Talk:
    """Makes up conversations in which words are as frequent as in real ones (Zipf)."""

    def __init__(self, seed: int = 7) -> None:
        self._random = Random(seed)
        self._languages = (self._korean_forms(), self._weighed(english_words()))

    def conversations(self, first: int, count: int) -> Iterator[ArrivingConversation]:
        for number in range(first, first + count):
            begun = BEGAN + timedelta(minutes=15 * number)
            yield ArrivingConversation(
                f"bench-{number}",
                tuple(self._messages(number)),
                "You are kind.",
                f"Talk {number}",
                begun.isoformat(timespec="microseconds"),
                (begun + timedelta(minutes=9)).isoformat(timespec="microseconds"),
            )

    def _messages(self, number: int) -> Iterator[ArrivingMessage]:
        language = self._languages[number % 2]
        for turn in range(4 + number // 2 % 2 * 2):
            said = self._text(language, *((15, 90) if turn % 2 else (4, 30)))
            role = "assistant" if turn % 2 else "user"
            yield ArrivingMessage(role, said, turn - 1 if turn else None)

    def _text(self, language: tuple[list[str], list[float]], low: int, high: int) -> str:
        forms, weights = language
        length = self._random.randint(low, high)
        words = self._random.choices(forms, cum_weights=weights, k=length)
        for place in range(self._random.randrange(RARE), length, RARE):
            words[place] = f"{words[place]}{self._random.randrange(10**6)}"
        return " ".join(words) + "."

    def _korean_forms(self) -> tuple[list[str], list[float]]:
        stems, weights = self._weighed(korean_stems())
        endings = ["", *_words("korean_endings")]
        said = self._random.choices(stems, cum_weights=weights, k=KOREAN_FORMS)
        return [stem + self._random.choice(endings) for stem in said], list(
            range(1, KOREAN_FORMS + 1)
        )

    def _weighed(self, words: list[str]) -> tuple[list[str], list[float]]:
        return words, list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))


def persona_of(conversation: int, conversations: int) -> int:
    """Which of three speaks: one always, one in every third, one only in the first months."""
    if conversation < conversations // 20:
        return 2
    return int(conversation % 3 == 0)


def build(store: Store, conversations: int = CONVERSATIONS) -> None:
    """Fill an empty store, the way an import does."""
    personas = [store.personas.add(name).id for name in ("Sunny", "Technical", "Early")]
    talk = Talk()
    for first in range(0, conversations, BATCH):
        count = min(BATCH, conversations - first)
        shares: dict[int, list[ArrivingConversation]] = {}
        for number, arriving in enumerate(talk.conversations(first, count), first):
            persona = personas[persona_of(number, conversations)]
            shares.setdefault(persona, []).append(arriving)
        for persona, batch in shares.items():
            store.intake.take(persona, batch, "bench")


def named_folder(about: str, *, otherwise: str | None = None) -> Path:
    """The folder that the command line names; an option is never taken for one."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    nargs = "?" if otherwise else None
    parser.add_argument("folder", type=Path, nargs=nargs, default=otherwise)
    return Path(parser.parse_args().folder)
