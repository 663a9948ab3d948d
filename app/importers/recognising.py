"""Which format a document is of, by its content."""

from __future__ import annotations

from dataclasses import dataclass

from app.importers import (
    cards,
    chatgpt,
    claude,
    jan,
    lm_studio,
    messages,
    open_webui,
    pairs,
    preferences,
    sharegpt,
    sillytavern,
)
from app.importers.documents import Document
from app.importers.findings import Unusable
from app.importers.formats import Format, Guess, sample_of
from app.importers.png import SIGNATURE

FORMATS: tuple[Format, ...] = (
    messages.FORMAT, sharegpt.FORMAT, pairs.ALPACA, pairs.PAIRS, preferences.FORMAT, pairs.KTO,
    chatgpt.FORMAT, claude.FORMAT, open_webui.FORMAT, lm_studio.FORMAT, jan.FORMAT,
    sillytavern.FORMAT, cards.FORMAT,
)  # fmt: skip


class NotRecognised(Unusable):
    """A document of no format that is known."""


@dataclass(frozen=True)
class Recognised:
    """The format that a document is read as, and what speaks for it."""

    format: Format
    guess: Guess
    others: tuple[str, ...] = ()


def format_named(name: str) -> Format | None:
    """The format of this short name."""
    return next((each for each in FORMATS if each.name == name), None)


def recognise(document: Document, chosen: Format | None = None) -> Recognised:
    """The format of a document, or the one that was chosen; raises Unusable when it is none."""
    sample = sample_of(document)
    if document.packed and sample.head.startswith(SIGNATURE):
        raise NotRecognised("a picture in an archive")
    guesses = [(each, guess) for each in FORMATS if (guess := each.recognise(sample)) is not None]
    guesses.sort(key=lambda pair: -pair[1].confidence)
    if chosen is not None:
        own = next((guess for each, guess in guesses if each is chosen), None)
        if own is None and not document.alone:
            raise NotRecognised(f"it is no {chosen.title}")
        return Recognised(chosen, own or Guess(0, "chosen"), _names(guesses, chosen))
    if not guesses:
        reasons = {
            "empty": "it is empty",
            "utf-16": "it is UTF-16 text; save it as UTF-8",
            "binary": "it is not text",
        }
        unknown = sample.limit or "no format of conversations is recognised in it"
        raise NotRecognised(reasons.get(sample.layout, unknown))
    best, guess = guesses[0]
    return Recognised(best, guess, _names(guesses, best))


def _names(guesses: list[tuple[Format, Guess]], taken: Format) -> tuple[str, ...]:
    return tuple(each.name for each, _ in guesses if each is not taken)
