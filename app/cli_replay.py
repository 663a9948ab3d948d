"""The verb replay: what keeps old abilities alive, filled, rehearsed and steered."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_month import PersonaArgument
from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.home import Home
    from app.operations.rehearsing import Rehearsal
    from app.operations.replaying import Overview
    from app.store import Persona, Store

BLOCKED = {
    "no_target": "its target is 0",
    "persona_language": "the persona does not speak its language",
    "base_language": "the base does not speak its language",
    "empty": "nothing in it yet that can be drawn",
    "": "",
}
REFUSED = {
    "empty": "empty",
    "echo": "the question again",
    "loop": "loops",
    "cut": "came to no end",
    "language": "in another language",
}


def replay(
    persona: PersonaArgument,
    fill: Annotated[
        bool, typer.Option("--fill", help="Take in what was said, approved and learned.")
    ] = False,
    rehearse: Annotated[
        str | None,
        typer.Option("--rehearse", metavar="GROUP", help="Have the base itself answer a group."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="GROUP=N", help="Another target for a group."),
    ] = None,
    add_group: Annotated[
        list[str] | None,
        typer.Option("--add-group", metavar="NAME[:LANG]=N", help="A group of your own."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the replay groups against their targets; with options change or fill them first."""
    from app.cli_people import person_named
    from app.operations.past_replies import fill_from_conversations
    from app.operations.replaying import overview
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        who = person_named(store, persona)
        _change_groups(store, target or [], add_group or [])
        filled = fill_from_conversations(store, who) if fill else None
        shown = overview(store, who.id)  # brings the starter sets, which a rehearsal asks
        rehearsed = _rehearse(place, store, who, rehearse) if rehearse is not None else None
        if rehearsed is not None:
            shown = overview(store, who.id)
    result = {
        "persona": who.slug,
        "base": shown.base_name or None,
        "said_is_new": shown.said_is_new,
        "filled": asdict(filled) if filled is not None else None,
        "rehearsed": asdict(rehearsed) if rehearsed is not None else None,
        "groups": [asdict(group) for group in shown.groups],
    }
    give(as_json, result, lambda out: _show(out, shown, result))


def _change_groups(store: Store, targets: list[str], groups: list[str]) -> None:
    from app.operations.replay_groups import add_group, set_target

    with store.transaction():
        for each in groups:
            named, number = _pair(each, "--add-group")
            name, _, language = named.partition(":")
            add_group(store, name, number, language.strip())
        for each in targets:
            set_target(store, *_pair(each, "--target"))


def _pair(text: str, option: str) -> tuple[str, int]:
    name, _, number = text.rpartition("=")
    if not name.strip() or not number.strip().isdecimal():
        raise typer.BadParameter(f"{text!r} is no GROUP=N", param_hint=option)
    return name.strip(), int(number)


def _rehearse(home: Home, store: Store, who: Persona, group: str) -> Rehearsal:
    """Have the base answer, with a line of progress; Ctrl+C keeps what it has answered."""
    from app.operations import chat
    from app.operations.base import check_base
    from app.operations.rehearsing import check_possible, rehearse
    from ollama_bridge.runtime.client import RuntimeClient

    check_possible(home, store, who, group)
    assert who.base_id is not None
    base = store.bases.get(who.base_id)
    check_base(home, base)
    with (
        progress_console().status("Loading the base") as status,
        RuntimeClient.connect(home.root) as client,
    ):
        client.serve(base.path, chat.served(store, who))
        return rehearse(
            home,
            store,
            client,
            who,
            group,
            on_progress=lambda done, whole: status.update(f"{base.name}: {done} of {whole}"),
        )


def _show(out: Console, shown: Overview, result: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table("Group", "In the buffer", "Waiting", "Left out", "Judging", "", box=None)
    for group in shown.groups:
        states = group.states
        notes = [BLOCKED[group.blocked]]
        if states.get("as_new"):
            notes.append(f"{states['as_new']} past replies count as new")
        table.add_row(
            group.name,
            f"{group.in_buffer} of {group.target}",
            *(str(states.get(state, 0)) for state in ("waiting", "left_out", "judges")),
            "; ".join(note for note in notes if note),
        )
    out.print(table, markup=False)
    if shown.said_is_new and any(group.states.get("as_new") for group in shown.groups):
        out.print(
            "The next training builds anew from the base: what was learned before is learned"
            " again there, and takes no place in the replay.",
            markup=False,
        )
    if result["filled"]:
        filled = result["filled"]
        out.print(
            f"Past replies: {filled['whole']} ({filled['added']} new, {filled['changed']}"
            f" changed, {filled['removed']} gone).",
            markup=False,
        )
    if result["rehearsed"]:
        out.print(_rehearsed(result["rehearsed"], shown.base_name), markup=False)


def _rehearsed(found: dict[str, Any], base: str) -> str:
    refused = ", ".join(f"{count} {REFUSED[why]}" for why, count in found["refused"].items())
    beside = f"; not taken: {refused}" if refused else ""
    return f"{base} answered {found['taken']} questions of {found['group']}{beside}."
