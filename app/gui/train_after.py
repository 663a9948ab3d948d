"""After a training: the verdict in one sentence, what it rests on, and the user's word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from app.gui.controls import button, card, clear, column, icon_row, label, row, rule
from app.gui.icons import icon_label
from app.gui.message_body import MessageBody
from app.gui.reasons import group_words, reason_words
from app.gui.session import Session
from app.gui.theme import space
from app.gui.train_before import TrainBefore
from app.gui.train_session import TrainSession
from app.gui.translation import tr
from app.store.values import Score, Subject

REPLIES_SHOWN = 3
_MEASURES = ("test_loss", "replay_loss", "checks")
_SUBJECTS: tuple[Subject, ...] = ("base", "parent", "candidate")


class TrainAfter(QWidget):
    """One run's result."""

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__()
        self.setObjectName("train_after")
        self._session = session
        self._train = train
        self._inside = column(self, gap=space("medium"))

    def refresh(self) -> None:
        clear(self._inside)
        self._inside.addWidget(self._verdict_card())
        if self._train.recorded_live:
            live = TrainBefore.live_card(self._session, self._train)
            if live is not None:
                self._inside.addWidget(live)
        replies = (self._train.outcome.report or {}).get("replies") or []
        if replies:
            self._inside.addWidget(self._replies_card(replies))
        if self._train.outcome.scores:
            self._inside.addWidget(self._scores_card(self._train.outcome.scores))
        self._inside.addStretch()

    def _verdict_card(self) -> QFrame:
        icon, colour, sentence = self._sentence()
        frame, inside = card("verdict_card")
        head = row(gap=12)
        head.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(label(sentence, "title", name="verdict", wrap=True), 1)
        inside.addLayout(head)
        for reason in (self._train.outcome.report or {}).get("reasons", ()):
            line = row(margins=(32, 0, 0, 0), gap=space("small"))
            icon, colour = ("check", "good") if reason["passed"] else ("x", "danger")
            line.addWidget(icon_label(icon, colour, 16), alignment=Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(reason_words(reason), "soft", wrap=True), 1)
            inside.addLayout(line)
        inside.addSpacing(space("small"))
        buttons = row(margins=(32, 0, 0, 0), gap=space("small"))
        for made in self._buttons():
            made.setEnabled(not self._train.busy)
            buttons.addWidget(made)
        buttons.addStretch()
        inside.addLayout(buttons)
        return frame

    def _sentence(self) -> tuple[str, str, str]:
        run = self._train.run
        card_ = self._session.card
        name = card_.persona.name if card_ else ""
        verdict = (run.verdict if run else None) or self._train.state.verdict
        if self._train.recorded_live:
            words = tr("{name} speaks through the new adapter now.", name=name)
            return "check-circle", "good", words
        if verdict == "refused":
            words = tr("The new adapter was refused. {name} stays as it is.", name=name)
            return "x-circle", "danger", words
        if verdict == "undecided":
            words = tr("The exam could not decide. {name} stays as it is.", name=name)
            return "question", "warning", words
        if run is not None and run.state == "waiting":
            return "check-circle", "good", tr("The new adapter passed. Use it?")
        if self._rolled_back():
            words = tr("The new adapter was rolled back. {name} speaks as before.", name=name)
            return "arrow-counter-clockwise", "text_soft", words
        return "check-circle", "good", tr("It passed, and you kept the old one.")

    def _rolled_back(self) -> bool:
        run, trainings = self._train.run, self._session.trainings
        adapters = trainings.adapters if trainings else ()
        return run is not None and any(
            each.run_id == run.id and each.status == "rolled_back" for each in adapters
        )

    def _buttons(self) -> list[Any]:
        run = self._train.run
        if run is not None and run.state == "waiting":
            return [
                button("use_it", tr("Use it"), "primary", self._train.use),
                button("keep_old", tr("Keep the old one"), "plain", self._train.keep_old),
            ]
        return [button("back_to_month", tr("Back to the month"), "plain", self._train.dismiss)]

    def _replies_card(self, replies: Sequence[dict[str, Any]]) -> QFrame:
        frame, inside = card("replies_card")
        inside.addWidget(label(tr("Before and after"), "strong"))
        for number, reply in enumerate(replies[:REPLIES_SHOWN]):
            if number:
                inside.addSpacing(space("hair"))
                inside.addWidget(rule())
                inside.addSpacing(space("hair"))
            inside.addWidget(label(str(reply.get("prompt", "")), "strong", wrap=True))
            pair = row(gap=space("large"))
            for title, subject in ((tr("Before"), "base"), (tr("After"), "candidate")):
                side = column(gap=space("hair"))
                side.addWidget(label(title, "section"))
                body = MessageBody(markdown=True)
                body.setObjectName(f"reply_{subject}_{number}")
                text = str(reply.get("parent") or reply.get("base", ""))
                body.show_text(text if subject == "base" else str(reply.get(subject, "")))
                side.addWidget(body)
                side.addStretch()
                pair.addLayout(side, 1)
            inside.addLayout(pair)
        return frame

    def _scores_card(self, scores: Sequence[Score]) -> QFrame:
        frame, inside = card("scores_card")
        inside.addWidget(label(tr("Scores"), "strong"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(space("large"))
        grid.setVerticalSpacing(space("small"))
        found = {(each.measure, each.group, each.subject): each for each in scores}
        subjects = [s for s in _SUBJECTS if any(each.subject == s for each in scores)]
        heads = {"base": tr("Base"), "parent": tr("Current"), "candidate": tr("Candidate")}
        right = Qt.AlignmentFlag.AlignRight
        for place, subject in enumerate(subjects, 1):
            grid.addWidget(label(heads[subject], "section"), 0, place, right)
        ordered = sorted(scores, key=lambda each: (_rank(each.measure), each.group))
        pairs = list(dict.fromkeys((each.measure, each.group) for each in ordered))
        for line, (measure, group) in enumerate(pairs, 1):
            grid.addWidget(label(_measure_words(measure, group)), line, 0)
            for place, subject in enumerate(subjects, 1):
                score = found.get((measure, group, subject))
                text = _number(score) if score else "–"
                kind = "strong" if subject == "candidate" else ""
                grid.addWidget(label(text, kind), line, place, right)
        grid.setColumnStretch(0, 1)
        inside.addLayout(grid)
        return frame


def _rank(measure: str) -> int:
    return _MEASURES.index(measure) if measure in _MEASURES else len(_MEASURES)


def _measure_words(measure: str, group: str) -> str:
    measures = {
        "test_loss": tr("Loss on held-out conversations"),
        "replay_loss": tr("Loss on held-out replay"),
        "checks": tr("Checks passed"),
    }
    words = measures.get(measure, measure)
    return f"{words}: {group_words(group)}" if group else words


def _number(score: Score) -> str:
    if score.measure == "checks":
        return f"{score.value * 100:.0f} %"
    return f"{score.value:.3f}"
