"""Words that an input method is still putting together, as every Hangul syllable is for a moment.

Whatever has the keyboard is followed, so that no field has to know of it: Enter, Escape and keys
with Ctrl end the composition and do nothing else, and what is clicked meanwhile finds it written.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_ENDING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
_MODIFYING = (Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)
_WITH = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | (
    Qt.KeyboardModifier.MetaModifier
)  # fmt: skip


class Composing(QObject):
    """The field with the keyboard, and what is being composed in it."""

    changed = Signal()  # something is being composed, or nothing any more

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._field: QWidget | None = None
        self._held = ""
        self._commits = 0
        application.focusChanged.connect(self._on_focus_changed)

    def under_way(self, field: QWidget) -> bool:
        """Whether a word is being composed there."""
        return bool(self._held) and self._field is field

    def finish(self) -> None:
        """Have it stand as written, exactly once, whatever the input method makes of it."""
        field, held, commits = self._field, self._held, self._commits
        if not held or field is None or not isValid(field):
            return
        method = QGuiApplication.inputMethod()
        if QApplication.focusWidget() is field:
            method.commit()
        if self._held:
            method.reset()  # some commit with this, the others throw it away
        if self._commits == commits:
            taken = QInputMethodEvent()
            taken.setCommitString(held)
            QApplication.sendEvent(field, taken)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and self._held:
            self._on_pressed(watched)
        elif watched is not self._field:
            return False
        elif kind == QEvent.Type.InputMethod and isinstance(event, QInputMethodEvent):
            self._on_composed(event)
        elif kind == QEvent.Type.FocusOut:
            self.finish()
        elif self._held and isinstance(event, QKeyEvent):
            return self._takes(event)
        return False

    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        if self._field is not None and isValid(self._field):
            self._field.removeEventFilter(self)
        self._hold("")
        self._field = None
        if now is not None and now.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled):
            self._field = now
            now.installEventFilter(self)

    def _on_composed(self, event: QInputMethodEvent) -> None:
        if event.commitString():
            self._commits += 1
        self._hold(event.preeditString())

    def _hold(self, text: str) -> None:
        """The whole window is listened to only as long as something is being composed."""
        if text and not self._held:
            self._application.installEventFilter(self)
        elif self._held and not text:
            self._application.removeEventFilter(self)
        changed = bool(text) != bool(self._held)
        self._held = text
        if changed:
            self.changed.emit()

    def _on_pressed(self, watched: QObject) -> None:
        """A button that leaves the keyboard where it is would not see what is being composed."""
        field = self._field
        if field is None or not isValid(field) or not isinstance(watched, QWidget):
            return
        if watched is not field and not field.isAncestorOf(watched):
            self.finish()

    def _takes(self, event: QKeyEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress or event.key() in _MODIFYING:
            return False
        if event.key() in _ENDING or event.modifiers() & _WITH:
            self.finish()
            return True
        return False


_COMPOSING: list[Composing] = []


def composing() -> Composing:
    """What is being composed in the application; followed from the first call on."""
    if not _COMPOSING:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        _COMPOSING.append(Composing(application))
    return _COMPOSING[0]
