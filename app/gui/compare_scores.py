"""The scores of two runs side by side, with which is better and how sure that is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from app.evaluation.numbers import NOTHING, shown
from app.evaluation.page_reading import Part, text, value_of
from app.evaluation.page_scores import limits_of, row_name
from app.evaluation.page_words import MEASURES, named
from app.gui.controls import column, label, row
from app.gui.icons import icon_label
from app.gui.reasons import report_words
from app.gui.side_table import side_grid, titled_card
from app.gui.theme import space
from app.gui.train_fold import coloured
from app.gui.train_scores import Wide
from app.gui.translation import tr
from app.operations.run_comparison import Comparison, ScorePair

_TOP = Qt.AlignmentFlag.AlignTop


def two_scores_card(found: Comparison, names: tuple[str, str]) -> QFrame:
    wins = found.wins
    told = tr(
        "{one} is better in {ones}, {other} in {others}; the same: {same}.",
        one=names[0], ones=wins["one"], other=names[1], others=wins["other"], same=wins["same"],
    )  # fmt: skip
    about = tr(
        "Small differences come by chance. Where their bases score differently, they were not"
        " asked the same, and each is held against its own base."
    )
    holder, grid = side_grid(names)
    words = report_words()
    grid.addWidget(label(tr("Which is better"), "section"), 0, 3)
    for at, pair in enumerate(found.scores, 1):
        title = named(MEASURES, text(pair.row.get("measure")), words)
        group = row_name(pair.row, words)
        name = f"{title}: {group}" if group else title
        grid.addWidget(label(name, "soft", wrap=True), at, 0, _TOP)
        for place, side in enumerate((pair.one, pair.other), 1):
            grid.addWidget(_score(pair, side, place), at, place, _TOP)
        grid.addWidget(_better(pair, names), at, 3, _TOP)
    title = tr("Scores of the new adapters")
    made = [label(told, name="compare_wins", wrap=True), label(about, "soft", wrap=True)]
    return titled_card("compare_scores", title, [*made, Wide(holder)])


def _score(pair: ScorePair, found: Part, place: int) -> QWidget:
    """A value, with its range and its base below it."""
    words, unit = report_words(), text(pair.row.get("unit"))
    holder = QWidget()
    inside = column(holder)
    best = pair.better == ("one", "other")[place - 1]
    value = shown(value_of(found, "candidate"), unit, words)
    inside.addWidget(label(value, "strong" if best else ""))
    told = [limits_of(found, "candidate", words)]
    base = value_of(found, "base")
    if pair.against_base and base is not None:
        told.append(tr("base {value}", value=shown(base, unit, words)))
    below = " · ".join(each for each in told if each)
    if below:
        inside.addWidget(label(below, "small"))
    return holder


def _better(pair: ScorePair, names: tuple[str, str]) -> QWidget:
    if not pair.better:
        return label(NOTHING, "soft")
    if pair.better == "same":
        return label(tr("the same"), "soft")
    holder = QWidget()
    line = row(holder, gap=space("hair"))
    colour = "good" if pair.sure else "text_soft"
    line.addWidget(icon_label("check", colour, 14))
    name = names[0] if pair.better == "one" else names[1]
    words = name if pair.sure else tr("{run}, may be chance", run=name)
    line.addWidget(coloured(words, colour))
    line.addStretch()
    return holder
