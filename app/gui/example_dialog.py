"""An exchange that helped a reply, as it rides along."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.gui.controls import CLOSES, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.operations import helping
from app.store.values import Exchange

WIDTH_PX, QUESTION_PX, REPLY_PX = 560, 96, 220


class ExampleDialog(FittedDialog):
    """The question, the approved reply, and the way to the conversation they stand in."""

    def __init__(self, session: Session, message_id: int, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("example_dialog")
        self.setWindowTitle(tr("What helped this reply"))
        self._exchange: Exchange | None = None
        self._why = label("", "soft", name="example_why", wrap=True)
        self._question = _text("example_question", tr("You asked"), QUESTION_PX)
        self._reply = _text("example_reply", tr("The reply that you approved"), REPLY_PX)
        self.settings = button(
            "example_settings", tr("What rides along…"), "plain",
            tip=tr("Choose whether examples and your note are sent with a message"),
        )  # fmt: skip
        self.open_talk = button(
            "example_open", tr("Open the conversation"), "plain",
            tip=tr("Goes to the place where this reply was given"),
        )  # fmt: skip
        self.open_talk.setEnabled(False)
        self._lay_out()
        session.ask(lambda store: helping.exchange(store, message_id), self._show)

    @property
    def conversation_id(self) -> int | None:
        return self._exchange.conversation_id if self._exchange else None

    def _show(self, found: Exchange | None) -> None:
        self._exchange = found
        self.open_talk.setEnabled(found is not None)
        if found is None:
            self._why.setText(
                tr("You took your approval back since then, so it rides along no longer.")
            )
            return
        self._why.setText(
            tr("You corrected this reply to a similar question, so it rode along as an example.")
            if found.corrected
            else tr(
                "You approved this reply to a similar question, so it rode along as an example."
            )
        )
        self._question.setPlainText(found.question)
        self._reply.setPlainText(found.reply)

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("What helped this reply"), "title"))
        inside.addWidget(self._why)
        inside.addSpacing(space("hair"))
        for field in (self._question, self._reply):
            inside.addWidget(label(field.accessibleName(), "section"))
            inside.addWidget(field)
        kept = tr("Long ones are cut. What rides along is never part of what is learned.")
        inside.addWidget(label(kept, "small", wrap=True))
        inside.addSpacing(space("small"))
        buttons = row(gap=space("small"))
        buttons.addWidget(self.settings)
        buttons.addStretch()
        buttons.addWidget(self.open_talk)
        buttons.addWidget(
            button("example_close", tr("Close"), "primary", self.accept, tip=tr(CLOSES))
        )
        inside.addLayout(buttons)


def _text(name: str, spoken: str, height: int) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setObjectName(name)
    made.setAccessibleName(spoken)
    made.setReadOnly(True)
    made.setTabChangesFocus(True)
    made.setFixedHeight(height)
    return made
