"""The charts of a run: its losses, one series of the rest, and the losses of two runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox

from app.evaluation.numbers import shown
from app.gui.charts import Chart, step_words
from app.gui.run_state import Notice
from app.gui.train_warnings import notice_words
from app.gui.translation import later, tr
from app.operations.run_curves import Curves, Mark, Point, value_at

# What the training loss of large rounds comes down to.
GUIDE_LOSS = 0.5
SERIES_WORDS = {
    "speed": later("Tokens per second"),
    "lr": later("Learning rate"),
    "grad_norm": later("Gradient norm"),
    "memory": later("Memory in GB"),
    "card": later("Graphics card in %"),
}
_LETTERS = 14  # of the chosen words, at least
_SCALE = {"memory": 1 / 1000}
_FROM_ZERO = ("speed", "memory", "card")


class LossChart(Chart):
    """Training loss as it falls, and the validation loss.

    Looked at several times, the lowest decides which adapter is kept; looked at once, at the end,
    it only shows how that one does on what it has not seen.
    """

    def __init__(self) -> None:
        super().__init__("loss_chart", tr("Loss by step"))
        self._curves = Curves()
        self.add_line("measured", "", "chart_train", faint=True)
        self.add_line("train", tr("training, smoothed"), "chart_train")
        self.add_line("valid", tr("validation"), "chart_valid", dashed=True, dots="o")
        self.add_line("best", tr("lowest, kept"), "chart_valid", dots="star")
        self._lines["best"].setSymbolSize(15)
        self.add_ticks("checkpoints", tr("checkpoint"), "accent")
        self.add_ticks("warnings", tr("warning"), "warning", whole=True)
        self.show_level(GUIDE_LOSS, tr("guide for training, after 3 to 5 epochs"), "guide")

    def show_curves(self, curves: Curves) -> None:
        """Draw everything anew; Qt paints it once, however often it is called."""
        self._curves = curves
        self.show_points("measured", curves.measured.get("train", ()))
        self.show_points("train", curves.smoothed.get("train", ()))
        self.show_points("valid", curves.valid)
        self.show_points("best", [curves.best] if curves.best and len(curves.valid) > 1 else [])
        self.show_ticks("checkpoints", curves.checkpoints)
        self.show_ticks("warnings", [mark.step for mark in curves.warnings])
        if curves.base_loss is not None:
            self.show_level(curves.base_loss, tr("validation of the base"))

    def steps(self) -> Sequence[int]:
        train = [step for step, _ in self._curves.measured.get("train", ())]
        return sorted({*train, *self.notable()})

    def notable(self) -> Sequence[int]:
        curves = self._curves
        looks = {step for step, _ in curves.valid}
        return sorted(looks | set(curves.checkpoints) | {mark.step for mark in curves.warnings})

    def words_at(self, step: int) -> list[str]:
        curves = self._curves
        words = [step_words(step)]
        measured = value_at(curves.measured.get("train", ()), step)
        calm = value_at(curves.smoothed.get("train", ()), step)
        if measured is not None and calm is not None:
            values = {"loss": shown(measured[1], "loss"), "smoothed": shown(calm[1], "loss")}
            words.append(tr("Training loss {loss}, smoothed {smoothed}", **values))
        look = dict(curves.valid).get(step)
        if look is not None:
            told = tr("Validation loss {loss}", loss=shown(look, "loss"))
            lowest = curves.best is not None and curves.best[0] == step
            words.append(f"{told} ({tr('lowest, kept')})" if lowest else told)
        if step in curves.checkpoints:
            words.append(tr("Checkpoint: a training that is cut off goes on from here"))
        return words + [warned(mark) for mark in curves.warnings if mark.step == step]


def warned(mark: Mark) -> str:
    """A warning in the user's language."""
    words = notice_words(Notice(mark.kind, mark.advice, mark.values))
    return tr("Warning: {words}", words=words)


def fit(choice: QComboBox) -> None:
    """Have it give way in a narrow window; its list shows the whole words."""
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(_LETTERS)


class SeriesChart(Chart):
    """One of the other values by step; which one is chosen in its head."""

    def __init__(self, chosen: str = "speed") -> None:
        super().__init__("series_chart", tr("Other values by step"))
        self.title.hide()
        self.choice = QComboBox()
        self.choice.setObjectName("series_choice")
        self.choice.setAccessibleName(tr("Which value is drawn"))
        self.choice.setToolTip(tr("Which value is drawn, for example to see when memory ran short"))
        fit(self.choice)
        self._curves = Curves()
        self._offer(tuple(SERIES_WORDS), chosen)
        self.head.insertWidget(0, self.choice)
        self.add_line("measured", "", "chart_valid", faint=True)
        self.add_line("smoothed", "", "chart_valid")

    @property
    def chosen(self) -> str:
        return str(self.choice.currentData())

    def show_curves(self, curves: Curves) -> None:
        self._curves = curves
        if curves.told:  # a machine without a graphics card tells nothing of one
            self._offer([name for name in SERIES_WORDS if name in curves.told], self.chosen)
        for line, points in (("measured", self._measured()), ("smoothed", self._smoothed())):
            self.show_points(line, points)
        if self.chosen in _FROM_ZERO:
            most = max((value for _, value in self._measured()), default=1.0)
            self._plot.setYRange(0, 1.2 * most or 1.0)
        else:
            self._plot.enableAutoRange(axis="y")

    def steps(self) -> Sequence[int]:
        return [step for step, _ in self._measured()]

    def words_at(self, step: int) -> list[str]:
        measured = value_at(self._measured(), step)
        if measured is None:
            return [step_words(step)]
        value = f"{measured[1]:.1e}" if self.chosen == "lr" else shown(measured[1], "number")
        return [step_words(step), f"{tr(SERIES_WORDS[self.chosen])}: {value}"]

    def _offer(self, names: Sequence[str], chosen: str) -> None:
        if [self.choice.itemData(place) for place in range(self.choice.count())] == list(names):
            return
        self.choice.blockSignals(True)
        self.choice.clear()
        for name in names:
            self.choice.addItem(tr(SERIES_WORDS[name]), name)
        self.choice.setCurrentIndex(max(0, self.choice.findData(chosen)))
        self.choice.blockSignals(False)

    def _measured(self) -> list[Point]:
        return self._scaled(self._curves.measured.get(self.chosen, ()))

    def _smoothed(self) -> list[Point]:
        return self._scaled(self._curves.smoothed.get(self.chosen, ()))

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        scale = _SCALE.get(self.chosen, 1)
        return [(step, value * scale) for step, value in points]


class TwoRunsChart(Chart):
    """The losses of two runs in one chart: one in full lines, the other in dashes."""

    def __init__(self, titles: tuple[str, str]) -> None:
        super().__init__("two_runs_chart", tr("Loss by step"))
        self._titles = titles
        self._curves = (Curves(), Curves())
        for place, (title, colour) in enumerate(
            zip(titles, ("accent", "code_number"), strict=True)
        ):
            dashed = place == 1
            name = tr("{run}: training, smoothed", run=title)
            self.add_line(f"train_{place}", name, colour, dashed=dashed)
            name = tr("{run}: validation", run=title)
            self.add_line(f"valid_{place}", name, colour, dashed=dashed, dots="os"[place])

    def show_curves(self, one: Curves, other: Curves) -> None:
        self._curves = (one, other)
        for place, curves in enumerate(self._curves):
            self.show_points(f"train_{place}", curves.smoothed.get("train", ()))
            self.show_points(f"valid_{place}", curves.valid)

    def steps(self) -> Sequence[int]:
        drawn = [curves.smoothed.get("train", ()) for curves in self._curves]
        return sorted({step for points in drawn for step, _ in points} | set(self.notable()))

    def notable(self) -> Sequence[int]:
        return sorted({step for curves in self._curves for step, _ in curves.valid})

    def words_at(self, step: int) -> list[str]:
        words = [step_words(step)]
        for title, curves in zip(self._titles, self._curves, strict=True):
            train = value_at(curves.smoothed.get("train", ()), step)
            valid = value_at(curves.valid, step)
            told = [
                tr("training {loss}", loss=shown(train[1] if train else None, "loss")),
                tr("validation {loss}", loss=shown(valid[1] if valid else None, "loss")),
            ]
            words.append(f"{title}: {', '.join(told)}")
        return words
