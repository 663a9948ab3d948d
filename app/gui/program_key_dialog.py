"""Letting another program in: what it is called, whom it may talk to, and its key, shown once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QWidget
from shiboken6 import isValid

from app.gui.controls import CANCELS, button, column, icon_row, label, row
from app.gui.copied_line import copied_line
from app.gui.fitted_dialog import FittedDialog
from app.gui.session import Session
from app.gui.theme import space
from app.gui.tick import Tick
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.operations.programs import LONGEST_NAME, NewProgram

WIDTH_PX = 600  # a key is long


class ProgramKeyDialog(FittedDialog):
    """First the form, then the key in its place."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("program_key_dialog")
        self.setWindowTitle(tr("Add a program"))
        self._session = session
        self._title = label(tr("Add a program"), "title", name="program_key_title", wrap=True)
        self._name = QLineEdit()
        self._name.setObjectName("program_key_name")
        self._name.setAccessibleName(tr("Name of the program"))
        self._name.setToolTip(tr("How you know the program again in the list"))
        self._name.setPlaceholderText(tr("What you call it, as Open WebUI"))
        self._name.setMaxLength(LONGEST_NAME)
        self._persona = QComboBox()
        self._persona.setObjectName("program_key_persona")
        self._persona.setAccessibleName(tr("Whom it may talk to"))
        self._persona.setToolTip(tr("Choose one to keep the program away from all others"))
        self._persona.addItem(tr("Every persona"), None)
        for each in session.household.cards:
            self._persona.addItem(each.persona.name, each.persona.id)
        self._collect = Tick(
            "program_key_collect", tr("Collect what is said"),
            tr("Keeps it for the review; off where others write in that program, too"),
        )  # fmt: skip
        self._form, self._key = QWidget(), QWidget()
        self._key_inside = column(self._key, gap=space("small"))
        self._trouble = TroubleBar("program_key_trouble")
        self._cancel = button(
            "program_key_cancel", tr("Cancel"), "plain", self.reject, tip=tr(CANCELS)
        )
        self._add = button(
            "program_key_add", tr("Add it"), "primary", self._on_add_clicked,
            tip=tr("Makes a key for this program, and shows it once"),
        )  # fmt: skip
        self._add.setDefault(True)
        self._name.textChanged.connect(lambda _text: self._show_add())
        self._lay_out()
        self._show_add()

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(self._title)
        form = column(self._form, gap=space("small"))
        form.addWidget(label(self._name.accessibleName(), "section"))
        form.addWidget(self._name)
        form.addSpacing(space("hair"))
        form.addWidget(label(self._persona.accessibleName(), "section"))
        form.addWidget(self._persona)
        form.addSpacing(space("hair"))
        form.addWidget(self._collect, alignment=Qt.AlignmentFlag.AlignLeft)
        form.addWidget(label(consent_words(), "small", wrap=True))
        inside.addWidget(self._form)
        inside.addWidget(self._key)
        self._key.hide()
        inside.addWidget(self._trouble)
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._add)
        inside.addLayout(buttons)

    def _show_add(self) -> None:
        self._add.setEnabled(bool(self._name.text().strip()) and self._form.isEnabled())

    def _on_add_clicked(self) -> None:
        self._trouble.hide()
        self._form.setEnabled(False)
        self._show_add()
        self._session.programs.add(
            self._name.text(),
            self._collect.isChecked(),
            self._persona.currentData(),
            self._show_key,
            self._on_refused,
        )

    def _on_refused(self, error: Exception) -> None:
        if not isValid(self):
            return
        self._form.setEnabled(True)
        self._show_add()
        self._trouble.show_trouble(explain(error))
        self._name.setFocus()

    def _show_key(self, made: NewProgram) -> None:
        """In place of the form; nothing here keeps it once the dialog is closed."""
        if not isValid(self):
            return
        name = made.program.name
        self._title.setText(tr("The key of {name}", name=name))
        inside = self._key_inside
        inside.addWidget(copied_line("program_key", made.key, tr("Copy the key")))
        inside.addWidget(_shown_once())
        inside.addSpacing(space("hair"))
        inside.addWidget(label(tr("What else the program asks for"), "section"))
        address = self._session.programs.address
        inside.addWidget(label(tr("Address, where it speaks OpenAI's language"), "small"))
        inside.addWidget(copied_line("program_key_openai", f"{address}/v1", tr("Copy the address")))
        inside.addWidget(label(tr("Address, where it speaks Ollama's language"), "small"))
        inside.addWidget(copied_line("program_key_ollama", address, tr("Copy the address")))
        slugs = ", ".join(
            each.persona.slug
            for each in self._session.household.cards
            if made.program.persona_id in (None, each.persona.id)
        )
        model = tr("As the model, choose a persona: {names}", names=slugs)
        inside.addWidget(label(model, "small", name="program_key_models", wrap=True))
        self._form.hide()
        self._cancel.hide()
        self._key.show()
        self._add.setText(tr("Done"))
        self._add.setAccessibleName(tr("Done"))
        self._add.setToolTip(tr("Closes this; the key is not shown again"))
        self._add.clicked.disconnect()
        self._add.clicked.connect(self.accept)
        self._add.setEnabled(True)
        self._add.setFocus()


def consent_words() -> str:
    """What it means that something is collected."""
    return tr(
        "Collecting keeps what you write in that program and what the persona answers. It waits in"
        " the review, in the archive, and teaches nothing until you approve it. A conversation that"
        " began before comes in whole with its next message. Where it is off, nothing is kept."
    )


def _shown_once() -> QFrame:
    frame = QFrame()
    frame.setProperty("kind", "warning")
    inside = row(frame, margins=12, gap=space("small"))
    inside.addWidget(icon_row("warning", "warning"))
    words = tr(
        "It is not shown again: Perennial keeps only a fingerprint of it. If it is lost, take the"
        " program out of the list and add it anew."
    )
    inside.addWidget(label(words, name="program_key_once", wrap=True), 1)
    return frame
