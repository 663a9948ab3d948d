"""The verb `tests`: questions of the user's own, which judge and are never learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_evaluate import counted_words, counting, share_words
from app.cli_month import PersonaArgument
from app.cli_output import HomeOption, JsonOption, give, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.operations.own_tests import Added, OwnTest

tests = typer.Typer(
    name="tests",
    help="Test sets of your own: their questions judge, and are never learned.",
    add_completion=False,
)


@tests.command()
def add(
    file: Annotated[Path, typer.Argument(help="JSON as Recipe-MPR has it, JSON lines, or CSV.")],
    personas: Annotated[
        list[str] | None,
        typer.Option("--persona", help="For this persona alone; may stand several times."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What to call it; else as the file.")] = "",
    all_held_out: Annotated[
        bool,
        typer.Option(
            "--all-held-out/--split",
            help="Every question judges; or a tenth does, and eight tenths may be learned.",
        ),
    ] = True,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a copy of a file of questions with answers into the home."""
    from app.cli_people import person_named
    from app.operations.own_tests import add_test
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store:
        slugs = [person_named(store, slug).slug for slug in dict.fromkeys(personas or [])]
    added = add_test(place, file, name=name, personas=slugs, all_held_out=all_held_out)
    row = {
        **_row(added.test),
        "sides": added.sides,
        "lessons": str(added.lessons) if added.lessons else None,
        "left_out": added.left_out,
    }
    give(as_json, row, lambda out: _tell_added(out, added))


@tests.command(name="list")
def list_tests(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every test set of the home."""
    from app.operations.own_tests import own_tests_of

    rows = [
        {**_row(test), "questions": len(test.questions()), "judging": len(test.judging())}
        for test in own_tests_of(the_home(home))
    ]

    def words(out: Console) -> None:
        from rich.table import Table

        table = Table("Name", "Questions", "Judging", "For", box=None)
        for row in rows:
            people = ", ".join(row["personas"]) or "every persona"
            table.add_row(row["name"], str(row["questions"]), str(row["judging"]), people)
        out.print(table if rows else "There is no test set yet.", markup=False)

    give(as_json, {"tests": rows}, words)


@tests.command()
def remove(
    name: Annotated[str, typer.Argument(help="The name of the test set.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a test set out of the home; your own file stays where it is."""
    from app.operations.own_tests import remove_test

    test = remove_test(the_home(home), name)
    give(
        as_json,
        _row(test),
        lambda out: out.print(
            f"{test.name} is gone. What it asks may be learned from now on.", markup=False
        ),
    )


@tests.command()
def run(
    persona: PersonaArgument,
    name: Annotated[str | None, typer.Argument(help="This test set alone.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Examine the base and the adapter in use with the questions that judge."""
    from app.cli_people import person_named
    from app.operations.evaluating import run_own_tests
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store, counting() as counted:
        who = person_named(store, persona)
        found = run_own_tests(
            place, store, who, name, lambda done, total: counted("Examining", done, total)
        )
    give(as_json, found, lambda out: _tell_found(out, found))


def _row(test: OwnTest) -> dict[str, Any]:
    return {
        "name": test.name,
        "file": str(test.path),
        "personas": list(test.personas),
        "all_held_out": test.all_held_out,
        "added": test.added,
    }


def _tell_added(out: Console, added: Added) -> None:
    test, sides = added.test, added.sides
    people = ", ".join(test.personas) or "every persona"
    questions = counted_words(sides["test"], "question")
    out.print(f"{test.name}: {questions} to judge {people} by.", markup=False)
    if not test.all_held_out:
        out.print(
            f"{sides['valid']} more are held out, and {sides['train']} may be learned.",
            markup=False,
        )
    if added.left_out:
        out.print(
            f"{added.left_out} of these ask nearly what a held-out question asks: left out.",
            markup=False,
        )
    persona = test.personas[0] if test.personas else "PERSONA"
    if added.lessons is not None:
        out.print(
            f"Learn from the rest: perennial import {added.lessons} --persona {persona} --reviewed",
            markup=False,
        )
    out.print(f"Ask them now: perennial tests run {persona} {test.name}", markup=False)


def _tell_found(out: Console, found: dict[str, Any]) -> None:
    from rich.table import Table

    from app.evaluation.numbers import shown

    for test in found["tests"]:
        questions = counted_words(test["questions"], "question")
        out.print(f"{test['name']}: {questions}", markup=False)
        names = list(test["scores"][0]["subjects"])
        changes = ["Lost", "Gained"] if len(names) > 1 else []
        table = Table(
            "Kind", "Questions", "Chance", *(name.capitalize() for name in names), *changes,
            box=None,
        )  # fmt: skip
        for score in test["scores"]:
            subjects = [score["subjects"][name] for name in names]
            compared = [str(subjects[-1][name.lower()]) for name in changes]
            table.add_row(
                score["kind"], str(score["questions"]), shown(score["chance"], "share"),
                *map(share_words, subjects), *compared,
            )  # fmt: skip
        out.print(table, markup=False)
        if test["too_long"]:
            out.print(
                f"Longer than what the model reads at once, and not judged:"
                f" {counted_words(test['too_long'], 'question')}.",
                markup=False,
            )
