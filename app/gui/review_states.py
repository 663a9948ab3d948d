"""What the review shows while replies are looked at, and where nothing is left to decide on."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from app.gui.controls import button, clear, column, icon_row, label, row
from app.gui.examining import Examining
from app.gui.flow import Flow
from app.gui.keys import with_keys
from app.gui.review_words import filter_name
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.reviewing import SAMPLE, ReviewCounts
from app.store.review import ReviewFilter

PROGRESS_PX = 160


class ExaminingLine(QFrame):
    """How far the looking is, why it waits, or what went wrong; hidden when there is nothing."""

    def __init__(self, examining: Examining) -> None:
        super().__init__()
        self.setObjectName("review_examining")
        self.setProperty("kind", "question")
        self._examining = examining
        self._words = label("", name="review_examining_words", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(PROGRESS_PX)
        self._bar.setAccessibleName(tr("How far the looking is"))
        self._again = button(
            "review_examine_again", "", "plain", self._act,
            tip=tr("Does what helps, and looks at the new replies again"),
        )  # fmt: skip
        inside = row(self, margins=(12, 6, 6, 6), gap=space("small"))
        inside.addWidget(self._words, 1)
        inside.addWidget(self._bar)
        inside.addWidget(self._again)
        examining.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        examining = self._examining
        trouble, progress = examining.trouble, examining.progress
        self.setVisible(bool(trouble or progress or examining.waits))
        self._bar.setVisible(progress is not None)
        self._again.setVisible(trouble is not None)
        if trouble is not None:
            self._words.setText(tr("New replies could not be looked at. {why}", why=trouble.whole))
            self._again.setText(trouble.button)
        elif progress is not None:
            self._bar.setRange(0, progress.whole)
            self._bar.setValue(progress.done)
            self._words.setText(
                tr(
                    "Looking at replies: {done} of {whole}",
                    done=f"{progress.done:,}",
                    whole=f"{progress.whole:,}",
                )
            )
        elif examining.waits:
            self._words.setText(
                tr("What came in is looked at once the training is done: it needs the machine.")
            )

    def _act(self) -> None:
        trouble = self._examining.trouble
        if trouble is not None and trouble.action is not None:
            trouble.action()


class NothingLeft(QWidget):
    """Why there is nothing to see, and what to do next."""

    filter_asked = Signal(object)
    chat_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("review_nothing")
        self._icon = row()
        self._title = label("", "strong", name="review_nothing_title", wrap=True)
        self._text = label("", "soft", name="review_nothing_text", wrap=True)
        self._ways_in = column()
        self._shown: tuple[object, ...] = ()
        inside = column(self, gap=space("small"))
        inside.addSpacing(space("huge"))
        head = row(gap=space("small"))
        head.addLayout(self._icon)
        head.addWidget(self._title, 1)
        inside.addLayout(head)
        inside.addWidget(self._text)
        inside.addLayout(self._ways_in)
        inside.addStretch()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_state(
        self, chosen: ReviewFilter, counts: ReviewCounts | None, *, loaded: bool, failed: bool
    ) -> None:
        """The words, and a button for each filter that has something."""
        ways = [each for each in _ways(counts) if each[0] != chosen]
        shown = (chosen, ways, loaded, failed)
        if shown == self._shown:  # a button may have the keyboard
            return
        self._shown = shown
        clear(self._ways_in)
        clear(self._icon)
        if failed:
            self._icon.addWidget(icon_row("warning-circle", "danger"))
            self._title.setText(tr("The replies could not be read."))
            self._text.setText(tr("Nothing was changed. Read them again with the button above."))
            return
        if not loaded:
            self._icon.addWidget(icon_row("hourglass", "text_soft"))
            self._title.setText(tr("Reading…"))
            self._text.clear()
            return
        self._icon.addWidget(icon_row("check-circle", "good"))
        self._title.setText(_title(chosen))
        self.setAccessibleName(self._title.text())
        self._text.setText(
            tr("There is more to decide on:")
            if ways
            else tr(
                "Talk, or import conversations: what comes in is looked at by itself, and shown"
                " here where a person should decide."
            )
        )
        self._ways_in.addWidget(self._made_ways(ways))

    def _made_ways(self, ways: list[tuple[ReviewFilter, int]]) -> Flow:
        flow = Flow(gap=space("small"))
        for each, number in ways:
            flow.add(
                button(
                    f"review_way_{each.kind}",
                    f"{filter_name(each)} ({number:,})",
                    "plain",
                    partial(self.filter_asked.emit, each),
                    tip=tr("Goes through these replies"),
                )
            )
        if not ways:
            tip = with_keys(tr("Open the chat"), "page.chat")
            words = tr("Go to the chat")
            flow.add(button("review_to_chat", words, "plain", self.chat_asked.emit, tip=tip))
        return flow


def _title(chosen: ReviewFilter) -> str:
    if chosen.decided:
        return tr("Nothing was decided on yet.")
    if chosen.kind == "flagged" and not chosen.name:
        return tr("Nothing is flagged.")
    return tr("Nothing is left in “{filter}”.", filter=filter_name(chosen))


def _ways(counts: ReviewCounts | None) -> list[tuple[ReviewFilter, int]]:
    """The filters that have something, the most useful first."""
    if counts is None:
        return []
    ways = [
        (ReviewFilter("flagged"), counts.flagged),
        (ReviewFilter("unrated"), counts.unrated),
        (ReviewFilter("sample"), counts.sample or min(SAMPLE, counts.archive)),
    ]
    return [(each, number) for each, number in ways if number]
