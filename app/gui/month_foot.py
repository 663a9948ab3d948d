"""At the foot of the sidebar: what the month holds, and the button."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QProgressBar, QWidget

from app.gui.controls import button, column, label, plain_tip, row, tool
from app.gui.icons import put_icon
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.what_counts_dialog import WhatCountsDialog
from app.operations.month import MonthProgress

_BUTTON_SIDES_PX = 8


class MonthFoot(QWidget):
    """The counter speaks of the least that an adapter needs, then of what is better."""

    train_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._narrow = False
        self._inside = column(self, margins=space("medium"), gap=space("small"))
        self._name = label(tr("This month"), "soft")
        self._what = tool("what_counts", "question", tr("What counts"), self._show_what_counts)
        self._count = label("", "strong", name="month_count")
        self._goal = label("", "small", name="month_goal", wrap=True)
        self._own = label("", "small", name="month_own", wrap=True)
        self._bar = QProgressBar()
        self._bar.setObjectName("month_bar")
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("This month"))
        self._train = button(
            "train_month", tr("Train this month's adapter"), "primary", self.train_asked.emit
        )
        self._lay_out()
        session.month_changed.connect(self.refresh)
        session.persona_changed.connect(self.refresh)
        self.refresh()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._show_words()

    def set_narrow(self, narrow: bool) -> None:
        """The bar and the button as a sign; the tips have the words."""
        self._narrow = narrow
        side = space("small" if narrow else "medium")
        self._inside.setContentsMargins(side, side, side, side)
        for part in (self._name, self._what, self._count, self._goal):
            part.setVisible(not narrow)
        if narrow:
            put_icon(self._train, "student", "on_accent")
        else:
            self._train.setIcon(QIcon())
        self._show_words()
        self.refresh()

    def _show_words(self) -> None:
        whole = tr("Train this month's adapter")
        room = self.width() - 2 * space("medium") - _BUTTON_SIDES_PX
        fits = self._train.fontMetrics().horizontalAdvance(whole) <= room
        words = whole if fits else tr("Train this month")
        self._train.setText("" if self._narrow else words)

    def refresh(self) -> None:
        progress = self._session.progress or MonthProgress(0)
        reached = progress.missing == 0
        goal = progress.target if reached else progress.minimum
        value = progress.total if reached else progress.usable
        self._count.setText(f"{value} / {goal}")
        self._count.setAccessibleName(
            tr("{value} of {goal} usable replies", value=value, goal=goal)
        )
        self._goal.setText(_goal_words(progress))
        self._own.setText(self._own_words(progress))
        self._own.setVisible(bool(self._own.text()) and not self._narrow)
        self._bar.setToolTip(f"{self._count.accessibleName()}. {self._own.text()}".strip())
        self._bar.setRange(0, goal)
        self._bar.setValue(min(value, goal))
        missing = self._what_is_missing(progress)
        self._train.setEnabled(not missing)
        tip = missing or tr("Mix, train and examine an adapter from this month's replies")
        self._train.setToolTip(plain_tip(tip))
        self._train.setAccessibleDescription(tip)

    def _what_is_missing(self, progress: MonthProgress) -> str:
        card = self._session.card
        if card is None:
            return tr("Create a persona first.")
        if card.base is None:
            return tr("{name} has no base model yet.", name=card.persona.name)
        if self._session.training:
            return tr("A training of {name} is under way.", name=card.persona.name)
        if progress.missing and progress.own_waiting:
            return tr(
                "{missing} more usable replies are needed: correct what {name} says.",
                missing=progress.missing,
                name=card.persona.name,
            )
        if progress.missing:
            return tr(
                "{missing} more usable replies are needed: thumb up or correct what {name} says.",
                missing=progress.missing,
                name=card.persona.name,
            )
        return ""

    def _own_words(self, progress: MonthProgress) -> str:
        card = self._session.card
        if card is None or not progress.own_waiting:
            return ""
        return tr(
            "{n} more replies in {name}'s own words wait: correct some, and they count.",
            n=progress.own_waiting,
            name=card.persona.name,
        )

    def _show_what_counts(self) -> None:
        WhatCountsDialog(self.window()).open()

    def _lay_out(self) -> None:
        inside = self._inside
        head = row()
        head.addWidget(self._name)
        head.addWidget(self._what)
        head.addStretch()
        head.addWidget(self._count)
        inside.addLayout(head)
        inside.addWidget(self._bar)
        inside.addWidget(self._goal)
        inside.addWidget(self._own)
        inside.addSpacing(space("hair"))
        inside.addWidget(self._train)


def _goal_words(progress: MonthProgress) -> str:
    if progress.missing:
        return tr("usable replies; an adapter needs at least {minimum}", minimum=progress.minimum)
    if progress.total < progress.target:
        return tr("enough to train; {target} over the months is better", target=progress.target)
    return tr("usable replies over the months: plenty")
