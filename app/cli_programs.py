"""The verbs `serve` and `programs`: other programs talk to the personas."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, the_home
from app.home import HOME_VARIABLE

if TYPE_CHECKING:
    from rich.console import Console

    from app.endpoints.request_log import RequestLine
    from app.store import Program, Store

NameArgument = Annotated[str, typer.Argument(help="What you call the program.")]
PortOption = Annotated[
    int | None,
    typer.Option("--port", min=1024, max=65535, help="Where to answer; remembered."),
]
_WAKE_S = 1.0

programs = typer.Typer(
    name="programs",
    help="Other programs that may talk to your personas; without a verb, the list of them.",
    add_completion=False,
    invoke_without_command=True,
)


def serve(port: PortOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Let other programs talk to your personas, on this computer, until Ctrl-C."""
    from app.endpoints.server import EndpointServer
    from app.operations import programs as verbs
    from app.store import open_store

    place = the_home(home)
    server = EndpointServer(place, port, on_line=_tell_line)
    address = server.start()
    try:
        with open_store(place) as store:
            if port is not None:
                verbs.set_port(store, port)
            rows = _rows(store, verbs.programs(store))
        result = {"address": address, "openai": f"{address}/v1", "programs": rows}
        give(as_json, result, lambda out: _tell_served(out, address, rows))
        _wait()
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
    finally:
        server.stop()


@programs.callback()
def list_programs(
    context: typer.Context, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Other programs that may talk to your personas; without a verb, the list of them."""
    if context.invoked_subcommand is not None:
        _remember(home)
        return
    from app.operations import programs as verbs
    from app.store import open_store

    with open_store(the_home(home)) as store:
        rows = _rows(store, verbs.programs(store))
    give(as_json, {"programs": rows}, lambda out: _tell(out, rows))


@programs.command()
def add(
    name: NameArgument,
    collect: Annotated[
        bool,
        typer.Option("--collect", help="Keep what is said through it for the review."),
    ] = False,
    persona: Annotated[
        str | None,
        typer.Option("--persona", "-p", help="The only persona that it may talk to."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a program a key. It is shown once."""
    from app.cli_people import person_named
    from app.operations import programs as verbs
    from app.store import open_store

    with open_store(the_home(home)) as store:
        only = person_named(store, persona).id if persona is not None else None
        made = verbs.add_program(store, name, collect=collect, persona_id=only)
        (row,) = _rows(store, [made.program])
        address = f"http://127.0.0.1:{verbs.port(store)}"

    def words(out: Console) -> None:
        out.print(f"The key of {row['name']}, shown this once:\n\n    {made.key}\n", markup=False)
        out.print(f"OpenAI-compatible: {address}/v1    Ollama-compatible: {address}")
        out.print(_consent(row), markup=False)
        out.print("It is answered while this runs: perennial serve")

    give(as_json, {"program": row, "key": made.key, "address": address}, words)


@programs.command()
def remove(name: NameArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Take a program's key back. What was collected stays."""
    from app.operations import programs as verbs
    from app.store import open_store

    with open_store(the_home(home)) as store:
        (row,) = _rows(store, [verbs.remove_program(store, name)])
    give(
        as_json,
        {"removed": row},
        lambda out: out.print(
            f"The key of {row['name']} opens nothing any more. What was collected through it stays"
            " in the review.",
            markup=False,
        ),
    )


@programs.command()
def collect(
    name: NameArgument,
    state: Annotated[str, typer.Argument(metavar="on|off", help="Whether from now on.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have what is said through a program kept for the review, or no longer."""
    from app.operations import programs as verbs
    from app.store import open_store

    if state not in ("on", "off"):
        raise typer.BadParameter("on or off", param_hint="on|off")
    with open_store(the_home(home)) as store:
        (row,) = _rows(store, [verbs.set_collecting(store, name, state == "on")])
    give(as_json, {"program": row}, lambda out: out.print(_consent(row), markup=False))


def _remember(home: Path | None) -> None:
    """A home that was named before the verb is the verb's, too."""
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home.expanduser().absolute())


def _wait() -> None:
    """Until Ctrl-C, which on Windows wakes nobody who waits without an end."""
    ended = threading.Event()
    while not ended.wait(_WAKE_S):
        pass


def _rows(store: Store, found: list[Program]) -> list[dict[str, Any]]:
    slugs = {each.id: each.slug for each in store.personas.all()}
    return [
        {
            "name": each.name,
            "collects": each.collects,
            "persona": slugs.get(each.persona_id) if each.persona_id is not None else None,
            "replies": each.requests,
            "last_used": each.last_used or None,
            "created": each.created,
        }
        for each in found
    ]


def _tell(out: Console, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        last = row["last_used"]
        used = f"replies: {row['replies']}, the last {last[:16]}" if last else "not used yet"
        whom = row["persona"] or "every persona"
        out.print(f"{row['name']}  {_state(row)}  {whom}  {used}", markup=False)
    if not rows:
        out.print("No program has a key yet: perennial programs add NAME", markup=False)


def _tell_served(out: Console, address: str, rows: list[dict[str, Any]]) -> None:
    out.print(f"Your personas answer at {address} (OpenAI-compatible: {address}/v1).")
    _tell(out, rows)
    out.print("Ctrl-C ends it.")


def _tell_line(line: RequestLine) -> None:
    sys.stderr.write(f"{line}\n")


def _state(row: dict[str, Any]) -> str:
    return "COLLECTED for review" if row["collects"] else "not collected"


def _consent(row: dict[str, Any]) -> str:
    if row["collects"]:
        return (
            f"What is said through {row['name']} is COLLECTED for review from now on. End that"
            f' with: perennial programs collect "{row["name"]}" off'
        )
    return (
        f"What is said through {row['name']} is not collected. To have it in the review:"
        f' perennial programs collect "{row["name"]}" on'
    )
