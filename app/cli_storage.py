"""The verbs `storage`, `backup` and `restore`: what lies in the home, and a copy of all of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from app.operations.backing_up import BackedUp
    from app.operations.restoring import Restored
    from app.operations.storage import Cleaned, KindName, Survey

CleanOption = Annotated[
    list[str] | None,
    typer.Option(
        "--clean",
        metavar="KIND",
        help="Clean up a kind, or `all` that can go without being missed. May stand several times.",
    ),
]
OlderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--older",
        metavar="RUN",
        help="Delete the older adapter of this run; it cannot be gone back to afterwards.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def storage(
    clean: CleanOption = None,
    older: OlderOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what lies in the home and how large it is, and make room."""
    from app.operations import storage as verbs
    from app.store import open_store

    place = the_home(home)
    kinds = _kinds(clean or [])
    with open_store(place) as store:
        found = verbs.survey(place, store)
        ids = _older_ids(found, older or [])
        cleaned = verbs.clean(place, store, kinds, ids) if kinds or ids else None
        after = verbs.survey(place, store) if cleaned else found
    row = {
        **asdict(after),
        "total": after.total,
        "cleanable": after.cleanable,
        "cleaned": asdict(cleaned) if cleaned else None,
    }
    give(as_json, row, lambda out: _tell(out, after, cleaned))


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, like perennial.zip.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is there already.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the whole home into one file: conversations, settings, adapters and reports."""
    from app.operations.backing_up import back_up
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store, _progress("Backing up") as progress:
        done = back_up(place, store, file, force=force, progress=progress)
    give(as_json, asdict(done), lambda out: _tell_backup(out, done))


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `perennial backup` wrote.")],
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring back a whole home; the one that is there is moved aside, never deleted."""
    from app.operations import restoring
    from app.operations.backup_reading import look_into

    place = the_home(home)
    contents = look_into(file)
    replace = not restoring.is_empty(place.root)
    if replace and not yes:
        typer.confirm(
            f"Move the home {place.root} aside and put the backup of {contents.created[:10]} in"
            " its place?",
            abort=True,
            err=True,
        )
    with _progress("Restoring") as progress:
        done = restoring.restore(file, place.root, replace=replace, progress=progress)
    give(as_json, asdict(done), lambda out: _tell_restored(out, done))


def _kinds(named: list[str]) -> list[KindName]:
    from app.operations.storage import CLEANED_BY_NAME, KINDS

    can = [name for name in KINDS if name != CLEANED_BY_NAME]
    if "all" in named:
        return can
    wrong = next((name for name in named if name not in can), None)
    if wrong is not None:
        raise typer.BadParameter(f"{wrong} is none of: all, {', '.join(can)}", param_hint="--clean")
    return cast("list[KindName]", named)


def _older_ids(found: Survey, named: list[str]) -> list[int]:
    ids = {each.run_id: each.adapter_id for each in found.older}
    wrong = next((name for name in named if name not in ids), None)
    if wrong is not None:
        known = ", ".join(ids) or "there are none"
        raise typer.BadParameter(
            f"{wrong} has no older adapter; those that have: {known}", param_hint="--older"
        )
    return [ids[name] for name in named]


@contextmanager
def _progress(words: str) -> Iterator[Callable[[int, int], None]]:
    from rich.progress import Progress

    with Progress(console=progress_console(), transient=True) as bars:
        task = bars.add_task(words, total=None)
        yield lambda done, whole: bars.update(task, completed=done, total=whole)


def _tell(out: Console, found: Survey, cleaned: Cleaned | None) -> None:
    from rich.table import Table

    from app.storage_words import ABOUT, TITLES, size_words

    if cleaned is not None:
        out.print(f"Freed {size_words(cleaned.freed)}.", markup=False)
        for path in cleaned.left:
            out.print(f"  In use, and still there: {path}", markup=False)
    table = Table("Kind", "Size", "Can go", "What it is for", box=None)
    for each in found.kinds:
        if each.bytes:
            can_go = size_words(each.cleanable) if each.cleanable else ""
            about = f"{TITLES[each.name]}. {ABOUT[each.name]}"
            table.add_row(each.name, size_words(each.bytes), can_go, about)
    out.print(table)
    out.print(
        f"{size_words(found.total)} in {found.root}; {size_words(found.free_bytes)} are free."
        f" Clean up {size_words(found.cleanable)} with: perennial storage --clean all",
        markup=False,
    )
    for older in found.older:
        out.print(
            f"Older: {older.persona} v{older.version}, {size_words(older.bytes)}; delete with:"
            f" perennial storage --older {older.run_id}",
            markup=False,
        )
    if found.synced_by is not None:
        out.print(
            f"This home lies in a folder of {found.synced_by}, which may damage the database or"
            " bring an old one back. Move it: `perennial backup`, then `perennial restore --home`"
            " with a folder outside of it.",
            markup=False,
        )
    if found.file_system is not None:
        out.print(
            f"This home lies on a disk of the kind {found.file_system}, on which a database can be"
            " damaged. Move it to a disk of this computer.",
            markup=False,
        )


def _tell_backup(out: Console, done: BackedUp) -> None:
    from app.storage_words import size_words

    out.print(f"{done.path}: {done.files} files, {size_words(done.bytes)}.", markup=False)
    out.print("Whoever has this file can read all that was said.", markup=False)
    for base in done.bases:
        out.print(f"  Stays behind: the base {base.name} {_where(base.source)}", markup=False)


def _tell_restored(out: Console, done: Restored) -> None:
    from app.operations.restoring import opening_command

    out.print(f"{done.home} is as it was on {done.created[:10]}.", markup=False)
    if done.aside is not None:
        out.print(f"The home that was there is at {done.aside}, whole.", markup=False)
    for base in done.bases:
        out.print(f"  To be got again: the base {base.name} {_where(base.source)}", markup=False)
    out.print(f"Open it with: {opening_command(done)}", markup=False)


def _where(source: str) -> str:
    from app.operations.backup_contents import STARTER

    if source == STARTER:
        return "(start.py fetches it)"
    return f"({source})" if source else ""
