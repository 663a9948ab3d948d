"""What the votes of a blind comparison say: whose they were, how sure that is, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.gui.controls import Line, button, card, clear, column, label, row, scrolled
from app.gui.flow import Scrolling
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.comparing_words import (
    adapter_name,
    advice_words,
    finding_words,
    learned_words,
    share_words,
)

if TYPE_CHECKING:
    from app.operations.comparing import Result, Standing
    from app.operations.comparison import Prompt
    from app.store.values import RunState

_MAY_BE_USED = ("waiting", "refused", "undecided")


class CompareResult(QWidget):
    """Made anew with every result."""

    use_wanted = Signal(str)  # with what was found, in one sentence

    def __init__(self, standing: Standing, state: RunState, live: bool) -> None:
        super().__init__()
        self.setObjectName("compare_result")
        self._standing, self._state, self._live = standing, state, live
        self._inside = column(self, gap=space("medium"))

    def show_result(self, result: Result, voted: Sequence[Prompt]) -> None:
        clear(self._inside)
        new = adapter_name(self._standing.new_version, tr)
        old = adapter_name(self._standing.old_version, tr)
        frame, inside = card("compare_result_card")
        sentence = finding_words(result, new, old, tr)
        inside.addWidget(label(sentence, "title", name="compare_finding", wrap=True))
        for words in (share_words(result, tr), learned_words(result, tr)):
            if words:
                inside.addWidget(label(words, "soft", wrap=True))
        inside.addSpacing(space("small"))
        inside.addLayout(_table(result, new, old))
        inside.addSpacing(space("small"))
        advice = advice_words(result, self._state, self._live, tr)
        inside.addWidget(label(advice, "strong", name="compare_advice", wrap=True))
        if self._may_be_used(result):
            line = row()
            line.addWidget(self._use_button(sentence))
            line.addStretch()
            inside.addLayout(line)
        self._inside.addWidget(frame)
        self._inside.addWidget(scrolled(_choices(voted, new, old)), 1)

    def _may_be_used(self, result: Result) -> bool:
        """What passed always may; what did not, where more votes are for it."""
        if self._live or self._state not in _MAY_BE_USED:
            return False
        return self._state == "waiting" or result.finding in ("new", "new_maybe")

    def _use_button(self, evidence: str) -> QWidget:
        passed = self._state == "waiting"
        words = tr("Use it") if passed else tr("Use it all the same…")
        kind = "primary" if passed else "plain"
        tip = (
            tr("The new adapter answers from the next message on; one click goes back")
            if passed
            else tr("Asks for your reason first; what you saw here is written into it")
        )
        return button("compare_use", words, kind, lambda: self.use_wanted.emit(evidence), tip=tip)


def _table(result: Result, new: str, old: str) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(space("large"))
    grid.setVerticalSpacing(space("small"))
    lines = (
        (tr("Better: {name}, the new one", name=new), "new", result.new),
        (tr("Better: {name}", name=old), "old", result.old),
        (tr("Both the same"), "same", result.same),
        (tr("Neither is good"), "neither", result.neither),
    )
    for line, (words, name, count) in enumerate(lines):
        grid.addWidget(label(words), line, 0)
        number = label(str(count), "strong", name=f"compare_count_{name}")
        grid.addWidget(number, line, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(2, 1)
    return grid


def _choices(voted: Sequence[Prompt], new: str, old: str) -> QWidget:
    """Message by message, whose reply was better."""
    holder = Scrolling()
    holder.setProperty("kind", "clear")
    inside = column(holder, margins=(space("large"), 0, space("large"), 0), gap=space("small"))
    inside.addWidget(label(tr("What you chose"), "section"))
    names = {"new": new, "old": old}
    grid = QGridLayout()
    grid.setHorizontalSpacing(space("large"))
    grid.setVerticalSpacing(space("hair"))
    for line, prompt in enumerate(voted):
        better = prompt.better
        ties = tr("Both the same") if prompt.vote == "same" else tr("Neither is good")
        grid.addWidget(Line(" ".join(prompt.text.split()), f"compare_asked_{line}", ""), line, 0)
        words = names[better] if better is not None else ties
        grid.addWidget(label(words, "" if better else "soft"), line, 1)
    grid.setColumnStretch(0, 1)
    inside.addLayout(grid)
    inside.addStretch()
    return holder
