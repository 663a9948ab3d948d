"""The personas page: a card for each, the editor of one, and the line of its adapters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.gui.controls import button, column, label, row, scrolled
from app.gui.flow import Scrolling
from app.gui.forget_dialog import ForgetDialog, Target
from app.gui.persona_editor import PersonaEditor, Unsaved
from app.gui.persona_line import PersonaLine
from app.gui.persona_look import PersonaCounts, count_for
from app.gui.persona_states import (
    IMPORT_TIP,
    NEW_TIP,
    DoneNote,
    EmptyCard,
    ask_to_delete,
    saved_words,
)
from app.gui.persona_tile import PersonaTile, TileGrid
from app.gui.persona_words import short_name
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.editing_personas import Saved
from app.operations.personas import PersonaCard
from app.operations.recently_deleted import (
    KEPT_DAYS,
    bring_back,
    delete_persona,
    recently_deleted,
)
from app.store.store import Store
from app.store.values import Persona

# Cards are made a few at a time, so that many of them hold nothing up.
TILES_AT_ONCE = 6


class PersonasPage(QWidget):
    """Everyone to talk to."""

    chat_asked = Signal()
    import_wanted = Signal()
    export_wanted = Signal(int)
    persona_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("personas_page")
        self.setProperty("kind", "page")
        self._session = session
        self._tiles: dict[int, PersonaTile] = {}
        self._counts: dict[int, PersonaCounts] = {}
        self._to_make: list[PersonaCard] = []
        self._to_count: list[int] = []
        self._deleted_id = 0
        self._grid = TileGrid()
        self._note = DoneNote()
        self._note.undo_asked.connect(self._on_undo_asked)
        self._about = label(tr("Reading…"), "soft", name="personas_about", wrap=True)
        self._new = button(
            "personas_new", tr("New persona"), "primary", self.persona_wanted.emit, icon="plus"
        )
        self._new.setToolTip(tr(NEW_TIP))
        self._bring = button(
            "personas_import", tr("Import…"), "plain", self.import_wanted.emit,
            icon="download-simple",
        )  # fmt: skip
        self._bring.setToolTip(tr(IMPORT_TIP))
        self._empty = EmptyCard()
        self._empty.hide()
        self._empty.new_asked.connect(self.persona_wanted.emit)
        self._empty.import_asked.connect(self.import_wanted.emit)
        self._editor: PersonaEditor | None = None
        self._line: PersonaLine | None = None
        self._faces = QStackedWidget()
        self._lay_out()
        self._making = QTimer(self)
        self._making.setInterval(0)
        self._making.timeout.connect(self._make_some)
        session.household_changed.connect(self.refresh)
        session.ollama.changed.connect(self._show_putting)
        self.refresh()

    @property
    def draft(self) -> Unsaved | None:
        """What is being edited and not saved yet; a page that is built anew takes it up again."""
        return self._editor.unsaved if self._editor is not None else None

    def set_draft(self, draft: Unsaved | None) -> None:
        """Take up what was being edited."""
        found = self._card_of(draft.persona_id) if draft is not None else None
        if found is not None and draft is not None:
            self._show_editor(PersonaEditor(self._session, found, draft.draft))

    def take_focus(self) -> None:
        face = self._editor or self._line
        if face is not None:
            face.take_focus()
            return
        tile = self._tiles.get(self._session.household.current_id or 0)
        (tile.talk if tile is not None else self._empty.new).setFocus()

    def edit(self, persona_id: int) -> None:
        """Open the editor of a persona."""
        found = self._card_of(persona_id)
        if found is not None:
            self._show_editor(PersonaEditor(self._session, found))

    def show_line(self, persona_id: int) -> None:
        """Open the line of a persona's adapters."""
        found = self._card_of(persona_id)
        if found is None:
            return
        self._put_away()
        self._line = PersonaLine(self._session, found)
        self._line.left.connect(self.show_cards)
        self._line.talk_asked.connect(self._talk)
        self._show_face(self._line)

    def show_cards(self) -> None:
        """Go back to all personas."""
        self._put_away()
        self._faces.setCurrentIndex(0)
        self._count_again()
        self.take_focus()

    def refresh(self) -> None:
        """Show the personas as they are now; cards of those that stayed stay where they are."""
        if not self._session.loaded:
            return
        household = self._session.household
        ids = [card.persona.id for card in household.cards]
        self._about.setText(tr("Whom you can talk to. Each has a prompt and adapters of its own."))
        for part in (self._about, self._grid, self._new, self._bring):
            part.setVisible(bool(ids))
        self._empty.setVisible(not ids)
        made = [*self._tiles, *(each.persona.id for each in self._to_make)]
        if made != ids[: len(made)]:  # somebody is gone
            self._grid.empty()
            self._tiles, self._to_make, made = {}, [], []
        self._to_make += household.cards[len(made) :]
        for each in household.cards:
            if (tile := self._tiles.get(each.persona.id)) is not None:
                tile.show_card(each, current=each.persona.id == household.current_id)
        self._grid.fit()
        if self._to_make:
            self._make_some()
            self._making.start()
        self._count_again()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._count_again()

    def _lay_out(self) -> None:
        gap = space("large")
        cards = QWidget()
        inside = column(cards, margins=(gap, space("medium"), space("medium"), gap), gap=12)
        head = row(margins=(0, 0, space("small"), 0), gap=space("small"))
        head.addWidget(label(tr("Personas"), "title"))
        head.addStretch()
        head.addWidget(self._bring)
        head.addWidget(self._new)
        inside.addLayout(head)
        told = column(margins=(0, 0, space("small"), 0))
        told.addWidget(self._note)
        inside.addLayout(told)
        inside.addWidget(self._about)
        holder = Scrolling()
        holder.setProperty("kind", "clear")
        below = column(holder, margins=(0, 0, space("small"), 0))
        below.addWidget(self._empty)
        below.addWidget(self._grid)
        below.addStretch()
        inside.addWidget(scrolled(holder), 1)
        self._faces.addWidget(cards)
        column(self).addWidget(self._faces)

    def _make_some(self) -> None:
        some, self._to_make = self._to_make[:TILES_AT_ONCE], self._to_make[TILES_AT_ONCE:]
        for each in some:
            self._add_tile(each)
        if not self._to_make:
            self._making.stop()

    def _add_tile(self, found: PersonaCard) -> None:
        tile = PersonaTile(found)
        persona_id = found.persona.id
        tile.show_card(found, current=persona_id == self._session.household.current_id)
        tile.show_counts(self._counts.get(persona_id))
        tile.talk_asked.connect(self._talk)
        tile.edit_asked.connect(self.edit)
        tile.line_asked.connect(self.show_line)
        tile.export_asked.connect(self.export_wanted.emit)
        tile.forget_asked.connect(self._on_forget_asked)
        tile.delete_asked.connect(self._on_delete_asked)
        tile.put_again_asked.connect(self._on_put_again_asked)
        self._tiles[persona_id] = tile
        self._grid.add(tile)

    def _count_again(self) -> None:
        """One persona after the other, so that nothing else waits for all of them."""
        if not self.isVisible() or self._faces.currentIndex():
            return
        waiting = bool(self._to_count)
        self._to_count = [card.persona.id for card in self._session.household.cards]
        if not waiting:
            self._count_next()

    def _count_next(self) -> None:
        if not self._to_count:
            return
        persona_id = self._to_count[0]

        def done(counts: PersonaCounts) -> None:
            self._counts[persona_id] = counts
            if persona_id in self._tiles:
                self._tiles[persona_id].show_counts(counts)
            self._to_count = [each for each in self._to_count if each != persona_id]
            self._count_next()

        def failed(error: Exception) -> None:
            self._to_count = []
            self._session.report(error, self._count_again)

        self._session.ask(lambda store: count_for(store, persona_id), done, failed)

    def _talk(self, persona_id: int) -> None:
        if persona_id == self._session.household.current_id:
            self.chat_asked.emit()
        else:
            self._session.switch(persona_id, self.chat_asked.emit)

    def _on_forget_asked(self, persona_id: int) -> None:
        dialog = ForgetDialog(self._session, Target("persona", persona_id), self.window())
        dialog.forgotten.connect(self._count_again)
        dialog.open()

    def _on_delete_asked(self, persona_id: int) -> None:
        found = self._card_of(persona_id)
        if found is not None:
            ask_to_delete(self.window(), found, KEPT_DAYS, lambda: self._delete(persona_id))

    def _delete(self, persona_id: int) -> None:
        session, home = self._session, self._session.home
        session.ask(
            lambda store: delete_persona(home, store, persona_id),
            self._on_deleted,
            lambda error: session.report(error, lambda: self._delete(persona_id)),
            after=session.refresh,
        )

    def _on_put_again_asked(self, persona_id: int) -> None:
        self._session.ollama.put_again(persona_id)

    def _show_putting(self) -> None:
        step = self._session.ollama.step
        for persona_id, tile in self._tiles.items():
            tile.show_putting(step is not None and step.persona_id == persona_id)

    def _on_deleted(self, persona: Persona) -> None:
        self._deleted_id = persona.id
        self._note.tell(tr("{name} is deleted.", name=short_name(persona.name)), undoable=True)

    def _on_undo_asked(self) -> None:
        persona_id = self._deleted_id
        self._note.hide()

        def undo(store: Store) -> None:
            for each in recently_deleted(store):
                if (each.deletion.kind, each.deletion.id) == ("persona", persona_id):
                    bring_back(store, each.deletion)

        self._session.ask(undo, lambda _none: self._session.refresh())

    def _show_editor(self, editor: PersonaEditor) -> None:
        self._put_away()
        self._note.hide()
        self._editor = editor
        editor.left.connect(self.show_cards)
        editor.saved.connect(self._on_saved)
        self._show_face(editor)

    def _on_saved(self, saved: Saved) -> None:
        self.show_cards()
        self._note.tell(saved_words(saved))

    def _show_face(self, face: QWidget) -> None:
        self._faces.addWidget(face)
        self._faces.setCurrentWidget(face)
        self.take_focus()

    def _put_away(self) -> None:
        for face in (self._editor, self._line):
            if face is not None:
                self._faces.removeWidget(face)
                face.hide()
                face.deleteLater()
        self._editor = self._line = None

    def _card_of(self, persona_id: int) -> PersonaCard | None:
        cards = self._session.household.cards
        return next((each for each in cards if each.persona.id == persona_id), None)
