"""A new persona: from a template or from nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from app.gui.base_choice import base_line
from app.gui.controls import CANCELS, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.models_dialog import models_button
from app.gui.persona_fields import LanguageChips, PromptBox, name_line
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.operations import personas
from app.operations.editing_personas import clean_name
from app.operations.personas import PersonaTemplate
from app.store.store import Store
from app.store.values import Persona

WIDTH_PX = 520
PROMPT_PX = 104


class PersonaForm(QWidget):
    """Name, languages, system prompt, and the templates that fill them in."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._base_heading, self._base = base_line(session)
        self._name = name_line("persona_name")
        self._prompt = PromptBox("persona_prompt")
        self._prompt.field.setFixedHeight(PROMPT_PX)
        self._languages = LanguageChips("persona_language")
        self._trouble = TroubleBar("persona_trouble")
        self._lay_out()
        self._name.textChanged.connect(lambda _text: self.changed.emit())
        self._languages.changed.connect(self.changed.emit)
        self._prompt.field.textChanged.connect(self.changed.emit)

    @property
    def lacks(self) -> str:
        """What keeps the persona from being made; nothing when the form is complete."""
        if not clean_name(self._name.text()):
            return tr("Write a name that can be seen.")
        if not self.languages:
            return tr("Choose at least one language.")
        return tr("The prompt is too long.") if self._prompt.too_long else ""

    @property
    def complete(self) -> bool:
        return not self.lacks

    @property
    def languages(self) -> tuple[str, ...]:
        return self._languages.chosen

    def creation(self) -> Callable[[Store], Persona]:
        """The verb that makes the persona as the form says, on the base that there is."""
        name, prompt = clean_name(self._name.text()), self._prompt.text
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
        inside.addWidget(self._languages)
        inside.addWidget(label(tr("System prompt"), "section"))
        inside.addWidget(self._prompt)
        inside.addWidget(self._base_heading)
        inside.addWidget(self._base)
        inside.addWidget(self._trouble)

    def _fill(self, template: PersonaTemplate) -> None:
        self._name.setText(template.name)
        self._prompt.field.setPlainText(template.system_prompt)
        self._languages.choose(template.languages)

    def take_focus(self) -> None:
        self._name.setFocus()


def _about(template: PersonaTemplate) -> str:
    return tr(template.about)


class PersonaDialog(FittedDialog):
    """The form with its two buttons."""

    created = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("persona_dialog")
        self.setWindowTitle(tr("New persona"))
        self._session = session
        self._form = PersonaForm(session)
        self._create = create_button(self._form, self._on_create_clicked)
        cancel = button("persona_cancel", tr("Cancel"), "plain", self.reject, tip=tr(CANCELS))
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("New persona"), "title"))
        inside.addWidget(self._form)
        inside.addWidget(models_button(session, self), alignment=Qt.AlignmentFlag.AlignLeft)
        buttons = row(gap=space("small"))
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

    def show_state() -> None:
        ready = tr("It can be talked to at once; name, prompt and traits can be changed later")
        made.setEnabled(form.complete)
        made.setToolTip(form.lacks or ready)

    form.changed.connect(show_state)
    show_state()
    return made
