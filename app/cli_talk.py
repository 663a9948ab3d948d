"""Verbs around a persona: chat, personas, doctor."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.store import Base

PersonaOption = Annotated[
    str | None, typer.Option("--persona", "-p", help="The persona's short name.")
]


def chat(
    persona: PersonaOption = None,
    message: Annotated[
        str | None, typer.Option("--message", "-m", help="Say one thing and leave.")
    ] = None,
    examples: Annotated[
        bool | None,
        typer.Option(
            "--examples/--no-examples",
            help="Whether similar exchanges that you corrected or approved ride along; remembered.",
        ),
    ] = None,
    note: Annotated[
        bool | None,
        typer.Option("--note/--no-note", help="Whether the note of `about-me` does; remembered."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Talk to a persona. /up and /down rate the last reply, /quit leaves."""
    from app.cli_chat import TerminalChat

    if as_json and message is None:
        raise typer.BadParameter("--json needs a --message")
    if message is not None and not message.strip():
        raise typer.BadParameter("there is nothing in it", param_hint="--message")
    with TerminalChat(the_home(home), persona) as talk:
        talk.switch_help(examples=examples, note=note)
        if message is None:
            talk.run()
            return
        reply = talk.say(message, echo=not as_json)
        if as_json:
            row = {
                "persona": talk.persona.slug,
                "reply": asdict(reply),
                "helped_by": [asdict(each) for each in talk.helped_by(reply)],
            }
            give(True, row, lambda _out: None)


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
                "base_trouble": _trouble_of(card.base),
                "ollama_has_former_prompt": card.former_prompt,
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
        for row in rows:
            if row["base_trouble"]:
                out.print(f"{row['name']}: {row['base_trouble']}", markup=False)
            if row["ollama_has_former_prompt"]:
                out.print(
                    f"{row['name']}: Ollama still has the former prompt. Put it there again with:"
                    f" perennial deploy {row['slug']}",
                    markup=False,
                )

    give(as_json, {"personas": rows}, words)


def _trouble_of(base: Base | None) -> str:
    """What is the matter with a persona's base, and what to do."""
    from app.operations.base_sources import standing_of

    if base is None:
        return ""
    standing = standing_of(base)
    return " ".join(filter(None, (standing.text, standing.next_step)))


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
