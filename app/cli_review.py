"""The verb review: what waits for a decision, the topics against the guide, and looking anew."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.home import Home
    from app.store import Store


def review(
    persona: Annotated[str, typer.Argument(help="The persona's short name.")],
    examine: Annotated[
        bool, typer.Option("--examine", help="First look at every reply that is new.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is to be reviewed: replies by flag, topics against the guide, what is left."""
    from app.cli_people import person_named
    from app.operations import examining, reviewing
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        who = person_named(store, persona)
        looked = _examine(place, store, who.id) if examine else 0
        counts = reviewing.counts(store, who.id)
        shares = reviewing.topic_shares(store, who.id)
        left = examining.left_to_examine(store, who.id)
    result = {
        "persona": who.slug,
        "looked_at": looked,
        "to_look_at": left,
        **asdict(counts),
        "topics": [asdict(share) for share in shares],
    }
    give(as_json, result, lambda out: _show(out, result))


def _examine(home: Home, store: Store, persona_id: int) -> int:
    """Look at what is new, with a line of progress; Ctrl+C keeps what was looked at."""
    from app.operations.examining import examine

    console = progress_console()
    with console.status("Looking at replies") as status:
        return examine(
            home,
            store,
            persona_id,
            progress=lambda done, total: status.update(f"Looking at replies: {done} of {total}"),
        ).looked


def _show(out: Console, result: dict[str, Any]) -> None:
    from rich.table import Table

    if result["looked_at"]:
        out.print(f"{result['looked_at']} replies were looked at.")
    if result["to_look_at"]:
        out.print(
            f"{result['to_look_at']} replies were not looked at yet:"
            f" perennial review {result['persona']} --examine",
            markup=False,
        )
    out.print(
        f"Left to decide on: {result['unrated']} of its own, {result['archive']} of the archive;"
        f" {result['flagged']} of all are flagged. Decided: {result['decided']}."
    )
    found = {kind: number for kind, number in result["flags"].items() if number}
    if found:
        flags = Table("Flag", "Replies", box=None)
        for kind, number in found.items():
            flags.add_row(kind.replace("_", " "), str(number))
        out.print(flags)
    topics = Table("Topic", "Approved", "Share", "Guide", box=None)
    for each in result["topics"]:
        guide = "-" if each["least"] is None else f"{each['least']:.0%} to {each['most']:.0%}"
        topics.add_row(each["topic"], str(each["count"]), f"{each['share']:.0%}", guide)
    out.print(topics)
