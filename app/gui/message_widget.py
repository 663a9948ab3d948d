"""One message on the screen, with what can be done about it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QSizePolicy, QVBoxLayout, QWidget

from app.gui.attachment_fold import AttachmentFold
from app.gui.avatar import Avatar
from app.gui.chat_session import ChatSession
from app.gui.controls import Line, button, card, column, label, row
from app.gui.correction import Correction, words_of_question
from app.gui.forget_dialog import Target, open_forget_menu
from app.gui.help_line import HelpLine
from app.gui.message_body import MessageBody
from app.gui.message_found import FOUND_MS
from app.gui.message_model import Shown
from app.gui.question_actions import QuestionActions
from app.gui.reply_actions import ReplyActions
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.attaching import Attachment, parts_of
from app.operations.personas import PersonaCard


class MessageWidget(QWidget):
    """A question in a soft frame, or a reply with its actions."""

    def __init__(self, shown: Shown, chat: ChatSession, persona: PersonaCard, row: int) -> None:
        super().__init__()
        self._chat = chat
        self._judging = chat.judging
        self._persona = persona
        self._shown = shown
        self._reply = shown.role == "assistant"
        self._correction: Correction | None = None
        self._original = False
        self._text = ""
        self.setObjectName(f"message_{row}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._body = MessageBody(markdown=self._reply)
        self._body.setObjectName("message_text")
        self._fold = None if self._reply else AttachmentFold()
        self._found = label(tr("Found here"), "badge", name="message_found")
        self._found.hide()
        self._note = label("", "small", name="message_note")
        self._switch = button(
            "show_original", "", "", self._switch_original,
            tip=tr("Switches between what was said at first and what stands for it now"),
        )  # fmt: skip
        self._answer = button(
            "answer", tr("Get a reply"), "plain", self._ask_again, icon="arrows-clockwise",
            tip=tr("Asks once more for the reply that did not come"),
        )  # fmt: skip
        self._actions = self._reply_actions() if self._reply else None
        self._asked = None if self._reply else self._question_actions()
        self._help = self._help_line() if self._reply else None
        self._inside = self._lay_out()
        self.show_row(shown, busy=chat.answering, last=False)

    def show_row(self, shown: Shown, *, busy: bool, last: bool) -> None:
        """Bring the widget up to date, or turn it to an alternative."""
        if shown.message_id != self._shown.message_id:
            self._original = False
            self._close_correction()
        self._shown = shown
        line = shown.line
        begun = self._chat.corrections.get(line.message.id) if line else None
        if begun is not None:
            self._open_correction(begun)
        elif line and self._correction and self._correction.text.strip() == line.correction:
            self._close_correction()
        text = shown.text if line is None or self._original else line.words
        self._text = text
        spoken = self._show_text(text)
        thinking = shown.streaming and not shown.text
        self._note.setText(self._note_text(thinking))
        self._note.setVisible(bool(self._note.text()))
        self._switch.setVisible(line is not None and line.words != line.message.content)
        instead = tr("Show correction") if line and line.correction else tr("Show masked")
        self._switch.setText(instead if self._original else tr("Show original"))
        self._answer.setVisible(not self._reply and last and not busy and line is not None)
        if self._actions is not None:
            self._actions.setVisible(line is not None and self._correction is None)
            if line is not None:
                self._actions.show_line(line, busy=busy)
        if self._asked is not None:
            self._asked.setVisible(line is not None and self._correction is None)
            if line is not None:
                self._asked.show_line(line, busy=busy)
        if self._help is not None:
            noted = line.message.with_note if line else shown.noted
            self._help.show_help(line.helped_by if line else (), with_note=noted)
        self.setAccessibleName(f"{self._speaker()}: {spoken or tr('Writing…')}")

    def flash(self) -> None:
        """Say for a moment that it is what was looked for."""
        self._found.show()
        QTimer.singleShot(FOUND_MS, self, self._found.hide)

    @property
    def reply(self) -> bool:
        """Whether the persona says it."""
        return self._reply

    @property
    def rateable(self) -> bool:
        """Whether it is a reply that stands under its controls now."""
        return self._actions is not None and not self._actions.isHidden()

    def press(self, name: str) -> None:
        """A keystroke for the control of this name."""
        if self._actions is not None and self.rateable:
            self._actions.press(name)

    def set_state(self, *, busy: bool, last: bool) -> None:
        """What changes with the conversation, not with the message."""
        if self._actions is not None:
            self._actions.set_busy(busy)
        if self._asked is not None:
            self._asked.set_busy(busy)
        show = not self._reply and last and not busy and self._shown.line is not None
        self._answer.setVisible(show)

    def _show_text(self, text: str) -> str:
        """Show a text, what is attached to it folded; returns what is said aloud."""
        attachments: tuple[Attachment, ...] = ()
        if self._fold is not None:
            attachments, text = parts_of(text)
            self._fold.show_attachments(attachments)
            self._body.setVisible(bool(text) or not attachments)
        self._body.show_text(text)
        return ", ".join([*(each.name for each in attachments), text])

    def _lay_out(self) -> QVBoxLayout:
        outside = column(self, margins=(0, space("small"), 0, space("small")))
        head = row(gap=space("small"))
        if self._reply:
            head.addWidget(Avatar(self._persona.persona.name, self._persona.persona.colour, 20))
        head.addWidget(Line(self._speaker(), "message_speaker", "strong"))
        head.addWidget(self._note)
        head.addWidget(self._found)
        head.addStretch()
        head.addWidget(self._switch)
        if self._asked is not None:
            head.addWidget(self._asked)
        frame: QWidget
        if self._reply:
            frame = QWidget()
            inside = column(frame, gap=space("small"))
        else:
            frame, inside = card(kind="question")
            inside.setSpacing(space("hair"))
            # Less below: the line height of the text leaves room there already.
            inside.setContentsMargins(space("medium"), 12, space("medium"), space("small"))
        inside.addLayout(head)
        if self._fold is not None:
            inside.addWidget(self._fold)
        inside.addWidget(self._body)
        inside.addWidget(self._answer, alignment=Qt.AlignmentFlag.AlignLeft)
        if self._actions is not None:
            inside.addWidget(self._actions)
        if self._help is not None:
            inside.addWidget(self._help)
        outside.addWidget(frame)
        return inside

    def _reply_actions(self) -> ReplyActions:
        made = ReplyActions(self._persona.persona.name)
        made.thumbed.connect(lambda up: self._with_id(self._judging.thumb, up))
        made.correction_begun.connect(self._begin_correction)
        made.asked_again.connect(self._ask_again)
        made.turned.connect(lambda by: self._with_id(self._chat.turn_to, by))
        made.copied.connect(self._copy)
        made.more_asked.connect(self._show_more)
        made.undone.connect(lambda: self._with_id(self._judging.undo_word))
        made.picked.connect(self._pick)
        made.accepted.connect(lambda: self._with_id(self._judging.accept))
        made.reasons_given.connect(
            lambda reasons, comment: self._with_id(self._judging.give_reasons, reasons, comment)
        )
        return made

    def _question_actions(self) -> QuestionActions:
        made = QuestionActions()
        made.change_begun.connect(self._begin_correction)
        made.turned.connect(lambda by: self._with_id(self._chat.turn_to, by))
        return made

    def _help_line(self) -> HelpLine:
        made = HelpLine()
        made.example_chosen.connect(self._chat.example_asked)
        made.note_chosen.connect(self._chat.about_me_asked)
        return made

    def _show_more(self, place: QWidget) -> None:
        """What is done seldom: forgetting the reply, what it answers, or all of it."""
        line = self._shown.line
        if line is None:
            return
        message, ask = line.message, self._chat.forget_asked.emit
        entries = [
            (tr("Forget this reply…"), lambda: ask(Target("message", message.id))),
            (
                tr("Forget the question with its replies…"),
                lambda: ask(Target("message", message.parent_id or message.id)),
            ),
            (
                tr("Forget this conversation…"),
                lambda: ask(Target("conversation", message.conversation_id)),
            ),
        ]
        open_forget_menu(place, QPoint(0, place.height()), entries)

    def _with_id(self, verb: Any, *arguments: object) -> None:
        if self._shown.message_id is not None:
            verb(self._shown.message_id, *arguments)

    def _pick(self) -> None:
        line = self._shown.line
        if line is not None:
            self._judging.pick(line.message.id, line.picked)

    def _speaker(self) -> str:
        return self._persona.persona.name if self._reply else tr("You")

    def _note_text(self, thinking: bool) -> str:
        line = self._shown.line
        if thinking and self._shown.loading:
            return tr("Ollama is loading the model…")
        if thinking:
            return tr("Writing…")
        if line is None:
            return ""
        if self._original and line.words != line.message.content:
            return tr("Original")
        if line.rating is not None and line.rating.correction is not None:
            here = line.rating.origin == "user"
            return tr("Corrected by you") if here else tr("Corrected there")
        if line.masked is not None:
            return tr("Personal data masked")
        if not self._reply:
            return ""
        notes = {
            "stopped": tr("Stopped"),
            "error": tr("Broke off; what arrived is kept"),
            "length": tr("Ended at the length limit"),
        }
        return notes.get(line.message.finish, "")

    def _ask_again(self) -> None:
        self._with_id(self._chat.again)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)

    def _switch_original(self) -> None:
        self._original = not self._original
        self.show_row(self._shown, busy=self._chat.answering, last=False)

    def _begin_correction(self) -> None:
        line = self._shown.line
        if line is None:
            return
        self._open_correction(line.words if self._reply else parts_of(line.message.content)[1])
        assert self._correction is not None
        self._correction.editor.setFocus()

    def _open_correction(self, text: str) -> None:
        if self._correction is not None:
            return
        self._correction = Correction(text, None if self._reply else words_of_question())
        self._correction.editor.textChanged.connect(self._on_correction_edited)
        self._correction.keep.clicked.connect(self._keep_correction)
        self._correction.leave.clicked.connect(self._end_correction)
        self._inside.insertWidget(self._inside.indexOf(self._body), self._correction)
        self._body.hide()
        for actions in (self._actions, self._asked):
            if actions is not None:
                actions.hide()

    def _on_correction_edited(self) -> None:
        if self._correction is not None and self._shown.message_id is not None:
            text = self._correction.text
            self._chat.corrections[self._shown.message_id] = text

    def _keep_correction(self) -> None:
        assert self._correction is not None
        text = self._correction.text
        self._original = False
        self._end_correction()
        self._with_id(self._judging.correct if self._reply else self._chat.ask_instead, text)

    def _end_correction(self) -> None:
        """Kept or left: what was written is no longer needed."""
        self._with_id(self._chat.corrections.pop, None)
        self._close_correction()

    def _close_correction(self) -> None:
        if self._correction is None:
            return
        focused = QApplication.focusWidget()
        inside = focused is not None and self._correction.isAncestorOf(focused)
        self._correction.hide()
        self._correction.deleteLater()
        self._correction = None
        self._body.show()
        for actions in (self._actions, self._asked):
            if actions is not None:
                actions.show()
                if inside:
                    actions.take_focus()
