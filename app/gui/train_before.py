"""Before a training: what the month holds, what it will be mixed with, and the button."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app import training_environment
from app.gui.controls import button, card, clear, column, icon_row, label, row
from app.gui.dates import day
from app.gui.own_tests_dialog import OwnTestsDialog
from app.gui.session import Session
from app.gui.theme import space, theme
from app.gui.train_session import TrainSession
from app.gui.translation import tr
from app.gui.why import what_is
from app.operations.month import MonthContents
from app.store import Persona

NEW_SHARE = 0.7


class MixBar(QWidget):
    """The mix as a bar: new replies, and replay that keeps what the base can do."""

    def __init__(self, new: int, replay: int) -> None:
        super().__init__()
        self.setObjectName("mix_bar")
        self._share = new / (new + replay) if new + replay else NEW_SHARE
        self.setFixedHeight(12)
        self.setAccessibleName(tr("{new} new, {replay} replay", new=new, replay=replay))

    def paintEvent(self, event: Any) -> None:
        look = theme().look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setClipPath(shape)
        new = self.width() * self._share
        painter.fillRect(QRectF(0, 0, new - 1, self.height()), look.colour("accent"))
        painter.fillRect(
            QRectF(new + 1, 0, self.width() - new, self.height()), look.colour("control_line")
        )
        painter.end()


class TrainBefore(QWidget):
    """The card that asks for the one click."""

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__()
        self.setObjectName("train_before")
        self._session = session
        self._train = train
        self._inside = column(self, gap=space("medium"))
        self._last_line = label("", "small", name="install_line", wrap=True)
        train.install_line.connect(self._last_line.setText)
        session.runtime_changed.connect(self._on_runtime_changed)

    def refresh(self) -> None:
        self._last_line.setParent(None)
        clear(self._inside)
        contents = self._train.contents
        if contents is None:
            self._inside.addWidget(label(tr("Counting what the month holds…"), "soft"))
            return
        name = contents.persona.name
        self._inside.addWidget(
            label(tr("This month's adapter for {name}", name=name), "title", name="train_title")
        )
        self._inside.addWidget(self._month_card(contents))
        if not self._train.environment_ready:
            self._inside.addWidget(self._install_card())
        live = self.live_card(self._session, self._train)
        if live is not None:
            self._inside.addWidget(live)
        self._inside.addStretch()

    def _month_card(self, contents: MonthContents) -> QFrame:
        frame, inside = card("month_card")
        progress = contents.progress
        numbers = row(gap=space("huge"))
        for name, value, words in (
            ("number_usable", progress.usable, tr("usable replies")),
            ("number_corrected", contents.corrected, tr("of them corrected by you")),
            ("number_replay", contents.mix_replay, tr("replay examples beside them")),
        ):
            pair = column(gap=0)
            pair.addWidget(label(f"{value}", "display", name=name))
            pair.addWidget(label(words, "small", wrap=True))
            numbers.addLayout(pair)
        numbers.addStretch()
        inside.addLayout(numbers)
        inside.addSpacing(space("small"))
        inside.addWidget(MixBar(contents.mix_new, contents.mix_replay))
        inside.addLayout(_legend())
        inside.addSpacing(space("small"))
        for icon, words in self._facts(contents):
            line = row(gap=space("small"))
            line.addWidget(icon_row(icon, "text_soft"), alignment=Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(words, wrap=True), 1)
            inside.addLayout(line)
        if contents.base is None:
            inside.addWidget(self._base_button(), alignment=Qt.AlignmentFlag.AlignLeft)
        inside.addSpacing(space("small"))
        inside.addLayout(self._start_row(contents))
        return frame

    def _base_button(self) -> QPushButton:
        fetching = self._session.fetching_base
        words = tr("fetching the starter model…") if fetching else tr("Get the starter model")
        made = button("get_base", words, "plain", self._session.get_base, icon="download-simple")
        made.setToolTip(tr("Fetches a small model, which personas can speak and learn with"))
        made.setEnabled(not fetching)
        return made

    def _on_runtime_changed(self, _state: str) -> None:
        contents = self._train.contents
        if contents is not None and contents.base is None:
            self.refresh()

    def _facts(self, contents: MonthContents) -> list[tuple[str, str]]:
        base = contents.base
        return [
            (
                "cube",
                tr("Base: {name}", name=base.name)
                if base
                else tr("No base model yet: get the starter model first."),
            ),
            (
                "chats-circle",
                _conversations(contents),
            ),
            (
                "circle-wavy-check",
                tr("It goes live only when it passes the exam and you say so."),
            ),
        ]

    def _start_row(self, contents: MonthContents) -> Any:
        line = row(gap=space("medium"))
        missing = contents.progress.missing
        start = button("start_training", tr("Start training"), "primary", self._train.start)
        ready = (
            self._train.environment_ready
            and not missing
            and contents.base is not None
            and not self._train.busy
        )
        start.setEnabled(ready)
        line.addWidget(start)
        words = ""
        if missing:
            words = tr(
                "{missing} more usable replies are needed (at least {minimum}).",
                missing=missing,
                minimum=contents.progress.minimum,
            )
        elif not self._train.environment_ready:
            words = tr("Install what training needs first.")
        elif self._train.busy:
            words = tr("Starting…")
        start.setToolTip(
            words or tr("Trains and examines an adapter; nothing goes live without your word")
        )
        line.addWidget(self._own_tests_button(contents.persona))
        line.addStretch()
        both = column(gap=space("small"))
        both.addLayout(line)
        told = label(words, "soft", name="train_missing", wrap=True)
        both.addWidget(told)
        told.setHidden(not words)
        return both

    def _own_tests_button(self, persona: Persona) -> QPushButton:
        made = button(
            "own_tests",
            tr("Questions of your own…"),
            "plain",
            lambda: OwnTestsDialog(self._session, persona, self.window()).open(),
            icon="clipboard-text",
        )
        made.setToolTip(tr("Add questions with answers that every new adapter is examined with"))
        return made

    def _install_card(self) -> QFrame:
        frame, inside = card("install_card")
        inside.addWidget(label(tr("Training needs PyTorch"), "strong"))
        inside.addWidget(
            label(
                tr(
                    "It is fetched once: {size}. You can go on chatting meanwhile; if the network"
                    " goes away, it goes on where it was.",
                    size=training_environment.size_text(),
                ),
                "soft",
                wrap=True,
            )
        )
        line = row(gap=space("medium"))
        words = tr("Installing…") if self._train.installing else tr("Install what training needs")
        install = button(
            "install_training", words, "plain", self._train.install, icon="download-simple",
            tip=tr("Needed once, for training alone; chat goes on meanwhile"),
        )  # fmt: skip
        install.setEnabled(not self._train.installing)
        line.addWidget(install)
        line.addWidget(self._last_line, 1)
        inside.addLayout(line)
        return frame

    @staticmethod
    def live_card(session: Session, train: TrainSession) -> QFrame | None:
        """What speaks now, and the way back from it."""
        trainings = session.trainings
        if trainings is None or trainings.live is None or trainings.deployment is None:
            return None
        live, deployment = trainings.live, trainings.deployment
        before = next(
            (each for each in trainings.adapters if each.id == deployment.before_adapter_id), None
        )
        back = tr("v{version}", version=before.version) if before else tr("the base alone")
        frame, inside = card("live_card")
        line = row(gap=space("medium"))
        words = column(gap=2)
        words.addWidget(label(tr("Adapter v{version} is live", version=live.version), "strong"))
        words.addWidget(
            label(
                tr(
                    "since {date}; rolling back returns to {before}, and this month's replies"
                    " can be trained on again",
                    date=day(deployment.created),
                    before=back,
                ),
                "small",
                wrap=True,
            )
        )
        line.addWidget(icon_row("check-circle", "good"), alignment=Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        roll_back = button(
            "roll_back",
            tr("Roll back"),
            "plain",
            train.roll_back,
            icon="arrow-counter-clockwise",
            tip=tr("For when you like the new one less; nothing is deleted"),
        )
        roll_back.setEnabled(not train.busy)
        line.addWidget(roll_back)
        inside.addLayout(line)
        return frame


def _conversations(contents: MonthContents) -> str:
    words = tr("Conversations: {count}", count=contents.conversations)
    if not contents.rejected:
        return words
    cut = tr("cut before a reply that you rejected: {count}", count=contents.rejected)
    return f"{words}; {cut}"


def _legend() -> Any:
    line = row(gap=space("medium"))
    for colour, words in (
        ("accent", tr("new, 70 %: what you approved")),
        ("control_line", tr("replay, 30 %: keeps what the base can do")),
    ):
        part = row(gap=6)
        dot = QFrame()
        dot.setFixedSize(10, 10)
        dot.setStyleSheet(f"background: {theme().look[colour]}; border-radius: 5px;")
        part.addWidget(dot)
        part.addWidget(label(words, "small", wrap=True), 1)
        line.addLayout(part, 1)
    line.addStretch()
    line.addWidget(what_is("Replay", "what_is_replay"))
    return line
