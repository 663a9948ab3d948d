"""Importing: conversations from files come in as archive, each once, as often as it is asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import ImportRefused, PerennialError
from app.importers.cards import FORMAT as CARD
from app.importers.cards import Card, card_of
from app.importers.documents import gathered
from app.importers.findings import Aside, Found, LeftOut, Unusable
from app.importers.formats import Format
from app.importers.reading import (
    Chosen,
    DocumentRead,
    ImportProgress,
    ImportStopped,
    Watch,
    read_all,
)
from app.importers.recognising import FORMATS, format_named, recognise
from app.importers.tally import ImportResult, Tally
from app.importers.twice import SeenTwice
from app.store.arriving import ArrivingConversation
from app.store.placing import Placement
from app.store.store import Store
from app.store.values import RatingOrigin

Progress = Callable[[ImportProgress], None]
Stop = Callable[[], bool]
# The name of a format for everything, or one for some of the files and folders.
FormatNames = str | Mapping[Path, str] | None

# A transaction is as long as it takes to write so many conversations, or so much text.
CONVERSATIONS_A_CHUNK = 1000
CHARACTERS_A_CHUNK = 2_000_000
# How far a file is searched for a system prompt, and how many conversations tell the languages.
_LOOK_AT_MOST = 10_000
_LISTEN_TO = 3


@dataclass(frozen=True)
class FormatChoice:
    """A format to choose from."""

    name: str
    title: str


@dataclass(frozen=True)
class PersonaDraft:
    """A persona as a file describes it; `is_card` when that is what the file is for.

    `said` are the first words in it, which tell the languages.
    """

    name: str
    system_prompt: str
    is_card: bool = False
    said: tuple[str, ...] = field(default=(), compare=False)


def import_formats() -> tuple[FormatChoice, ...]:
    """Every format that can be imported."""
    return tuple(FormatChoice(each.name, each.title) for each in FORMATS)


def preview_import(
    store: Store | None,
    persona_id: int | None,
    paths: Sequence[Path],
    *,
    format: FormatNames = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> ImportResult:
    """What an import would do; nothing is written. Without a persona everything is new."""
    seen = SeenTwice()

    def look(batch: Sequence[ArrivingConversation], _given: str) -> list[Placement]:
        return [seen.placed(placement) for placement in _look(store, persona_id, batch)]

    return _something(_run(_read(paths, format), look, progress, stop, whole=False))


def import_files(
    store: Store,
    persona_id: int,
    paths: Sequence[Path],
    *,
    format: FormatNames = None,
    reviewed: bool = False,
    whole: bool = False,
    source: str = "",
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> ImportResult:
    """Take files, folders and archives in; what cannot be read is told, and the rest comes in.

    Everything is archive unless the user has `reviewed` it. With `whole`, nothing is changed if
    anything cannot come in. An import that was killed goes on when it is started again.
    """
    result = take_in(
        store, persona_id, _read(paths, format), source=source, reviewed=reviewed, whole=whole,
        progress=progress, stop=stop,
    )  # fmt: skip
    return _something(result)


def take_in(
    store: Store,
    persona_id: int,
    read: Callable[[Aside, Watch], Iterable[DocumentRead | Found]],
    *,
    source: str = "",
    reviewed: bool = False,
    whole: bool = False,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> ImportResult:
    """Take in whatever a reader yields, from another program's store or from files.

    Without a `source` a conversation is from the file that the user named.
    """
    origin: RatingOrigin = "user" if reviewed else "import"

    def take(batch: Sequence[ArrivingConversation], given: str) -> list[Placement]:
        return store.intake.take(persona_id, batch, source or Path(given).name, origin)

    with store.transaction() if whole else nullcontext():
        result = _run(read, take, progress, stop, whole=whole)
        if whole and result.stopped:
            raise ImportRefused(
                "The import was stopped.", "Start it again when you like.",
                kind="import_stopped", kept="Nothing was changed.",
            )  # fmt: skip
    return result


def read_persona(path: Path, format: str | None = None) -> PersonaDraft:
    """The persona of a card; of another file its name, and the first system prompt in it."""
    chosen = _chosen(format)
    card = read_card(path, format)
    if card is not None:
        return card
    name = path.stem.replace("_", " ").replace("-", " ").strip().capitalize() or "Persona"
    aside = Aside()
    tally = Tally(aside)
    prompt, heard, said = "", 0, list[str]()
    for each in itertools.islice(read_all([path], chosen, aside, Watch()), _LOOK_AT_MOST):
        if isinstance(each, ArrivingConversation):
            if not prompt.strip():
                prompt = each.system_prompt
            heard += 1
            if heard <= _LISTEN_TO:
                said += [message.content for message in each.messages]
            elif prompt.strip():
                break
        elif isinstance(each, LeftOut):
            tally.leave_out(each)
        else:
            tally.note_document(each)
    if not tally.recognised:
        raise _nothing_read(tally.result())
    return PersonaDraft(name, prompt, said=tuple(said))


def first_persona(paths: Sequence[Path], format: FormatNames = None) -> PersonaDraft:
    """The persona of the first of several files that can be read."""
    faults: list[PerennialError] = []
    for path in paths:
        try:
            return read_persona(path, _name_for(path, format))
        except PerennialError as error:
            faults.append(error)  # told when it is imported
    raise faults[0]


def read_card(path: Path, format: str | None = None) -> PersonaDraft | None:
    """The persona of a file that is a character card and nothing else."""
    card = _card_in(path, _chosen(format))
    return None if card is None else PersonaDraft(card.name, card.system_prompt, is_card=True)


def _card_in(path: Path, chosen: Format | None) -> Card | None:
    with gathered([path]) as found:
        for document in found.documents if len(found.documents) == 1 else ():
            try:
                if recognise(document, chosen).format is CARD:
                    return card_of(document, Aside())
            except Unusable:
                return None  # told when it is imported
    return None


def _read(
    paths: Sequence[Path], format: FormatNames
) -> Callable[[Aside, Watch], Iterator[DocumentRead | Found]]:
    chosen: Chosen = (
        {path: each for path, name in format.items() if (each := _chosen(name)) is not None}
        if isinstance(format, Mapping)
        else _chosen(format)
    )
    return lambda aside, watch: read_all(paths, chosen, aside, watch)


def _run(
    read: Callable[[Aside, Watch], Iterable[DocumentRead | Found]],
    take: Callable[[Sequence[ArrivingConversation], str], list[Placement]],
    progress: Progress | None,
    stop: Stop | None,
    *,
    whole: bool,
) -> ImportResult:
    """Read, and hand on in chunks; preview and import are the same but for `take`."""
    aside, watch = Aside(), Watch(progress, stop)
    tally = Tally(aside)
    stopped = False
    try:
        for given, batch in _batches(read(aside, watch), tally, whole):
            for placement in take(batch, given):
                tally.note(
                    placement.arriving, placement.state, placement.added, placement.forgotten
                )
            watch.conversations = tally.conversations
    except ImportStopped:
        stopped = True
    return tally.result(stopped=stopped)


def _something(result: ImportResult) -> ImportResult:
    """A result, unless there was nothing that could be read."""
    if not result.documents and not result.stopped:
        raise _nothing_read(result)
    return result


def _batches(
    found: Iterable[DocumentRead | Found], tally: Tally, whole: bool
) -> Iterator[tuple[str, list[ArrivingConversation]]]:
    """Conversations in chunks, each with what the user named that they are in."""
    batch: list[ArrivingConversation] = []
    given, length = "", 0
    for each in found:
        if isinstance(each, ArrivingConversation):
            batch.append(each)
            length += sum([len(message.content) for message in each.messages])
            if len(batch) >= CONVERSATIONS_A_CHUNK or length >= CHARACTERS_A_CHUNK:
                yield given, batch
                batch, length = [], 0
        elif isinstance(each, DocumentRead):
            if batch and each.given != given:
                yield given, batch
                batch, length = [], 0
            given = each.given
            tally.note_document(each)
        else:
            if whole:
                raise _not_whole(each)
            tally.leave_out(each)
    if batch:
        yield given, batch


def _look(
    store: Store | None, persona_id: int | None, batch: Sequence[ArrivingConversation]
) -> list[Placement]:
    if store is None or persona_id is None:
        return [Placement(each, "new") for each in batch]
    placed: list[Placement] = []
    while len(placed) < len(batch):
        placed += store.intake.look(persona_id, batch[len(placed) :])
    return placed


def _name_for(path: Path, format: FormatNames) -> str | None:
    return format.get(path) if isinstance(format, Mapping) else format


def _chosen(name: str | None) -> Format | None:
    if name is None:
        return None
    found = format_named(name)
    if found is None:
        known = ", ".join(each.name for each in FORMATS)
        raise ImportRefused(
            f"There is no format {name}.", f"Choose from: {known}.", kind="import_format"
        )
    return found


def _not_whole(left_out: LeftOut) -> ImportRefused:
    return ImportRefused(
        f"{left_out.text}.",
        "Mend the file, or import it so that everything else comes in.",
        kind="import_incomplete",
        kept="Nothing was changed.",
    )


def _nothing_read(result: ImportResult) -> ImportRefused:
    known = ", ".join(each.title for each in FORMATS)
    text = result.left_out[0].text if result.left_out else "There is nothing to import here"
    return ImportRefused(
        f"{text}.",
        f"Check the file; what can be imported: {known}.",
        kind="import_unknown",
        kept="Nothing was changed.",
    )
