"""The verb `deploy`: a persona in the user's own Ollama, and out of it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home
from app.deploy_words import STEPS

if TYPE_CHECKING:
    from rich.console import Console

    from app.home import Home
    from app.store import OllamaModel, Store
    from ollama_bridge.deploy.plan import OnStep

PersonaArgument = Annotated[str, typer.Argument(help="The persona; with --off, nothing means all.")]


def deploy(
    persona: PersonaArgument = "",
    name: Annotated[
        str, typer.Option("--name", help="What it is called in Ollama; else perennial-PERSONA.")
    ] = "",
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Take a name that a model of somebody else has; that one is kept."
        ),
    ] = False,
    way: Annotated[
        str, typer.Option("--way", help="Only this way: adapter, registry or merged.")
    ] = "",
    upload: Annotated[
        bool, typer.Option("--upload", help="Agree to send it to an Ollama on another computer.")
    ] = False,
    start: Annotated[
        bool, typer.Option("--start", help="Start Ollama if it does not run.")
    ] = False,
    off: Annotated[bool, typer.Option("--off", help="Take it out of Ollama again.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a persona answer in your own Ollama, checked against its training."""
    place = the_home(home)
    if off:
        _take_out(place, persona, as_json)
        return
    if not persona:
        raise typer.BadParameter("which one?", param_hint="PERSONA")
    from app.cli_people import person_named
    from app.operations import ollama_deploying as verbs
    from app.operations.ollama_server import start_server
    from app.store import open_store
    from ollama_bridge.deploy.plan import STRATEGIES

    if way and way not in STRATEGIES:
        ways = ", ".join(STRATEGIES)
        raise typer.BadParameter(f"{way} is none of: {ways}", param_hint="--way")
    if start:
        start_server(place)
    order = tuple(each for each in STRATEGIES if way in ("", each))
    wish = verbs.Wish(name, replace, upload, order)
    with open_store(place) as store:
        who = person_named(store, persona)
        with showing() as on_step:
            found = verbs.put_into_ollama(place, store, who, wish, on_step=on_step)
    give(as_json, _row(found), lambda out: tell(out, found, who.name))


@contextmanager
def showing() -> Iterator[OnStep]:
    """A bar for the steps of a deployment, on stderr."""
    from rich.progress import Progress

    with Progress(console=progress_console(), transient=True) as bars:
        task = bars.add_task("", total=None)

        def on_step(step: str, done: int, total: int) -> None:
            bars.update(task, description=STEPS[step], completed=done, total=total)

        yield on_step


def follow(home: Home, store: Store, persona_id: int) -> str:
    """Have Ollama follow a rollback, where the persona is there; what to say of it."""
    from app.operations import ollama_deploying as verbs
    from ollama_bridge.errors import BridgeError

    who = store.personas.get(persona_id)
    if not verbs.is_behind(store, who):
        return ""
    try:
        with showing() as on_step:
            verbs.catch_up(home, store, who, on_step=on_step)
    except BridgeError as error:
        return (
            f"Ollama still answers with the adapter that was rolled back: {error.text}"
            f" Bring it in step with: perennial deploy {who.slug}"
        )
    if verbs.is_behind(store, who):
        return "An Ollama that is not the one here still answers with the adapter of before."
    return "Ollama answers as it did before, too."


def tell(out: Console, found: OllamaModel, who: str, home: str = "") -> None:
    """Say what was done, and how to undo it; `home` where it is not the usual one."""
    parity = found.parity
    out.print(
        f"{who} answers in Ollama {found.server_version} now: ollama run {found.name}\n"
        f"It is served as it was trained: {parity['tokens']} words of trained replies are as"
        f" likely there, within {parity['candidate_difference']:.3f} a word (the base alone:"
        f" {parity['base_difference']:.3f}).",
        markup=False,
    )
    out.print(context_words(found), markup=False)
    if found.base_is_ours:
        out.print(f"The base was not in Ollama; it is there as {found.base_name}.", markup=False)
    if found.reason:
        out.print(f"Done by the way '{found.strategy}', since {found.reason}", markup=False)
    there = f" --home {home}" if home else ""
    out.print(f"Take it out again with: perennial deploy --off{there}", markup=False)


def context_words(found: OllamaModel) -> str:
    """How much of a conversation it sees."""
    from app.deploy_words import CONTEXT

    tokens = f"{found.parity['context_tokens']:,}"
    return CONTEXT[found.parity["context_lowered_by"]].format(tokens=tokens)


def _take_out(home: Home, persona: str, as_json: bool) -> None:
    from app.cli_people import person_named
    from app.operations.ollama_leaving import take_all_out, take_out
    from app.store import open_store

    with open_store(home) as store:
        if persona:
            names = take_out(home, store, person_named(store, persona))
        else:
            names = take_all_out(home, store)
    words = f"Out of Ollama: {', '.join(names)}." if names else "Nothing of ours is in Ollama."
    give(as_json, {"taken_out": names}, lambda out: out.print(words, markup=False))


def _row(found: OllamaModel) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(found)
