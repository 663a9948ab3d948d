"""The fields of a persona that the dialog of a new one and the editor share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.gui.controls import button, column, label
from app.gui.flow import Flow
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.editing_personas import NAME_MOST, PROMPT_MOST

LANGUAGE_WORDS = {"en": "English", "ko": "한국어"}


def language_words(code: str) -> str:
    """A language by its own name."""
    return LANGUAGE_WORDS.get(code, code)


def name_line(name: str) -> QLineEdit:
    """Where a persona's name is written."""
    made = QLineEdit()
    made.setObjectName(name)
    made.setAccessibleName(tr("Name"))
    made.setToolTip(tr("What the persona is called. It can be changed at any time."))
    made.setMaxLength(NAME_MOST)
    return made


class LanguageChips(QWidget):
    """The languages of a persona; the first one is that in which the traits are written."""

    changed = Signal()

    def __init__(self, prefix: str, chosen: Iterable[str] = ("en",)) -> None:
        super().__init__()
        self._chosen = list(chosen)
        self._boxes: dict[str, QPushButton] = {}
        self._first = button(f"{prefix}_first", "", "fold", self._on_first_clicked, icon="swap")
        self._first.setToolTip(
            tr(
                "What the traits ask for is written into the prompt in the first language."
                " Click to make the next one the first."
            )
        )
        line = Flow(gap=space("small"))
        for code in dict.fromkeys((*LANGUAGE_WORDS, *self._chosen)):
            box = button(f"{prefix}_{code}", language_words(code), "chip")
            box.setToolTip(tr("Whether the persona speaks {language}", language=box.text()))
            box.setCheckable(True)
            box.toggled.connect(lambda on, each=code: self._on_toggled(each, on))
            self._boxes[code] = box
            line.add(box)
        inside = column(self, gap=space("hair"))
        inside.addWidget(line)
        inside.addWidget(self._first)
        self.choose(self._chosen)

    @property
    def chosen(self) -> tuple[str, ...]:
        return tuple(self._chosen)

    def choose(self, codes: Iterable[str]) -> None:
        self._chosen = list(codes)
        for code, box in self._boxes.items():
            box.blockSignals(True)
            box.setChecked(code in self._chosen)
            box.blockSignals(False)
        self._show()

    def _on_toggled(self, code: str, on: bool) -> None:
        if on:
            self._chosen.append(code)
        else:
            self._chosen.remove(code)
        self._show()

    def _on_first_clicked(self) -> None:
        self._chosen = [*self._chosen[1:], self._chosen[0]]
        self._show()

    def _show(self) -> None:
        several = len(self._chosen) > 1
        self._first.setVisible(several)
        if several:
            words = tr("First language: {language}", language=language_words(self._chosen[0]))
            self._first.setText(f"  {words}")
            self._first.setAccessibleName(words)
        self.changed.emit()


class PromptField(QPlainTextEdit):
    """Takes a paste up to the longest prompt, and tells how much it left out."""

    cut_short = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(tr("System prompt"))
        self.setToolTip(
            tr("What the model is told before each conversation; change it to change the manner")
        )
        self.setPlaceholderText(tr("How this persona speaks, in a few sentences."))
        self.setTabChangesFocus(True)

    def insertFromMimeData(self, source: Any) -> None:
        text, cursor = source.text(), self.textCursor()
        room = PROMPT_MOST - len(self.toPlainText()) + len(cursor.selectedText())
        cursor.insertText(text[: max(0, room)])
        self.ensureCursorVisible()
        self.cut_short.emit(max(0, len(text) - max(0, room)))


class PromptBox(QWidget):
    """The prompt in own words, and what is to be said about its length."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.field = PromptField(name)
        self._note = label("", "warning", name=f"{name}_note", wrap=True)
        self._note.hide()
        inside = column(self, gap=space("hair"))
        inside.addWidget(self.field)
        inside.addWidget(self._note)
        self.field.cut_short.connect(self._on_cut_short)
        self.field.textChanged.connect(self._on_text_changed)

    @property
    def text(self) -> str:
        return self.field.toPlainText()

    @property
    def too_long(self) -> bool:
        return len(self.text) > PROMPT_MOST

    def _on_cut_short(self, left_out: int) -> None:
        if left_out:
            self._say(
                tr(
                    "A prompt holds {most} characters: the last {count} of what you pasted were"
                    " left out.",
                    most=f"{PROMPT_MOST:,}",
                    count=f"{left_out:,}",
                )
            )

    def _on_text_changed(self) -> None:
        most = f"{PROMPT_MOST:,}"
        self._say(
            tr("A prompt holds {most} characters; shorten it to save it.", most=most)
            if self.too_long
            else ""
        )

    def _say(self, words: str) -> None:
        self._note.setText(words)
        self._note.setVisible(bool(words))
