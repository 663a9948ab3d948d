"""A chart that tells of each step; pyqtgraph and numpy are imported before the first is drawn."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from html import escape
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent
from PySide6.QtWidgets import QFrame, QToolTip

from app.gui.controls import column, label, row
from app.gui.theme import fitted, theme, type_size
from app.gui.translation import tr
from app.operations.run_curves import Point

HEIGHT_PX = 200
_FAINT = 90  # of 255: what was measured, behind its smoothed line
_TICKS_UP_TO = 0.06  # of the chart's height
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class Chart(QFrame):
    """One plot with its title; its lines differ by colour and by stroke.

    The mouse, or the arrow keys where it has the keyboard, ask what a step was like.
    """

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "card")
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setStyleSheet(f"QFrame#{name}:focus {{ border: 2px solid {theme().look['focus']}; }}")
        inside = column(self, margins=(16, 12, 16, 12), gap=4)
        self.head = row(gap=8)
        self.title = label(title, "section")
        self.head.addWidget(self.title)
        self.head.addStretch()
        inside.addLayout(self.head)
        self._plot = self._make_plot()
        self._lines: dict[str, Any] = {}
        self._told_at: int | None = None
        self._cursor = self._make_cursor()
        inside.addWidget(self._plot)

    def steps(self) -> Sequence[int]:
        """The steps that can be asked about, in their order."""
        return ()

    def notable(self) -> Sequence[int]:
        """Those at which something happened: where the arrow keys stop."""
        return self.steps()

    def words_at(self, step: int) -> list[str]:
        """What a step was like, a line for each thing."""
        return []

    def add_line(
        self,
        name: str,
        words: str,
        colour: str,
        *,
        dashed: bool = False,
        dots: str = "",
        faint: bool = False,
    ) -> None:
        """A line; its words stand in the legend, where it has any."""
        import pyqtgraph

        look = theme().look
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        shade = QColor(look[colour])
        shade.setAlpha(_FAINT if faint else 255)
        pen = pyqtgraph.mkPen(shade, width=1 if faint else 2, style=style)
        line = self._plot.plot([], [], pen=pen, name=words or None)
        if dots:
            line.setSymbol(dots)
            line.setSymbolSize(7)
            line.setSymbolBrush(look[colour])
            line.setSymbolPen(look["surface"])
            # The legend reads the dots themselves, which are coloured with the first point only.
            line.scatter.setBrush(look[colour])
            line.scatter.setPen(look["surface"])
        self._lines[name] = line

    def show_points(self, name: str, points: Sequence[Point]) -> None:
        xs = [float(step) for step, _ in points]
        self._lines[name].setData(xs, [value for _, value in points])

    def show_level(self, value: float, words: str, name: str = "level") -> None:
        """A level to compare with, drawn once; a guide is seen only where the curves come near."""
        if name in self._lines:
            self._lines[name].setValue(value)
            return
        import pyqtgraph

        look = theme().look
        pen = pyqtgraph.mkPen(look["control_line"], width=1, style=Qt.PenStyle.DotLine)
        line = pyqtgraph.InfiniteLine(
            value,
            angle=0,
            pen=pen,
            label=words,
            # Below the line where it runs in the upper half, else above it.
            labelOpts={"position": 0.14, "color": look["text_soft"], "anchors": [(0, 0), (0, 1)]},
        )
        self._lines[name] = line
        self._plot.addItem(line, ignoreBounds=name == "guide")

    def add_ticks(self, name: str, words: str, colour: str, *, whole: bool = False) -> None:
        """Marks at steps: short ones at the foot, or dashed ones over the whole height."""
        import pyqtgraph

        style = Qt.PenStyle.DashLine if whole else Qt.PenStyle.SolidLine
        pen = pyqtgraph.mkPen(theme().look[colour], width=1 if whole else 2, style=style)
        ticks = pyqtgraph.VTickGroup([], yrange=[0, 1 if whole else _TICKS_UP_TO], pen=pen)
        self._plot.addItem(ticks, ignoreBounds=True)
        self._lines[name] = ticks
        # The legend shows lines alone; this one stands there for the marks.
        self._lines[f"{name}_legend"] = (pyqtgraph.PlotDataItem(pen=pen), words)

    def show_ticks(self, name: str, steps: Sequence[int]) -> None:
        """Where the marks are; what never happened is not in the legend."""
        ticks = self._lines[name]
        if list(ticks.xvals) == list(steps):
            return
        legend = self._plot.plotItem.legend
        sample, words = self._lines[f"{name}_legend"]
        if steps and not ticks.xvals:
            legend.addItem(sample, words)
        elif not steps:
            legend.removeItem(sample)
        ticks.setXVals(list(steps))

    def tell(self, step: int, at: QPointF | None = None) -> None:
        """Show what a step was like, where the mouse is or at the step itself."""
        words = self.words_at(step)
        self._told_at = step
        self._cursor.setValue(step)
        self._cursor.show()
        self.setAccessibleDescription(". ".join(words))
        if at is None:
            area = self._plot.plotItem.vb.sceneBoundingRect()
            x = self._plot.plotItem.vb.mapViewToScene(QPointF(step, 0)).x()
            at = QPointF(x, area.center().y())
        place = self._plot.mapToGlobal(self._plot.mapFromScene(at))
        lines = "<br>".join(escape(each) for each in words)
        QToolTip.showText(place, f"<qt>{lines}</qt>", self._plot)

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self._cursor.hide()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self._cursor.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        stops = self.notable()
        way = _STEPS.get(Qt.Key(event.key()))
        if way is None or not stops:
            super().keyPressEvent(event)
            return
        if self._told_at is None:
            place = len(stops) - 1 if way < 0 else 0
        else:
            place = bisect_left(stops, self._told_at + (way > 0)) - (way < 0)
        self.tell(stops[min(max(place, 0), len(stops) - 1)])

    def _on_mouse_moved(self, at: QPointF) -> None:
        steps = self.steps()
        view = self._plot.plotItem.vb
        if not steps or not view.sceneBoundingRect().contains(at):
            self._cursor.hide()
            return
        self.tell(_nearest(steps, view.mapSceneToView(at).x()), at)

    def _make_cursor(self) -> Any:
        import pyqtgraph

        pen = pyqtgraph.mkPen(theme().look["text_soft"], width=1)
        made = pyqtgraph.InfiniteLine(0, angle=90, pen=pen)
        made.hide()
        self._plot.addItem(made, ignoreBounds=True)
        return made

    def _make_plot(self) -> Any:
        import pyqtgraph

        look = theme().look
        plot = pyqtgraph.PlotWidget(
            background=look["surface"], enableMenu=False, axisItems={"bottom": _step_axis()}
        )
        plot.setFixedHeight(fitted(HEIGHT_PX))
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setFrameShape(QFrame.Shape.NoFrame)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.showGrid(x=False, y=True, alpha=0.15)
        font = QFont(self.font())
        font.setPixelSize(type_size("small"))
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setTextPen(look["text_soft"])
            axis.setPen(look["line"])
            axis.setTickFont(font)
            axis.enableAutoSIPrefix(False)
        legend = plot.addLegend(
            offset=(-4, 2), labelTextColor=look["text"], labelTextSize=f"{type_size('small')}px"
        )
        legend.setBrush(QColor(0, 0, 0, 0))
        plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        return plot


def step_words(step: int) -> str:
    return tr("Step {step}", step=step)


def _nearest(steps: Sequence[int], at: float) -> int:
    place = bisect_left(steps, at)
    around = steps[max(0, place - 1) : place + 1]
    return min(around, key=lambda step: abs(step - at))


def _step_axis() -> Any:
    """An axis of whole steps: there is no step 1.2."""
    import pyqtgraph

    class StepAxis(pyqtgraph.AxisItem):  # type: ignore[misc]
        def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
            levels: list[tuple[float, float]] = super().tickSpacing(low, high, size)
            return [level for level in levels if level[0] >= 1] or [(1.0, 0.0)]

    return StepAxis("bottom")
