"""What a verb writes: one object on stdout with --json, words otherwise; progress on stderr."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from app.home import Home

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The home folder; else PERENNIAL_HOME, else your data folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def the_home(path: Path | None) -> Home:
    """The home that a verb works in."""
    from app.home import open_home

    return open_home(path)


def progress_console() -> Console:
    """Where progress goes: never into what another program reads."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def give(as_json: bool, result: Mapping[str, Any], words: Callable[[Console], None]) -> None:
    """A verb's result, for a program or for a person."""
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, default=_plain) + "\n")
        sys.stdout.flush()
        return
    from rich.console import Console

    words(Console(highlight=False, soft_wrap=not sys.stdout.isatty()))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
