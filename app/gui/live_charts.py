"""The charts of one run, read from its folder: once of a run that is over, else as it learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QBoxLayout, QComboBox, QWidget

from app.gui.chart_libraries import charts_loaded, load_then
from app.gui.charts import HEIGHT_PX
from app.gui.controls import column, label, row
from app.gui.run_charts import LossChart, SeriesChart, fit
from app.gui.session import Session
from app.gui.theme import fitted, space
from app.gui.translation import later, tr
from app.operations.run_curves import USUAL_SMOOTHING, CurveReader, Curves, Smoothing
from app.store.store import Store

SMOOTHING_KEY = "train.smoothing"
_SMOOTHING_WORDS: dict[Smoothing, str] = {
    "none": later("as measured"),
    "some": later("smoothed"),
    "strong": later("strongly smoothed"),
}
_CARD_PX = HEIGHT_PX + 64
# Curves that grow are drawn anew no sooner than this: drawing is what takes the time.
REST_MS = 1000
_BESIDE_PX = 620  # from here on two charts have room beside each other


class RunCharts(QWidget):
    """Draws what `look` finds; looks that come too soon after one are one look a while after it."""

    curves_read = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("run_charts")
        self._session = session
        self._reader: CurveReader | None = None
        self._folder: Path | None = None
        self._smoothing: Smoothing | None = None  # until it was read what was chosen last
        self._looking = self._again = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._on_rested)
        self._loss: LossChart | None = None
        self._series: SeriesChart | None = None
        self._inside = column(self)
        self._words = label(tr("Drawing the curves…"), "soft", name="charts_words", wrap=True)
        self._words.setMinimumHeight(_CARD_PX)
        self._inside.addWidget(self._words)
        self._both = row(gap=space("medium"))
        self._inside.addLayout(self._both)
        if charts_loaded():
            self._build()
        else:
            load_then(self._on_charts_loaded, session.report)

    def follow(self, folder: Path) -> None:
        """Read a run's folder from its first event on."""
        if folder != self._folder:
            self._folder, self._reader = folder, CurveReader(folder)
            self._look_now()

    def look(self) -> None:
        """Read what is new, and draw it; what nobody sees is read when somebody does."""
        if self._rest.isActive():
            self._again = True
        else:
            self._look_now()

    def _on_rested(self) -> None:
        if self._again:
            self._look_now()

    def _look_now(self) -> None:
        reader = self._reader
        if reader is None or self._series is None or not self.isVisible():
            return
        if self._looking:
            self._again = True
            return
        self._looking, self._again = True, False
        names, smoothing = ("train", self._series.chosen), self._smoothing

        def work(store: Store) -> tuple[Smoothing, Curves]:
            chosen = smoothing or store.settings.get(SMOOTHING_KEY, USUAL_SMOOTHING)
            known = chosen if chosen in _SMOOTHING_WORDS else USUAL_SMOOTHING
            return known, reader.read(known, names)

        self._session.ask(
            work,
            lambda read: self._on_read(reader, *read),
            lambda error: self._on_failed(reader, error),
        )

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.look()

    def resizeEvent(self, event: Any) -> None:
        """In a narrow window the charts stand below each other."""
        super().resizeEvent(event)
        down, right = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._both.setDirection(down if self.width() < fitted(_BESIDE_PX) else right)

    def minimumSizeHint(self) -> QSize:
        """As narrow as one of them: below each other both have room."""
        least = super().minimumSizeHint()
        charts = [each for each in (self._loss, self._series) if each is not None]
        widths = [each.minimumSizeHint().width() for each in charts]
        return QSize(max(widths, default=least.width()), least.height())

    def _on_charts_loaded(self) -> None:
        self._build()
        self.look()

    def _build(self) -> None:
        self._words.hide()
        self._loss, self._series = LossChart(), SeriesChart()
        self._loss.head.addWidget(self._smoothing_choice())
        self._series.choice.currentIndexChanged.connect(lambda _at: self._look_now())
        self._both.addWidget(self._loss, 3)
        self._both.addWidget(self._series, 2)

    def _smoothing_choice(self) -> QComboBox:
        made = self._choice = QComboBox()
        made.setObjectName("chart_smoothing")
        made.setAccessibleName(tr("Smoothing of the curves"))
        made.setToolTip(
            tr(
                "How calm the lines are drawn: strongly smoothed to see where a curve goes, as"
                " measured to see each step"
            )
        )
        fit(made)
        for name, words in _SMOOTHING_WORDS.items():
            made.addItem(tr(words), name)
        made.setCurrentIndex(made.findData(USUAL_SMOOTHING))
        made.activated.connect(lambda _at: self._smooth(made.currentData()))
        return made

    def _smooth(self, chosen: Smoothing) -> None:
        assert chosen in get_args(Smoothing)
        self._smoothing = chosen
        self._session.ask(
            lambda store: store.settings.set(SMOOTHING_KEY, chosen), lambda _none: None
        )
        self._look_now()

    def _on_read(self, reader: CurveReader, smoothing: Smoothing, curves: Curves) -> None:
        self._looking = False
        if reader is self._reader:
            self._rest.start()
        else:
            self._look_now()
        if reader is not self._reader or self._loss is None or self._series is None:
            return
        if self._smoothing is None:
            self._smoothing = smoothing
            self._choice.setCurrentIndex(self._choice.findData(smoothing))
        self._words.hide()
        self._loss.show_curves(curves)
        self._series.show_curves(curves)
        self.curves_read.emit(curves)

    def _on_failed(self, reader: CurveReader, error: Exception) -> None:
        """A reader that failed may have lost events; the next look reads everything anew."""
        self._looking = self._again = False
        if reader is self._reader and self._folder is not None:
            self._reader = CurveReader(self._folder)
        words = tr("The curves cannot be read ({error}).", error=type(error).__name__)
        self._words.setMinimumHeight(0)
        self._words.setText(words)
        self._words.show()
