"""The verb `use`: a candidate goes live, also one that did not pass, with a reason."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli_month import RunArgument, ended, run_row
from app.cli_output import HomeOption, JsonOption, give, the_home

BecauseOption = Annotated[
    str | None,
    typer.Option(
        "--because",
        metavar="REASON",
        help="Why you use an adapter that the exam refused or could not decide on.",
    ),
]


def use(
    run: RunArgument,
    because: BecauseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Use a run's adapter; of one that did not pass, a reason is asked for and kept."""
    from app.cli_progress import following
    from app.cycle.process import run_named
    from app.cycle.stages import NOT_PASSED
    from app.operations import training
    from app.operations.overruling import overrule
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        found = run_named(store, run)
        slug = store.personas.get(found.persona_id).slug
        if because is not None:
            overrule(place, store, run, because)
        elif found.state in NOT_PASSED and found.verdict in NOT_PASSED:
            raise typer.BadParameter(
                f"{run} did not pass ({found.state}). Say why you use it all the same:"
                f' perennial use {run} --because "..."',
                param_hint="--because",
            )
        training.check_usable(place, store, run)
    with following(place.runs / run):
        result = training.work_on(place, run, yes=True)
    give(as_json, run_row(result.run), lambda out: ended(out, result.run, slug))
