"""Other programs' stores and watched folders: `sources`, and what `import` does with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.home import Home
    from app.operations.sources import Looked
    from app.store import Store
    from app.store.sources import Source, SourceKind

FromOption = Annotated[
    str | None,
    typer.Option(
        "--from", help="open-webui, lm-studio, jan, or folder: looked into again and again."
    ),
]
UserOption = Annotated[
    str, typer.Option("--user", help="Whose chats, where an Open WebUI has several people.")
]
AgainOption = Annotated[
    bool,
    typer.Option(
        "--again", help="What is new in every source; or a persona's archive that was here before."
    ),
]
KINDS: tuple[SourceKind, ...] = ("open-webui", "lm-studio", "jan", "folder")
_UNCHANGED = "What came in from there stays."


def sources(
    remove: Annotated[
        int | None, typer.Option("--remove", help="Look into this one no more, by its number.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the stores and folders that are looked into again, and those found on this machine.

    What is edited or deleted there changes nothing here.
    """
    from app.operations import sources as verbs
    from app.store import open_store

    with open_store(the_home(home)) as store:
        removed = verbs.remove_source(store, remove) if remove is not None else None
        slugs = {each.id: each.slug for each in store.personas.all()}
        rows = [_row(each, slugs) for each in verbs.sources(store)]
    entered = {(row["kind"], row["place"]) for row in rows}
    found = [
        {"kind": each.kind, "title": each.title, "place": str(each.place)}
        for each in verbs.programs()
        if (each.kind, str(each.place)) not in entered
    ]
    result = {"sources": rows, "found": found, "removed": removed.id if removed else None}
    give(as_json, result, lambda out: _tell_sources(out, rows, found, removed))


def take_from(
    home: Home, kind: str, places: list[Path], persona: str | None, user: str, *, as_json: bool
) -> None:
    """Enter a store or a folder and take in what it holds."""
    from app.cli_data import progress_bar
    from app.cli_people import person_or_current
    from app.operations import sources as verbs
    from app.store import open_store

    known = next((each for each in KINDS if each == kind), None)
    if known is None:
        raise typer.BadParameter(f"--from takes one of: {', '.join(KINDS)}")
    if len(places) > 1 or (known == "folder" and not places):
        raise typer.BadParameter(f"--from {known} takes one place")
    with open_store(home) as store, progress_bar() as progress:
        who = person_or_current(store, persona)
        place = places[0] if places else None
        source = verbs.add_source(home, store, who.id, known, place, user=user)
        looked = verbs.look(home, store, source.id, patient=True, progress=progress)
        row = {"persona": who.slug, **looked.row()}
    give(as_json, row, lambda out: _tell_looked(out, looked, who.name))


def take_again(home: Home, *, as_json: bool) -> None:
    """Take in what is new in every source."""
    from app.cli_data import progress_bar
    from app.operations import sources as verbs
    from app.store import open_store

    with open_store(home) as store, progress_bar() as progress:
        looked = verbs.look_all(home, store, patient=True, progress=progress)
        names = _names(store)
    give(
        as_json,
        {"sources": [each.row() for each in looked]},
        lambda out: _tell_all(out, looked, names),
    )
    if looked and all(each.error for each in looked):
        raise typer.Exit(1)


def _names(store: Store) -> dict[int, str]:
    return {each.id: each.name for each in store.personas.all()}


def _row(source: Source, slugs: dict[int, str]) -> dict[str, Any]:
    return {
        "source": source.id,
        "persona": slugs.get(source.persona_id, ""),
        "kind": source.kind,
        "place": source.place,
        "looked": source.looked,
    }


def _tell_sources(
    out: Console, rows: list[dict[str, Any]], found: list[dict[str, str]], removed: Source | None
) -> None:
    if removed is not None:
        out.print(f"{removed.place} is looked into no more. {_UNCHANGED}", markup=False)
    for row in rows:
        out.print(
            f"{row['source']}  {row['kind']}  {row['place']}  for {row['persona']}", markup=False
        )
    if not rows:
        out.print("There are no sources yet.")
    for each in found:
        out.print(
            f"Found: {each['title']} at {each['place']}"
            f" (take it in with: perennial import --from {each['kind']})",
            markup=False,
        )


def _tell_all(out: Console, looked: tuple[Looked, ...], names: dict[int, str]) -> None:
    for each in looked:
        _tell_looked(out, each, names.get(each.source.persona_id, ""))
    if not looked:
        out.print("There are no sources yet: perennial import --from KIND [PLACE]", markup=False)


def _tell_looked(out: Console, looked: Looked, name: str) -> None:
    result, place = looked.result, looked.source.place
    if looked.error is not None:
        out.print(f"{place}: {looked.error}", markup=False)
        return
    out.print(
        f"{place}: {result.conversations} conversations came in for {name} as archive,"
        f" {result.grown} had grown ({result.replies} new replies).",
        markup=False,
    )
    for count, what in (
        (looked.edited, "messages read otherwise there now; here they stay as they came"),
        (looked.writing, "are still being written, and come in next time"),
        (result.left_out_count, "cannot come in:"),
    ):
        if count:
            out.print(f"  {count} {what}", markup=False)
    for left_out in result.left_out:
        out.print(f"    {left_out.text}", markup=False)
    for warning in result.warnings:
        out.print(f"  Mind: {warning.text}", markup=False)
