"""What the review asks before it touches many, the conversation around a reply, and its keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QTextEdit, QWidget

from app.gui.controls import CLOSES, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.review_keys import shown_keys, verb_of
from app.gui.review_session import Bulk
from app.gui.review_words import filter_name, topic_name
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import space, theme
from app.gui.translation import tr
from app.store.review import AroundLine

AROUND_WIDTH_PX, AROUND_HEIGHT_PX = 680, 520
KEYS_WIDTH_PX = 460
MOST_OF_A_MESSAGE = 6_000


def ask_bulk(parent: QWidget, bulk: Bulk, on_yes: Callable[[], object]) -> ChoiceDialog:
    """Ask with the number, and with what it means."""
    count = f"{len(bulk.message_ids):,}"
    titles = {
        "keep": tr("Keep {count} replies?", count=count),
        "drop": tr("Drop {count} replies?", count=count),
        "mask": tr("Mask personal data in {count} replies?", count=count),
        "set_topic": tr(
            "Set the topic of {count} replies to {topic}?",
            count=count,
            topic=topic_name(bulk.topic),
        ),
    }
    means = {
        "keep": tr("All of them count as approved, also those that you have not read."),
        "drop": tr("None of them is ever learned; corrections among them are taken back."),
        "mask": tr("Where there is any, a word is put in its place. They stay to be decided on."),
        "set_topic": tr("They stay to be decided on."),
    }
    answers = {
        "keep": tr("Keep {count}", count=count),
        "drop": tr("Drop {count}", count=count),
        "mask": tr("Mask in {count}", count=count),
        "set_topic": tr("Set {count}", count=count),
    }
    shown = tr("Filter: {filter}.", filter=filter_name(bulk.chosen))
    text = " ".join((shown, means[bulk.verb], tr("One undo takes all of it back.")))
    dialog = ChoiceDialog("review_bulk_dialog", titles[bulk.verb], text, parent)
    kind = "danger" if bulk.verb == "drop" else "primary"
    tip = tr("For a filter whose replies you know; one by one is safer")
    dialog.add_answer("review_bulk_yes", answers[bulk.verb], kind, on_yes, tip=tip)
    dialog.add_answer("review_bulk_no", tr("Cancel"), "plain")
    dialog.open()
    return dialog


class AroundDialog(FittedDialog):
    """What was said before a reply and after it; the space bar closes it again."""

    def __init__(
        self, lines: Sequence[AroundLine], message_id: int, persona: str, parent: QWidget
    ) -> None:
        super().__init__(AROUND_WIDTH_PX, parent, AROUND_HEIGHT_PX)
        self.setObjectName("review_around_dialog")
        self.setWindowTitle(tr("The conversation around it"))
        self.text = QPlainTextEdit()
        self.text.setObjectName("review_around")
        self.text.setAccessibleName(tr("The conversation around it"))
        self.text.setReadOnly(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("The conversation around it"), "title"))
        inside.addWidget(self.text, 1)
        buttons = row()
        buttons.addStretch()
        tip = tr("Back to the reply; it waits for your decision")
        buttons.addWidget(
            button("review_around_close", tr("Close (Space)"), "plain", self.accept, tip=tip)
        )
        inside.addLayout(buttons)
        self.text.installEventFilter(self)
        self._start = self._end = 0
        whole = QTextCursor(self.text.document())
        whole.beginEditBlock()  # laid out once, not anew for each message
        for line in lines:
            self._add(line, persona, shown=line.message_id == message_id)
        whole.endEditBlock()
        self._mark()
        self.text.setFocus()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.text.centerCursor()

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if event.type() == event.Type.KeyPress and verb_of(event) == "review.around":
            self.accept()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: Any) -> None:
        if verb_of(event) == "review.around":
            self.accept()
        else:
            super().keyPressEvent(event)

    def _add(self, line: AroundLine, persona: str, *, shown: bool) -> None:
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if shown:
            self._start = cursor.position()
        strong, plain = QTextCharFormat(), QTextCharFormat()
        strong.setFontWeight(QFont.Weight.DemiBold)
        who = _who(line, persona)
        cursor.insertText(f"{tr('{who}, this reply', who=who) if shown else who}\n", strong)
        cursor.insertText(f"{line.words[:MOST_OF_A_MESSAGE]}", plain)
        if len(line.words) > MOST_OF_A_MESSAGE:
            more = f"{len(line.words) - MOST_OF_A_MESSAGE:,}"
            cursor.insertText("\n" + tr("… and {count} more characters", count=more), plain)
        if shown:
            self._end = cursor.position()
        cursor.insertText("\n\n", plain)

    def _mark(self) -> None:
        """The reply under review stands on another ground, and in the middle."""
        made, shape = QTextEdit.ExtraSelection(), QTextCharFormat()
        shape.setBackground(theme().look.colour("accent_soft"))
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(self._start)
        self.text.setTextCursor(cursor)
        cursor.setPosition(self._end, QTextCursor.MoveMode.KeepAnchor)
        made.cursor = cursor
        made.format = shape
        self.text.setExtraSelections([made])


class KeysDialog(FittedDialog):
    """Every key with what it does."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(KEYS_WIDTH_PX, parent)
        self.setObjectName("review_keys_dialog")
        self.setWindowTitle(tr("Keys"))
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Keys"), "title"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(space("medium"))
        grid.setVerticalSpacing(space("small"))
        grid.setColumnStretch(1, 1)
        for number, (key, words) in enumerate(shown_keys()):
            grid.addWidget(label(key, "tag"), number, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(label(words, wrap=True), number, 1)
        inside.addLayout(grid)
        buttons = row()
        buttons.addStretch()
        buttons.addWidget(
            button("review_keys_close", tr("Close"), "plain", self.accept, tip=tr(CLOSES))
        )
        inside.addLayout(buttons)

    def keyPressEvent(self, event: Any) -> None:
        if verb_of(event) == "review.keys":
            self.accept()
        else:
            super().keyPressEvent(event)


def _who(line: AroundLine, persona: str) -> str:
    if line.speaker:
        return line.speaker
    return {"user": tr("You"), "assistant": persona, "system": tr("System prompt")}[line.role]
