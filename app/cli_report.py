"""Mixes and reports as a person reads them in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from app.evaluation.numbers import NOTHING, shown
from app.evaluation.page_reading import Part, part, parts, subjects_in, text, value_of
from app.evaluation.page_replies import beginning
from app.evaluation.page_scores import (
    STANDINGS,
    against,
    cases_of,
    limits_of,
    prompting_told,
    row_name,
)
from app.evaluation.page_words import MEASURES, SUBJECTS, named
from app.evaluation.stored_scores import score_rows
from app.operations.mixing import mix_counts
from app.words import Words

if TYPE_CHECKING:
    from rich.console import Console

    from app.demo import DemoOutcome
    from app.store import Score

REPLIES_SHOWN = 3
_ENGLISH = Words("en")
VERDICTS = {
    "passed": "The new adapter passed.",
    "refused": "The new adapter was refused; nothing was changed.",
    "undecided": "The exam could not decide; nothing was changed.",
}


def show_mix(out: Console, manifest: dict[str, Any]) -> None:
    """What a run learns from and is judged by."""
    counts = mix_counts(manifest)
    groups = ", ".join(f"{name} {number}" for name, number in counts["groups"].items() if number)
    share = f"{counts['ratio_new']:.0%} new" if counts["ratio_new"] is not None else "nothing new"
    replay = f"{counts['replay']} of replay" + (f" ({groups})" if groups else "")
    own = manifest["own"]
    topics = ", ".join(
        _topic(name, each) for name, each in manifest["topics"].items() if each["replies"]
    )
    lines = [
        *([manifest["round"]["why"]] if "round" in manifest else []),
        f"{counts['new']} new replies and {replay}: {share}",
        f"held out: {counts['valid']} to stop in time, {counts['test']} to judge,"
        f" {counts['replay_test']} of replay to see what is forgotten",
        f"the persona's own unedited words: {own['replies']} ({own['share'] or 0:.0%}),"
        " at most half",
        *([f"topics of what is new: {topics}"] if topics else []),
        *counts["shortfalls"],
        *(f"{number} wait: {why}" for why, number in manifest["waiting"].items()),
        *(f"{number} left out: {why}" for why, number in manifest["left_out"].items()),
    ]
    for line in lines:
        out.print(f"  {line}", markup=False)


def _topic(name: str, each: dict[str, Any]) -> str:
    share = f"{name} {each['share']:.0%}"
    if not each["guide"]:
        return share
    least, most = each["guide"]
    return f"{share} (the guide says {least:.0%} to {most:.0%})"


def show_scores(out: Console, rows: Sequence[Part]) -> None:
    """Everyone who was measured side by side, each with its range where one is known."""
    from rich.table import Table

    subjects = subjects_in(rows)
    compared = {"base", "candidate"} <= set(subjects)
    heads = ["Measured", *(SUBJECTS[name] for name in subjects)]
    table = Table(*heads, *["Against the base model"] * compared, "Cases", box=None)
    for found in rows:
        group = row_name(found, _ENGLISH)
        measure = named(MEASURES, text(found.get("measure")), _ENGLISH)
        title = f"{measure}: {group}" if group else measure
        values = [_value(found, name) for name in subjects]
        standing = against(found)
        word = [STANDINGS[standing[1]] if standing else NOTHING] * compared
        table.add_row(*map(Text, [title, *values, *word, cases_of(found, subjects)]))
    out.print(table if subjects else "Nothing was measured.")


def _value(found: Part, subject: str) -> str:
    value = shown(value_of(found, subject), text(found.get("unit")))
    limits = limits_of(found, subject, _ENGLISH)
    return f"{value}\n{limits}" if limits else value


def show_reasons(out: Console, report: Part) -> None:
    """Every rule with how it stands."""
    for reason in parts(report, "reasons"):
        out.print(f"  {_mark(reason):<7} {reason.get('text', '')}", markup=False)


def _mark(reason: Part) -> str:
    if reason.get("decides") is False:
        return "shown"
    if reason.get("passed"):
        return "holds"
    return "unclear" if reason.get("unsure") else "FAILS"


def show_replies(out: Console, replies: Sequence[Part], *, most: int = REPLIES_SHOWN) -> None:
    """The same prompts answered before and after."""
    from rich.table import Table

    for reply in replies[:most]:
        before = "parent" if isinstance(reply.get("parent"), str) else "base"
        heads = (f"Before: {SUBJECTS[before]}", f"After: {SUBJECTS['candidate']}")
        title = Text(f"“{reply.get('prompt', '')}”")
        table = Table(*heads, title=title, title_justify="left", expand=True)
        table.add_row(*(Text(_begun(reply.get(name))) for name in (before, "candidate")))
        out.print(table)
    left = len(replies) - most
    if left > 0:
        out.print(f"{left} more are in the run's report.", markup=False)


def _begun(said: object) -> str:
    """As much of a reply as is seen at a glance."""
    words = said if isinstance(said, str) else ""
    first = beginning(words)
    return first if first == words else f"{first}…"


def show_report(out: Console, report: Part, stored: Sequence[Score], verdict: str) -> None:
    """What an exam found: replies, scores, whether the prompt alone would do, and the verdict."""
    out.rule("Before and after")
    show_replies(out, parts(report, "replies"))
    out.rule("Scores")
    show_scores(out, score_rows(report, stored))
    prompting = prompting_told(report, _ENGLISH)
    if prompting:
        out.print(f"Would the prompt alone do as well? {' '.join(prompting)}", markup=False)
    for warning in parts(report, "warnings"):
        out.print(f"Warning: {warning.get('advice', '')}", markup=False)
    out.rule("Verdict")
    own = part(report, "overruled")
    told = f"It did not pass, and you used it all the same, because: {own.get('because', '')}"
    out.print(told if own else VERDICTS.get(verdict, verdict), markup=False)
    show_reasons(out, report)


def show_demo(out: Console, outcome: DemoOutcome) -> None:
    """The whole month at its end."""
    out.rule("The mix")
    show_mix(out, outcome.manifest)
    verdict = outcome.run.verdict or outcome.run.state
    show_report(out, outcome.report, outcome.scores, verdict)
    slug, place = outcome.persona.slug, outcome.home.root
    if outcome.run.state == "done":
        out.print(
            f"\n{outcome.persona.name} now speaks through it on the built-in runtime:"
            f"\n  perennial chat --persona {slug} --home {place}"
            f"\nUndo it with:\n  perennial rollback {slug} --home {place}",
            markup=False, soft_wrap=True,
        )  # fmt: skip
    if outcome.in_ollama is not None:
        from app.cli_deploy import tell

        out.print()
        tell(out, outcome.in_ollama, outcome.persona.name, str(place))
    out.print(f"\nThe whole month took {outcome.seconds['total']:.0f} s.", markup=False)
