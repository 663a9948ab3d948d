"""A new replay group, and a new item by hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLocale
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.gui.controls import CANCELS, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.replay_session import ReplaySession
from app.gui.replay_words import group_name
from app.gui.theme import space
from app.gui.translation import LANGUAGES, tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.operations.personas import LANGUAGES as SPOKEN
from app.operations.replay_groups import LONGEST_NAME, MOST_IN_A_GROUP

WIDTH_PX = 480
FIRST_TARGET = 100


class _Form(FittedDialog):
    """A title, fields, a place for trouble, and two buttons; it closes once it was stored."""

    def __init__(self, replay: ReplaySession, parent: QWidget, name: str, title: str) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self._replay = replay
        self._trouble = TroubleBar(f"{name}_trouble")
        self._fields = column(gap=space("small"))
        self._save = QPushButton()
        self._complete: Callable[[], bool] = lambda: False
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(title, "title"))
        inside.addLayout(self._fields)
        inside.addWidget(self._trouble)
        self._buttons = row(gap=space("small"))
        self._buttons.addStretch()
        self._buttons.addWidget(
            button(f"{name}_cancel", tr("Cancel"), "plain", self.reject, tip=tr(CANCELS))
        )
        inside.addLayout(self._buttons)

    def add_field(self, words: str, field: QWidget, tip: str) -> None:
        field.setAccessibleName(words)
        field.setToolTip(tip)
        self._fields.addWidget(label(words, "section"))
        self._fields.addWidget(field)

    def add_save(self, made: QPushButton, complete: Callable[[], bool]) -> None:
        """The button that stores, enabled when there is enough to store."""
        self._save, self._complete = made, complete
        made.setDefault(True)
        made.setEnabled(complete())
        self._buttons.addWidget(made)

    def stored(self) -> None:
        """It is in the store."""
        self.accept()

    def failed(self, error: Exception) -> None:
        """Nothing was made: say why, and let it be tried again."""
        self._trouble.show_trouble(explain(error))
        self._save.setEnabled(self._complete())

    def _on_changed(self) -> None:
        self._save.setEnabled(self._complete())


class GroupDialog(_Form):
    """A group of the user's own."""

    def __init__(self, replay: ReplaySession, parent: QWidget) -> None:
        super().__init__(replay, parent, "replay_group_dialog", tr("New group"))
        self._name = QLineEdit()
        self._name.setObjectName("replay_group_name")
        self._name.setMaxLength(LONGEST_NAME)
        self._target = target_field("replay_group_target", FIRST_TARGET)
        self._language = QComboBox()
        self._language.setObjectName("replay_group_language")
        self._language.addItem(tr("any language"), "")
        for code in SPOKEN:
            self._language.addItem({str(key): name for key, name in LANGUAGES.items()}[code], code)
        self.add_field(tr("Name"), self._name, tr("What the items of the group are about"))
        self.add_field(
            tr("Target: how many items its buffer holds"), self._target,
            tr("How many items a training can draw from; more where more is to be kept"),
        )  # fmt: skip
        self.add_field(
            tr("For personas that speak"), self._language,
            tr("Choose one where the items are of no use to who does not speak it"),
        )  # fmt: skip
        save = button(
            "replay_group_save", tr("Make the group"), "primary", self._on_save,
            tip=tr("Makes an empty group, which you then fill with items"),
        )  # fmt: skip
        self.add_save(save, self._is_complete)
        for field in (self._name, self._target):
            field.textChanged.connect(lambda _text: self._on_changed())
        self._name.setFocus()

    def _is_complete(self) -> bool:
        return bool(self._name.text().strip()) and self._target.hasAcceptableInput()

    def _on_save(self) -> None:
        self._save.setEnabled(False)
        self._replay.add_group(
            self._name.text(),
            int(self._target.text()),
            str(self._language.currentData()),
            self,
        )


class ItemDialog(_Form):
    """A question with the answer that is to be kept."""

    def __init__(self, replay: ReplaySession, parent: QWidget) -> None:
        title = tr("New item in {group}", group=group_name(replay.group))
        super().__init__(replay, parent, "replay_item_dialog", title)
        self._question = _text_field("replay_item_question", 72)
        self._answer = _text_field("replay_item_answer", 144)
        self.add_field(
            tr("Question"), self._question, tr("What is asked, as you would ask it in a chat")
        )
        self.add_field(
            tr("Answer"), self._answer, tr("The answer that is to be given after each training")
        )
        save = button(
            "replay_item_save", tr("Add the item"), "primary", self._on_save,
            tip=tr("Adds it to the group; the next training may draw it"),
        )  # fmt: skip
        self.add_save(save, self._is_complete)
        for field in (self._question, self._answer):
            field.textChanged.connect(self._on_changed)
        self._question.setFocus()

    def _is_complete(self) -> bool:
        return all(field.toPlainText().strip() for field in (self._question, self._answer))

    def _on_save(self) -> None:
        self._save.setEnabled(False)
        self._replay.add_item(self._question.toPlainText(), self._answer.toPlainText(), self)


def target_field(name: str, target: int) -> QLineEdit:
    """A field for how many items a buffer holds."""
    made = QLineEdit(str(target))
    made.setObjectName(name)
    only_figures = QIntValidator(0, MOST_IN_A_GROUP, made)
    figures = QLocale(QLocale.Language.C)
    figures.setNumberOptions(QLocale.NumberOption.RejectGroupSeparator)  # int() takes no 1,000
    only_figures.setLocale(figures)
    made.setValidator(only_figures)
    made.setMaxLength(len(str(MOST_IN_A_GROUP)))
    return made


def _text_field(name: str, height_px: int) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setObjectName(name)
    made.setTabChangesFocus(True)
    made.setFixedHeight(height_px)
    return made
