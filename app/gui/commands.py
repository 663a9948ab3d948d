"""What the window can do by name: by a key of its own, and from the palette."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from shiboken6 import isValid

from app.gui.keys import VERBS, BoundKey, keys, shown, verb_words
from app.gui.text_parts import shortened
from app.gui.theme import SCALES, USUAL_SCALE, theme
from app.gui.translation import tr

if TYPE_CHECKING:
    from app.gui.palette_dialog import Command, PaletteDialog
    from app.gui.window import MainWindow
    from app.store.values import Conversation

MOST_PERSONA_KEYS = 9
MOST_TALKS = 5
MOST_LETTERS = 60


class Commands:
    """The window's verbs."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def bind(self) -> None:
        """Have each of them done by its key."""
        for verb_id, slot in self._slots().items():
            BoundKey(self._window, verb_id, slot)

    def open_palette(self) -> None:
        """Find a command by typing."""
        from app.gui.palette_dialog import PaletteDialog

        palette = PaletteDialog(self._all(), self._window, self._search)
        palette.typed.connect(lambda typed: self._look_for_talks(palette, typed))
        palette.open()

    def _look_for_talks(self, palette: PaletteDialog, typed: str) -> None:
        """Conversations by their titles come when the store has them."""
        from app.gui.palette_dialog import Command

        window, words = self._window, " ".join(typed.split())
        names = {card.persona.id: card.persona.name for card in window.session.household.cards}

        def show(found: Sequence[Conversation]) -> None:
            more = [
                Command(
                    shortened(each.title, MOST_LETTERS),
                    shortened(names[each.persona_id]),
                    partial(window.open_talk, each.persona_id, each.id),
                )
                for each in found
                if each.persona_id in names
            ]
            if isValid(palette):
                palette.show_more(typed, more)

        window.session.ask(
            lambda store: store.conversations.titled(words, MOST_TALKS),
            show,
        )

    def _slots(self) -> Mapping[str, Callable[[], object]]:
        window = self._window
        pages = ("chat", "review", "replay", "train", "personas", "settings")
        return {
            "commands": self.open_palette,
            **{f"page.{page}": partial(window.show_page, page) for page in pages},
            "search": window.open_search,
            "import": window.open_import,
            "export": window.open_export,
            "larger": lambda: window.session.choose_scale(theme().scale + SCALES.step),
            "smaller": lambda: window.session.choose_scale(theme().scale - SCALES.step),
            "usual_size": lambda: window.session.choose_scale(USUAL_SCALE),
            "glossary": window.open_glossary,
            "quit": window.close,
            **{
                f"persona.{number}": partial(self._switch, number)
                for number in range(1, MOST_PERSONA_KEYS + 1)
            },
        }

    def _switch(self, number: int) -> None:
        cards = self._window.session.household.cards
        if number <= len(cards):
            self._window.session.switch(cards[number - 1].persona.id)

    def _all(self) -> list[Command]:
        from app.gui.palette_dialog import Command

        window, session, slots = self._window, self._window.session, self._slots()
        personas = [
            Command(
                tr("Switch to {name}", name=card.persona.name),
                tr("Persona"),
                partial(self._talk_to, card.persona.id),
                _keys(f"persona.{number}") if number <= MOST_PERSONA_KEYS else "",
            )
            for number, card in enumerate(session.household.cards, 1)
        ]
        verbs = [
            Command(verb_words(verb), tr("Window"), slots[verb.id], _keys(verb.id))
            for verb in VERBS
            if verb.id in slots and verb.id != "commands" and "persona." not in verb.id
        ]
        more = [
            Command(tr("Begin a new conversation"), tr("Chat"), self._new_talk, _keys("chat.new")),
            Command(tr("New persona"), tr("Persona"), window.open_new_persona),
            Command(tr("Other programs…"), tr("Window"), window.open_programs),
            Command(
                tr("Off the record: nothing said is stored"),
                tr("Chat"),
                self._turn_off_record,
            ),
            *(
                Command(tr(words), tr("Settings"), partial(window.show_settings, name))
                for name, words in settings_sections()
            ),
        ]
        return [*personas, *verbs, *more]

    def _talk_to(self, persona_id: int) -> None:
        self._window.session.switch(persona_id, lambda: self._window.show_page("chat"))

    def _turn_off_record(self) -> None:
        chat = self._window.chat
        chat.set_off_record(not chat.off_record)

    def _new_talk(self) -> None:
        self._window.show_page("chat")
        self._window.chat.begin_anew()

    def _search(self, typed: str) -> Command:
        from app.gui.palette_dialog import Command

        return Command(
            tr("Search everything for “{words}”", words=typed),
            tr("Search"),
            lambda: self._window.open_search(typed),
            _keys("search"),
        )


def settings_sections() -> list[tuple[str, str]]:
    """The name and the words of each section of the settings."""
    from app.gui.settings_page import SECTIONS

    return [(section.name, section.words) for section in SECTIONS]


def _keys(verb_id: str) -> str:
    mine = keys().of(verb_id)
    return shown(mine[0]) if mine else ""
