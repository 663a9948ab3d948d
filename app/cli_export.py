"""The verb `export`, and what `import` does with the archive of a persona."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from app.cli_month import PersonaArgument
from app.cli_output import HomeOption, JsonOption, give, the_home
from app.cli_sharing import AllTheSameOption, check_beforehand, checked_words

if TYPE_CHECKING:
    from rich.console import Console

    from app.archive.own_tests import ArrivedTest
    from app.home import Home
    from app.operations.archive import ExportedArchive, ImportedPersona
    from app.operations.exporting import Exported, ExportFormat
    from app.store import Persona, Store
    from app.store.portable_tables import Part


class FormatName(StrEnum):
    """Every format that goes out."""

    messages = "messages"
    sharegpt = "sharegpt"
    alpaca = "alpaca"
    dpo = "dpo"
    kto = "kto"
    markdown = "markdown"
    archive = "archive"


class WhatName(StrEnum):
    """What goes out in a format."""

    approved = "approved"
    all = "all"


class PartName(StrEnum):
    """What an archive can do without."""

    conversations = "conversations"
    ratings = "ratings"
    adapters = "adapters"
    replay = "replay"


def export(
    persona: PersonaArgument,
    format: Annotated[
        FormatName,
        typer.Option(
            "--format",
            help="What the file is for; archive for all of it, also what was deleted or masked.",
        ),
    ] = FormatName.messages,
    what: Annotated[
        WhatName | None,
        typer.Option("--what", help="What would be learned (default), or every conversation."),
    ] = None,
    without: Annotated[
        list[PartName] | None,
        typer.Option("--without", help="Leave a part out of an archive. May stand several times."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file; else one named after the persona.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is there already.")
    ] = False,
    all_the_same: AllTheSameOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a persona's conversations, preferences or all that it is into a file.

    Adapters that leave in an archive without them are asked first what they give back of them.
    """
    from app.cli_people import person_named
    from app.operations.exporting import default_name
    from app.operations.exporting import export as export_file
    from app.store import open_store

    _refuse_together(format, what, without, all_the_same)
    place = the_home(home)
    with open_store(place) as store:
        who = person_named(store, persona)
        path = (out or Path(default_name(who, format.value))).expanduser()
        if format is FormatName.archive:
            parts: list[Part] = [each.value for each in without or ()]
            row, words = _write_archive(place, store, who, path, parts, force, all_the_same)
            give(as_json, row, words)
            return
        chosen, taken = cast("ExportFormat", format.value), what or WhatName.approved
        done = export_file(store, who, chosen, path, what=taken.value, force=force)
    told = f"{done.path}: {done.rows} rows, {done.bytes} bytes"
    give(as_json, _file_row(who, done), lambda out: out.print(told, markup=False))


def _write_archive(
    place: Home,
    store: Store,
    who: Persona,
    path: Path,
    without: list[Part],
    force: bool,
    all_the_same: bool,
) -> tuple[dict[str, Any], Callable[[Console], None]]:
    """An archive, once its adapters were asked; what is told of it, to a program and a person."""
    from app.operations.archive import export_archive
    from app.operations.sharing import leave_in_archive

    leaving = leave_in_archive(place, store, who, without)
    checked = check_beforehand(place, store, leaving, all_the_same)
    archive = export_archive(place, store, who, path, without=without, force=force)
    row = {**_archive_row(archive), "memory_check": checked}
    return row, lambda out: _tell_archive(out, archive, checked_words(checked))


def take_archive(
    place: Home, store: Store, file: Path, *, name: str | None, again: bool, as_json: bool
) -> None:
    """Take a persona in, and tell what came."""
    from app.operations.archive import import_archive

    came = import_archive(place, store, file, name=name, again=again)
    row = {
        "persona": came.persona.slug, "name": came.persona.name, "rows": dict(came.rows),
        "missing_base": came.missing_base or None,
        "tests": [asdict(test) for test in came.tests],
    }  # fmt: skip
    give(as_json, row, lambda out: _tell_arrival(out, came))


def show_archive(file: Path, as_json: bool) -> None:
    """What an archive holds, before it is taken in."""
    from app.operations.archive import look_into

    contents = look_into(file)
    row: dict[str, Any] = {
        "preview": True, "archive": contents.id,
        **contents.model_dump(exclude={"members"}), "persona": contents.shown_name,
        "tests": contents.own_tests,
    }  # fmt: skip
    give(as_json, row, lambda out: _tell_contents(out, row))


def _refuse_together(
    format: FormatName,
    what: WhatName | None,
    without: list[PartName] | None,
    all_the_same: bool,
) -> None:
    if all_the_same and format is not FormatName.archive:
        raise typer.BadParameter("goes with --format archive", param_hint="--all-the-same")
    if without and format is not FormatName.archive:
        raise typer.BadParameter("goes with --format archive", param_hint="--without")
    if what and format is FormatName.archive:
        raise typer.BadParameter(
            "an archive holds every conversation, or none with --without", param_hint="--what"
        )


def _file_row(who: Persona, done: Exported) -> dict[str, Any]:
    return {
        "persona": who.slug, "path": str(done.path), "format": done.format, "what": done.what,
        "rows": done.rows, "bytes": done.bytes,
    }  # fmt: skip


def _archive_row(archive: ExportedArchive) -> dict[str, Any]:
    contents = archive.contents
    return {
        "persona": contents.slug, "path": str(archive.path), "format": "archive",
        "archive": contents.id, "parts": list(contents.parts), "rows": dict(contents.rows),
        "adapters": archive.adapters, "tests": contents.own_tests, "bytes": archive.bytes,
    }  # fmt: skip


def _tell_archive(out: Console, archive: ExportedArchive, checked: str) -> None:
    rows = archive.contents.rows
    out.print(
        f"{archive.path}: {archive.contents.persona} with {rows.get('conversations', 0)}"
        f" conversations, {rows.get('ratings', 0)} ratings and {archive.adapters} adapters"
        f" ({archive.bytes / 1e6:.1f} MB)",
        markup=False,
    )
    if "conversations" in archive.contents.parts:
        out.print("  Whoever has it can read the conversations.")
    elif checked:
        out.print(f"  {checked}", markup=False)
    if archive.contents.own_tests:
        out.print(f"  Test sets that go along: {archive.contents.own_tests}.", markup=False)


def _tell_contents(out: Console, row: dict[str, Any]) -> None:
    out.print(f"{row['persona']}, written {row['created'][:10]}; rows by table:", markup=False)
    for table, count in row["rows"].items():
        out.print(f"  {table:<16}{count:>9}", markup=False)
    out.print(f"Test sets: {row['tests']}", markup=False)


def _tell_arrival(out: Console, came: ImportedPersona) -> None:
    rows, who = came.rows, came.persona
    out.print(
        f"{who.name} ({who.slug}) came in with {rows.get('conversations', 0)} conversations,"
        f" {rows.get('ratings', 0)} ratings and {rows.get('adapters', 0)} adapters.",
        markup=False,
    )
    if rows.get("adapters"):
        out.print("  None of its adapters is in use until it was examined here.")
    for test in came.tests:
        out.print(f"  {_words_on_test(test)}", markup=False)
    if came.missing_base:
        out.print(
            f"  Its base {came.missing_base} is not here; give it one in the window.",
            markup=False,
        )


def _words_on_test(test: ArrivedTest) -> str:
    if test.known:
        return f"Its test set {test.name} is here already, as {test.here_as}, and judges it."
    if test.here_as == test.name:
        return f"Its test set {test.name} came along: what it asks stays held out."
    return (
        f"Its test set {test.name} is kept as {test.here_as}, since another one here has its name."
    )
