"""The verdict of a training: one sentence, what to do next, what it rests on, and the buttons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app.cycle.stages import NOT_PASSED
from app.evaluation.page_reading import Part, moment, part, parts, text
from app.evaluation.page_verdict import advice
from app.gui.also_in_ollama import also_in_ollama
from app.gui.controls import button, card, column, icon_row, label, row
from app.gui.flow import Flow
from app.gui.icons import icon_label
from app.gui.overruling_dialog import ask_to_overrule
from app.gui.reasons import decides, mark_of, reason_words, report_words, stands_against
from app.gui.session import Session
from app.gui.theme import space
from app.gui.train_fold import Fold, coloured
from app.gui.train_session import TrainSession
from app.gui.translation import tr
from app.gui.why import what_is
from trainer.contract.folder import RunFolder

INDENT_PX = 32
MARK_WIDTH_PX = 116


@dataclass(frozen=True)
class Sentence:
    """The verdict as it is shown."""

    icon: str
    colour: str
    words: str


class Result:
    """How one run stands, read from the sessions."""

    def __init__(self, session: Session, train: TrainSession) -> None:
        run, trainings = train.run, session.trainings
        self.name = session.card.persona.name if session.card else ""
        self.report: Part = train.outcome.report or {}
        self.verdict = (run.verdict if run else None) or train.state.verdict
        self.state = run.state if run else ""
        self.live = train.recorded_live
        adapters = trainings.adapters if trainings else ()
        self.rolled_back = run is not None and any(
            each.run_id == run.id and each.status == "rolled_back" for each in adapters
        )
        self.page: Path | None = RunFolder(session.home.runs / run.id).report_page if run else None

    @property
    def overruled(self) -> Part:
        """The user's own word on it, once it was carried out."""
        return {} if self.state in NOT_PASSED else part(self.report, "overruled")

    def sentence(self) -> Sentence:
        """The verdict, or what became of it, in one sentence."""
        if self.live and self.overruled:
            words = tr("The new adapter did not pass, and is in use all the same by your own word.")
            return Sentence("hand", "warning", words)
        if self.live:
            words = tr("{name} speaks through the new adapter now.", name=self.name)
            return Sentence("check-circle", "good", words)
        if self.rolled_back:
            words = tr("The new adapter was rolled back. {name} speaks as before.", name=self.name)
            return Sentence("arrow-counter-clockwise", "text_soft", words)
        if self.verdict == "refused":
            words = tr("The new adapter was refused. {name} stays as it is.", name=self.name)
            return Sentence("x-circle", "danger", words)
        if self.verdict == "undecided":
            words = tr("The exam could not decide. {name} stays as it is.", name=self.name)
            return Sentence("question", "warning", words)
        if self.state == "waiting":
            return Sentence("check-circle", "good", tr("The new adapter passed. Use it?"))
        return Sentence("check-circle", "good", tr("It passed, and you kept the old one."))

    def next_steps(self) -> list[str]:
        """What to do now, most useful first."""
        prompting = []
        if part(self.report, "prompting").get("as_good") is True:
            prompting.append(
                tr(
                    "Try the base with a few of your best exchanges in its prompt: that does as"
                    " well without any adapter."
                )
            )
        back = tr("Talk to it for a while. If you do not like it, one click goes back.")
        if self.live:
            return [back, *prompting]
        if self.state == "waiting":
            more = tr(
                "It is closer to what you approved of {name}, and its tests show no sure loss. Use"
                " it, and talk to it for a while: one click goes back.",
                name=self.name,
            )
            return [more, *prompting]
        return [*prompting, *advice(self.report, report_words())]


class VerdictCard:
    """Builds the card; its verbs are the session's."""

    def __init__(
        self, page: QWidget, session: Session, train: TrainSession, opened: set[str]
    ) -> None:
        self._page = page
        self._session = session
        self._train = train
        self._opened = opened
        self._result = Result(session, train)
        self._reasons = parts(self._result.report, "reasons")

    def build(self) -> QFrame:
        frame, inside = card("verdict_card")
        sentence = self._result.sentence()
        head = row(gap=12)
        icon = icon_row(sentence.icon, sentence.colour)
        head.addWidget(icon, alignment=Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(label(sentence.words, "title", name="verdict", wrap=True), 1)
        inside.addLayout(head)
        below = column(margins=(INDENT_PX, space("small"), 0, 0), gap=space("medium"))
        if self._result.overruled:
            below.addWidget(self._own_word())
        self._add_reasons(below)
        below.addLayout(self._next())
        in_ollama = also_in_ollama(self._session, self._train)
        if in_ollama is not None:
            below.addWidget(in_ollama)
        below.addWidget(self._buttons())
        inside.addLayout(below)
        return frame

    def _own_word(self) -> QFrame:
        told = self._result.overruled
        words = tr(
            "You took the adapter into use all the same ({at}), because: {because}",
            at=moment(told.get("at")),
            because=text(told.get("because")),
        )
        frame, inside = card("overruled", "warning")
        inside.addWidget(label(words, name="overruled_words", wrap=True))
        return frame

    def _add_reasons(self, below: QVBoxLayout) -> None:
        """What decided is seen at once; the rest says why on a click."""
        first = [each for each in self._reasons if stands_against(each)]
        if not first:
            better = [e for e in self._reasons if text(e.get("kind")).startswith("better_than")]
            first = better or self._reasons[:1]
        rest = [each for each in self._reasons if each not in first]
        if first:
            below.addWidget(reason_lines(first, "reasons"))
        elif self._result.verdict:
            lost = tr("The reasons cannot be told: the report of this training is gone or damaged.")
            below.addWidget(label(lost, "soft", name="reasons_lost", wrap=True))
        if rest:
            below.addWidget(
                Fold(
                    "why", tr("Why?"), lambda: self._rest(rest), self._opened,
                    beside=counted(self._reasons), tip=tr("Shows every condition of the verdict"),
                )
            )  # fmt: skip

    def _rest(self, rest: Sequence[Part]) -> QWidget:
        holder = QWidget()
        inside = column(holder, gap=space("small"))
        about = tr(
            "It goes into use only if every condition holds. What is only shown decides nothing."
        )
        inside.addWidget(label(about, "soft", wrap=True))
        inside.addWidget(reason_lines(rest, "more_reasons"))
        return holder

    def _next(self) -> QVBoxLayout:
        block = column(gap=space("hair"))
        block.addWidget(label(tr("What to do next"), "section"))
        for number, words in enumerate(self._result.next_steps()):
            line = row(gap=space("small"))
            dot = icon_label("arrow-right", "text_soft", 16)
            line.addWidget(dot, alignment=Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(words, name=f"next_{number}", wrap=True), 1)
            block.addLayout(line)
        return block

    def _buttons(self) -> Flow:
        line = Flow(gap=space("small"))
        for made in self._verbs():
            made.setEnabled(not self._train.busy)
            line.add(made)
        page = self._result.page
        if page is not None and page.is_file():
            line.add(
                button(
                    "open_report", tr("Open the report"), "plain", lambda: _open(page),
                    icon="arrow-square-out",
                    tip=tr("The whole report in the browser, to read at length or to print"),
                )
            )  # fmt: skip
        if self._result.verdict:
            undecided = self._result.verdict == "undecided"
            line.add(what_is("Undecided" if undecided else "Verdict", "what_is_verdict"))
        return line

    def _verbs(self) -> Iterator[QPushButton]:
        if self._result.state == "waiting":
            yield button(
                "use_it", tr("Use it"), "primary", self._train.use,
                tip=tr("It answers from the next message on; one click goes back"),
            )  # fmt: skip
            yield button(
                "keep_old", tr("Keep the old one"), "plain", self._train.keep_old,
                tip=tr("For when the replies below do not convince you; nothing changes"),
            )  # fmt: skip
            return
        yield button(
            "back_to_month", tr("Back to the month"), "plain", self._train.dismiss,
            tip=tr("Leaves it as it is; it stays in the history"),
        )  # fmt: skip
        if self._result.state in NOT_PASSED and self._result.verdict in NOT_PASSED:
            yield button(
                "overrule", tr("Use it all the same…"), "plain", self._on_overrule,
                tip=tr("For when you know better than the exam; asks for your reason first"),
            )  # fmt: skip

    def _on_overrule(self) -> None:
        against = [reason_words(each) for each in self._reasons if stands_against(each)]
        ask_to_overrule(
            self._page.window(), self._result.name, self._result.verdict, against,
            self._train.use_all_the_same,
        )  # fmt: skip


def reason_lines(reasons: Sequence[Part], name: str) -> QWidget:
    """Each reason with its mark, as a picture and as a word."""
    holder = QWidget()
    holder.setObjectName(name)
    inside = column(holder, gap=space("small"))
    for reason in reasons:
        mark = mark_of(reason)
        line = row(gap=space("small"))
        top = Qt.AlignmentFlag.AlignTop
        line.addWidget(icon_label(mark.icon, mark.colour, 16), alignment=top)
        word = coloured(mark.word, mark.colour)
        word.setFixedWidth(MARK_WIDTH_PX)
        line.addWidget(word, alignment=top)
        line.addWidget(label(reason_words(reason), wrap=True), 1)
        inside.addLayout(line)
    return holder


def counted(reasons: Sequence[Part]) -> str:
    """How many conditions there are, and how many of them hold."""
    deciding = [each for each in reasons if decides(each)]
    holding = sum(bool(each.get("passed")) for each in deciding)
    return tr("{holding} of {count} conditions hold", holding=holding, count=len(deciding))


def _open(page: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))
