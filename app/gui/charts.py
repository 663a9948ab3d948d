"""Live charts; pyqtgraph and numpy are imported before the first one is drawn, not earlier."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QFrame

from app.gui.controls import column, label
from app.gui.theme import theme, type_size
from app.gui.translation import tr

Points = Sequence[tuple[int, float]]
SMOOTHING = 0.8
HEIGHT_PX = 190
# What the training loss of large rounds comes down to.
GUIDE_LOSS = 0.5
_LOADING: list[bool] = []


def smoothed(points: Points) -> list[float]:
    """An exponential mean that is not pulled to zero at its beginning."""
    mean, weight, out = 0.0, 0.0, []
    for _, value in points:
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        out.append(mean / weight)
    return out


def charts_loaded() -> bool:
    """Whether a chart can be drawn without a pause for its libraries."""
    return "pyqtgraph" in sys.modules and not _LOADING


def load_charts() -> None:
    """Import the libraries; called in a thread of its own, since they take half a second."""
    _LOADING.append(True)
    try:
        import pyqtgraph

        pyqtgraph.setConfigOptions(antialias=True)
    finally:
        _LOADING.clear()


class Chart(QFrame):
    """One plot with its title; its lines differ by colour and by stroke."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "card")
        self.setAccessibleName(title)
        inside = column(self, margins=(16, 12, 16, 12), gap=4)
        inside.addWidget(label(title, "section"))
        self._plot = self._make_plot()
        self._lines: dict[str, Any] = {}
        inside.addWidget(self._plot)

    def add_line(
        self, name: str, words: str, colour: str, *, dashed: bool = False, dots: bool = False
    ) -> None:
        import pyqtgraph

        look = theme().look
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        pen = pyqtgraph.mkPen(look[colour], width=2, style=style)
        line = self._plot.plot([], [], pen=pen, name=words)
        if dots:
            line.setSymbol("o")
            line.setSymbolSize(7)
            line.setSymbolBrush(look[colour])
            line.setSymbolPen(look["surface"])
            # The legend reads the dots themselves, which are coloured with the first point only.
            line.scatter.setBrush(look[colour])
            line.scatter.setPen(look["surface"])
        self._lines[name] = line

    def show_points(self, name: str, points: Points, values: Sequence[float] = ()) -> None:
        xs = [float(at) for at, _ in points]
        self._lines[name].setData(xs, list(values) or [value for _, value in points])

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

    def _make_plot(self) -> Any:
        import pyqtgraph

        look = theme().look
        plot = pyqtgraph.PlotWidget(
            background=look["surface"], enableMenu=False, axisItems={"bottom": _step_axis()}
        )
        plot.setFixedHeight(HEIGHT_PX)
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
        legend = plot.addLegend(
            offset=(-4, 2), labelTextColor=look["text"], labelTextSize=f"{type_size('small')}px"
        )
        legend.setBrush(QColor(0, 0, 0, 0))
        return plot


def _step_axis() -> Any:
    """An axis of whole steps: there is no step 1.2."""
    import pyqtgraph

    class StepAxis(pyqtgraph.AxisItem):  # type: ignore[misc]
        def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
            levels: list[tuple[float, float]] = super().tickSpacing(low, high, size)
            return [level for level in levels if level[0] >= 1] or [(1.0, 0.0)]

    return StepAxis("bottom")


class LossChart(Chart):
    """Training loss as it falls, and the validation loss.

    Looked at several times, the lowest decides which adapter is kept; looked at once, at the end,
    it only shows how that one does on what it has not seen.
    """

    def __init__(self) -> None:
        super().__init__("loss_chart", tr("Loss by step"))
        self.add_line("train", tr("training, smoothed"), "chart_train")
        self.add_line("valid", tr("validation"), "chart_valid", dashed=True, dots=True)
        self.show_level(GUIDE_LOSS, tr("guide for training, after 3 to 5 epochs"), "guide")

    def show_losses(self, train: Points, valid: Points, base: float | None) -> None:
        self.show_points("train", train, smoothed(train))
        self.show_points("valid", valid)
        if base is not None:
            self.show_level(base, tr("validation of the base"))


class SpeedChart(Chart):
    """Tokens a second."""

    def __init__(self) -> None:
        super().__init__("speed_chart", tr("Tokens per second"))
        self.add_line("speed", tr("tokens/s, smoothed"), "chart_valid")

    def show_speeds(self, speeds: Points) -> None:
        self.show_points("speed", speeds, smoothed(speeds))
        self._plot.setYRange(0, 1.2 * max((value for _, value in speeds), default=1.0))
