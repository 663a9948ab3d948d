"""The note about the user, and what may ride along with a persona."""

from __future__ import annotations

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget

from app.gui.controls import CANCELS, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.icons import put_icon
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.operations import helping
from app.operations.helping import LONGEST_NOTE, HelpSettings, HelpSwitches
from app.operations.personas import PersonaCard

WIDTH_PX, NOTE_PX = 560, 200


class AboutMeDialog(FittedDialog):
    """One note for every persona; the switches are those of the persona that is on."""

    def __init__(self, session: Session, card: PersonaCard, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("about_me_dialog")
        self.setWindowTitle(tr("About me"))
        self._session = session
        self._persona = card.persona
        self._read = False
        self._note = QPlainTextEdit()
        self._note.setObjectName("about_me_note")
        self._note.setAccessibleName(tr("About me"))
        self._note.setToolTip(
            tr("Facts about you; write one down when a reply did not know it, or had it wrong")
        )
        self._note.setPlaceholderText(
            tr("What a reply should know: your name, your work, where you live, what to avoid…")
        )
        self._note.setTabChangesFocus(True)
        self._note.setFixedHeight(NOTE_PX)
        self._note.setEnabled(False)
        self._count = label("", "small", name="about_me_count")
        self._send_note = _switch(
            "switch_note", tr("My note"),
            tr("Sends your note with each message; off where this persona need not know it"),
        )  # fmt: skip
        self._send_examples = _switch(
            "switch_examples", tr("Similar replies that I approved"),
            tr("Shows the model replies that you approved; off to hear the adapter alone"),
        )  # fmt: skip
        self._trouble = TroubleBar("about_me_trouble")
        self._save = button(
            "about_me_save", tr("Save"), "primary", self._on_save_clicked,
            tip=tr("Keeps the note and what rides along, from the next message on"),
        )  # fmt: skip
        self._lay_out()
        self._note.textChanged.connect(self._on_note_edited)
        self._on_note_edited()
        persona_id = self._persona.id
        session.ask(lambda store: helping.settings(store, persona_id), self._show, self._fail)

    def _show(self, found: HelpSettings) -> None:
        self._read = True
        self._note.setEnabled(True)
        self._note.setPlainText(found.note)
        self._note.moveCursor(QTextCursor.MoveOperation.End)
        self._send_note.setChecked(found.switches.note)
        self._send_examples.setChecked(found.switches.examples)
        self._on_note_edited()
        self._note.setFocus()

    def _on_note_edited(self) -> None:
        length = len(self._note.toPlainText().strip())
        self._count.setText(
            tr("{count} of {most} characters", count=f"{length:,}", most=f"{LONGEST_NOTE:,}")
        )
        fits = length <= LONGEST_NOTE
        self._count.setProperty("kind", "small" if fits else "danger")
        self._count.style().polish(self._count)
        self._save.setEnabled(self._read and fits)

    def _on_save_clicked(self) -> None:
        self._save.setEnabled(False)
        persona_id = self._persona.id
        chosen = HelpSettings(
            self._note.toPlainText(),
            HelpSwitches(
                examples=self._send_examples.isChecked(), note=self._send_note.isChecked()
            ),
        )
        self._session.ask(
            lambda store: helping.save_settings(store, persona_id, chosen),
            lambda _nothing: self.accept(),
            self._fail,
        )

    def _fail(self, error: Exception) -> None:
        """Nothing was read or kept: say why, and leave what was written where it stands."""
        self._trouble.show_trouble(explain(error))
        self._on_note_edited()

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("About me"), "title"))
        about = tr(
            "Facts that every persona reads with each message. Training teaches manner; facts"
            " are better told. The note is never learned from."
        )
        inside.addWidget(label(about, "soft", wrap=True))
        inside.addWidget(self._note)
        inside.addWidget(self._count)
        inside.addSpacing(space("small"))
        name = self._persona.name
        inside.addWidget(label(tr("What rides along with {name}", name=name), "section"))
        chips = row(gap=space("small"))
        chips.addWidget(self._send_note)
        chips.addWidget(self._send_examples)
        chips.addStretch()
        inside.addLayout(chips)
        riding = tr(
            "Two or three replies that you corrected or approved are shown to the model when you"
            " ask something similar, so that a correction helps at once."
        )
        inside.addWidget(label(riding, "small", wrap=True))
        inside.addWidget(self._trouble)
        inside.addSpacing(space("small"))
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(
            button("about_me_cancel", tr("Cancel"), "plain", self.reject, tip=tr(CANCELS))
        )
        buttons.addWidget(self._save)
        inside.addLayout(buttons)


def _switch(name: str, words: str, tip: str) -> QPushButton:
    made = button(name, words, "chip", icon="check-circle", tip=tip)
    made.setCheckable(True)
    made.setChecked(True)
    made.toggled.connect(lambda on: put_icon(made, "check-circle" if on else "circle"))
    return made
