"""A new persona: from a template or from nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from app.gui.base_choice import base_line
from app.gui.controls import button, column, label, row
from app.gui.models_dialog import models_button
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.operations import personas
from app.operations.personas import PersonaTemplate
from app.store.store import Store
from app.store.values import Persona

WIDTH_PX = 520
_LANGUAGE_WORDS = {"en": "English", "ko": "한국어"}


class PersonaForm(QWidget):
    """Name, languages, system prompt, and the templates that fill them in."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._base_heading, self._base = base_line(session)
        self._name = QLineEdit()
        self._name.setObjectName("persona_name")
        self._name.setAccessibleName(tr("Name"))
        self._name.setMaxLength(60)
        self._prompt = QPlainTextEdit()
        self._prompt.setObjectName("persona_prompt")
        self._prompt.setAccessibleName(tr("System prompt"))
        self._prompt.setPlaceholderText(tr("How this persona speaks, in a few sentences."))
        self._prompt.setTabChangesFocus(True)
        self._prompt.setFixedHeight(104)
        self._languages: dict[str, QPushButton] = {}
        self._trouble = TroubleBar("persona_trouble")
        self._lay_out()
        self._name.textChanged.connect(lambda _text: self.changed.emit())

    @property
    def complete(self) -> bool:
        return bool(self._name.text().strip()) and bool(self.languages)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(code for code, box in self._languages.items() if box.isChecked())

    def creation(self) -> Callable[[Store], Persona]:
        """The verb that makes the persona as the form says, on the base that there is."""
        name, prompt = self._name.text(), self._prompt.toPlainText()
        languages, chosen_id = self.languages, self._base.chosen_id

        def create(store: Store) -> Persona:
            bases = store.bases.all()
            base_id = chosen_id or (bases[0].id if bases else None)
            return personas.create(store, name, prompt, languages, base_id)

        return create

    def show_failure(self, error: Exception) -> None:
        """Nothing was made: say why, and let it be tried again."""
        self._trouble.show_trouble(explain(error))
        self.changed.emit()

    def _lay_out(self) -> None:
        inside = column(self, gap=space("small"))
        inside.addWidget(label(tr("Begin with"), "section"))
        group = QButtonGroup(self)
        templates = row(gap=space("small"))
        for number, template in enumerate(personas.templates()):
            choice = button(f"template_{number}", template.name, "template")
            choice.setCheckable(True)
            choice.setToolTip(_about(template))
            choice.clicked.connect(lambda _checked=False, each=template: self._fill(each))
            group.addButton(choice)
            templates.addWidget(choice, 1)
        inside.addLayout(templates)
        inside.addSpacing(space("small"))
        inside.addWidget(label(tr("Name"), "section"))
        inside.addWidget(self._name)
        inside.addSpacing(space("hair"))
        inside.addWidget(label(tr("Languages"), "section"))
        boxes = row(gap=space("small"))
        for code, words in _LANGUAGE_WORDS.items():
            box = button(f"persona_language_{code}", words, "chip")
            box.setCheckable(True)
            box.setChecked(code == "en")
            box.toggled.connect(lambda _on: self.changed.emit())
            self._languages[code] = box
            boxes.addWidget(box)
        boxes.addStretch()
        inside.addLayout(boxes)
        inside.addWidget(label(tr("System prompt"), "section"))
        inside.addWidget(self._prompt)
        inside.addWidget(self._base_heading)
        inside.addWidget(self._base)
        inside.addWidget(self._trouble)

    def _fill(self, template: PersonaTemplate) -> None:
        self._name.setText(template.name)
        self._prompt.setPlainText(template.system_prompt)
        for code, box in self._languages.items():
            box.setChecked(code in template.languages)

    def take_focus(self) -> None:
        self._name.setFocus()


def _about(template: PersonaTemplate) -> str:
    return tr(template.about)


class PersonaDialog(QDialog):
    """The form with its two buttons."""

    created = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("persona_dialog")
        self.setWindowTitle(tr("New persona"))
        self.setFixedWidth(WIDTH_PX)
        self._session = session
        self._form = PersonaForm(session)
        self._create = create_button(self._form, self._on_create_clicked)
        cancel = button("persona_cancel", tr("Cancel"), "plain", self.reject)
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("New persona"), "title"))
        inside.addWidget(self._form)
        buttons = row(gap=space("small"))
        buttons.addWidget(models_button(session, self))
        buttons.addStretch()
        buttons.addWidget(cancel)
        buttons.addWidget(self._create)
        inside.addLayout(buttons)
        self._form.take_focus()

    def _on_create_clicked(self) -> None:
        self._create.setEnabled(False)
        self._session.ask(
            self._form.creation(), lambda _persona: self._on_created(), self._form.show_failure
        )

    def _on_created(self) -> None:
        self._session.refresh()
        self.created.emit()
        self.accept()


def create_button(form: PersonaForm, on_click: Callable[[], object]) -> QPushButton:
    """The button that is enabled when the form is complete."""
    made = button("persona_create", tr("Create persona"), "primary", on_click)
    made.setDefault(True)
    made.setEnabled(form.complete)
    form.changed.connect(lambda: made.setEnabled(form.complete))
    return made
