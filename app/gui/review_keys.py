"""The keys of the review, on a Korean keyboard too, and menus that are chosen from by letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.gui.keys import JAMO, SHIFTED_JAMO, VERBS, keys, shown, verb_words
from app.gui.menus import Menu, menu_heading
from app.gui.review_words import TOPIC_NAMES, topic_name
from app.gui.translation import tr

_OTHER = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | (
    Qt.KeyboardModifier.MetaModifier
)  # fmt: skip
_LATIN = {jamo: letter for letter, jamo in (*JAMO.items(), *SHIFTED_JAMO.items())}
# Only moving goes on while a key is held down: everything else is said once for each press.
_MOVING = ("review.next", "review.before")
TOPIC_LETTERS = {
    "c": "coding", "g": "general", "k": "korean", "t": "translation", "p": "persona",
}  # fmt: skip
Entry = tuple[str, str, Callable[[], object]]  # letter, words, what it does


def letter_of(event: QKeyEvent) -> str:
    """The sign that was typed, in small letters; nothing with Ctrl, Alt or Meta."""
    if event.modifiers() & _OTHER:
        return ""
    text = event.text()
    return _LATIN.get(text, text.lower())


def verb_of(event: QKeyEvent) -> str:
    """What a key does in the review; empty for one that does nothing there."""
    verb_id = keys().heard("review", letter_of(event)) if letter_of(event) else ""
    return "" if event.isAutoRepeat() and verb_id not in _MOVING else verb_id


def shown_keys() -> list[tuple[str, str]]:
    """All keys of the page with what they do."""
    mine = [
        (", ".join(map(shown, keys().of(verb.id))), verb_words(verb))
        for verb in VERBS
        if verb.place == "review"
    ]
    return [*mine, (tr("PgUp, PgDn"), tr("Scroll the reply"))]


class LetterMenu(Menu):
    """Each entry has a letter that chooses it."""

    def __init__(self, name: str, title: str, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu_heading(self, title)
        self._by_letter = {letter: act for letter, _, act in entries}
        for letter, words, act in entries:
            action = self.addAction(f"{words}\t{letter.upper()}")
            action.setObjectName(f"{name}_{letter}")
            action.triggered.connect(lambda _on=False, each=act: each())

    def keyPressEvent(self, event: Any) -> None:
        # The key that opened it may still be held down.
        act = None if event.isAutoRepeat() else self._by_letter.get(letter_of(event))
        if act is None:
            super().keyPressEvent(event)
            return
        self.close()
        act()


def topic_menu(parent: QWidget, title: str, on_chosen: Callable[[str], object]) -> LetterMenu:
    """What a reply, or all of them, may be about."""
    assert set(TOPIC_LETTERS.values()) == set(TOPIC_NAMES)
    entries = [
        (letter, topic_name(topic), lambda each=topic: on_chosen(each))
        for letter, topic in TOPIC_LETTERS.items()
    ]
    return LetterMenu("review_topic_menu", title, entries, parent)
