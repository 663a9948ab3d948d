"""What is offered to be taken in: which files, how, whom each is for, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app.archive.opening import is_archive
from app.errors import PerennialError, StoreError
from app.importers.tally import ImportResult
from app.operations.archive import ImportedPersona
from app.operations.importing import PersonaDraft, read_card
from app.store.values import Persona
from replay.measures.scripts import script_counts

# From so much Korean on a persona speaks it, and up to so much of it speaks English too.
_SOME_KOREAN, _MOSTLY_KOREAN = 0.05, 0.8
# What the store refuses however often it is tried.
_FOR_GOOD = ("missing", "contradictory")


@dataclass(frozen=True)
class Offer:
    """Files to take in, and how; without a persona what was said goes to a new one."""

    paths: tuple[Path, ...]
    formats: Mapping[Path, str] = field(default_factory=dict)
    persona_id: int | None = None
    name: str = ""
    languages: tuple[str, ...] = ("en",)
    reviewed: bool = False
    whole: bool = False
    again: bool = False


@dataclass(frozen=True)
class Newcomer:
    """A persona that comes with a file; `here_as` when it came before."""

    path: Path
    kind: Literal["card", "archive"]
    name: str
    here_as: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """A file that cannot be taken in, and why."""

    path: Path
    error: PerennialError


@dataclass(frozen=True)
class Look:
    """What an offer holds; `chats` are the files that are neither card nor archive."""

    result: ImportResult
    chats: tuple[Path, ...] = ()
    newcomers: tuple[Newcomer, ...] = ()
    faults: tuple[Fault, ...] = ()
    name: str = ""
    languages: tuple[str, ...] = ("en",)
    warns_anew: bool = False

    @property
    def archives(self) -> tuple[Newcomer, ...]:
        return tuple(each for each in self.newcomers if each.kind == "archive")


@dataclass(frozen=True)
class Taken:
    """What came in, and whom it belongs to; of several personas the last that can be reviewed."""

    result: ImportResult
    persona: Persona | None = None
    cards: tuple[Persona, ...] = ()
    archives: tuple[ImportedPersona, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def unfinished(self) -> bool:
        """Whether the same offer goes on where this ended: at a stop, or at a full disk."""
        broken = (
            isinstance(each.error, StoreError) and each.error.kind not in _FOR_GOOD
            for each in self.faults
        )
        return self.result.stopped or any(broken)


@dataclass(frozen=True)
class Sorted:
    chats: tuple[Path, ...]
    cards: Mapping[Path, PersonaDraft]
    archives: tuple[Path, ...]


def sort(offer: Offer) -> Sorted:
    """Whom each file is for: an archive and a card are somebody, all else was said to one."""
    archives = tuple(path for path in offer.paths if path.is_file() and is_archive(path))
    cards: dict[Path, PersonaDraft] = {}
    for path in offer.paths:
        if path not in archives and path.is_file():
            draft = read_card(path, offer.formats.get(path))
            if draft is not None:
                cards[path] = draft
    chats = tuple(path for path in offer.paths if path not in archives and path not in cards)
    return Sorted(chats, cards, archives)


def languages_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The languages that somebody who said this speaks, as far as a persona can."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts += script_counts(text)
    korean = counts["hangul"] / max(1, counts["hangul"] + counts["latin"])
    if korean < _SOME_KOREAN:
        return ("en",)
    return ("ko",) if korean > _MOSTLY_KOREAN else ("en", "ko")
