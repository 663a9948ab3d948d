"""Two replies side by side, names hidden: one prompt at a time, then what the votes say."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import (
    QFrame,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from app.gui.compare_result import CompareResult
from app.gui.compare_session import CompareSession
from app.gui.controls import button, card, column, label, row, scrolled
from app.gui.fitted_dialog import FittedDialog
from app.gui.message_body import MessageBody
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble_bar import TroubleBar

if TYPE_CHECKING:
    from app.operations.comparing import Standing
    from app.operations.comparison import Prompt, Vote
    from app.store.values import RunState

WIDTH_PX, HEIGHT_PX = 1000, 680
PROMPT_PX, TURNING_PX = 96, 240
# A second click or a held key must not judge what nobody has seen yet.
SETTLE_S = 0.3
_KEYS: dict[int, Vote] = {
    Qt.Key.Key_1: "left", Qt.Key.Key_2: "right", Qt.Key.Key_3: "same", Qt.Key.Key_4: "neither",
    Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right", Qt.Key.Key_Up: "same",
    Qt.Key.Key_Down: "neither",
}  # fmt: skip


class CompareDialog(FittedDialog):
    """Goes on where it was left; closing it stops the writing and keeps every vote."""

    use_wanted = Signal(str)  # with what was found, in one sentence

    def __init__(
        self, session: Session, standing: Standing, state: RunState, live: bool, parent: QWidget
    ) -> None:
        super().__init__(WIDTH_PX, parent, HEIGHT_PX)
        self.setObjectName("compare_dialog")
        self.setWindowTitle(tr("Compare blindly"))
        self.compare = CompareSession(session, standing)
        self._shown: Prompt | None = None
        self._shown_at = 0.0
        self._trouble = TroubleBar("compare_trouble")
        self._prompt = MessageBody(markdown=False)
        self._replies = {side: MessageBody(markdown=True) for side in ("left", "right")}
        self._scrolls: list[QScrollArea] = []
        self._title = label(tr("Which reply is better?"), "title")
        self._place = label("", "section", name="compare_place")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._votes = self._vote_buttons()
        self._back = button(
            "compare_back", tr("Judge the last one again (U)"), "plain", self.compare.take_back,
            tip=tr("Takes your last vote back, for when you pressed the wrong one"),
        )  # fmt: skip
        self._leave = button(
            "compare_leave", tr("Stop here"), "plain", self.reject,
            tip=tr("Back to the training; your votes are kept, and you can go on later"),
        )  # fmt: skip
        self._result = CompareResult(standing, state, live)
        self._result.use_wanted.connect(self._on_use_wanted)
        self._faces = QStackedWidget()
        self._waiting = self._waiting_face()
        self._judging = self._judging_face()
        for face in (self._waiting, self._judging, self._result):
            self._faces.addWidget(face)
        self._lay_out()
        self.compare.changed.connect(self._refresh)
        self.compare.trouble_raised.connect(self._trouble.show_trouble)
        self.finished.connect(lambda _result: self.compare.leave())
        self.compare.start()
        self._refresh()

    def keyPressEvent(self, event: Any) -> None:
        choice = _KEYS.get(event.key())
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and choice is not None and not event.isAutoRepeat():
            self._vote(choice)
        elif plain and event.text().lower() in ("u", "ㅕ") and not event.isAutoRepeat():
            self.compare.take_back()
        elif event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            for scroll in self._scrolls:
                bar = scroll.verticalScrollBar()
                step = bar.pageStep() if event.key() == Qt.Key.Key_PageDown else -bar.pageStep()
                bar.setValue(bar.value() + step)
        else:
            super().keyPressEvent(event)

    def _vote(self, choice: Vote) -> None:
        seen = self._shown is not None and self._faces.currentWidget() is self._judging
        if seen and time.monotonic() - self._shown_at >= SETTLE_S:
            self._trouble.hide()
            self.compare.vote(choice)

    def _refresh(self) -> None:
        compare = self.compare
        whole = len(compare.comparison.prompts) if compare.comparison is not None else 0
        self._bar.setRange(0, max(1, whole))
        self._bar.setValue(compare.number - 1 if whole else 0)
        self._place.setText(
            tr("{number} of {whole}", number=compare.number, whole=whole)
            if whole and not compare.finished
            else ""
        )
        self._bar.setVisible(not compare.finished)
        self._back.setVisible(compare.last is not None)
        prompt, result = compare.current, compare.result
        finished = compare.finished and result is not None
        self._title.setText(tr("The result") if finished else tr("Which reply is better?"))
        if compare.comparison is not None and compare.finished and result is not None:
            self._result.show_result(result, compare.comparison.voted)
            self._shown = None
            self._show_face(self._result)
            self._leave.setText(tr("Close"))
        elif prompt is not None and prompt.replies is not None:
            self._show_prompt(prompt)
            self._show_face(self._judging)
            self._leave.setText(tr("Stop here"))
        else:
            self._shown = None
            self._show_face(self._waiting)
        self._leave.setAccessibleName(self._leave.text())

    def _show_face(self, face: QWidget) -> None:
        if self._faces.currentWidget() is not face:
            self._faces.setCurrentWidget(face)

    def _show_prompt(self, prompt: Prompt) -> None:
        if self._shown is not None and self._shown.id == prompt.id:
            return
        assert prompt.replies is not None
        self._shown, self._shown_at = prompt, time.monotonic()
        self._prompt.show_text(prompt.text)
        for place, side in (("left", prompt.left), ("right", prompt.right)):
            text = prompt.replies[side]
            self._replies[place].show_text(text if text.strip() else tr("(an empty reply)"))
        for scroll in (*self._scrolls, self._asked):
            scroll.verticalScrollBar().setValue(0)
        # As high as it is known to be once it has been laid out.
        QTimer.singleShot(0, self, self._fit_prompt)
        said = QAccessibleEvent(self._place, QAccessible.Event.Alert)
        QAccessible.updateAccessibility(said)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit_prompt)

    def _fit_prompt(self) -> None:
        """A short message leaves its room to the replies."""
        self._asked.setFixedHeight(min(PROMPT_PX, self._prompt.sizeHint().height()))

    def _on_use_wanted(self, evidence: str) -> None:
        self.accept()
        self.use_wanted.emit(evidence)

    def _vote_buttons(self) -> list[QPushButton]:
        made = []
        votes: tuple[tuple[Vote, str, str], ...] = (
            ("left", tr("Left is better"), "1, ←"),
            ("right", tr("Right is better"), "2, →"),
            ("same", tr("Both the same"), "3, ↑"),
            ("neither", tr("Neither is good"), "4, ↓"),
        )
        for choice, words, keys in votes:
            vote = partial(self._vote, choice)
            one = button(f"compare_{choice}", f"{words} ({keys[0]})", "plain", vote)
            one.setAccessibleName(words)
            one.setToolTip(tr("Keys: {keys}", keys=keys))
            made.append(one)
        return made

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """The arrows judge; on a button they would move the focus to the next one."""
        if event.type() == event.Type.KeyPress and event.key() in _KEYS:
            self.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _waiting_face(self) -> QWidget:
        face = QWidget()
        inside = column(face, gap=space("small"))
        inside.addStretch()
        words = label(tr("Both are writing their replies…"), "soft", name="compare_waiting")
        inside.addWidget(words, alignment=Qt.AlignmentFlag.AlignHCenter)
        turning = QProgressBar()
        turning.setRange(0, 0)
        turning.setTextVisible(False)
        turning.setFixedWidth(TURNING_PX)
        turning.setAccessibleName(words.text())
        inside.addWidget(turning, alignment=Qt.AlignmentFlag.AlignHCenter)
        inside.addStretch()
        return face

    def _judging_face(self) -> QWidget:
        face = QWidget()
        inside = column(face, gap=space("medium"))
        asked = QFrame()
        asked.setProperty("kind", "question")
        asked.setObjectName("compare_prompt")
        self._asked = scrolled(_holding(self._prompt))
        words = column(asked, margins=space("medium"), gap=space("hair"))
        words.addWidget(label(tr("You asked"), "section"))
        words.addWidget(self._asked)
        inside.addWidget(asked)
        pair = row(gap=space("medium"))
        for place, title in (("left", tr("Left")), ("right", tr("Right"))):
            frame, within = card(f"compare_card_{place}")
            self._replies[place].setObjectName(f"compare_reply_{place}")
            within.addWidget(label(title, "section"))
            within.addWidget(self._scroll_of(self._replies[place], title), 1)
            pair.addWidget(frame, 1)
        inside.addLayout(pair, 1)
        buttons = row(gap=space("small"))
        for each in self._votes:
            buttons.addWidget(each, 1)
        inside.addLayout(buttons)
        return face

    def _scroll_of(self, body: MessageBody, title: str) -> QScrollArea:
        scroll = scrolled(_holding(body))
        scroll.setAccessibleName(title)
        self._scrolls.append(scroll)
        return scroll

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        head = row(gap=space("medium"))
        head.addWidget(self._title)
        head.addStretch()
        head.addWidget(self._place)
        inside.addLayout(head)
        inside.addWidget(self._bar)
        inside.addWidget(self._trouble)
        inside.addWidget(self._faces, 1)
        foot = row(gap=space("small"))
        foot.addWidget(self._back)
        foot.addStretch()
        foot.addWidget(self._leave)
        inside.addLayout(foot)
        self._back.hide()
        for control in (*self._votes, self._back, self._leave):
            control.installEventFilter(self)
        self.setFocus()


def _holding(body: MessageBody) -> QWidget:
    """A body at the top of what scrolls."""
    holder = QWidget()
    holder.setProperty("kind", "clear")
    inside = column(holder)
    inside.addWidget(body)
    inside.addStretch()
    return holder
