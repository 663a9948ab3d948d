"""Receiving: whatever a person drops on the window, sorted, looked into, and taken in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from app.archive.opening import opened
from app.archive.provenance import come_from
from app.errors import PerennialError
from app.home import Home
from app.importers.tally import LEFT_OUT_SHOWN, ImportResult, merged
from app.operations import personas
from app.operations.archive import import_archive
from app.operations.importing import (
    PersonaDraft,
    Progress,
    Stop,
    first_persona,
    import_files,
    preview_import,
)
from app.operations.offers import Fault, Look, Newcomer, Offer, Sorted, Taken, languages_of, sort
from app.store.store import Store
from app.store.values import Persona

# Warnings that were read once are shown again, but not asked about again.
_WARNINGS_KEY = "import.warnings_read"


def look(
    store: Store, offer: Offer, progress: Progress | None = None, stop: Stop | None = None
) -> Look:
    """What would come in; nothing is written, and what is wrong with a file is part of it."""
    found = sort(offer)
    results: list[ImportResult] = []
    faults: list[Fault] = []
    newcomers = [_card(store, path, draft) for path, draft in found.cards.items()]
    draft = _new_persona(offer, found)
    for paths, persona_id in _parcels(store, offer, found, draft):
        try:
            results.append(
                preview_import(
                    store, persona_id, paths, format=offer.formats, progress=progress, stop=stop
                )
            )
        except PerennialError as error:
            faults += _each_fault(paths, offer, error)
    for path in found.archives:
        with _kept(faults, path):
            newcomers.append(_archive(store, path))
    result = merged(results)
    said = [text for glimpse in result.glimpses for _role, text in glimpse.said]
    return Look(
        result,
        found.chats,
        tuple(newcomers),
        tuple(faults),
        draft.name if draft is not None else "",
        languages_of(said),
        bool(_unread(store, result)),
    )


def take(
    home: Home,
    store: Store,
    offer: Offer,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Taken:
    """Take an offer in; with `whole` all conversations and cards of it, or nothing."""
    found = sort(offer)
    taken = Taken(ImportResult())
    with store.transaction() if offer.whole else nullcontext():
        for draft, paths in _arrivals(found):
            if stop is not None and stop() and taken.persona is not None:
                return replace(taken, result=replace(taken.result, stopped=True))
            taken = _take_talks(store, offer, taken, draft, paths, progress, stop)
    unread = _unread(store, taken.result)
    if unread:
        store.settings.set(_WARNINGS_KEY, [*store.settings.get(_WARNINGS_KEY, []), *unread])
    for path in () if taken.unfinished else found.archives:
        try:
            came = import_archive(home, store, path, again=offer.again)
        except PerennialError as error:
            taken = replace(taken, faults=(*taken.faults, Fault(path, error)))
        else:
            personas.switch(store, came.persona.id)
            taken = replace(taken, archives=(*taken.archives, came))
    return taken


def _each_fault(paths: tuple[Path, ...], offer: Offer, error: PerennialError) -> Iterator[Fault]:
    """Why each of some files cannot be read, where none of them can."""
    if len(paths) == 1:
        yield Fault(paths[0], error)
        return
    for path in paths[:LEFT_OUT_SHOWN]:
        try:
            preview_import(None, None, [path], format=offer.formats)
        except PerennialError as own:
            yield Fault(path, own)


def _unread(store: Store, result: ImportResult) -> list[str]:
    """The warnings that were never read before."""
    read = store.settings.get(_WARNINGS_KEY, [])
    kinds = (f"{each.kind}:{each.provider}" for each in result.warnings)
    return [kind for kind in kinds if kind not in read]


def _parcels(
    store: Store, offer: Offer, found: Sorted, draft: PersonaDraft | None
) -> Iterator[tuple[tuple[Path, ...], int | None]]:
    """Files that go to one persona, and its id where it is here."""
    if found.chats:
        same = _known(store, draft) if draft is not None else None
        yield found.chats, same.id if same is not None else offer.persona_id
    for path, card in found.cards.items():
        known = _known(store, card)
        yield (path,), known.id if known is not None else None


def _arrivals(found: Sorted) -> Iterator[tuple[PersonaDraft | None, tuple[Path, ...]]]:
    for path, draft in found.cards.items():
        yield draft, (path,)
    if found.chats:
        yield None, found.chats


def _take_talks(
    store: Store,
    offer: Offer,
    taken: Taken,
    card: PersonaDraft | None,
    paths: tuple[Path, ...],
    progress: Progress | None,
    stop: Stop | None,
) -> Taken:
    try:
        persona = _persona_for(store, offer, card, paths)
        result = import_files(
            store, persona.id, paths, format=offer.formats, reviewed=offer.reviewed,
            whole=offer.whole, progress=progress, stop=stop,
        )  # fmt: skip
    except PerennialError as error:
        if offer.whole:
            raise
        return replace(taken, faults=(*taken.faults, Fault(paths[0], error)))
    so_far = [taken.result, result] if taken.persona is not None else [result]
    cards = taken.cards if card is None else (*taken.cards, persona)
    return replace(taken, result=merged(so_far), persona=persona, cards=cards)


def _persona_for(
    store: Store, offer: Offer, card: PersonaDraft | None, paths: tuple[Path, ...]
) -> Persona:
    """The persona that was chosen, or a new one; one of the same name and words is the same."""
    if card is None and offer.persona_id is not None:
        return store.personas.get(offer.persona_id)
    draft = card or first_persona(paths, offer.formats)
    languages = offer.languages
    if card is not None:
        languages = languages_of([card.system_prompt])
    elif offer.name.strip():
        draft = replace(draft, name=offer.name.strip())
    known = _known(store, draft)
    if known is not None:
        return known
    bases = store.bases.all()
    base_id = bases[0].id if bases else None
    return personas.create(store, draft.name, draft.system_prompt, languages, base_id)


def _new_persona(offer: Offer, found: Sorted) -> PersonaDraft | None:
    """The persona that would be made; None when one was chosen, or nothing can be read."""
    if offer.persona_id is not None or not found.chats:
        return None
    with _kept([], found.chats[0]):
        return first_persona(found.chats, offer.formats)
    return None


def _known(store: Store, draft: PersonaDraft) -> Persona | None:
    wanted = (draft.name, draft.system_prompt.strip())
    everyone = store.personas.all()
    return next((each for each in everyone if (each.name, each.system_prompt) == wanted), None)


def _card(store: Store, path: Path, draft: PersonaDraft) -> Newcomer:
    known = _known(store, draft)
    return Newcomer(path, "card", draft.name, known.name if known is not None else "")


def _archive(store: Store, path: Path) -> Newcomer:
    with opened(path) as archive:
        contents = archive.contents
    known = come_from(store, contents.id)
    here_as = known.name if known is not None else ""
    return Newcomer(path, "archive", contents.shown_name, here_as, dict(contents.rows))


@contextmanager
def _kept(faults: list[Fault], path: Path) -> Iterator[None]:
    """Keep a known error beside the file that it is about, and go on."""
    try:
        yield
    except PerennialError as error:
        faults.append(Fault(path, error))
