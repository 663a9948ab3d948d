"""A persona as a card, and the grid that the cards stand in."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QToolButton, QWidget

from app.gui.avatar import Avatar
from app.gui.controls import Line, button, clear, column, icon_row, label, row, tool
from app.gui.menus import Menu
from app.gui.persona_look import PersonaCounts
from app.gui.persona_words import (
    adapter_words,
    counts_words,
    languages_words,
    ollama_words,
    short_name,
)
from app.gui.theme import fitted, space, theme
from app.gui.translation import tr
from app.operations.personas import PersonaCard

LEAST_PX, AVATAR_PX = 330, 40


class PersonaTile(QFrame):
    """Who it is, what it has, and what can be done; what it shows changes in place."""

    talk_asked = Signal(int)
    edit_asked = Signal(int)
    line_asked = Signal(int)
    export_asked = Signal(int)
    forget_asked = Signal(int)
    delete_asked = Signal(int)
    put_again_asked = Signal(int)

    def __init__(self, card: PersonaCard) -> None:
        super().__init__()
        self._id = card.persona.id
        self._shown: PersonaCard | None = None
        self.setObjectName(f"tile_{card.persona.slug}")
        self.setProperty("kind", "card")
        self._avatar = row()
        self._name = Line("", "tile_name", "strong")
        self._speaks = Line("", "tile_speaks", "small")
        self._current = label(tr("current"), "badge", name="tile_current")
        self._current.setToolTip(tr("The chat talks to this persona just now."))
        self._facts = {
            "stack": Line("", "tile_adapter", ""),
            "chat-circle": Line("", "tile_counts", ""),
            "terminal-window": Line("", "tile_ollama", ""),
        }
        self.talk = button("tile_talk", tr("Talk"), "plain", self._emit(self.talk_asked))
        self.edit = button("tile_edit", tr("Edit"), "plain", self._emit(self.edit_asked))
        self.line = button("tile_line", tr("Adapters"), "plain", self._emit(self.line_asked))
        self.more = self._menu()
        self.put_again = button(
            "tile_put_again", tr("Put it there again"), "fold", self._emit(self.put_again_asked),
            icon="arrows-clockwise",
            tip=tr("Makes the model in Ollama anew, under the same name, with the prompt of now"),
        )  # fmt: skip
        self._lay_out()
        self.show_card(card, current=False)
        self.show_counts(None)

    def show_card(self, card: PersonaCard, *, current: bool) -> None:
        if card != self._shown:
            self._shown = card
            self._show(card)
        self._current.setVisible(current)
        name = card.persona.name
        self.setAccessibleName(tr("{name}, current", name=name) if current else name)
        accent = theme().look["accent"]
        ring = f"QFrame#{self.objectName()} {{ border: 2px solid {accent}; }}" if current else ""
        if ring != self.styleSheet():
            self.setStyleSheet(ring)

    def show_counts(self, counts: PersonaCounts | None) -> None:
        line = self._facts["chat-circle"]
        line.say(counts_words(counts))
        line.setToolTip(
            f"{line.text()}\n"
            + tr("Thumbs are counted where a training can see them: not in what is never trained.")
        )

    def show_putting(self, putting: bool) -> None:
        """While it is put into Ollama again."""
        self.put_again.setEnabled(not putting)
        words = tr("Being put there…") if putting else tr("Put it there again")
        self.put_again.setText(f"  {words}")
        self.put_again.setAccessibleName(words)

    def _show(self, card: PersonaCard) -> None:
        persona = card.persona
        clear(self._avatar)
        self._avatar.addWidget(Avatar(persona.name, persona.colour, AVATAR_PX))
        self._name.say(persona.name)
        base = card.base.name if card.base else tr("no base model")
        self._speaks.say(f"{languages_words(persona.languages)} · {base}")
        self._facts["stack"].say(adapter_words(card))
        self._facts["terminal-window"].say(ollama_words(card))
        self.put_again.setVisible(card.former_prompt)
        name = short_name(persona.name)
        for control, tip in (
            (self.talk, tr("Talk to {name}: the next message goes there", name=name)),
            (self.edit, tr("Change the name, the prompt and the traits of {name}", name=name)),
            (self.line, tr("Every adapter of {name}, and the way back to one", name=name)),
            (self.more, tr("More for {name}", name=name)),
        ):
            control.setToolTip(tip)
            control.setAccessibleName(tip)

    def _lay_out(self) -> None:
        inside = column(self, margins=space("medium"), gap=space("small"))
        head = row(gap=12)
        head.addLayout(self._avatar)
        words = column(gap=2)
        words.addWidget(self._name)
        words.addWidget(self._speaks)
        head.addLayout(words, 1)
        head.addWidget(self._current, alignment=Qt.AlignmentFlag.AlignTop)
        inside.addLayout(head)
        facts = column(gap=2)
        for icon, line in self._facts.items():
            fact = row(gap=space("small"))
            fact.addWidget(icon_row(icon, "text_soft"))
            fact.addWidget(line, 1)
            facts.addLayout(fact)
        facts.addWidget(self.put_again, alignment=Qt.AlignmentFlag.AlignLeft)
        inside.addLayout(facts)
        inside.addStretch()
        buttons = row(margins=(0, space("hair"), 0, 0), gap=space("small"))
        for control in (self.talk, self.edit, self.line):
            buttons.addWidget(control)
        buttons.addStretch()
        buttons.addWidget(self.more)
        inside.addLayout(buttons)

    def _menu(self) -> QToolButton:
        made = tool("tile_more", "dots-three", "")
        menu = Menu(made)
        for name, words, signal in (
            ("tile_export", tr("Export…"), self.export_asked),
            ("tile_forget", tr("Forget everything said…"), self.forget_asked),
            ("tile_delete", tr("Delete…"), self.delete_asked),
        ):
            menu.addAction(words, self._emit(signal)).setObjectName(name)
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return made

    def _emit(self, signal: Any) -> Any:
        return lambda: signal.emit(self._id)


class TileGrid(QWidget):
    """As many columns as there is room for; all cards are as wide and as high as one another."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "clear")
        self._tiles: list[PersonaTile] = []

    def add(self, tile: PersonaTile) -> None:
        tile.setParent(self)
        tile.show()
        self._tiles.append(tile)
        self._place()

    def fit(self) -> None:
        """A card may have become higher."""
        self._place()

    def empty(self) -> None:
        for tile in self._tiles:
            tile.hide()
            tile.deleteLater()
        self._tiles = []

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        if not self._tiles:
            return
        gap = space("medium")
        columns = max(1, (self.width() + gap) // (fitted(LEAST_PX) + gap))
        width = (self.width() - gap * (columns - 1)) // columns
        height = max(tile.sizeHint().height() for tile in self._tiles)
        for number, tile in enumerate(self._tiles):
            x, y = number % columns * (width + gap), number // columns * (height + gap)
            tile.setGeometry(x, y, width, height)
        lines = -(-len(self._tiles) // columns)
        self.setFixedHeight(lines * (height + gap) - gap)
