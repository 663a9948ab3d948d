"""During a training: where it stands, how long it takes, how it learns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QWidget

from app.gui.controls import button, card, clear, column, icon_row, label, row
from app.gui.dates import duration
from app.gui.flow import Flow
from app.gui.live_charts import RunCharts
from app.gui.run_state import MAKING, TAKING, RunState
from app.gui.session import Session
from app.gui.stop_dialog import ask_stop
from app.gui.theme import space
from app.gui.train_samples import SamplesCard
from app.gui.train_session import TrainSession
from app.gui.train_takes import TakesCard
from app.gui.train_warnings import warning_card
from app.gui.translation import tr
from app.gui.why import what_is


def stage_words() -> dict[str, str]:
    """The stages in words."""
    return {
        "mixed": tr("Mix"),
        "trained": tr("Train"),
        "converted": tr("Convert"),
        "staged": tr("Load"),
        "examined": tr("Examine"),
        "gated": tr("Judge"),
        "accepted": tr("Your word"),
        "deployed": tr("Switch"),
        "verified": tr("Check"),
        "live": tr("Live"),
    }


def doing_words() -> dict[str, str]:
    """What is being done, by stage and by part of the training."""
    return {
        "mixed": tr("Mixing new replies with replay"),
        "trained": tr("Training"),
        "converted": tr("Writing the adapter for the runtime"),
        "staged": tr("Loading the candidate beside the old one"),
        "examined": tr("Examining base, current and candidate"),
        "gated": tr("Judging"),
        "accepted": tr("Taking your word"),
        "deployed": tr("Switching to the new adapter"),
        "verified": tr("Checking that it answers as trained"),
        "live": tr("Going live"),
        "loading": tr("Loading the base model"),
        "warm_up": tr("Measuring time and memory"),
        "baseline": tr("Measuring the base"),
        "training": tr("Training"),
        "preferences": tr("Learning which replies you like better"),
        "losses": tr("Measuring what was learned"),
        "parity": tr("Writing down what the adapter should answer"),
    }


def lease_words() -> dict[str, str]:
    """What a person should know of the device while a run trains on it."""
    return {
        "waiting": tr("Another training holds the device; this one begins when it is done."),
        "unloaded": tr(
            "There is no memory for both: the chat model comes back when the training is done."
        ),
    }


class Stages(QWidget):
    """The stages in a row: done, under way, to come."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stages")
        self._inside = column(self)
        self._shown: tuple[object, ...] = ()

    def show_state(self, state: RunState) -> None:
        shown = (state.completed, state.current)
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._inside)
        stages = TAKING if state.current in TAKING else MAKING
        words = stage_words()
        flow = Flow(gap=space("medium"))
        for stage in stages:
            done = stage in state.completed
            current = stage == state.current and not done
            icon = "check-circle" if done else "circle-half" if current else "circle"
            colour = "accent_text" if done or current else "control_line"
            holder = QWidget()
            part = row(holder, gap=6)
            part.addWidget(icon_row(icon, colour))
            part.addWidget(label(words[stage], "strong" if current else "soft"))
            flow.add(holder)
        self._inside.addWidget(flow)


class TrainDuring(QWidget):
    """Built once a run; every 200 ms only its numbers change."""

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__()
        self.setObjectName("train_during")
        self._session = session
        self._train = train
        self._title = label("", "title", name="train_title")
        self._doing = label("", "soft", name="train_doing")
        self._lease = label("", "soft", name="train_lease", wrap=True)
        self._percent = label("", "display", name="train_percent")
        self._left = label("", "soft", name="train_left")
        self._bar = QProgressBar()
        self._bar.setObjectName("train_bar")
        self._bar.setAccessibleName(tr("Progress of the training"))
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._stop = button(
            "stop_training", tr("Stop…"), "plain", self._on_stop_clicked, icon="stop-circle",
            tip=tr("Asks first whether what was learned so far is kept"),
        )  # fmt: skip
        self._stages = Stages()
        self._takes = TakesCard()
        self._charts = RunCharts(session)
        self._numbers = {name: label("", "strong", name=f"number_{name}") for name in _NUMBERS}
        self._pairs = {name: QWidget() for name in _NUMBERS}
        self._warnings = column(gap=space("small"))
        self._samples = SamplesCard()
        self._charts.curves_read.connect(self._samples.show_curves)
        self._shown_warnings: tuple[object, ...] = ()
        self._lay_out()
        self.refresh()

    def refresh(self) -> None:
        card_ = self._session.card
        state = self._train.state
        name = card_.persona.name if card_ else ""
        taking = state.current in TAKING
        self._title.setText(
            tr("Switching {name} to the new adapter", name=name)
            if taking
            else tr("Training {name}'s adapter", name=name)
        )
        self._doing.setText(self._doing_text(state))
        self._doing.setVisible(state.lease != "waiting")
        self._lease.setText(lease_words().get(state.lease, ""))
        self._lease.setVisible(bool(self._lease.text()))
        self._percent.setText("" if taking else f"{state.percent:.0f} %")
        self._bar.setValue(round(state.percent * 10))
        self._bar.setVisible(not taking)
        self._left.setText(self._left_text(state))
        self._stop.setVisible(not taking)
        self._stop.setEnabled(not self._train.busy)
        self._stages.show_state(state)
        self._takes.show_state(state)
        if self._train.run is not None:
            self._charts.follow(self._session.home.runs / self._train.run.id)
            self._charts.look()
        for name, value in _number_texts(state).items():
            self._numbers[name].setText(value)
        self._pairs["preferences"].setVisible(state.preference_accuracy is not None)
        self._pairs["card"].setVisible("card_use" in state.last_step)
        self._show_warnings(state)
        self._samples.show_samples(state.samples)

    def _lay_out(self) -> None:
        inside = column(self, gap=space("medium"))
        head = row(gap=space("medium"))
        words = column(gap=2)
        words.addWidget(self._title)
        words.addWidget(self._doing)
        words.addWidget(self._lease)
        head.addLayout(words, 1)
        head.addWidget(self._stop, alignment=Qt.AlignmentFlag.AlignTop)
        inside.addLayout(head)
        frame, progress = card("progress_card")
        line = row(gap=12)
        line.addWidget(self._percent)
        line.addWidget(self._left, 1, Qt.AlignmentFlag.AlignBottom)
        progress.addLayout(line)
        progress.addWidget(self._bar)
        progress.addSpacing(space("hair"))
        progress.addWidget(self._stages)
        inside.addWidget(frame)
        inside.addLayout(self._warnings)
        inside.addWidget(self._charts)
        inside.addWidget(self._number_row())
        guides = row(gap=space("small"))
        guides.addWidget(_guides(), 1)
        guides.addWidget(what_is("Perplexity", "what_is_perplexity"))
        inside.addLayout(guides)
        inside.addWidget(self._samples)
        inside.addWidget(self._takes.frame)
        inside.addStretch()

    def _number_row(self) -> Flow:
        line = Flow(gap=space("large"))
        for name, words in _number_words().items():
            pair = column(self._pairs[name], gap=0)
            pair.addWidget(label(words, "small"))
            pair.addWidget(self._numbers[name])
            line.add(self._pairs[name])
        return line

    def _doing_text(self, state: RunState) -> str:
        words = doing_words()
        if state.current == "trained" and state.inner_stage in words:
            return words[state.inner_stage]
        return words.get(state.current, tr("Starting…"))

    def _left_text(self, state: RunState) -> str:
        if state.current in TAKING:
            return ""
        if state.current == "trained" and state.eta_s is not None and state.step:
            return tr("{time} of training left", time=duration(state.eta_s))
        if state.current == "examined" and state.total:
            return tr("{done} of {total} questions", done=state.done, total=state.total)
        return ""

    def _show_warnings(self, state: RunState) -> None:
        if state.warnings == self._shown_warnings:
            return
        self._shown_warnings = state.warnings
        clear(self._warnings)
        for notice in state.warnings:
            self._warnings.addWidget(warning_card(notice))

    def _on_stop_clicked(self) -> None:
        ask_stop(
            self.window(),
            lambda: self._train.send("save-and-stop"),
            lambda: self._train.send("discard"),
        )


def _guides() -> QLabel:
    """What large rounds reach: to compare with, not to worry about."""
    made = label(
        tr("Guides: training loss below 0.5 after 3 to 5 epochs, perplexity below 2"),
        "small",
        name="train_guides",
        wrap=True,
    )
    made.setToolTip(
        tr(
            "Large rounds of thousands of examples come this far. A month of conversations is"
            " smaller and may well stay above; far below, a training may have learned its examples"
            " by heart. Whether the adapter is better is for the exam to say."
        )
    )
    return made


_NUMBERS = ("step", "epoch", "loss", "valid", "perplexity", "preferences", "lr",
            "grad_norm", "memory", "card")  # fmt: skip


def _number_words() -> dict[str, str]:
    words = (
        tr("Step"),
        tr("Epoch"),
        tr("Training loss"),
        tr("Validation loss"),
        tr("Perplexity"),
        tr("Preferences met"),
        tr("Learning rate"),
        tr("Gradient norm"),
        tr("Memory"),
        tr("Graphics card"),
    )
    return dict(zip(_NUMBERS, words, strict=True))


def _number_texts(state: RunState) -> dict[str, str]:
    last = state.last_step
    texts = dict.fromkeys(_NUMBERS, "–")
    if not last:
        return texts
    texts["step"] = f"{state.step} / {state.steps}"
    texts["loss"] = f"{last['loss']:.3f}"
    for name, shape in (("epoch", ".1f"), ("lr", ".1e"), ("grad_norm", ".2f")):
        if name in last:
            texts[name] = format(last[name], shape)
    if state.valid_losses:
        texts["valid"] = f"{state.valid_losses[-1][1]:.3f}"
    if state.preference_accuracy is not None:
        texts["preferences"] = f"{state.preference_accuracy:.0%}"
    if state.perplexity is not None:
        texts["perplexity"] = f"{state.perplexity:.1f}"
    if "memory_mb" in last:
        texts["memory"] = f"{last['memory_mb'] / 1000:.1f} GB"
    if "card_use" in last:
        texts["card"] = f"{last['card_use']:.0f} %"
    return texts
