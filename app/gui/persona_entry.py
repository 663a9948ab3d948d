"""One adapter of a persona's line: how it stands, what it learned and reached, and where it is."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QPainter, QPen
from PySide6.QtWidgets import QFrame, QWidget

from app.evaluation.numbers import shown
from app.evaluation.page_reading import Part, text, value_of
from app.evaluation.page_scores import row_name
from app.evaluation.page_words import MEASURES, named
from app.gui.controls import button, column, icon_row, label, row, tool
from app.gui.dates import day
from app.gui.persona_words import standing_mark, verdict_words
from app.gui.reasons import report_words
from app.gui.theme import space, theme
from app.gui.train_fold import Fold, coloured, facts
from app.gui.train_scores import ScoreGrid, Wide
from app.gui.train_verdict import counted, reason_lines
from app.gui.translation import tr
from app.operations.adapter_line import LineEntry

_RAIL_PX, _DOT_PX, _DOT_AT_PX = 24, 12, 34


class Rail(QWidget):
    """The line that joins an adapter with those before and after it; decoration."""

    def __init__(self, *, first: bool, last: bool, live: bool) -> None:
        super().__init__()
        self._first, self._last, self._live = first, last, live
        self.setFixedWidth(_RAIL_PX)

    def paintEvent(self, event: Any) -> None:
        look, middle = theme().look, self.width() / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour("control_line"), 2))
        begin = _DOT_AT_PX if self._first else 0
        end = _DOT_AT_PX if self._last else self.height()
        painter.drawLine(int(middle), begin, int(middle), end)
        half = _DOT_PX / 2
        painter.setBrush(look.colour("accent" if self._live else "canvas"))
        painter.drawEllipse(QRectF(middle - half, _DOT_AT_PX - half, _DOT_PX, _DOT_PX))
        painter.end()


class EntryCard(QFrame):
    """One adapter of the line."""

    back_asked = Signal(object)

    def __init__(self, entry: LineEntry, opened: set[str]) -> None:
        super().__init__()
        self._entry = entry
        version = entry.adapter.version
        self.setObjectName(f"adapter_{version}")
        self.setProperty("kind", "card")
        inside = column(self, margins=space("medium"), gap=space("small"))
        inside.addLayout(self._head())
        inside.addWidget(facts(_facts(entry), f"adapter_{version}_facts"))
        if entry.main_scores:
            reached = ((_measure_name(each), _score_words(each)) for each in entry.main_scores)
            inside.addWidget(facts(reached, f"adapter_{version}_reached"))
        if entry.reasons:
            why = Fold(
                f"adapter_{version}_why", tr("Why?"), self._why, opened,
                beside=counted(entry.reasons), tip=tr("Shows every condition of the verdict"),
            )  # fmt: skip
            inside.addWidget(why)
        if len(entry.scores) > len(entry.main_scores):
            title = tr("All scores")
            inside.addWidget(Fold(f"adapter_{version}_scores", title, self._scores, opened))

    def _head(self) -> Any:
        entry, version = self._entry, self._entry.adapter.version
        mark = standing_mark(entry.standing)
        head = row(gap=space("small"))
        head.addWidget(label(tr("v{version}", version=version), "strong"))
        head.addWidget(icon_row(mark.icon, mark.colour))
        standing = coloured(mark.words, mark.colour)
        standing.setObjectName(f"adapter_{version}_standing")
        head.addWidget(standing)
        head.addWidget(label(day(entry.adapter.created), "small"))
        head.addStretch()
        if entry.report is not None:
            head.addWidget(
                tool(
                    f"adapter_{version}_report", "chart-line",
                    tr("Open the report of v{version} in the browser", version=version),
                    lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(entry.report))),
                )
            )  # fmt: skip
        if entry.can_come_back:
            back = button(
                f"adapter_{version}_back", tr("Go back to v{version}", version=version), "plain",
                lambda: self.back_asked.emit(entry), icon="arrow-counter-clockwise",
            )  # fmt: skip
            back.setToolTip(tr("Have the persona speak through this adapter again; it asks first"))
            head.addWidget(back)
        return head

    def _why(self) -> QWidget:
        return reason_lines(self._entry.reasons, f"adapter_{self._entry.adapter.version}_reasons")

    def _scores(self) -> QWidget:
        grid = ScoreGrid(self._entry.scores)
        grid.add(self._entry.scores)
        return Wide(grid)


def _facts(entry: LineEntry) -> list[tuple[str, str]]:
    origin = tr("the base {base}", base=entry.base_name)
    if entry.parent_version is not None:
        parent = entry.parent_version
        origin = tr("v{version}, on {base}", version=parent, base=entry.base_name)
    learned = tr("your replies: {count}", count=f"{entry.replies:,}")
    if entry.replay:
        learned = tr(
            "your replies: {count}, and replay: {replay}",
            count=f"{entry.replies:,}",
            replay=f"{entry.replay:,}",
        )
    found = [
        (tr("Grew from"), origin),
        (tr("Learned"), learned),
        (tr("Name of the run"), _run_words(entry)),
        (tr("Exam"), verdict_words(entry.verdict, overruled=entry.overruled)),
        (tr("Deployed"), _places(entry)),
    ]
    if not entry.files_there:
        found.append((tr("Files"), tr("gone; it cannot be brought back")))
    return [(what, words) for what, words in found if words]


def _run_words(entry: LineEntry) -> str:
    run_id = entry.adapter.run_id
    return tr("{run}, made on another computer", run=run_id) if entry.from_elsewhere else run_id


def _places(entry: LineEntry) -> str:
    places = [tr("built-in runtime")] if entry.standing == "live" else []
    places += [
        tr("Ollama as {name} ({address})", name=name, address=address)
        for name, address in entry.in_ollama
    ]
    return ", ".join(places) or tr("nowhere")


def _measure_name(score: Part) -> str:
    words = report_words()
    name, group = named(MEASURES, text(score.get("measure")), words), row_name(score, words)
    return f"{name}: {group}" if group else name


def _score_words(score: Part) -> str:
    words, unit = report_words(), text(score.get("unit"))
    said = shown(value_of(score, "candidate"), unit, words)
    base = value_of(score, "base")
    if base is None:
        return said
    return tr("{score} (base alone: {base})", score=said, base=shown(base, unit, words))
