"""A button that shows the keys of a verb, and takes the next key that is pressed on it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton

from app.gui.keys import JAMO, SHIFTED_JAMO, KeyVerb, keys, portable, shown, verb_words
from app.gui.translation import tr

_LATIN = {ord(jamo): letter.upper() for jamo, letter in (
    *((jamo, letter) for letter, jamo in JAMO.items()),
    *((jamo, letter) for letter, jamo in SHIFTED_JAMO.items()),
)}  # fmt: skip
_ALONE = (
    Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr,
    Qt.Key.Key_Hangul, Qt.Key.Key_Hangul_Hanja, Qt.Key.Key_unknown,
)  # fmt: skip
# They move in the form, or end it.
_OF_THE_FORM = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class KeyField(QPushButton):
    """Pressed, it waits for a key; Esc leaves it as it was, Backspace takes the keys away."""

    chosen = Signal(str, tuple)

    def __init__(self, verb: KeyVerb) -> None:
        super().__init__()
        self._verb = verb
        self._waits = False
        self.setObjectName(f"key_{verb.id}")
        self.setProperty("kind", "chip")
        self.setToolTip(
            tr("Click, then press another key. Esc leaves it, Backspace takes the key away.")
        )
        self.clicked.connect(lambda: self._wait(True))
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys as they are now."""
        mine = ", ".join(map(shown, keys().of(self._verb.id)))
        self.setText(tr("Press a key…") if self._waits else mine or tr("none"))
        self.setAccessibleName(f"{verb_words(self._verb)}: {self.text()}")

    def _wait(self, waits: bool) -> None:
        self._waits = waits
        self.setDown(waits)
        self.show_keys()

    def event(self, event: QEvent) -> bool:
        """While it waits, every key is its own, those of the window too."""
        if self._waits and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._waits:
            super().keyPressEvent(event)
            return
        if event.key() in _ALONE:
            return
        bare = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier,
        )  # fmt: skip
        self._wait(False)
        if bare and event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.chosen.emit(self._verb.id, ())
        elif not (bare and event.key() in (Qt.Key.Key_Escape, *_OF_THE_FORM)):
            key = pressed_key(event)
            if key:
                self.chosen.emit(self._verb.id, (key,))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._wait(False)
        super().focusOutEvent(event)


def pressed_key(event: Any) -> str:
    """The key that was pressed; of a keyboard that writes Hangul, the Latin one at that place."""
    letter = _LATIN.get(event.key())
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if letter is None:
        text = event.text()
        # Signs such as + and ? need Shift on one keyboard and not on another.
        if text and not text.isalnum() and text.isprintable() and text != " ":
            modifiers &= ~Qt.KeyboardModifier.ShiftModifier
        return portable(QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key()))).toString())
    before = QKeySequence(QKeyCombination(modifiers, Qt.Key.Key_A)).toString()[:-1]
    return portable(before + letter)
