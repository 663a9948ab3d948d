"""The whole exchange of a replay item, where it comes from, and what can be done with it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QScrollArea, QWidget

from app.gui.controls import button, card, clear, column, label, row
from app.gui.flow import Scrolling
from app.gui.message_body import Prose
from app.gui.replay_words import source_words, state_tip, state_words, used_words
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.replaying import ItemView

_ROLES = {"user": "question", "assistant": "card"}


class ReplayDetail(QWidget):
    """What the list has no room for."""

    left_out = Signal(int, bool)
    deleted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("replay_detail")
        self.view: ItemView | None = None
        self._acts: dict[str, QPushButton] = {}
        self._inside = column(self, gap=space("small"))
        self.show_item(None)

    def show_item(self, view: ItemView | None) -> None:
        if view is not None and view == self.view:
            return
        self.view = view
        focused = QApplication.focusWidget()
        name = focused.objectName() if focused is not None and self.isAncestorOf(focused) else ""
        self._show(view)
        if name in self._acts:
            self._acts[name].setFocus()

    def _show(self, view: ItemView | None) -> None:
        clear(self._inside)
        self._acts = {}
        if view is None:
            self._inside.addWidget(label(tr("Choose an item to read it whole."), "soft", wrap=True))
            self._inside.addStretch()
            return
        tag = label(state_words(view.state), "tag", name="replay_state")
        tag.setToolTip(state_tip(view.state))
        self._inside.addWidget(tag, alignment=Qt.AlignmentFlag.AlignLeft)
        self._inside.addWidget(self._exchange(view), 1)
        self._inside.addLayout(self._buttons(view))

    def _exchange(self, view: ItemView) -> QScrollArea:
        holder = Scrolling()
        holder.setProperty("kind", "clear")
        lines = column(holder, gap=space("small"))
        origin = f"{source_words(view)} · {used_words(view)}"
        lines.addWidget(label(origin, "small", name="replay_origin", wrap=True))
        if view.state != "buffer":
            lines.addWidget(label(state_tip(view.state), "small", wrap=True))
        for message in view.item.messages:
            lines.addWidget(_message(message))
        lines.addStretch()
        scroll = QScrollArea()
        scroll.setObjectName("replay_exchange")
        scroll.setAccessibleName(tr("The whole exchange"))
        scroll.setProperty("kind", "clear")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(holder)
        scroll.viewport().setProperty("kind", "clear")
        return scroll

    def _buttons(self, view: ItemView) -> Any:
        line = row(gap=space("small"))
        out = view.item.left_out
        item_id = view.item.id
        acts = [
            button(
                "replay_leave_out",
                tr("Take in again") if out else tr("Leave out"),
                "plain",
                lambda: self.left_out.emit(item_id, not out),
                tip=tr("Trainings may draw it again")
                if out
                else tr("No training draws it any more; for one that is wrong or unwanted"),
            )
        ]
        if view.own:
            acts.append(
                button(
                    "replay_delete", tr("Delete"), "danger", lambda: self.deleted.emit(item_id),
                    tip=tr("Takes it out of the group for good, unless you undo it"),
                )
            )  # fmt: skip
        for act in acts:
            self._acts[act.objectName()] = act
            line.addWidget(act)
        line.addStretch()
        return line


def _message(message: dict[str, Any]) -> QFrame:
    role = str(message["role"])
    names = {"user": tr("Question"), "assistant": tr("Answer"), "system": tr("System prompt")}
    frame, inside = card(kind=_ROLES.get(role, "question"))
    inside.setContentsMargins(12, 8, 12, 8)
    context = role == "assistant" and message.get("weight") == 0
    head = f"{names[role]} · {tr('teaches nothing here')}" if context else names[role]
    inside.addWidget(label(head, "section"))
    words = Prose()  # a label does not break a word that is longer than its line
    words.setAccessibleName(names[role])
    words.setPlainText(str(message["content"]))
    inside.addWidget(words)
    return frame
