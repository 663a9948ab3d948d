"""What the personas page says: nobody there yet, somebody saved, somebody about to be deleted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.gui.controls import button, column, icon_row, label, row, tool
from app.gui.persona_words import short_name
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import space
from app.gui.translation import later, tr
from app.operations.editing_personas import Saved
from app.operations.personas import PersonaCard

NEW_TIP = later("Make a persona from a template or from nothing")
IMPORT_TIP = later("Take in a persona from a character card (PNG or JSON) or from an archive")


class EmptyCard(QFrame):
    """Leads on: somebody has to be there before anything else can be done."""

    new_asked = Signal()
    import_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("personas_empty")
        self.setProperty("kind", "card")
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("Nobody to talk to yet"), "strong"))
        words = tr(
            "A persona is somebody to talk to: a name, a manner, and what it learns from you. Begin"
            " with a template, or bring a character card that you have."
        )
        inside.addWidget(label(words, "soft", wrap=True))
        inside.addSpacing(space("small"))
        self.new = button("empty_new", tr("New persona"), "primary", self.new_asked.emit)
        self.new.setToolTip(tr(NEW_TIP))
        bring = button("empty_import", tr("Import…"), "plain", self.import_asked.emit)
        bring.setToolTip(tr(IMPORT_TIP))
        buttons = row(gap=space("small"))
        buttons.addWidget(self.new)
        buttons.addWidget(bring)
        buttons.addStretch()
        inside.addLayout(buttons)


class DoneNote(QFrame):
    """What was just done, what it means, and the way back where there is one."""

    undo_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("personas_done")
        self.setProperty("kind", "good")
        self._text = label("", name="personas_done_text", wrap=True)
        self._undo = button("personas_undo", tr("Undo"), "plain", self.undo_asked.emit)
        self._undo.setToolTip(tr("Have the persona back as it was"))
        inside = row(self, margins=(12, 6, 6, 6), gap=space("small"))
        inside.addWidget(icon_row("check-circle", "good"))
        inside.addWidget(self._text, 1)
        inside.addWidget(self._undo)
        inside.addWidget(tool("personas_done_close", "x", tr("Close"), self.hide))
        self.hide()

    def tell(self, words: str, *, undoable: bool = False) -> None:
        """Say it, aloud too."""
        self._text.setText(words)
        self._undo.setVisible(undoable)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))


def saved_words(saved: Saved) -> str:
    """That somebody was saved, and what an adapter has to do with it."""
    words = [tr("{name} is saved.", name=short_name(saved.persona.name))]
    if saved.trained_before is not None:
        words.append(
            tr(
                "Adapter v{version} learned with the former prompt; the next training uses the"
                " new one.",
                version=saved.trained_before,
            )
        )
    if saved.left_adapter is not None:
        words.append(
            tr(
                "Adapter v{version} stays with the former base; the line of adapters brings it"
                " back.",
                version=saved.left_adapter,
            )
        )
    return " ".join(words)


def ask_to_delete(
    parent: QWidget, card: PersonaCard, kept_days: int, on_delete: Callable[[], object]
) -> ChoiceDialog:
    """Ask; Enter alone deletes nobody."""
    name = short_name(card.persona.name)
    told = tr(
        "{name} goes out of sight with all conversations and adapters. The settings can bring it"
        " back for {days} days; after that it is forgotten for good.",
        name=name,
        days=kept_days,
    )
    if card.source.model is not None:
        told += " " + tr("Its model in Ollama stays there until then.")
    dialog = ChoiceDialog("delete_persona_dialog", tr("Delete {name}?", name=name), told, parent)
    dialog.add_answer("delete_persona_not", tr("Keep it"), "plain")
    tip = tr("It can be brought back from the settings for a while")
    dialog.add_answer("delete_persona", tr("Delete"), "danger", on_delete, tip=tip)
    dialog.open()
    return dialog
