"""Reads what is new in a source: its items, each marked once it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from app.importers import jan
from app.importers.cards import FORMAT as CARD
from app.importers.changed_files import ChangedFiles
from app.importers.documents import Document, Siblings
from app.importers.findings import Aside, Found, LeftOut, Unusable, shown
from app.importers.open_webui_store import StillWritten, chat_of
from app.importers.reading import DocumentRead, Watch, read_all
from app.importers.unedited import unedited
from app.store.arriving import ArrivingConversation
from app.store.foreign import ForeignChats
from app.store.sources import SourceKind, Standing

_EXPECTED = (".json", ".jsonl", ".ndjson", ".zip")
_CARD = "a character card; it is a persona of its own, import it by itself"
_ARCHIVE = "the archive of a persona; import it by itself"
_CHAT_BYTES = 1  # the size of a row is not known before it is read

_ASKED_AT_ONCE = 200

Arriving = Iterator[DocumentRead | Found]


class Here(Protocol):
    """What of the conversations that come is in the store already."""

    def known(self, names: Sequence[str]) -> set[str]: ...

    def standing(self, names: Sequence[str]) -> list[Standing]: ...


@dataclass(frozen=True)
class Item:
    """Something that is read as one: a chat of a database, a file, the files of a thread."""

    key: str
    mark: str
    label: str
    size: int
    read: Callable[[Aside, Watch], Arriving]


@dataclass
class Seen:
    """What is remembered of a source: marks of what was read, and what cannot be."""

    marks: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    stamp: str = ""
    user: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Seen:
        return cls(
            dict(row.get("marks", {})), dict(row.get("faults", {})), str(row.get("stamp", "")),
            str(row.get("user", "")),
        )  # fmt: skip

    def row(self) -> dict[str, Any]:
        return vars(self)


@dataclass
class LookAgain:
    """One look at the items that changed; `seen` is what to remember when they are taken in."""

    title: str
    items: Sequence[Item]
    seen: Seen
    here: Here
    edited: int = 0
    writing: int = 0

    def read(self, aside: Aside, watch: Watch) -> Arriving:
        """What is new; what cannot be read is told once, and tried again."""
        watch.total_bytes = sum(item.size for item in self.items)
        yield DocumentRead(self.title, "", self.title, "looked into again", 100)
        for item in self.items:
            watch.file = item.label
            watch.advance(0)
            try:
                yield from self._as_here(item.read(aside, watch))
            except StillWritten:
                self.writing += 1
                continue
            except Unusable as reason:
                if self.seen.faults.get(item.key) != str(reason):
                    self.seen.faults[item.key] = str(reason)
                    yield LeftOut(item.label, "", str(reason))
                continue
            self.seen.marks[item.key] = item.mark
            self.seen.faults.pop(item.key, None)
            watch.finish(item.size)

    def _as_here(self, found: Arriving) -> Arriving:
        waiting: list[ArrivingConversation] = []
        for each in found:
            if not isinstance(each, ArrivingConversation):
                yield each
                continue
            waiting.append(each)
            if len(waiting) >= _ASKED_AT_ONCE:
                yield from self._compared(waiting)
                waiting.clear()
        yield from self._compared(waiting)

    def _compared(self, batch: Sequence[ArrivingConversation]) -> Iterator[ArrivingConversation]:
        known = self.here.known([name for each in batch for name in _names_of(each)])
        for each in batch:
            names = _names_of(each)
            if not known.isdisjoint(names):
                each, edited = unedited(each, self.here.standing(names))
                self.edited += edited
            yield each


def _names_of(each: ArrivingConversation) -> tuple[str, ...]:
    """Every id by which a conversation may be known here, the present one last."""
    return (*each.earlier_ids, each.external_id)


def chat_items(
    chats: ForeignChats,
    marks: Mapping[str, str],
    known: Mapping[str, str],
    thumbs: Mapping[str, Mapping[str, Any]],
) -> list[Item]:
    """The chats of a database that are new, or whose words or thumbs have changed."""

    def reader(chat_id: str) -> Callable[[Aside, Watch], Arriving]:
        return lambda aside, _watch: _read_chat(chats, chat_id, thumbs.get(chat_id, {}), aside)

    return [
        Item(chat_id, mark, shown(chat_id), _CHAT_BYTES, reader(chat_id))
        for chat_id, mark in marks.items()
        if known.get(chat_id) != mark
    ]


def file_items(
    kind: SourceKind, files: Iterable[ChangedFiles], is_archive: Callable[[Path], bool]
) -> list[Item]:
    """Files that are new or have changed."""

    def reader(each: ChangedFiles) -> Callable[[Aside, Watch], Arriving]:
        if kind == "jan":
            return lambda aside, _watch: _read_thread(each, aside)
        return lambda aside, watch: _read_file(each, aside, watch, is_archive)

    return [Item(each.key, each.mark, each.label, each.size, reader(each)) for each in files]


def _read_chat(
    chats: ForeignChats, chat_id: str, thumbs: Mapping[str, Any], aside: Aside
) -> Arriving:
    row = chats.chat(chat_id)
    if row is None:
        return
    label = shown(row.title) or shown(chat_id)
    try:
        yield chat_of(row, thumbs, aside)
    except Unusable as reason:
        # It is what it is until it changes: told now, and not again.
        yield LeftOut(label, "", str(reason))
    for fault in aside.take_faults():
        yield LeftOut(label, "", fault)


def _read_thread(files: ChangedFiles, aside: Aside) -> Arriving:
    siblings = Siblings()
    for path in files.paths:
        label = shown(f"{files.label}/{path.name}", 120)
        siblings.by_name[path.name] = _document(path, label, siblings)
    messages = siblings.find(jan.MESSAGES)
    if messages is not None and messages.size:
        yield from jan.FORMAT.read(messages, aside)


def _document(path: Path, label: str, siblings: Siblings) -> Document:
    size = _readable_size(path)
    return Document(label, size, lambda: path.open("rb"), alone=False, siblings=siblings)


def _read_file(
    files: ChangedFiles, aside: Aside, watch: Watch, is_archive: Callable[[Path], bool]
) -> Arriving:
    """A file by its content; what nobody would expect to hold conversations is not told of."""
    (path,) = files.paths
    _readable_size(path)
    if is_archive(path):
        yield LeftOut(files.label, "", _ARCHIVE)
        return
    recognised = is_card = False
    for each in read_all([path], None, aside, Watch(stop=watch.stop)):
        if isinstance(each, DocumentRead):
            recognised, is_card = True, each.format == CARD.name
            yield LeftOut(each.file, "", _CARD) if is_card else each
        elif is_card:
            continue
        elif recognised or path.suffix.lower() in _EXPECTED:
            yield each
        else:
            aside.count("document")


def _readable_size(path: Path) -> int:
    """What cannot even be opened may be readable next time, without having changed."""
    try:
        with path.open("rb") as file:
            return file.seek(0, 2)
    except OSError as error:
        raise Unusable(f"it cannot be read: {error.strerror or error}") from error
