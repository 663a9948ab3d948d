"""The keys of the review, on a Korean keyboard too, and menus that are chosen from by letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.controls import menu_heading
from app.gui.review_words import TOPIC_NAMES, topic_name
from app.gui.translation import tr

# The letter that stands on the same key of a Korean keyboard.
_LATIN = {
    "ㅓ": "j", "ㅏ": "k", "ㅅ": "t", "ㅡ": "m", "ㅕ": "u", "ㅁ": "a", "ㅊ": "c", "ㅎ": "g",
    "ㅔ": "p", "ㅖ": "p", "ㅆ": "t",
}  # fmt: skip
_OTHER = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | (
    Qt.KeyboardModifier.MetaModifier
)  # fmt: skip
# Only moving goes on while a key is held down: everything else is said once for each press.
_MOVING = "jk"
TOPIC_LETTERS = {
    "c": "coding", "g": "general", "k": "korean", "t": "translation", "p": "persona",
}  # fmt: skip
Entry = tuple[str, str, Callable[[], object]]  # letter, words, what it does


def letter_of(event: QKeyEvent) -> str:
    """The sign that was typed, in small letters; nothing with Ctrl, Alt or Meta."""
    if event.modifiers() & _OTHER:
        return ""
    text = event.text()
    letter = _LATIN.get(text, text.lower())
    return "" if event.isAutoRepeat() and letter not in _MOVING else letter


def keys() -> tuple[tuple[str, str], ...]:
    """All keys of the page with what they do."""
    return (
        ("J, K", tr("The next reply, the one before")),
        ("1", tr("Keep: it may be learned")),
        ("2", tr("Correct it in place; Ctrl+Enter keeps, Esc leaves")),
        ("3", tr("Drop: it is never learned")),
        ("T", tr("Say what it is about")),
        ("M", tr("Mask personal data in the reply and its question")),
        ("U", tr("Take the last action back")),
        (tr("Space"), tr("The whole conversation around it")),
        ("A", tr("All of the filter: keep, drop, topic, mask")),
        ("/", tr("Choose another filter")),
        ("PgUp, PgDn", tr("Scroll the reply")),
        ("?", tr("These keys")),
    )


class LetterMenu(QMenu):
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
        act = self._by_letter.get(letter_of(event))
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
