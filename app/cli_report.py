"""Mixes and reports as a person reads them in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.operations.mixing import mix_counts
from app.store import Subject

if TYPE_CHECKING:
    from rich.console import Console

    from app.demo import DemoOutcome
    from app.store import Score

SUBJECTS: tuple[Subject, ...] = ("base", "parent", "candidate")
MEASURES = {
    "test_loss": "loss on held-out conversations",
    "replay_loss": "loss on replay",
    "checks": "checks passed",
}
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


def show_scores(out: Console, scores: Sequence[Score]) -> None:
    """Base, current and candidate side by side."""
    from rich.table import Table

    subjects = [each for each in SUBJECTS if any(score.subject == each for score in scores)]
    found = {(each.measure, each.group, each.subject): each for each in scores}
    table = Table("Measure", "Group", *subjects, "cases", box=None)
    for measure, group in dict.fromkeys((each.measure, each.group) for each in scores):
        row = [found.get((measure, group, subject)) for subject in subjects]
        cases = max(each.n for each in row if each is not None)
        table.add_row(MEASURES.get(measure, measure), group, *map(_number, row), str(cases))
    out.print(table)


def show_replies(out: Console, replies: Sequence[dict[str, Any]]) -> None:
    """The same prompts answered before and after."""
    from rich.table import Table
    from rich.text import Text

    for reply in replies:
        table = Table(
            "Base", "Candidate", title=Text(f"“{reply['prompt']}”"), title_justify="left",
            expand=True,
        )  # fmt: skip
        table.add_row(Text(reply["base"]), Text(reply["candidate"]))
        out.print(table)


def show_demo(out: Console, outcome: DemoOutcome) -> None:
    """The whole month at its end."""
    out.rule("The mix")
    show_mix(out, outcome.manifest)
    out.rule("Before and after")
    show_replies(out, outcome.report.get("replies", ()))
    out.rule("Scores")
    show_scores(out, outcome.scores)
    out.rule("Verdict")
    verdict = outcome.run.verdict or outcome.run.state
    out.print(VERDICTS.get(verdict, verdict), markup=False)
    for reason in outcome.report.get("reasons", ()):
        mark = "holds" if reason["passed"] else "FAILS"
        out.print(f"  {mark}  {reason['text']}", markup=False)
    slug, place = outcome.persona.slug, outcome.home.root
    if outcome.run.state == "done":
        out.print(
            f"\n{outcome.persona.name} now speaks through it on the built-in runtime:"
            f"\n  perennial chat --persona {slug} --home {place}"
            f"\nUndo it with:\n  perennial rollback {slug} --home {place}",
            markup=False, soft_wrap=True,
        )  # fmt: skip
    out.print(f"\nThe whole month took {outcome.seconds['total']:.0f} s.", markup=False)


def _number(score: Score | None) -> str:
    if score is None:
        return "-"
    return f"{score.value:.0%}" if score.measure == "checks" else f"{score.value:.3f}"
