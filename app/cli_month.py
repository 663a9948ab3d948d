"""Verbs of the month: demo, cycle, runs, watch, stop, rollback."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import HomeOption, JsonOption, give, progress_console, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.store import Run
    from ollama_bridge.ollama import LoadedModel

EXIT_CODES = {"refused": 3, "undecided": 4}
WATCH_EVERY_S = 0.25

PersonaArgument = Annotated[str, typer.Argument(help="The persona's short name.")]
RunArgument = Annotated[str, typer.Argument(help="The run's name, like 2026-11-sunny-1.")]
ReplayOption = Annotated[
    bool, typer.Option("--replay/--no-replay", help="Mix replay in, so that nothing is forgotten.")
]
RebuildOption = Annotated[
    bool, typer.Option("--rebuild", help="Build anew from the base on everything curated so far.")
]
FreeOllamaOption = Annotated[
    bool | None,
    typer.Option(
        "--free-ollama/--keep-ollama",
        help="Have Ollama let go of its models where the training needs their memory.",
    ),
]
SeedOption = Annotated[int | None, typer.Option("--seed", min=0, help="Makes the run repeatable.")]


def demo(
    replay: ReplayOption = True,
    month: Annotated[
        Path | None, typer.Option("--month", help="Another month, as JSON lines of messages.")
    ] = None,
    seed: SeedOption = None,
    ollama: Annotated[
        bool, typer.Option("--ollama", help="Put the persona into your own Ollama at the end.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """A whole month on the starter model, in a home of its own."""
    from app.cli_report import show_demo
    from app.demo import DemoRequest, run_demo

    request = DemoRequest(month=month, replay=replay, seed=seed, ollama=ollama)
    outcome = run_demo(the_home(home), request, progress_console())
    give(as_json, outcome.row(), lambda out: show_demo(out, outcome))
    raise typer.Exit(EXIT_CODES.get(outcome.run.state, 0))


def cycle(
    persona: PersonaArgument,
    yes: Annotated[
        bool, typer.Option("--yes", help="Put the adapter live when it passes, without asking.")
    ] = False,
    recipe: Annotated[
        str, typer.Option("--recipe", help="A recipe's name, or a YAML file.")
    ] = "auto",
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Go on with this run.")
    ] = None,
    replay: ReplayOption = True,
    rebuild: RebuildOption = False,
    free_ollama: FreeOllamaOption = None,
    seed: SeedOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train this month's adapter: mix, train, examine, judge, and with --yes put it live."""
    from app.cli_people import person_named
    from app.cli_progress import following
    from app.operations import freeing, training
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        who = person_named(store, persona)
        if free_ollama is None and not as_json and can_be_asked():
            free_ollama = ask_to_free(freeing.to_be_asked(store, who.id))
        if resume is not None:
            run = training.check_resumable(place, store, resume)
            if run.persona_id != who.id:
                raise typer.BadParameter(f"{resume} is not a run of {persona}", param_hint="RUN")
        else:
            run = training.prepare_run(
                place, store, who.id, recipe=recipe, seed=seed, replay=replay, rebuild=rebuild
            )
    try:
        with following(place.runs / run.id):
            result = training.work_on(place, run.id, yes=yes, free_ollama=free_ollama)
    except KeyboardInterrupt:
        progress_console().print(
            f"\nA training that was under way goes on. Look at it: perennial watch {run.id};"
            f" go on: perennial cycle {persona}; stop it: perennial stop {run.id}",
            markup=False,
        )
        raise
    give(as_json, run_row(result.run), lambda out: ended(out, result.run, persona))
    raise typer.Exit(EXIT_CODES.get(result.run.state, 0))


def runs(
    persona: Annotated[str | None, typer.Argument(help="Of this persona alone.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """The runs of every persona, newest first."""
    from app.cli_people import person_named
    from app.cli_reception import received_lines, received_rows, worse_line
    from app.operations.training import run_alive
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        people = [person_named(store, persona)] if persona else store.personas.all()
        rows = [
            {**run_row(run), "persona": who.slug, "alive": run_alive(place, run.id)}
            for who in people
            for run in store.runs.of_persona(who.id)
        ]
        received = [row for who in people for row in received_rows(store, who)]
        worse = [line for who in people if (line := worse_line(store, who)) is not None]

    def words(out: Console) -> None:
        from rich.table import Table

        table = Table("Run", "Stage", "State", "Verdict", "Reason", box=None)
        for row in rows:
            state = row["state"]
            if state == "running" and not row["alive"]:
                state = "cut off"
            table.add_row(row["run"], row["stage"] or "-", state, row["verdict"], row["reason"])
        out.print(table if rows else "There is no run yet.")
        for line in (*received_lines(received), *worse):
            out.print(line, markup=False)

    by_run = {row["run"]: row for row in received}
    told = [{**row, "received": by_run.get(row["run"])} for row in rows]
    give(as_json, {"runs": told}, words)


def watch(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Follow a run until it ends or waits for you."""
    from app.cli_progress import showing
    from app.cycle.follow import RunFollower
    from app.cycle.process import run_named
    from app.operations.training import run_alive
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store, showing() as view:
        follower = RunFollower(place.runs / run)
        going = True
        while going:
            found = run_named(store, run)
            going = found.state == "running" and run_alive(place, run)
            for event in follower.poll():
                view.show(event)
            if going:
                time.sleep(WATCH_EVERY_S)
        slug = store.personas.get(found.persona_id).slug
    give(as_json, run_row(found), lambda out: ended(out, found, slug))
    raise typer.Exit(EXIT_CODES.get(found.state, 0))


def stop(
    run: RunArgument,
    discard: Annotated[
        bool, typer.Option("--discard", help="Throw away what was trained so far.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a run: what was trained is saved, or thrown away with --discard."""
    from app.operations.training import send_command

    send_command(the_home(home), run, "discard" if discard else "save-and-stop")
    said = "is discarded" if discard else "saves and stops; `perennial cycle` goes on with it"
    give(
        as_json,
        {"run": run, "command": "discard" if discard else "save-and-stop"},
        lambda out: out.print(f"{run} {said}.", markup=False),
    )


def rollback(
    persona: PersonaArgument,
    to: Annotated[
        str | None, typer.Option("--to", metavar="RUN", help="Bring back the adapter of this run.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring back exactly what was live before the last adapter, or the adapter of any run."""
    from app.cli_deploy import follow
    from app.cli_people import person_named
    from app.operations.training import roll_back
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        who = person_named(store, persona)
    deployment = roll_back(place, who.id, to)
    with open_store(place) as store:
        in_ollama = follow(place, store, who.id)
        before = store.personas.get(who.id).active_adapter_id
        adapter = store.adapters.get(before) if before is not None else None

    def words(out: Console) -> None:
        now = f"adapter v{adapter.version} ({adapter.run_id})" if adapter else "the base alone"
        undone = "" if to else f"{deployment.run_id} was rolled back; "
        again = "" if to else " What the run learned from counts as new."
        out.print(f"{undone}{who.name} speaks through {now} again.{again}", markup=False)
        if in_ollama:
            out.print(in_ollama, markup=False)

    row = {
        **asdict(deployment),
        "persona": who.slug,
        "adapter": adapter.run_id if adapter else None,
        "ollama": in_ollama,
    }
    give(as_json, row, words)


def can_be_asked() -> bool:
    """Whether somebody sits at this terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_to_free(held: Sequence[LoadedModel]) -> bool | None:
    """Ask whether Ollama lets go of these for the training; no question where there are none."""
    if not held:
        return None
    from trainer.contract.fitting import gigabytes

    names = ", ".join(f"{model.name} ({gigabytes(model.mb)})" for model in held)
    return typer.confirm(
        f"Ollama holds {names}, and the training needs that memory. May it be unloaded?"
        " Ollama loads it again with the next message.",
        err=True,
    )


def run_row(run: Run) -> dict[str, Any]:
    """A run for a program."""
    return {
        "run": run.id,
        "stage": run.stage,
        "state": run.state,
        "verdict": run.verdict or "",
        "reason": run.reason,
        "recipe": run.recipe,
        "seed": run.seed,
    }


def ended(out: Console, run: Run, slug: str) -> None:
    """One sentence on how a run stands, and what can be done next."""
    from app.cycle.stages import NOT_PASSED

    step = {
        "running": f"It was cut off; go on with: perennial cycle {slug}",
        "waiting": f"Use it: perennial use {run.id}; keep the old one: perennial stop"
        f" {run.id} --discard",
        "done": f"{slug} speaks through it now; undo with: perennial rollback {slug}",
        "stopped": f"Go on with: perennial cycle {slug}",
    }.get(run.state, "Nothing was changed; what it learned from stays new.")
    if run.state in NOT_PASSED and run.verdict in NOT_PASSED:
        step += f' Use it all the same: perennial use {run.id} --because "..."'
    verdict = f" ({run.verdict})" if run.verdict else ""
    reason = f" {run.reason}" if run.reason else ""
    out.print(f"{run.id}: {run.state}{verdict}.{reason}\n{step}", markup=False)
