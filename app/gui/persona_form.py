"""The fields of the editor."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from app.gui.base_choice import BaseChoice
from app.gui.controls import column, label
from app.gui.persona_colours import ColourChoice
from app.gui.persona_fields import LanguageChips, PromptBox, name_line
from app.gui.persona_traits import TraitSet
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.editing_personas import PersonaDraft, clean_name
from app.operations.personas import PersonaCard

PROMPT_PX = 120


class _Unwheeled(QObject):
    """The wheel over a list of choices scrolls the form and chooses nothing."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class EditorForm(QWidget):
    """The fields; what nobody touched is given back exactly as it was, also what no field shows."""

    changed = Signal()

    def __init__(self, session: Session, card: PersonaCard, start: PersonaDraft) -> None:
        super().__init__()
        self.setProperty("kind", "clear")
        self._card = card
        self._name = name_line("edit_name")
        self._name.setText(start.name)
        self._colour = ColourChoice(start.colour)
        self._languages = LanguageChips("edit_language", start.languages)
        self._base = BaseChoice(session)
        self._base_moved = label("", "small", name="edit_base_note", wrap=True)
        self._prompt = PromptBox("edit_prompt")
        self._prompt.field.setPlainText(start.own_words)
        self._prompt.field.setFixedHeight(PROMPT_PX)
        self._prompt.field.setToolTip(
            tr("Who it is and how it speaks. The model reads it before every conversation.")
        )
        self._traits = TraitSet(start.traits)
        self._start = start
        self._shown = (self._name.text(), self._prompt.text)
        self._base_chosen = start.base_id is not None
        self._lay_out()
        self._connect(start)

    @property
    def draft(self) -> PersonaDraft:
        name, own = self._name.text(), self._prompt.text
        return replace(
            self._start,
            name=self._start.name if name == self._shown[0] else name,
            colour=self._colour.colour,
            languages=self._languages.chosen,
            own_words=self._start.own_words if own == self._shown[1] else own,
            traits=self._traits.traits,
            base_id=self._base_id,
        )

    @property
    def lacks(self) -> str:
        """What keeps it from being saved; nothing when it is complete."""
        if not clean_name(self._name.text()):
            return tr("Write a name that can be seen.")
        if not self._languages.chosen:
            return tr("Choose at least one language.")
        if not self._colour.valid:
            return tr("Write the colour like #2F6FDE, or choose one.")
        return tr("The prompt is too long.") if self._prompt.too_long else ""

    def take_focus(self) -> None:
        self._name.setFocus()

    @property
    def _base_id(self) -> int | None:
        chosen = self._base.chosen_id
        known = chosen is not None and self._base_chosen
        return chosen if known else self._card.persona.base_id

    def _lay_out(self) -> None:
        gap = space("small")
        inside = column(self, margins=(0, 0, space("medium"), 0), gap=gap)
        for heading, field in (
            (tr("Name"), self._name),
            (tr("Colour"), self._colour),
            (tr("Languages"), self._languages),
            (tr("Own words"), self._prompt),
            (tr("Traits"), self._traits),
            (tr("Base model"), self._base),
        ):
            part = column(gap=space("hair"))
            part.addWidget(label(heading, "section"))
            part.addWidget(field)
            inside.addLayout(part)
            inside.addSpacing(space("hair"))
        inside.addWidget(self._base_moved)
        inside.addStretch()

    def _connect(self, start: PersonaDraft) -> None:
        self._base.refresh(start.base_id)
        box: QComboBox = self._base.findChild(QComboBox, "persona_base")  # type: ignore[assignment]
        box.installEventFilter(_Unwheeled(self))
        box.activated.connect(lambda _at: self._on_base_activated())
        for changed in (
            self._name.textChanged, self._colour.changed, self._languages.changed,
            self._prompt.field.textChanged, self._traits.changed, box.currentIndexChanged,
        ):  # fmt: skip
            changed.connect(lambda *_: self._on_changed())
        self._on_changed()

    def _on_base_activated(self) -> None:
        self._base_chosen = True
        self._on_changed()

    def _on_changed(self) -> None:
        moved = self._base_id not in (None, self._card.persona.base_id)
        adapter = self._card.adapter
        words = ""
        if moved and adapter is not None:
            words = tr(
                "Adapter v{version} belongs to the former base and stays behind: the line of"
                " adapters brings it back. The next training builds one anew.",
                version=adapter.version,
            )
        self._base_moved.setText(words)
        self._base_moved.setVisible(bool(words))
        self.changed.emit()
