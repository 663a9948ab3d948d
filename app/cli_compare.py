"""The verb `compare`: two replies side by side, nobody's name on them, and a vote on each pair."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_month import PersonaArgument
from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.home import Home
    from app.operations.comparing import Result
    from app.operations.comparison import Comparison, Pair, Prompt, Vote
    from app.store import Persona, Store
    from ollama_bridge.runtime.client import RuntimeClient
    from ollama_bridge.runtime.values import Served

_VOTES: dict[str, Vote] = {"1": "left", "2": "right", "3": "same", "4": "neither"}
_KEYS = "1 left is better, 2 right is better, 3 the same, 4 neither is good, q stop here"

RunOption = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="The run whose adapter is the new one.")
]
WithOption = Annotated[
    str | None,
    typer.Option(
        "--with", metavar="base|RUN", help="Compare with this; else with what was live before."
    ),
]
ResultOption = Annotated[
    bool, typer.Option("--result", help="Only show how it stands; nothing is asked.")
]


def compare(
    persona: PersonaArgument,
    run: RunOption = None,
    other: WithOption = None,
    only_result: ResultOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge two adapters blindly, on twelve of your own prompts; it goes on where you stopped."""
    from app.cli_people import person_named
    from app.operations import comparing, comparison
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        who = person_named(store, persona)
        pair = comparing.pair_of(store, run or _newest(place, store, who), other)
        if store.runs.get(pair.run).persona_id != who.id:
            raise typer.BadParameter(f"{pair.run} is not a run of {persona}", param_hint="--run")
        if only_result:
            found = comparison.read(place, pair) or comparison.Comparison(pair, ())
        else:
            found = _judge(place, store, who, pair)
        versions = comparing.versions(store, pair)
    result = comparing.result_of(found)
    give(as_json, _row(who, found, result), lambda out: _tell(out, pair, result, versions))


def _newest(place: Home, store: Store, who: Persona) -> str:
    """The last run that left an adapter to look at."""
    from app.cycle.errors import CycleError
    from app.operations import comparing

    for run in store.runs.of_persona(who.id):
        if comparing.standing(place, store, run.id) is not None:
            return run.id
    raise CycleError(
        f"{who.name} has no adapter to compare yet.",
        f"Train one first: perennial cycle {who.slug}",
        kind="run_unknown",
    )


def _judge(place: Home, store: Store, who: Persona, pair: Pair) -> Comparison:
    """Ask for votes until all are given or the user stops; replies are made ahead meanwhile."""
    from app.operations import comparing

    sides = comparing.served_sides(place, store, pair)
    found = comparing.begin(place, store, pair)
    if not found.open:
        return found
    stopped = Event()
    client = _lease(place, store, who, sides)

    def written(prompt: Prompt) -> Prompt | None:
        return comparing.answer(place, client, who.system_prompt, pair, prompt.id, stopped.is_set)

    with client, ThreadPoolExecutor(1, thread_name_prefix="compare") as ahead:
        try:
            coming = {each.id: ahead.submit(written, each) for each in found.open}
            for each in found.open:
                shown = coming[each.id].result()
                found = found.put(each.id, shown)
                if shown is None:
                    continue
                number = len(found.prompts) - len(found.open) + 1
                choice = _ask(shown, f"{number} of {len(found.prompts)}")
                if choice is None:
                    break
                found = found.put(each.id, comparing.vote(place, pair, each.id, choice))
        finally:
            stopped.set()
            ahead.shutdown(cancel_futures=True)
    return found


def _lease(place: Home, store: Store, who: Persona, sides: list[Served]) -> RuntimeClient:
    """The runtime with what is live, and both sides beside it."""
    from app.cycle.context import base_of
    from app.cycle.device import refuse_while_unloaded
    from app.operations import chat
    from app.operations.base import check_base
    from ollama_bridge.runtime.client import RuntimeClient

    refuse_while_unloaded(place)
    base = base_of(store, who)
    check_base(place, base)
    client = RuntimeClient.connect(place.root)
    try:
        client.serve(base.path, [*chat.served(store, who), *sides])
    except BaseException:
        client.close()
        raise
    return client


def _ask(prompt: Prompt, place: str) -> Vote | None:
    """One prompt with both replies, and the vote; None to stop here."""
    from rich.table import Table
    from rich.text import Text

    assert prompt.replies is not None
    out = progress_console()
    out.print(f"\n{place}", style="bold")
    out.print(Text(prompt.text))
    table = Table("1", "2", expand=True, show_lines=False)
    table.add_row(Text(prompt.replies[prompt.left]), Text(prompt.replies[prompt.right]))
    out.print(table)
    while True:
        try:
            said = typer.prompt(_KEYS, err=True).strip().lower()
        except typer.Abort:
            return None
        if said in _VOTES:
            return _VOTES[said]
        if said in ("q", "quit"):
            return None


def _row(who: Persona, found: Comparison, result: Result) -> dict[str, Any]:
    share = result.share
    return {
        "persona": who.slug,
        "run": found.pair.run,
        "with": found.pair.other,
        "prompts": len(found.prompts),
        "new": result.new,
        "old": result.old,
        "same": result.same,
        "neither": result.neither,
        "left": result.left,
        "learned": result.learned,
        "share": {"value": share.value, "low": share.low, "high": share.high},
        "chance": result.chance,
        "finding": result.finding,
    }


def _tell(
    out: Console, pair: Pair, result: Result, versions: tuple[int | None, int | None]
) -> None:
    from app.operations.comparing_words import (
        adapter_name,
        finding_words,
        learned_words,
        share_words,
    )
    from app.words import Words

    say = Words("en")
    new, old = (adapter_name(each, say) for each in versions)
    lines = [
        finding_words(result, new, old, say),
        share_words(result, say),
        learned_words(result, say),
        f"{new}: {result.new}; {old}: {result.old}; the same: {result.same};"
        f" neither: {result.neither}.",
    ]
    if result.left:
        lines.append(f"{result.left} prompts are left; the same command goes on with them.")
    out.print(f"{pair.run} and {pair.other}", markup=False)
    out.print("\n".join(each for each in lines if each), markup=False)
