"""Verbs about conversations: import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home
from app.cli_sources import AgainOption, FromOption, UserOption
from app.cli_talk import PersonaOption

if TYPE_CHECKING:
    from rich.console import Console

    from app.home import Home
    from app.importers.reading import ImportProgress
    from app.importers.tally import ImportResult
    from app.store import Persona, Store


def import_files(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files, folders, exports as ZIP, cards.")
    ] = None,
    persona: PersonaOption = None,
    kind: FromOption = None,
    user: UserOption = "",
    format: Annotated[
        str | None, typer.Option("--format", help="Read them as this format; else recognised.")
    ] = None,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="Ratings in them are yours and count at once.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Change nothing if anything cannot come in.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would come in; change nothing.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--as", help="Another name for the persona of an archive.")
    ] = None,
    again: AgainOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take conversations in; without --persona a new one is made from the files.

    What comes in is archive: shown and found, but it teaches only what you have reviewed.
    """
    from app.cli_sources import take_again, take_from

    place, paths = the_home(home), files or []
    if kind is not None or not paths:
        if format or reviewed or whole or preview or name or (kind is None and not again):
            raise typer.BadParameter("name files, or --from a program, or --again all sources")
        if kind is not None:
            take_from(place, kind, paths, persona, user, as_json=as_json)
        else:
            take_again(place, as_json=as_json)
    elif not _import_archive(
        place, paths, name=name, again=again, preview=preview, as_json=as_json
    ):
        ways = _Ways(format, reviewed, whole, preview)
        _import_chats(place, paths, persona, ways, as_json=as_json)


@dataclass(frozen=True)
class _Ways:
    """How files are to be read and taken in."""

    format: str | None
    reviewed: bool
    whole: bool
    preview: bool


def _import_chats(
    place: Home, files: list[Path], persona: str | None, ways: _Ways, *, as_json: bool
) -> None:
    """Take files of conversations and cards in, or show what would come in."""
    from app.operations import base, importing
    from app.store import open_store

    rows: list[tuple[str, str, ImportResult]] = []
    with open_store(place) as store, progress_bar() as progress:
        if ways.preview:
            known = _known_persona(store, persona)
            result = importing.preview_import(
                store, known.id if known else None, files, format=ways.format, progress=progress
            )
            rows.append((known.slug if known else "", known.name if known else "Preview", result))
        else:
            if ways.whole and persona is None:
                base.starter_base(place, store, _tell)  # loaded before anybody has to wait for it
            with store.transaction() if ways.whole else nullcontext():
                for who, group in _by_persona(place, store, persona, files, ways.format):
                    result = importing.import_files(
                        store, who.id, group, format=ways.format, reviewed=ways.reviewed,
                        whole=ways.whole, progress=progress,
                    )  # fmt: skip
                    rows.append((who.slug, who.name, result))
    give(as_json, _object(rows, ways.preview), lambda out: _tell_all(out, rows, ways.preview))


def _import_archive(
    place: Home, files: list[Path], *, name: str | None, again: bool, preview: bool, as_json: bool
) -> bool:
    """Take the archive of a persona in, where the file is one; whether it was."""
    from app.archive.opening import is_archive
    from app.cli_export import show_archive, take_archive
    from app.store import open_store

    archives = [file for file in files if is_archive(file)]
    if not archives:
        if name is not None or again:
            raise typer.BadParameter("--as and --again go with the archive of a persona")
        return False
    if len(files) > 1:
        raise typer.BadParameter("an archive of a persona is taken in alone")
    if preview:
        show_archive(archives[0], as_json)
        return True
    with open_store(place) as store:
        take_archive(place, store, archives[0], name=name, again=again, as_json=as_json)
    return True


def _by_persona(
    place: Home, store: Store, persona: str | None, files: list[Path], format: str | None
) -> Iterator[tuple[Persona, list[Path]]]:
    """Whom the files go to: each card is somebody, everything else is one persona's."""
    from app.cli_people import named_or_new, person_named
    from app.operations.importing import read_card

    if persona is not None:
        yield person_named(store, persona), files
        return
    cards = [file for file in files if read_card(file, format) is not None]
    others = [file for file in files if file not in cards]
    for group in (*([card] for card in cards), others):
        if group:
            yield named_or_new(place, store, group, _tell, format), group


def _known_persona(store: Store, slug: str | None) -> Persona | None:
    from app.cli_people import person_named

    return None if slug is None else person_named(store, slug)


@contextmanager
def progress_bar() -> Iterator[Callable[[ImportProgress], None] | None]:
    """A moving bar on a terminal; nothing in a log."""
    console = progress_console()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import Progress, TextColumn

    columns = (
        *Progress.get_default_columns(),
        TextColumn("{task.fields[count]} conversations"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Importing", total=None, count=0)

        def show(progress: ImportProgress) -> None:
            bar.update(
                task,
                completed=progress.done_bytes,
                total=progress.total_bytes,
                count=progress.conversations,
            )

        yield show


def _object(rows: list[tuple[str, str, ImportResult]], preview: bool) -> dict[str, Any]:
    """One persona's import as it is; of several a list."""
    objects = [{"persona": slug or None, **result.row()} for slug, _, result in rows]
    if len(objects) == 1:
        return {"preview": preview, **objects[0]}
    return {"preview": preview, "imports": objects}


def _tell_all(out: Console, rows: list[tuple[str, str, ImportResult]], preview: bool) -> None:
    for _, name, result in rows:
        _tell_result(out, name, result, "would come in" if preview else "came in")
        if preview:
            _tell_glimpses(out, result)


def _tell_result(out: Console, name: str, result: ImportResult, verb: str) -> None:
    from app.importers.tally import aside_words

    for document in result.documents:
        out.print(f"{document.file}: {document.title} ({document.reason})", markup=False)
    out.print(
        f"{name}: {result.conversations} conversations with {result.replies} replies {verb}"
        f" ({result.up} up, {result.down} down, {result.corrected} corrected,"
        f" {result.chosen} chosen); {result.grown} had grown, {result.duplicates} were there"
        " already.",
        markup=False,
    )
    if result.aside:
        out.print(f"  passed over: {', '.join(aside_words(result.aside))}", markup=False)
    if result.forgotten:
        out.print(f"  left out: {result.forgotten} messages, forgotten here", markup=False)
    for left_out in result.left_out:
        out.print(f"  left out: {left_out.text}", markup=False)
    untold = result.left_out_count - len(result.left_out)
    if untold:
        out.print(f"  left out: {untold} more", markup=False)
    for warning in result.warnings:
        out.print(f"  Mind: {warning.text}", markup=False)


def _tell_glimpses(out: Console, result: ImportResult) -> None:
    for glimpse in result.glimpses:
        out.print(f"  {glimpse.title or 'Untitled'}", markup=False)
        for role, text in glimpse.said:
            out.print(f"    {role}: {' '.join(text.split())[:100]}", markup=False)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
