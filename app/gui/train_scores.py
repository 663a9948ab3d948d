"""The scores of a training, those of everyone who was measured side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QWidget

from app.evaluation.numbers import NOTHING, shown
from app.evaluation.page_reading import Part, subjects_in, text, value_of
from app.evaluation.page_scores import (
    STANDINGS,
    against,
    cases_of,
    limits_of,
    prompting_told,
    row_name,
)
from app.evaluation.page_words import ABOUT_SUBJECTS, MEASURES, SUBJECTS, named
from app.gui.controls import button, card, column, label, row, rule
from app.gui.icons import icon_label
from app.gui.reasons import report_words
from app.gui.theme import space
from app.gui.train_fold import coloured, height_at
from app.gui.translation import tr
from app.gui.why import what_is

ROWS_AT_FIRST = 10
_FIRST_COLUMN_PX, _LEAST_COLUMN_PX, _GAP_PX = 140, 56, 8
_ICONS = {"up": "arrow-up", "down": "arrow-down", "level": "equals"}
_COLOURS = {"better": "good", "worse": "danger", "same": "text_soft"}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop


class Wide(QScrollArea):
    """As high as what stands in it; scrolls sideways where the window is narrow."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setProperty("kind", "clear")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside.setProperty("kind", "clear")
        self.viewport().setProperty("kind", "clear")
        self.setWidget(inside)
        inside.installEventFilter(self)
        self._content = inside
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        least, inside = self._content.minimumSizeHint(), self._content.layout()
        width = max(least.width(), self.viewport().width())
        height = height_at(inside, width) if inside is not None else least.height()
        bar = self.horizontalScrollBar().sizeHint().height()
        # Of a layout that trades height for width Qt asks the height of its narrowest.
        self._content.setFixedHeight(height)
        self.setFixedHeight(height + (bar if width > self.viewport().width() else 0))


class ScoreGrid(QWidget):
    """The table; a long one is not made whole at once."""

    def __init__(self, rows: Sequence[Part]) -> None:
        super().__init__()
        self.setObjectName("score_grid")
        self._words = report_words()
        self._subjects = subjects_in(rows)
        self._compared = {"base", "candidate"} <= set(self._subjects)
        self._grouped = {
            measure: sum(text(row.get("measure")) == measure for row in rows)
            for measure in {text(row.get("measure")) for row in rows}
        }
        self._measure = ""
        self._line = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(_GAP_PX)
        self._grid.setVerticalSpacing(space("small"))
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnMinimumWidth(0, _FIRST_COLUMN_PX)
        self._add_heads()

    def add(self, rows: Sequence[Part]) -> None:
        """More rows below; of one measure they stand together."""
        for each in rows:
            self._add_row(each)

    def _add_heads(self) -> None:
        words = self._words
        self._grid.addWidget(label(tr("Measured"), "section"), 0, 0)
        heads = [(words(SUBJECTS[name]), words(ABOUT_SUBJECTS[name])) for name in self._subjects]
        heads += [(tr("Against the base model"), "")] * self._compared + [(tr("Cases"), "")]
        for place, (head, about) in enumerate(heads, 1):
            made = label(head, "section", wrap=True)
            made.setAlignment(_RIGHT)
            made.setToolTip(about)
            self._grid.addWidget(made, 0, place)
            self._grid.setColumnMinimumWidth(place, _LEAST_COLUMN_PX)

    def _add_row(self, found: Part) -> None:
        measure = text(found.get("measure"))
        title = named(MEASURES, measure, self._words)
        alone = self._grouped[measure] == 1
        if not alone and measure != self._measure:
            self._line += 1
            self._grid.addWidget(label(title, "strong"), self._line, 0, 1, -1)
        self._measure = measure
        self._line += 1
        name = row_name(found, self._words)
        whole = (f"{title}: {name}" if name else title) if alone else name
        first = label(whole, "strong" if alone else "", wrap=True)
        if not alone:
            first.setContentsMargins(space("medium"), 0, 0, 0)
        first.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(first, self._line, 0)
        for place, subject in enumerate(self._subjects, 1):
            self._grid.addWidget(self._value(found, subject), self._line, place)
        place = len(self._subjects) + 1
        if self._compared:
            self._grid.addWidget(self._against(found), self._line, place, _RIGHT)
            place += 1
        cases = label(cases_of(found, self._subjects), "soft")
        self._grid.addWidget(cases, self._line, place, _RIGHT)

    def _value(self, found: Part, subject: str) -> QWidget:
        value, unit = value_of(found, subject), text(found.get("unit"))
        kind = "strong" if subject == "candidate" else "" if value is not None else "soft"
        number = label(shown(value, unit, self._words), kind)
        limits = limits_of(found, subject, self._words)
        number.setAlignment(_RIGHT)
        if not limits:
            return number
        holder = QWidget()
        inside = column(holder)
        inside.addWidget(number)
        below = label(limits, "small")
        below.setAlignment(_RIGHT)
        inside.addWidget(below)
        inside.addStretch()
        return holder

    def _against(self, found: Part) -> QWidget:
        standing = against(found)
        if standing is None:
            return label(NOTHING, "soft")
        sign, word = standing
        holder = QWidget()
        line = row(holder, gap=space("hair"))
        colour = _COLOURS[word]
        line.addWidget(icon_label(_ICONS[sign], colour, 14))
        line.addWidget(coloured(self._words(STANDINGS[word]), colour))
        return holder


def scores_card(report: Part, rows: Sequence[Part], opened: set[str]) -> QFrame:
    """The table, and whether the prompt alone would do as well."""
    frame, inside = card("scores_card")
    head = row(gap=space("small"))
    head.addWidget(label(tr("Scores"), "strong"), 1)
    head.addWidget(what_is("Held out", "what_is_held_out"))
    inside.addLayout(head)
    grid = ScoreGrid(rows)
    first, rest = list(rows), []
    if len(rows) > ROWS_AT_FIRST + 2 and "all_scores" not in opened:
        first, rest = list(rows[:ROWS_AT_FIRST]), list(rows[ROWS_AT_FIRST:])
    grid.add(first)
    inside.addWidget(Wide(grid))
    if rest:
        inside.addWidget(_more(grid, rest, opened), alignment=Qt.AlignmentFlag.AlignLeft)
    told = prompting_told(report, report_words())
    if told:
        inside.addSpacing(space("hair"))
        inside.addWidget(rule())
        inside.addSpacing(space("hair"))
        inside.addWidget(label(tr("Would the prompt alone do as well?"), "strong"))
        for place, words in enumerate(told):
            inside.addWidget(_told(place, words))
    return frame


def _told(place: int, words: str) -> QLabel:
    return label(words, "soft" if place else "", name=f"prompting_{place}", wrap=True)


def _more(grid: ScoreGrid, rest: Sequence[Part], opened: set[str]) -> QPushButton:
    def show_all() -> None:
        opened.add("all_scores")
        grid.add(rest)
        made.hide()

    words = tr("{count} more", count=len(rest))
    tip = tr("Shows the other scores, too")
    made = button("all_scores", words, "fold", show_all, icon="caret-down", tip=tip)
    return made
