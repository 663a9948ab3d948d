"""Verbs around a persona: chat, personas, import, doctor."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.importers.messages import ImportResult

PersonaOption = Annotated[
    str | None, typer.Option("--persona", "-p", help="The persona's short name.")
]


def chat(
    persona: PersonaOption = None,
    message: Annotated[
        str | None, typer.Option("--message", "-m", help="Say one thing and leave.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Talk to a persona. /up and /down rate the last reply, /quit leaves."""
    from app.cli_chat import TerminalChat

    if as_json and message is None:
        raise typer.BadParameter("--json needs a --message")
    with TerminalChat(the_home(home), persona) as talk:
        if message is None:
            talk.run()
            return
        reply = talk.say(message, echo=not as_json)
        if as_json:
            give(True, {"persona": talk.persona.slug, "reply": asdict(reply)}, lambda _out: None)


def personas(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every persona with its base, its adapter and its month."""
    from app.operations.month import month_progress
    from app.operations.personas import household
    from app.store import open_store

    with open_store(the_home(home)) as store:
        rows: list[dict[str, Any]] = [
            {
                "slug": card.persona.slug,
                "name": card.persona.name,
                "languages": list(card.persona.languages),
                "base": card.base.name if card.base else None,
                "adapter": card.adapter.version if card.adapter else None,
                "run": card.adapter.run_id if card.adapter else None,
                "usable": month_progress(store, card.persona.id).usable,
            }
            for card in household(store).cards
        ]

    def words(out: Console) -> None:
        from rich.table import Table

        if not rows:
            out.print("There is no persona yet: make one in the window, or import a month.")
            return
        table = Table("Persona", "Name", "Base", "Adapter", "New usable replies", box=None)
        for row in rows:
            adapter = f"v{row['adapter']}" if row["adapter"] else "none"
            table.add_row(
                row["slug"], row["name"], row["base"] or "none", adapter, str(row["usable"])
            )
        out.print(table)

    give(as_json, {"personas": rows}, words)


def import_file(
    file: Annotated[Path, typer.Argument(help="JSON lines of messages, rating, correction.")],
    persona: PersonaOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take conversations in; without --persona a new one is made from the file."""
    from app.cli_people import named_or_new
    from app.importers.messages import import_month
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        who = named_or_new(place, store, persona, file, _tell)
        result = import_month(store, who.id, file, file.name)
    give(
        as_json,
        {"persona": who.slug, **asdict(result)},
        lambda out: _imported(out, who.name, result),
    )


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Look at everything that Perennial stands on, and say what to do."""
    from app.doctor import examine

    findings = examine(the_home(home))
    bad = any(finding.state == "bad" for finding in findings)

    def words(out: Console) -> None:
        for finding in findings:
            out.print(f"{finding.state:>5}  {finding.text}", markup=False)
            if finding.next_step:
                out.print(f"       {finding.next_step}", markup=False)

    give(as_json, {"ok": not bad, "findings": [asdict(each) for each in findings]}, words)
    if bad:
        raise typer.Exit(1)


def _imported(out: Console, name: str, result: ImportResult) -> None:
    out.print(
        f"{name}: {result.conversations} conversations with {result.replies} replies came in"
        f" ({result.up} up, {result.down} down, {result.corrected} corrected);"
        f" {result.duplicates} were there already.",
        markup=False,
    )
    for line, reason in result.skipped:
        out.print(f"  line {line} was left out: {reason}", markup=False)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
