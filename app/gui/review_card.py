"""A reply under review: why it is here, its question, the words that would be learned."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QToolButton, QWidget

from app.gui.controls import (
    Line,
    button,
    card,
    clear,
    column,
    icon_row,
    label,
    row,
    scrolled,
    tool,
)
from app.gui.correction import Correction
from app.gui.flow import Flow, Scrolling
from app.gui.keys import with_keys
from app.gui.review_marks import Passage
from app.gui.review_model import ReviewRow
from app.gui.review_text import MarkedText
from app.gui.review_words import flag_why, flag_words, state_words, topic_words, where_words
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.why import WhyDialog
from app.store.review import ReviewItem

# What the question and a copy take of the card's height at most; the reply has the rest.
QUESTION_SHARE, TWIN_SHARE = 0.2, 0.13
LEAST_TEXT_PX, LEAST_REPLY_PX = 24, 56
ROOM_FOR_TWIN_PX, ROOM_FOR_WHERE_PX = 460, 380


class ReviewCard(QFrame):
    """The buttons do what the keys do."""

    asked = Signal(str)
    corrected = Signal(str)
    edited = Signal(int, str)
    editor_left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("review_card")
        self.setProperty("kind", "card")
        self.row: ReviewRow | None = None
        self.editor: Correction | None = None
        self._has_twin = False
        self._head = column(gap=space("hair"))
        self._question, self._asked_in = _passage_frame("review_question", tr("Question"))
        self._reply_head = label("", "section")
        self._reply = MarkedText("review_reply", tr("Reply"))
        self._reply.setMinimumHeight(LEAST_REPLY_PX)
        self._twin, self._twin_in = _passage_frame("review_twin", tr("Nearly the same"))
        self._place = column()
        self._place.addWidget(self._reply, 1)
        self._buttons = self._made_buttons()
        whole = column(self, margins=(16, 12, 12, 12), gap=space("small"))
        body = Scrolling()
        body.setProperty("kind", "clear")
        inside = column(body, gap=space("small"))
        whole.addWidget(scrolled(body), 1)
        whole.addWidget(self._buttons)
        inside.addLayout(self._head)
        inside.addWidget(self._asked_in)
        inside.addWidget(self._reply_head)
        inside.addLayout(self._place, 1)
        inside.addWidget(self._twin_in)
        self.show_twin(None)

    def show_row(self, shown: ReviewRow, draft: str | None) -> None:
        """Show a reply; one that is open in the editor stays open."""
        before = self.row
        self.row = shown
        same = before is not None and before.id == shown.id
        if not same:
            self.close_editor()
            self.show_twin(None)
        if shown != before:
            self._show_head(shown.item)
            self._question.show_passage(shown.question)
            self._asked_in.setVisible(bool(shown.question.text))
            changed = shown.item.reply != shown.item.original and not shown.item.corrected
            self._reply_head.setText(tr("Reply, as it was masked") if changed else tr("Reply"))
            self._reply.show_passage(shown.reply)
        if draft is not None and self.editor is None:
            self._open_editor(draft)

    def show_twin(self, twin: ReviewItem | None) -> None:
        """What the reply nearly is the same as."""
        self._has_twin = twin is not None
        self._show_twin_if_room()
        if twin is not None:
            words = f"{where_words(twin)}\n{twin.reply[:2_000]}"
            self._twin.show_passage(Passage(words))

    def _show_twin_if_room(self) -> None:
        self._twin_in.setVisible(self._has_twin and self.height() >= ROOM_FOR_TWIN_PX)

    def open_editor(self) -> None:
        """Edit in the place of the reply."""
        if self.row is not None and self.editor is None:
            self._open_editor(self.row.reply.text)
        if self.editor is not None:
            self.editor.editor.setFocus()

    def _open_editor(self, text: str) -> None:
        self.editor = Correction(text, fills=True)
        self.editor.keep.clicked.connect(self._on_keep_clicked)
        self.editor.leave.clicked.connect(self._on_leave_clicked)
        self.editor.editor.textChanged.connect(self._on_text_changed)
        self._reply.hide()
        self._buttons.hide()
        self._place.addWidget(self.editor, 1)

    def close_editor(self) -> None:
        if self.editor is not None:
            self._place.removeWidget(self.editor)
            self.editor.hide()
            self.editor.deleteLater()
            self.editor = None
        self._reply.show()
        self._buttons.show()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._question.set_most(max(LEAST_TEXT_PX, int(self.height() * QUESTION_SHARE)))
        self._twin.set_most(max(LEAST_TEXT_PX, int(self.height() * TWIN_SHARE)))
        self._show_twin_if_room()

    def scroll_page(self, down: bool) -> None:
        self._reply.scroll_page(down)

    def set_busy(self, busy: bool) -> None:
        self._buttons.setEnabled(not busy)

    def _show_head(self, item: ReviewItem) -> None:
        clear(self._head)
        about = row(gap=space("small"))
        tags = Flow(gap=space("small"))
        tags.add(label(state_words(item), "tag", name="review_state"))
        tags.add(label(topic_words(item), "tag", name="review_topic"))
        if self.height() >= ROOM_FOR_WHERE_PX:
            tags.add(Line(where_words(item), "review_where", "small"))
        about.addWidget(tags, 1)
        self._head.addLayout(about)
        for place, flag in enumerate(item.flags):
            line = row(gap=space("small"))
            line.addWidget(icon_row("flag", "warning"))
            words = flag_words(flag.kind, flag.detail)
            line.addWidget(Line(words, f"flag_{flag.kind}", "plain"), 1)
            if not place:  # it tells of all of them
                line.addWidget(self._why(item))
            self._head.addLayout(line)

    def _why(self, item: ReviewItem) -> QToolButton:
        told = [(flag_words(each.kind, each.detail), flag_why(each.kind)) for each in item.flags]
        tip = tr("Says how it was flagged, and when that can be left as it is")
        return tool(
            "review_why", "question", f"{tr('Why?')} {tip}",
            lambda: WhyDialog(tr("Why it is flagged"), told, self.window()).open(),
        )  # fmt: skip

    def _made_buttons(self) -> Flow:
        flow = Flow(gap=space("small"))
        for name, words, key, tip in _verbs():
            act = partial(self.asked.emit, name)
            shown = f"{words} ({key})" if key else words
            flow.add(button(f"review_{name}", shown, "chip", act, tip=tip))
        return flow

    def _on_keep_clicked(self) -> None:
        if self.editor is not None:
            text = self.editor.editor.toPlainText()
            if text.strip():
                self.close_editor()
                self.corrected.emit(text)

    def _on_leave_clicked(self) -> None:
        self.close_editor()
        self.editor_left.emit()

    def _on_text_changed(self) -> None:
        if self.editor is not None and self.row is not None:
            self.edited.emit(self.row.id, self.editor.editor.toPlainText())


def _verbs() -> Iterator[tuple[str, str, str, str]]:
    """What can be done with a reply: its name, its words, its usual key and its tip."""
    told = (
        ("keep", "keep", tr("Keep"), "1", tr("For a good reply: it may be learned as it stands")),
        ("correct", "correct", tr("Correct"), "2",
         tr("For one that is nearly good: your words are learned in place of it")),
        ("drop", "drop", tr("Drop"), "3", tr("For a bad one: it is never learned")),
        ("tag", "topic", tr("Topic"), "T", tr("Says what it is about, where that is wrong")),
        ("mask", "mask", tr("Mask"), "M",
         tr("Puts a word in the place of names and numbers that are nobody else's business")),
        ("around", "around", tr("Context"), "", tr("The whole conversation around it")),
    )  # fmt: skip
    for name, verb, words, key, tip in told:
        yield name, words, key, with_keys(tip, f"review.{verb}")


def _passage_frame(name: str, title: str) -> tuple[MarkedText, QWidget]:
    """A text under its title, as high as it needs, up to a height."""
    frame, inside = card(f"{name}_frame", "question")
    inside.setContentsMargins(12, 6, 8, 4)
    inside.setSpacing(0)
    inside.addWidget(label(title, "section"))
    text = MarkedText(name, title, LEAST_TEXT_PX)
    inside.addWidget(text)
    return text, frame
