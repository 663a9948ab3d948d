"""The verb `about-me`: the note about the user that rides along with what is said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli_output import HomeOption, JsonOption, give, the_home


def about_me(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A text file with the new note; - reads it from standard input.",
        ),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Keep no note any more.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the note about yourself that every persona reads, or keep another one."""
    from app.operations import helping
    from app.store import open_store

    if file is not None and clear:
        raise typer.BadParameter("--clear takes no file")
    text = _read(file) if file is not None else ""
    with open_store(the_home(home)) as store:
        if file is not None or clear:
            helping.set_about_me(store, text)
        note = helping.about_me(store)
    words = note or "There is no note. Write one with: perennial about-me FILE"
    give(as_json, {"about_me": note}, lambda out: out.print(words, markup=False))


def _read(file: Path) -> str:
    from app.errors import PerennialError

    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise PerennialError(
            f"The note {file} cannot be read: {why}.",
            "Name a file with plain text in UTF-8.",
            kind="note_unreadable",
            kept="The note before it was kept.",
        ) from error
