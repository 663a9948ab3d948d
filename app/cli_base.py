"""The verb `base`: the models that personas speak through and learn on."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from app.home import Home
    from app.operations.adding_bases import Adding, OnHub
    from app.store import Base, Store

SHOWN_LICENCE_LINES = 60
STAGES = {
    "fetching": "Fetching", "checking": "Reading it once to check it", "converting": "Converting",
}  # fmt: skip

base = typer.Typer(
    name="base", help="The models that personas speak through and learn on.", add_completion=False
)


@base.command(name="list")
def list_bases(
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every base of the home, how it stands, and what Ollama has that could be one."""
    from app.operations.adding_bases import in_ollama
    from app.operations.choosing_bases import base_cards
    from app.store import open_store

    with open_store(the_home(home)) as store:
        cards = base_cards(store)
    rows = [
        {
            **_row(card.base),
            "state": card.standing.state,
            "trouble": card.standing.text,
            "next_step": card.standing.next_step,
            "chat_only": card.chat_only,
            "personas": [persona.slug for persona in card.personas],
        }
        for card in cards
    ]
    entered = {card.base.digest for card in cards}
    theirs = [
        {"name": model.name, "size_bytes": model.size_bytes, "digest": model.digest}
        for model in in_ollama()
        if model.digest not in entered
    ]
    give(as_json, {"bases": rows, "in_ollama": theirs}, lambda out: _tell(out, rows, theirs))


@base.command()
def add(
    what: Annotated[
        str,
        typer.Argument(
            help="A GGUF file, a Hugging Face folder, a model of Ollama (ollama:qwen2.5:7b), or"
            " one of a hub (hub:Qwen/Qwen2.5-7B-Instruct, with /FILE.gguf for one of its files)."
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="What to call it.")] = None,
    languages: Annotated[
        str, typer.Option("--languages", help="What it speaks, as in en,ko; else a guess.")
    ] = "",
    eight_bits: Annotated[
        bool,
        typer.Option("--8-bit", help="Store a folder's weights in 8 bits: half of the memory."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="You have read the licence and accept it.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a base in; one of a hub after its licence was shown and accepted."""
    from app.operations import adding_bases as verbs
    from app.operations.choosing_bases import why_chat_only
    from app.store import open_store

    place, source = the_home(home), verbs.source_of(what)
    with open_store(place) as store, _progress_bar() as bar:
        adding = verbs.Adding(
            name=name,
            languages=tuple(filter(None, (code.strip() for code in languages.split(",")))),
            storage="q8_0" if eight_bits else "as_is",
            progress=_Bar(bar).show,
        )
        if source.kind == "hub":
            asked = verbs.on_hub(source)
            bar.stop()
            _ask_licence(asked, yes=yes, as_json=as_json)
            bar.start()
            made = verbs.add_from_hub(place, store, asked, adding)
        else:
            made = _add_local(place, store, source, adding)
    trouble = why_chat_only(made)
    give(
        as_json,
        {"base": {**_row(made), "chat_only": trouble}},
        lambda out: _tell_added(out, made, trouble),
    )


@base.command()
def use(
    persona: Annotated[str, typer.Argument(help="The persona's short name.")],
    named: Annotated[str, typer.Argument(metavar="BASE", help="The base's name or number.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a persona speak through a base; the next training builds its adapter anew there."""
    from app.cli_people import person_named
    from app.operations.choosing_bases import base_named, use_base
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        before = person_named(store, persona)
        chosen = base_named(store, named)
        left = before.active_adapter_id is not None and before.base_id != chosen.id
        use_base(place, store, before, chosen)

    def words(out: Console) -> None:
        out.print(f"{before.name} speaks through {chosen.name} now.", markup=False)
        if left:
            out.print(
                "Its adapter belongs to the base before. The next training builds one anew from"
                f" all that was curated; to go back: perennial rollback {before.slug}",
                markup=False,
            )

    row = {"persona": before.slug, "base": chosen.name, "adapter_left": left}
    give(as_json, row, words)


def _add_local(home: Home, store: Store, source: Any, adding: Adding) -> Base:
    from app.operations import adding_bases as verbs

    if source.kind == "file":
        return verbs.add_file(home, store, source.path, adding)
    if source.kind == "folder":
        return verbs.add_folder(home, store, source.path, adding)
    return verbs.add_ollama(home, store, verbs.ollama_model(source.name), adding)


def _ask_licence(asked: OnHub, *, yes: bool, as_json: bool) -> None:
    """Show whose words bind the user, and go on with a yes alone."""
    from app.errors import BaseRefused
    from app.hub import licence_text

    model, out = asked.model, progress_console()
    out.print(f"{model.id}: {asked.size_bytes / 1e9:.2f} GB from {model.page}", markup=False)
    out.print(f"Licence: {model.licence or 'not named; see its page'}", markup=False)
    if model.licence_link:
        out.print(model.licence_link, markup=False)
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise BaseRefused(
            f"The licence of {model.id} ({model.licence or 'not named'}) was not accepted.",
            f"Read it at {model.page}, then say --yes.",
            kind="licence_unread",
            kept="Nothing was fetched.",
        )
    lines = licence_text(model).splitlines()
    for line in lines[:SHOWN_LICENCE_LINES]:
        out.print(line, markup=False)
    if len(lines) > SHOWN_LICENCE_LINES:
        out.print(f"... {len(lines) - SHOWN_LICENCE_LINES} more lines: {model.page}", markup=False)
    typer.confirm("Accept this licence and fetch it?", abort=True, err=True)


class _Bar:
    """A line a stage on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lines: dict[str, Any] = {}

    def show(self, stage: str, done: int, total: int) -> None:
        if stage not in self._lines:
            self._lines[stage] = self._progress.add_task(STAGES.get(stage, stage), total=total)
        self._progress.update(self._lines[stage], completed=done, total=total)


def _progress_bar() -> Progress:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    return Progress(*columns, console=progress_console())


def _row(made: Base) -> dict[str, Any]:
    return {**asdict(made), "path": str(Path(made.path)), "languages": list(made.languages)}


def _tell_added(out: Console, made: Base, trouble: str) -> None:
    out.print(f"{made.name} is a base now: {made.path}", markup=False)
    if made.licence:
        out.print(f"Licence: {made.licence}", markup=False)
    if trouble:
        out.print(f"Chatting with it works; training on it does not: {trouble}.", markup=False)
    out.print(f"Give it to a persona: perennial base use PERSONA {made.id}", markup=False)


def _tell(out: Console, rows: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table("No.", "Base", "GB", "From", "Licence", "Personas", box=None)
    for row in rows:
        table.add_row(
            str(row["id"]), row["name"], f"{row['size_bytes'] / 1e9:.1f}",
            row["source"].partition(":")[0] or "starter", row["licence"],
            ", ".join(row["personas"]),
        )  # fmt: skip
    out.print(table if rows else "There is no base yet.")
    for row in rows:
        if row["trouble"]:
            out.print(f"{row['trouble']} {row['next_step']}", markup=False)
        if row["chat_only"]:
            out.print(f"{row['name']} can only be chatted with: {row['chat_only']}.", markup=False)
    if theirs:
        out.print("In Ollama, to be added with `perennial base add ollama:NAME`:")
        for each in theirs:
            out.print(f"  {each['name']} ({each['size_bytes'] / 1e9:.1f} GB)", markup=False)
