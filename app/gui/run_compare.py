"""Two runs side by side: facts, losses, recipe, mix, scores and replies to the same questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.evaluation.numbers import NOTHING, shown
from app.evaluation.page_reading import number
from app.evaluation.page_words import RECIPE, STAGES, named
from app.gui.chart_libraries import charts_loaded, load_then
from app.gui.charts import HEIGHT_PX
from app.gui.compare_replies import replies_card
from app.gui.compare_scores import two_scores_card
from app.gui.controls import button, card, column, icon_row, label, row
from app.gui.dates import day, duration
from app.gui.reasons import report_words
from app.gui.run_charts import TwoRunsChart
from app.gui.run_details import trouble_card
from app.gui.run_words import (
    device_words,
    made_words,
    mix_name,
    outcome_look,
    parent_words,
    precision_words,
    round_words,
    value_words,
)
from app.gui.session import Session
from app.gui.side_table import Line, side_table, titled_card
from app.gui.theme import space
from app.gui.train_before import MixBar
from app.gui.train_scores import Wide
from app.gui.translation import tr
from app.operations.run_comparison import Comparison, Pair, titles
from app.operations.run_history import RunDetails

_TOP = Qt.AlignmentFlag.AlignTop


def compare_cards(
    session: Session, found: Comparison, opened: set[str], open_run: Callable[[str], None]
) -> Iterator[QWidget]:
    """The cards of two runs; the older one stands at the left."""
    names = titles(found.one.summary, found.other.summary)
    yield _head(found, names, open_run)
    for run, name in zip((found.one, found.other), names, strict=True):
        if run.troubles:
            yield trouble_card(run.troubles, name)
    if found.one.curves.smoothed or found.other.curves.smoothed:
        yield ChartPlace(session, found, names)
    yield _recipe_card(found, names)
    yield _mix_card(found, names)
    if any(pair.one and pair.other for pair in found.scores):
        yield two_scores_card(found, names)
    yield replies_card(found.replies, names, opened)
    if found.seconds:
        yield titled_card(
            "compare_seconds",
            tr("How long it took"),
            [Wide(side_table(names, list(_seconds(found))))],
        )


class ChartPlace(QWidget):
    """The losses of both in one chart, once its libraries are there."""

    def __init__(self, session: Session, found: Comparison, names: tuple[str, str]) -> None:
        super().__init__()
        self._found, self._names = found, names
        self._inside = column(self)
        self._words = label(tr("Drawing the curves…"), "soft", name="charts_words")
        self._words.setMinimumHeight(HEIGHT_PX)
        self._inside.addWidget(self._words)
        if charts_loaded():
            self._build()
        else:
            load_then(self._build, session.report)

    def _build(self) -> None:
        self._words.hide()
        chart = TwoRunsChart(self._names)
        chart.show_curves(self._found.one.curves, self._found.other.curves)
        self._inside.addWidget(chart)


def _head(found: Comparison, names: tuple[str, str], open_run: Callable[[str], None]) -> QFrame:
    frame, inside = card("compare_card")
    both = row(gap=space("large"))
    for place, (run, name) in enumerate(zip((found.one, found.other), names, strict=True)):
        both.addLayout(_side(run, name, place, open_run), 1)
    inside.addLayout(both)
    inside.addSpacing(space("small"))
    inside.addWidget(Wide(side_table(names, list(_overview(found)))))
    return frame


def _side(run: RunDetails, name: str, place: int, open_run: Callable[[str], None]) -> QVBoxLayout:
    outcome, run_id = outcome_look(run.summary), run.summary.run.id
    block = column(gap=space("hair"))
    line = row(gap=space("small"))
    line.addWidget(icon_row(outcome.icon, outcome.colour), alignment=_TOP)
    title = f"{name} · {outcome.words}"
    line.addWidget(label(title, "strong", name=f"compare_title_{place}", wrap=True), 1)
    block.addLayout(line)
    block.addWidget(label(f"{day(run.summary.run.created)} · {run_id}", "small", wrap=True))
    opens = button(f"compare_open_{place}", tr("Open it"), "fold", lambda: open_run(run_id))
    opens.setToolTip(tr("Everything that is kept of this training"))
    block.addWidget(opens, alignment=Qt.AlignmentFlag.AlignLeft)
    return block


def _overview(found: Comparison) -> Iterator[Line]:
    shows: dict[str, tuple[str, Callable[[object], str]]] = {
        "base": (tr("Base model"), str),
        "parent": (tr("Began"), parent_words),
        "round": (tr("Round"), lambda value: round_words(str(value))),
        "device": (tr("Device"), lambda value: device_words(str(value))),
        "precision": (tr("The base held in"), lambda value: precision_words(str(value))),
        "seed": (tr("Seed"), str),
        "took": (tr("Took"), lambda value: duration(number(value) or 0)),
        "train_loss": (tr("Training loss at the end"), _loss),
        "valid_loss": (tr("Lowest validation loss"), _loss),
        "base_loss": (tr("Validation loss of the base"), _loss),
    }
    made = [made_words(run.summary) for run in (found.one, found.other)]
    yield Line(tr("Made"), made[0], made[1], differs=made[0] != made[1])
    for pair in found.overview:
        if pair.name == "prompt":
            yield _prompt_line(pair)
        else:
            name, show = shows[pair.name]
            none = parent_words(None) if pair.name == "parent" else NOTHING
            sides = [none if each is None else show(each) for each in (pair.one, pair.other)]
            yield Line(name, sides[0], sides[1], differs=pair.differs)


def _prompt_line(pair: Pair) -> Line:
    words = tr("the same") if not pair.differs else NOTHING
    sides = [words if not pair.differs else str(each or NOTHING) for each in (pair.one, pair.other)]
    return Line(tr("System prompt"), sides[0], sides[1], differs=pair.differs)


def _loss(value: object) -> str:
    return shown(number(value), "loss")


def _recipe_card(found: Comparison, names: tuple[str, str]) -> QFrame:
    title = tr("Recipe: where they differ")
    if not found.one.recipe or not found.other.recipe:
        words = tr("The recipe of one of them was not kept.")
        return titled_card("compare_recipe", title, [label(words, "soft", wrap=True)])
    if not found.recipe:
        words = tr("Both had the same recipe, value for value.")
        return titled_card("compare_recipe", title, [label(words, "soft", wrap=True)])
    about = report_words()
    lines = [
        Line(
            pair.name, value_words(pair.one), value_words(pair.other), True,
            about(RECIPE[pair.name]) if pair.name in RECIPE else "",
        )
        for pair in found.recipe
    ]  # fmt: skip
    return titled_card("compare_recipe", title, [Wide(side_table(names, lines))])


def _mix_card(found: Comparison, names: tuple[str, str]) -> QFrame:
    made: list[QWidget] = []
    for run, name in zip((found.one, found.other), names, strict=True):
        mix = run.summary.facts.mix
        new, replay = number(mix.get("new")), number(mix.get("replay"))
        if new is not None and replay is not None:
            made += [label(name, "section"), MixBar(round(new), round(replay))]
    lines = [
        Line(mix_name(pair.name), _count(pair, pair.one), _count(pair, pair.other), pair.differs)
        for pair in found.mix
        if pair.one or pair.other
    ]
    if lines:
        made.append(Wide(side_table(names, lines)))
    else:
        made.append(label(tr("What they learned from was not kept."), "soft", wrap=True))
    return titled_card("compare_mix", tr("What they learned from, in approved replies"), made)


def _count(pair: Pair, value: object) -> str:
    return shown(number(value), "share" if pair.name.startswith("topic.") else "number")


def _seconds(found: Comparison) -> Iterator[Line]:
    words = report_words()
    for pair in found.seconds:
        sides = [shown(number(each), "seconds", words) for each in (pair.one, pair.other)]
        yield Line(named(STAGES, pair.name, words), sides[0], sides[1], differs=False)
