"""A word over the chat when the schedule has a month ready for its persona's person to review."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame

from app.gui.controls import button, column, icon_row, label, row
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.operations import schedule_log
from app.operations.schedule_log import Answer, Ready

_LOOK_EVERY_MS = 60_000


class ScheduleNotice(QFrame):
    """Hidden unless a month waits; the timer may prepare one while the window is open."""

    review_asked = Signal()
    put_off = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("schedule_notice")
        self.setProperty("kind", "notice")
        self._session = session
        self._persona_id: int | None = None
        self._words = label("", name="schedule_notice_words", wrap=True)
        self._review = button("schedule_review", tr("Review"), "plain", self._on_review_clicked)
        self._review.setToolTip(tr("Look through the replies that are not decided yet"))
        self._later = button("schedule_later", tr("Later"), "plain", self._on_later_clicked)
        self._later.setToolTip(tr("Ask again tomorrow"))
        inside = row(self, margins=(space("large"), 8, space("large"), 8), gap=12)
        icon = icon_row("calendar-check", "warning")
        inside.addWidget(icon, alignment=Qt.AlignmentFlag.AlignTop)
        words = column(gap=2)
        title = tr("This month's examples are ready for review.")
        words.addWidget(label(title, "strong", name="schedule_notice_title", wrap=True))
        words.addWidget(self._words)
        inside.addLayout(words, 1)
        inside.addWidget(self._review)
        inside.addWidget(self._later)
        self.hide()
        session.month_changed.connect(self.refresh)
        session.persona_changed.connect(self.refresh)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY_MS)
        self._look.timeout.connect(self.refresh)
        self._look.start()
        self.refresh()

    def refresh(self) -> None:
        """Look whether a month of the persona that is on waits."""
        card = self._session.card
        if card is None or card.persona.id != self._persona_id:
            self.hide()
        self._persona_id = card.persona.id if card else None
        if card is None:
            return
        persona = card.persona
        self._session.ask(
            lambda store: schedule_log.to_be_told(store, persona, _now()),
            lambda ready: self._on_read(persona.id, ready),
            lambda _error: None,  # told by those who asked for something
        )

    def _on_read(self, persona_id: int, ready: Ready | None) -> None:
        if persona_id != self._persona_id:
            return
        if ready is not None:
            self._words.setText(
                tr(
                    "{new} new replies and {replay} from replay would be learned. Not decided yet:"
                    " {count}.",
                    new=ready.new,
                    replay=ready.replay,
                    count=ready.to_review,
                )
            )
        self.setVisible(ready is not None)

    def _on_review_clicked(self) -> None:
        self._answer("review")
        self.review_asked.emit()

    def _on_later_clicked(self) -> None:
        self._answer("later")
        self.put_off.emit()

    def _answer(self, said: Answer) -> None:
        card = self._session.card
        if card is None:
            return
        persona = card.persona
        self.hide()
        self._session.ask(
            lambda store: schedule_log.answer(store, persona, said, _now()), lambda _none: None
        )


def _now() -> datetime:
    return datetime.now().astimezone()
