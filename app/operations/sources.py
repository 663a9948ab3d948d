"""Sources: other programs' stores and watched folders, taken in again and again.

Only what is new comes in, all of it as archive. What was edited or deleted there changes nothing
here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.archive.opening import is_archive
from app.errors import PerennialError, SourceRefused
from app.home import Home
from app.importers.changed_files import STILL_S, FolderLook, look_into
from app.importers.looking_again import Item, LookAgain, Seen, chat_items, file_items
from app.importers.open_webui_store import thumbs_by_chat
from app.importers.programs import TITLES, Program, find_programs, place_of, unit_of
from app.importers.tally import ImportResult
from app.operations.importing import Progress, Stop, take_in
from app.store.foreign import ForeignPerson, open_chats, stamp_of
from app.store.sources import Source, SourceKind, Standing
from app.store.store import Store

_SETTLE_S = STILL_S + 0.2


@dataclass(frozen=True)
class Looked:
    """What a look into a source found; with an `error` nothing was read, and it is tried again.

    `writing` are files and chats that are just being written, `edited` messages of the chats that
    were read that have other words there now.
    """

    source: Source
    result: ImportResult
    writing: int = 0
    edited: int = 0
    error: PerennialError | None = None

    @property
    def title(self) -> str:
        return TITLES[self.source.kind]

    def row(self) -> dict[str, Any]:
        """The look as `--json` prints it."""
        told = self.error
        return {
            "source": self.source.id,
            "kind": self.source.kind,
            "place": self.source.place,
            **self.result.row(),
            "writing": self.writing,
            "edited_there": self.edited,
            "error": {"kind": told.kind, "text": str(told)} if told else None,
        }


def programs() -> tuple[Program, ...]:
    """Other programs' stores that were found on this machine."""
    return find_programs()


def sources(store: Store) -> list[Source]:
    """Every source that is looked into again."""
    return store.sources.all()


def people_of(place: Path) -> list[ForeignPerson]:
    """Whose chats an Open WebUI has; on a family's machine one has to say whose are meant."""
    with open_chats(place_of("open-webui", place)) as chats:
        return chats.people()


def add_source(
    home: Home,
    store: Store,
    persona_id: int,
    kind: SourceKind,
    place: Path | None = None,
    *,
    user: str = "",
) -> Source:
    """Enter a store or a folder; `look` then takes in what it holds, now and whenever asked."""
    found = place_of(kind, place)
    if found.is_relative_to(home.root):
        raise SourceRefused(
            f"{found} belongs to Perennial itself.",
            "Choose a folder into which other programs put conversations.",
            kind="source_foreign",
            kept="Nothing was changed.",
        )
    state: dict[str, Any] = {}
    if kind == "open-webui":
        with open_chats(found) as chats:
            state["user"] = _user_of(found, chats.people(), user)
    return store.sources.get(store.sources.add(persona_id, kind, str(found), state))


def remove_source(store: Store, source_id: int) -> Source:
    """Look there no more; what came in stays."""
    source = store.sources.get(source_id)
    store.sources.remove(source_id)
    return source


def look(
    home: Home,
    store: Store,
    source_id: int,
    *,
    patient: bool = False,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Looked:
    """Take in what is new in a source; with patience also what was written a moment ago."""
    source = store.sources.get(source_id)
    state = store.sources.state(source_id)
    one = _Look(home, store, source, state, Seen.of(state), progress, stop)
    return one.at_chats() if source.kind == "open-webui" else one.at_files(patient)


def look_all(
    home: Home,
    store: Store,
    *,
    patient: bool = False,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> tuple[Looked, ...]:
    """Take in what is new in every source; one that cannot be read does not keep back others."""
    found: list[Looked] = []
    for source in store.sources.all():
        if stop is not None and stop():
            break
        try:
            found.append(
                look(home, store, source.id, patient=patient, progress=progress, stop=stop)
            )
        except PerennialError as error:
            found.append(Looked(source, ImportResult(), error=error))
    return tuple(found)


@dataclass
class _Look:
    """One look into one source."""

    home: Home
    store: Store
    source: Source
    state: dict[str, Any]
    seen: Seen
    progress: Progress | None
    stop: Stop | None

    def at_chats(self) -> Looked:
        """Look into Open WebUI's database; not at all while its file is as it was."""
        place, seen = Path(self.source.place), self.seen
        stamp = stamp_of(place)
        if stamp == seen.stamp:
            return Looked(self.source, ImportResult())
        with open_chats(place) as chats:
            seen.user = seen.user or _user_of(place, chats.people(), "")
            thumbs, changed = thumbs_by_chat(chats.thumbs())
            marks = {
                chat_id: f"{mark} {changed.get(chat_id, '')}".strip()
                for chat_id, mark in chats.marks(seen.user or None).items()
            }
            items = chat_items(chats, marks, seen.marks, thumbs)
            seen.marks = {key: seen.marks[key] for key in marks if key in seen.marks}
            return self._take(items, 0, stamp)

    def at_files(self, patient: bool) -> Looked:
        """Look into a folder."""
        found = self._changed_files()
        if patient and found.writing:
            time.sleep(_SETTLE_S)
            found = self._changed_files()
        items = file_items(self.source.kind, found.changed, is_archive)
        there = {*found.unchanged, *(item.key for item in items)}
        self.seen.marks = dict(found.unchanged)
        self.seen.faults = {key: why for key, why in self.seen.faults.items() if key in there}
        return self._take(items, found.writing)

    def known(self, names: Sequence[str]) -> set[str]:
        return self.store.sources.known(self.source.persona_id, names)

    def standing(self, names: Sequence[str]) -> list[Standing]:
        return self.store.sources.standing(self.source.persona_id, names)

    def _changed_files(self) -> FolderLook:
        kind = self.source.kind
        return look_into(
            Path(self.source.place),
            self.seen.marks,
            lambda folder, name: unit_of(kind, folder, name),
            but=self.home.root,
        )

    def _take(self, items: list[Item], writing: int, stamp: str = "") -> Looked:
        title = TITLES[self.source.kind]
        again = LookAgain(title, items, self.seen, self)
        result = ImportResult()
        if items:
            result = take_in(
                self.store, self.source.persona_id, again.read, source=title,
                progress=self.progress, stop=self.stop,
            )  # fmt: skip
        writing += again.writing
        # What is still open is asked for again, even if nothing more is written there.
        self.seen.stamp = "" if writing else stamp
        if not result.stopped and (self.seen.row() != self.state or not self.source.looked):
            self.store.sources.set_state(self.source.id, self.seen.row())
        return Looked(self.source, result, writing, again.edited)


def _user_of(place: Path, people: list[ForeignPerson], wanted: str) -> str:
    """Whose chats come in; other people's words are not taken without a word."""
    if not wanted and len(people) <= 1:
        return people[0].user_id if people else ""
    for person in people:
        if wanted and wanted in (person.user_id, person.name):
            return person.user_id
    names = ", ".join(person.name for person in people) or "nobody"
    raise SourceRefused(
        f"{place} holds the chats of {len(people)} people: {names}.",
        "Say whose are to come in.",
        kind="source_people",
        kept="Nothing was changed.",
    )
