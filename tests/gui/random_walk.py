"""Somebody who presses and types whatever is there, reproducible by a seed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSlider,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from app.gui.keys import VERBS, keys

TEXTS = (
    "Hello", "안녕하세요, 오늘은 어때요?", "a" * 3000, "<script>alert(1)</script>", " ",
    "\u202edrow\u202c", "```python\nprint(1)\n```", "\x00\x07\x1b[31m", "😀" * 40,
    "{name} %s {0}", "'; DROP TABLE",
)  # fmt: skip
# They end the window, which is the walk's own to do.
MENU_MS = 200
NEVER_PRESSED = frozenset({"tray_quit", "close_leave", "close_save"})
NEVER_TYPED = frozenset({"quit"})
KINDS = (
    QAbstractButton, QLineEdit, QTextEdit, QPlainTextEdit, QComboBox, QSlider, QAbstractItemView,
)  # fmt: skip


class RandomWalk(QObject):
    """A walk over one window; `steps` is what was done, in its order."""

    def __init__(self, window: QWidget, seed: int) -> None:
        super().__init__(window)
        self._window = window
        self._dice = random.Random(seed)
        self.steps: list[str] = []
        # A press that opens a menu returns once that is closed, so a timer has to answer it.
        answers = QTimer(self)
        answers.setInterval(MENU_MS)
        answers.timeout.connect(self._answer_menu)
        answers.start()

    def walk(self, seconds: float, look: Callable[[], None]) -> None:
        """Go on for so long; `look` is called after each step and raises where something broke."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.step()
            QApplication.processEvents()
            look()

    def step(self) -> None:
        """One press, one text, or one key."""
        place = self._place()
        if isinstance(place, QFileDialog):
            self._note("leave a file dialog", place)
            place.reject()
            return
        if self._dice.random() < 0.2:
            self._press_key(place)
            return
        there = [
            each
            for each in place.findChildren(QWidget)
            if isinstance(each, KINDS) and each.isVisible() and each.isEnabled()
            and each.objectName() not in NEVER_PRESSED
        ]  # fmt: skip
        if not there:
            self._note("Esc", place)
            QTest.keyClick(place, Qt.Key.Key_Escape)
            return
        self._use(self._dice.choice(there))

    def _place(self) -> QWidget:
        """What is in front."""
        menu = QApplication.activePopupWidget()
        if menu is not None:
            return menu
        dialogs = [each for each in QApplication.topLevelWidgets()
                   if isinstance(each, QDialog) and each.isVisible()]  # fmt: skip
        modal = QApplication.activeModalWidget()
        return modal or (dialogs[-1] if dialogs else self._window)

    def _press_key(self, place: QWidget) -> None:
        if isinstance(place, QMenu):
            key = self._dice.choice((Qt.Key.Key_Down, Qt.Key.Key_Escape, Qt.Key.Key_Return))
            self._note(f"{key.name} in a menu", place)
            QTest.keyClick(place, key)
            return
        verb = self._dice.choice([each for each in VERBS if each.id not in NEVER_TYPED])
        mine = keys().of(verb.id)
        if mine:
            self._note(f"the key {mine[0]}", place)
            pressed = QKeySequence(mine[0])[0]
            target = place.focusWidget() or place
            QTest.keyClick(target, pressed.key(), pressed.keyboardModifiers())

    def _use(self, control: QWidget) -> None:
        self._note("use", control)
        if isinstance(control, QLineEdit | QTextEdit | QPlainTextEdit):
            self._type(control)
        elif isinstance(control, QSlider):
            control.setValue(self._dice.randint(control.minimum(), control.maximum()))
        elif isinstance(control, QComboBox):
            control.setCurrentIndex(self._dice.randrange(max(1, control.count())))
        elif isinstance(control, QAbstractItemView):
            side = control.viewport()
            at = QPoint(self._dice.randrange(max(1, side.width())),
                        self._dice.randrange(max(1, side.height())))  # fmt: skip
            QTest.mouseClick(side, Qt.MouseButton.LeftButton, pos=at)
        elif isinstance(control, QAbstractButton):
            QTest.mousePress(control, Qt.MouseButton.LeftButton)
            if isValid(control):  # else a menu that it opened took it away
                QTest.mouseRelease(control, Qt.MouseButton.LeftButton)
        with suppress(RuntimeError):
            if isValid(control) and self._dice.random() < 0.1:
                QTest.keyClick(control, Qt.Key.Key_Tab)

    def _answer_menu(self) -> None:
        """Choose from a menu, or leave it; a menu below it is answered in its turn."""
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            for _ in range(self._dice.randrange(4)):
                QTest.keyClick(menu, Qt.Key.Key_Down)
            last = self._dice.choice((Qt.Key.Key_Return, Qt.Key.Key_Escape))
            self._note(f"{last.name} in a menu", menu)
            QTest.keyClick(menu, last)

    def _type(self, field: QLineEdit | QTextEdit | QPlainTextEdit) -> None:
        if field.isReadOnly():
            return
        field.setFocus()
        text = self._dice.choice(TEXTS)
        if isinstance(field, QLineEdit):
            field.insert(text)
        else:
            field.insertPlainText(text)
        if self._dice.random() < 0.4:
            QTest.keyClick(field, Qt.Key.Key_Return)

    def _note(self, what: str, where: QWidget) -> None:
        self.steps.append(f"{what}: {type(where).__name__} {where.objectName()}")
