"""The editor of a persona: the form, the prompt that comes of it, and Save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QBoxLayout, QWidget

from app.gui.avatar import Avatar
from app.gui.controls import Line, button, clear, column, row, scrolled, tool
from app.gui.persona_form import EditorForm
from app.gui.persona_preview import PromptPreview
from app.gui.persona_words import short_name
from app.gui.session import Session
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import fitted, space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.operations.editing_personas import (
    PersonaDraft,
    PromptParts,
    Saved,
    clean_name,
    draft_of,
    edit,
    prompt_of,
)
from app.operations.personas import PersonaCard

# Narrower, the preview stands below the form.
WIDE_PX = 720
PREVIEW_PX, LEAST_PREVIEW_PX, AVATAR_PX = 172, 136, 32


@dataclass(frozen=True)
class Unsaved:
    """Changes that nobody saved yet, to be taken up again by a page that is built anew."""

    persona_id: int
    draft: PersonaDraft


class PersonaEditor(QWidget):
    """Nothing is changed before Save; nothing is lost without a question."""

    saved = Signal(object)
    left = Signal()

    def __init__(
        self, session: Session, card: PersonaCard, draft: PersonaDraft | None = None
    ) -> None:
        super().__init__()
        self.setObjectName("persona_editor")
        self._session = session
        self._card = card
        self._saving = False
        self._form = EditorForm(session, card, draft or draft_of(card.persona))
        self._before = draft_of(card.persona)
        self._preview = PromptPreview()
        self._trouble = TroubleBar("editor_trouble")
        self._avatar = row()
        self._avatar_of = ("", "")
        self._title = Line("", "editor_title", "title")
        self._cancel = button("editor_cancel", tr("Cancel"), "plain", self.ask_to_leave)
        self._cancel.setToolTip(tr("Go back to the personas without saving"))
        self._save = button("editor_save", tr("Save"), "primary", self.save)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lay_out()
        self._form.changed.connect(self._refresh)
        for keys, verb in (("Ctrl+S", self.save), ("Escape", self.ask_to_leave)):
            QShortcut(
                QKeySequence(keys),
                self,
                verb,
                context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
            )
        self._refresh()

    @property
    def unsaved(self) -> Unsaved | None:
        """What was changed and not saved."""
        draft = self._form.draft
        return None if draft == self._before else Unsaved(self._card.persona.id, draft)

    @property
    def prompt(self) -> PromptParts:
        """What the model would read."""
        return prompt_of(self._card.persona, self._form.draft)

    def take_focus(self) -> None:
        self._form.take_focus()

    def save(self) -> None:
        """Change the persona to what the form says."""
        if self._saving or self._form.lacks:
            return
        unsaved = self.unsaved
        if unsaved is None:
            return
        self._saving = True
        self._refresh()
        session, home = self._session, self._session.home
        session.ask(
            lambda store: edit(home, store, unsaved.persona_id, unsaved.draft),
            self._on_saved,
            self._on_failed,
            after=session.refresh,
        )

    def ask_to_leave(self) -> None:
        """Go back; with changes only after a question."""
        if self._saving:
            return
        if self.unsaved is None:
            self.left.emit()
            return
        name = short_name(self._card.persona.name)
        dialog = ChoiceDialog(
            "unsaved_dialog",
            tr("Leave without saving?"),
            tr("What you changed about {name} is not saved yet.", name=name),
            self.window(),
        )
        if not self._form.lacks:
            tip = tr("Keeps what you changed, from the next message on")
            dialog.add_answer("unsaved_save", tr("Save"), "primary", self.save, tip=tip)
        dialog.add_answer(
            "unsaved_discard", tr("Discard the changes"), "danger", self.left.emit,
            tip=tr("The persona stays as it was before you opened it"),
        )  # fmt: skip
        dialog.add_answer("unsaved_stay", tr("Go on editing"), "plain")
        dialog.open()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        wide = self.width() >= fitted(WIDE_PX)
        self._body.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        low = min(fitted(PREVIEW_PX), max(fitted(LEAST_PREVIEW_PX), self.height() // 4))
        self._preview.setMaximumHeight(16_777_215 if wide else low)

    def _lay_out(self) -> None:
        gap = space("large")
        inside = column(self, margins=(gap, space("medium"), gap, gap), gap=12)
        head = row(gap=space("small"))
        head.addWidget(
            tool("editor_back", "arrow-left", tr("Back to the personas (Esc)"), self.ask_to_leave)
        )
        head.addLayout(self._avatar)
        head.addWidget(self._title, 1)
        head.addWidget(self._cancel)
        head.addWidget(self._save)
        inside.addLayout(head)
        inside.addWidget(self._trouble)
        self._body.setSpacing(space("medium"))
        self._body.addWidget(scrolled(self._form), 3)
        self._body.addWidget(self._preview, 2)
        inside.addLayout(self._body, 1)

    def _refresh(self) -> None:
        draft, lacks = self._form.draft, self._form.lacks
        name = clean_name(draft.name)
        self._title.say(tr("Edit {name}", name=name or "…"))
        if not lacks:
            self._show_avatar(name[:1], draft.colour)
        self._preview.show_parts(self.prompt)
        nothing = draft == self._before
        self._save.setEnabled(not (self._saving or lacks or nothing))
        self._save.setText(tr("Saving…") if self._saving else tr("Save"))
        self._save.setToolTip(
            lacks or (tr("Nothing is changed yet.") if nothing else tr("Save (Ctrl+S)"))
        )

    def _show_avatar(self, name: str, colour: str) -> None:
        if self._avatar_of != (name, colour):
            self._avatar_of = (name, colour)
            clear(self._avatar)
            self._avatar.addWidget(Avatar(name, colour, AVATAR_PX))

    def _on_saved(self, saved: Saved) -> None:
        self._saving = False
        self.saved.emit(saved)

    def _on_failed(self, error: Exception) -> None:
        self._saving = False
        self._refresh()
        self._trouble.show_trouble(explain(error, button=tr("Try again"), action=self.save))
