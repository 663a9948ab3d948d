"""A run that ended early: what happened, what was kept, what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.gui.controls import button, card, clear, column, icon_row, label, row
from app.gui.session import Session
from app.gui.theme import space
from app.gui.train_session import TrainSession
from app.gui.translation import tr
from app.gui.trouble import explain_kind


class TrainFailed(QWidget):
    """Also the face of a run that was stopped, or whose process is gone."""

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__()
        self.setObjectName("train_failed")
        self._session = session
        self._train = train
        self._inside = column(self, gap=space("medium"))

    def refresh(self) -> None:
        clear(self._inside)
        run, state = self._train.run, self._train.state
        if run is None:
            return
        icon, colour, title, text = self._what_happened()
        frame, inside = card("failed_card")
        head = row(gap=12)
        head.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(label(title, "title", name="failed_title", wrap=True), 1)
        inside.addLayout(head)
        parts = [(tr("What happened"), text, "failed_text")]
        parts.append((tr("What was kept"), self._kept(), "failed_kept"))
        next_step = self._words()[2]
        parts.append(
            (tr("What to do next"), next_step or tr("Go on where it ended."), "failed_next")
        )
        for section, words, name in parts:
            if words:
                block = column(margins=(32, space("small"), 0, 0), gap=2)
                block.addWidget(label(section, "section"))
                block.addWidget(label(words, name=name, wrap=True))
                inside.addLayout(block)
        inside.addSpacing(space("small"))
        buttons = row(margins=(32, 0, 0, 0), gap=space("small"))
        again = tr("Try again") if state.failure else tr("Go on")
        for made in (
            button(
                "try_again", again, "primary", self._train.resume,
                tip=tr("Goes on from what was kept, or from the start where nothing was"),
            ),
            button(
                "back_to_month", tr("Back to the month"), "plain", self._train.dismiss,
                tip=tr("Leaves it as it is; it stays in the history"),
            ),
        ):  # fmt: skip
            made.setEnabled(not self._train.busy)
            buttons.addWidget(made)
        buttons.addStretch()
        inside.addLayout(buttons)
        self._inside.addWidget(frame)
        log = str(self._session.home.runs / run.id / "log.txt")
        where = label(tr("Everything that it wrote: {path}", path=log), "small", wrap=True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._inside.addWidget(where)
        self._inside.addStretch()

    def _what_happened(self) -> tuple[str, str, str, str]:
        state, run = self._train.state, self._train.run
        assert run is not None
        if state.failure is not None:
            return "warning-circle", "danger", tr("The training did not finish"), self._words()[0]
        if run.state == "failed":
            return "warning-circle", "danger", tr("The training did not finish"), tr(run.reason)
        if run.state == "stopped":
            return "pause-circle", "warning", tr("The training is stopped"), tr("You stopped it.")
        text = tr("Its process is gone; the computer may have been shut down.")
        return "warning-circle", "warning", tr("The training was interrupted"), text

    def _words(self) -> tuple[str, str, str]:
        """What the run said of its failure, in the user's language."""
        failure, run = self._train.state.failure, self._train.run
        if failure is None or run is None:
            return "", "", ""
        return explain_kind(failure.kind, failure.text or run.reason, "", failure.next_step)

    def _kept(self) -> str:
        state = self._train.state
        if state.checkpoint is not None:
            return tr(
                "The training up to step {step}, your conversations and your ratings.",
                step=state.checkpoint,
            )
        return tr("Your conversations and your ratings. The old adapter goes on speaking.")
