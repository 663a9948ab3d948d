"""A word when a new adapter is received worse than the one before it, with the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from app.gui.controls import button, column, icon_row, label, row
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.operations import watching
from app.operations.comparing_words import adapter_name, chance_words

if TYPE_CHECKING:
    from app.operations.watching import Watch
    from app.store.values import Deployment


class WatchNotice(QFrame):
    """Hidden unless there is a reason; reads again with every month, and when it is told to.

    A `notice` goes over the whole width of a page, a `warning` stands among its cards.
    """

    def __init__(
        self,
        session: Session,
        name: str = "watch_notice",
        kind: Literal["notice", "warning"] = "notice",
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", kind)
        self._session = session
        self._persona_id: int | None = None
        self._reading = False
        self._again = False
        self._title = label("", "strong", name="watch_title", wrap=True)
        self._words = label("", "", name="watch_words", wrap=True)
        self._back = button(
            "watch_back", tr("Go back to the old one"), "plain", self._go_back,
            tip=tr("The adapter before it answers again; nothing is deleted"),
        )  # fmt: skip
        self._not_now = button(
            "watch_not_now", tr("Not now"), "plain", self._put_off,
            tip=tr("Asks again after more replies of this adapter"),
        )  # fmt: skip
        inside = row(self, margins=(space("large"), 8, space("large"), 8), gap=12)
        icon = icon_row("warning", "warning")
        inside.addWidget(icon, alignment=Qt.AlignmentFlag.AlignTop)
        words = column(gap=2)
        words.addWidget(self._title)
        words.addWidget(self._words)
        inside.addLayout(words, 1)
        inside.addWidget(self._back)
        inside.addWidget(self._not_now)
        self.hide()
        session.month_changed.connect(self.refresh)
        session.persona_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Look at how the replies of the persona that is on were received."""
        card = self._session.card
        if card is None or card.persona.id != self._persona_id:
            self.hide()
        self._persona_id = card.persona.id if card else None
        self._again = self._reading
        if card is None or self._reading:
            return
        self._reading = True
        persona_id = card.persona.id
        self._session.ask(
            lambda store: watching.suggestion(store, persona_id),
            lambda found: self._on_read(persona_id, found),
            self._on_failed,
        )

    def _on_read(self, persona_id: int, found: Watch | None) -> None:
        self._reading = False
        if self._again:
            self.refresh()
        elif persona_id == self._persona_id:
            self._show(found)

    def _on_failed(self, _error: Exception) -> None:
        """Nobody asked for it; whatever is wrong with the store is told by those who did."""
        self._reading = False

    def _show(self, found: Watch | None) -> None:
        self.setVisible(found is not None)
        if found is None:
            return
        old = adapter_name(found.old_version, tr)
        self._title.setText(
            tr("Since adapter v{version} went live you like fewer replies.",
               version=found.new_version)
        )  # fmt: skip
        new_count, old_count = found.new, found.old
        self._words.setText(
            tr(
                "Voted down, corrected or asked for again: {new} of {new_replies} now, {old} of"
                " {old_replies} with {before}. Chance alone does this in {chance} of all cases.",
                new=new_count.unwelcome,
                new_replies=new_count.replies,
                old=old_count.unwelcome,
                old_replies=old_count.replies,
                before=old,
                chance=chance_words(found.chance, tr),
            )
        )
        self._enable(True)

    def _go_back(self) -> None:
        card = self._session.card
        if card is None:
            return
        home, persona_id = self._session.home, card.persona.id
        self._enable(False)

        def work(_store: object) -> Deployment:
            # Half a second of libraries that a start of the window does not need.
            from app.operations.training import roll_back

            return roll_back(home, persona_id)

        session = self._session

        def after() -> None:
            session.refresh()
            session.ollama.follow(persona_id)

        session.ask(work, lambda _undone: self.hide(), self._on_not_gone_back, after=after)

    def _on_not_gone_back(self, error: Exception) -> None:
        self._enable(True)
        self._session.report(error)

    def _put_off(self) -> None:
        card = self._session.card
        if card is None:
            return
        persona_id = card.persona.id
        self.hide()
        self._session.ask(lambda store: watching.not_now(store, persona_id), lambda _nothing: None)

    def _enable(self, on: bool) -> None:
        for control in (self._back, self._not_now):
            control.setEnabled(on)
