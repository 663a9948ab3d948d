"""What `merge` and `export` do before an adapter leaves: ask it for what it learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.evaluation.memory_check import MemoryCheck
    from app.home import Home
    from app.operations.sharing import GivesBack, Leaving
    from app.store import Store

AllTheSameOption = Annotated[
    bool,
    typer.Option(
        "--all-the-same",
        help="Write it without asking its adapter first whether it gives back, word for word, what"
        " it learned: for your own use.",
    ),
]


def check_beforehand(
    home: Home, store: Store, leaving: Sequence[Leaving], all_the_same: bool
) -> dict[str, Any] | None:
    """What was found, for a program; nothing where no adapter leaves, or nobody wants to know."""
    from app.cli_evaluate import counting
    from app.operations.sharing import GivesBack, check_leaving

    if all_the_same or not leaving:
        return None
    with counting() as counted:

        def told(who: str, done: int, total: int) -> None:
            counted(f"Asking {who} for what it learned", done, total)

        try:
            found = check_leaving(home, store, leaving, told)
        except GivesBack as error:
            refused = error
        else:
            return _row(found)
    _tell(refused)
    raise refused


def checked_words(row: Mapping[str, Any] | None) -> str:
    """What was found, in a sentence; nothing where nobody was asked."""
    if row is None:
        return ""
    return (
        f"Asked for {row['asked']} of {row['learned']} replies that were learned: none came back"
        " word for word."
    )


def _row(found: Sequence[MemoryCheck]) -> dict[str, Any]:
    return {
        "adapters": len(found),
        "asked": sum(each.asked for each in found),
        "learned": sum(each.of for each in found),
        "given_back": 0,
    }


def _tell(refused: GivesBack) -> None:
    """The sentences go to the terminal alone: an error's own words may stand in a log."""
    from app.cli_output import progress_console

    out = progress_console()
    for quote in refused.quotes:
        how = "personal data" if quote.personal else f"{quote.words} words"
        begun = ", begun for it" if quote.begun else ""
        out.print(f"  {how}{begun}: “{quote.text}”", markup=False)
