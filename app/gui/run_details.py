"""One run in detail: its verdict and facts, how it learned, its recipe, scores and replies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QWidget

from app.evaluation.page_reading import parts, subjects_in
from app.evaluation.page_words import RECIPE
from app.gui.controls import button, card, column, icon_row, label, row
from app.gui.copied_line import copied_line
from app.gui.dates import day, duration
from app.gui.flow import Flow
from app.gui.live_charts import RunCharts
from app.gui.reasons import report_words
from app.gui.run_words import (
    device_words,
    examples_words,
    loss_words,
    made_words,
    outcome_look,
    parent_words,
    precision_words,
    round_words,
    trouble_words,
    value_words,
)
from app.gui.session import Session
from app.gui.theme import space
from app.gui.train_facts import facts_card
from app.gui.train_fold import Fold, facts
from app.gui.train_replies import RepliesCard
from app.gui.train_scores import scores_card
from app.gui.train_verdict import counted, reason_lines
from app.gui.translation import later, tr
from app.operations.run_facts import FileTrouble
from app.operations.run_history import Purpose, RunDetails, RunSummary

# Told in cards of their own.
_TOLD_APART = ("recipe", "curves")
_PURPOSES: dict[Purpose, tuple[str, str]] = {
    "repeat": (
        later("The same training again"),
        later("With the same data, recipe and seed, in a new folder beside the terminal."),
    ),
    "pack": (
        later("Packed for another computer"),
        later("Data, recipe and adapter in one file; the base is not in it."),
    ),
    "bring_back": (
        later("Its adapter back"),
        later("The persona speaks through it again; nothing is trained."),
    ),
}


def details_cards(
    session: Session, run: RunDetails, opened: set[str], compare: Callable[[str], None]
) -> Iterator[QWidget]:
    """The cards of a run, most useful first; what a damaged run lacks has none."""
    report = run.report
    yield _head(run, opened, compare)
    if run.troubles:
        yield trouble_card(run.troubles)
    if run.curves.measured or run.curves.valid:
        charts = RunCharts(session)
        charts.follow(run.folder)
        yield charts
    if run.recipe:
        yield _recipe_card(run, opened)
    if subjects_in(run.scores):
        yield scores_card(report, run.scores, opened)
    replies = parts(report, "replies")
    if replies:
        yield RepliesCard(replies, opened)
    rest = facts_card({key: report[key] for key in report if key not in _TOLD_APART}, opened)
    if rest is not None:
        yield rest
    if run.commands:
        yield _commands_card(run)


def _head(run: RunDetails, opened: set[str], compare: Callable[[str], None]) -> QFrame:
    frame, inside = card("run_card")
    outcome = outcome_look(run.summary)
    line = row(gap=12)
    line.addWidget(icon_row(outcome.icon, outcome.colour))
    line.addWidget(label(outcome.words, "title", name="run_outcome", wrap=True), 1)
    inside.addLayout(line)
    inside.addSpacing(space("hair"))
    inside.addWidget(facts(_facts(run.summary), "run_facts"))
    reasons = parts(run.report, "reasons")
    if reasons:
        fold = Fold(
            "run_why", tr("Why?"), lambda: reason_lines(reasons, "run_reasons"), opened,
            beside=counted(reasons), tip=tr("Shows every condition of the verdict"),
        )  # fmt: skip
        inside.addWidget(fold)
    inside.addSpacing(space("small"))
    inside.addWidget(_buttons(run, compare))
    return frame


def _facts(run: RunSummary) -> Iterator[tuple[str, str]]:
    told = (
        (tr("Name"), run.run.id),
        (tr("Started"), day(run.run.created)),
        (tr("Round"), round_words(run.facts.round)),
        (tr("Base model"), run.base),
        (tr("What happened"), _ended(run)),
        (tr("Began"), parent_words(run.parent)),
        (tr("Made"), made_words(run)),
        (tr("Learned from"), examples_words(run)),
        (tr("Loss at the end"), loss_words(run)),
        (tr("Took"), duration(run.facts.took) if run.facts.took else ""),
        (tr("Device"), _device(run)),
    )
    yield from ((name, words) for name, words in told if words)


def _ended(run: RunSummary) -> str:
    """Why it did not come to a verdict."""
    return tr(run.run.reason) if run.outcome in ("failed", "stopped") and run.run.reason else ""


def _device(run: RunSummary) -> str:
    told = (device_words(run.facts.device), precision_words(run.facts.precision))
    return ", ".join(each for each in told if each)


def _buttons(run: RunDetails, compare: Callable[[str], None]) -> Flow:
    line = Flow(gap=space("small"))
    page, folder, run_id = run.page, run.folder, run.summary.run.id
    if page is not None:
        made = button(
            "run_report", tr("Open the report"), "plain", lambda: _open(str(page)),
            icon="arrow-square-out",
        )  # fmt: skip
        made.setToolTip(tr("The whole report in the browser, to read at length or to print"))
        line.add(made)
    if folder.is_dir():
        made = button(
            "run_folder", tr("Open folder"), "plain", lambda: _open(str(folder)),
            icon="folder-open",
        )  # fmt: skip
        made.setToolTip(tr("All files of this training: data, events, log and adapter"))
        line.add(made)
    made = button(
        "run_compare_with", tr("Compare with…"), "plain", lambda: compare(run_id),
        icon="arrows-left-right",
    )  # fmt: skip
    made.setToolTip(tr("Choose another training in the list, to see both side by side"))
    line.add(made)
    return line


def trouble_card(troubles: tuple[FileTrouble, ...], title: str = "") -> QFrame:
    """Which files of a run are damaged, and what that means; the title says of which run."""
    frame, inside = card("run_troubles", "warning")
    head = row(gap=space("small"))
    head.addWidget(icon_row("warning", "warning"), alignment=Qt.AlignmentFlag.AlignTop)
    words = column(gap=space("hair"))
    if title:
        words.addWidget(label(title, "section"))
    for place, trouble in enumerate(troubles):
        words.addWidget(label(trouble_words(trouble), name=f"run_trouble_{place}", wrap=True))
    about = tr(
        "What stood there is not shown. Your conversations, ratings and adapters do not depend on"
        " it; a backup of the home may still have it."
    )
    words.addWidget(label(about, "soft", wrap=True))
    head.addLayout(words, 1)
    inside.addLayout(head)
    return frame


def _recipe_card(run: RunDetails, opened: set[str]) -> QFrame:
    frame, inside = card("recipe_card")
    inside.addWidget(
        label(tr("Recipe: {name}", name=value_words(run.recipe.get("name"))), "strong")
    )
    if run.changed:
        words = tr("Values that are not as usual: {count}", count=len(run.changed))
        inside.addWidget(label(words, "soft"))
        inside.addWidget(facts(_changes(run), "recipe_changes"))
    else:
        inside.addWidget(label(tr("Every value is as usual."), "soft"))
    inside.addWidget(
        Fold(
            "recipe_values", tr("All values"), lambda: facts(_values(run), "recipe_all"), opened,
            beside=str(len(run.recipe)),
        )
    )  # fmt: skip
    return frame


def _changes(run: RunDetails) -> Iterator[tuple[str, str]]:
    for each in run.changed:
        values = {"value": value_words(each.value), "usual": value_words(each.usual)}
        yield each.name, tr("{value} (usually {usual})", **values) + _about(each.name)


def _values(run: RunDetails) -> Iterator[tuple[str, str]]:
    for name, value in run.recipe.items():
        yield str(name), value_words(value) + _about(str(name))


def _about(name: str) -> str:
    return f" – {report_words()(RECIPE[name])}" if name in RECIPE else ""


def _commands_card(run: RunDetails) -> QFrame:
    frame, inside = card("commands_card")
    inside.addWidget(label(tr("Reproduce"), "strong"))
    about = tr("Lines for a terminal; nothing runs until you enter them there.")
    inside.addWidget(label(about, "soft", wrap=True))
    for purpose, line in run.commands:
        title, words = _PURPOSES[purpose]
        inside.addSpacing(space("hair"))
        inside.addWidget(label(tr(title), "section"))
        inside.addWidget(copied_line(f"run_{purpose}", line, tr("Copy this line")))
        inside.addWidget(label(tr(words), "small", wrap=True))
    return frame


def _open(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
