"""The verb `evaluate`: an exam of the base and the adapter in use, whenever one wants it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_month import PersonaArgument
from app.cli_output import HomeOption, JsonOption, give, the_home

if TYPE_CHECKING:
    from rich.console import Console

    from app.cli_progress import RunView
    from app.operations.evaluating import Evaluation


def evaluate(
    persona: PersonaArgument,
    suite: Annotated[
        list[Path] | None,
        typer.Option("--suite", metavar="FILE", help="Ask this suite; may stand several times."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Every case, not the quick exam; replies are timed too.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Examine a persona's base and the adapter that it speaks through now."""
    from app.cli_people import person_named
    from app.operations import evaluating
    from app.store import open_store

    place = the_home(home)
    with open_store(place) as store, counting() as counted:
        who = person_named(store, persona)
        found = evaluating.evaluate(
            place, store, who, suites=suite or [], full=full, on_progress=counted
        )
    row = found.row()
    give(as_json, row, lambda out: _tell(out, found, row))


class Counting:
    """Shows how far each part of an examination is, as a run shows its stages."""

    def __init__(self, view: RunView) -> None:
        self._view = view
        self._what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != self._what:
            self.end()
            self._what = what
            self._stage("begun")
        self._view.show({"origin": "cycle", "kind": "progress", "done": done, "total": total})

    def end(self) -> None:
        """The part that was begun last is done."""
        if self._what:
            self._stage("done")

    def _stage(self, state: str) -> None:
        self._view.show(
            {
                "origin": "cycle",
                "kind": "stage",
                "name": self._what,
                "state": state,
                "text": self._what,
                "time": time.time(),
            }
        )


@contextmanager
def counting() -> Iterator[Counting]:
    """Progress on stderr for as long as somebody is examined."""
    from app.cli_progress import showing

    with showing() as view:
        counted = Counting(view)
        yield counted
        counted.end()


def counted_words(number: int, what: str) -> str:
    """So many of something."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def share_words(share: Mapping[str, Any] | None) -> str:
    """A share with the interval that it lies in, 95 times of 100."""
    from app.evaluation.numbers import NOTHING, shown

    if not share or not share["of"]:
        return NOTHING
    low, high = (shown(share[name], "share") for name in ("low", "high"))
    return f"{shown(share['value'], 'share')} ({low} to {high})"


def _tell(out: Console, found: Evaluation, row: Mapping[str, Any]) -> None:
    from rich.table import Table

    adapter = found.adapter
    used = f"its adapter {adapter}" if adapter else "no adapter in use on this base"
    out.print(
        f"{found.persona} on {found.base}, {used}: {counted_words(row['cases'], 'case')}"
        f" in {found.seconds:.0f} s.",
        markup=False,
    )
    columns = ["Group", "Cases", "Base", *(["Adapter", "Lost", "Gained"] if adapter else [])]
    table = Table(*columns, box=None)
    for group in row["groups"]:
        cells = [group["group"], str(group["cases"]), share_words(group["base"])]
        if adapter:
            changes = [str(group["lost"] or "-"), str(group["gained"] or "-")]
            cells += [share_words(group["adapter"]), *changes]
        table.add_row(*cells)
    out.print(table, markup=False)
    for skipped in row["skipped"]:
        cases = counted_words(skipped["cases"], "case")
        out.print(f"Not judged: {cases}, since {skipped['why']}.", markup=False)
    if row["bars"]:
        _tell_bars(out, row["bars"])
    if found.latency:
        _tell_latency(out, found)


def _tell_bars(out: Console, bars: Sequence[Mapping[str, Any]]) -> None:
    from rich.table import Table

    from app.evaluation.numbers import NOTHING, shown

    table = Table("Suite", "Bar", "By", "Held", "Share", "At least", "Reached", box=None)
    for each in bars:
        table.add_row(
            each["suite"],
            each["bar"],
            each["subject"],
            f"{each['right']} of {each['of']}",
            share_words(each),
            shown(each["least"], "share"),
            NOTHING if each["reached"] is None else "yes" if each["reached"] else "no",
        )
    out.print(table, markup=False)
    for each in bars:
        for unjudged in each["unjudged"]:
            cases = counted_words(unjudged["cases"], "case")
            who = f"{each['bar']} by {each['subject']}"
            out.print(f"Not counted: {cases} of {who}, since {unjudged['why']}.", markup=False)


def _tell_latency(out: Console, found: Evaluation) -> None:
    from rich.table import Table

    from app.evaluation.numbers import shown

    table = Table("Replies", "By", "Number", "Tokens", "Median", "90 of 100 within", box=None)
    for each in sorted(found.latency or (), key=lambda each: each.kind, reverse=True):
        table.add_row(
            each.kind,
            each.subject,
            str(each.replies),
            str(each.tokens),
            shown(each.median, "seconds"),
            shown(each.p90, "seconds"),
        )
    out.print(table, markup=False)
