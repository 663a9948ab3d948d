"""Over a conversation: who speaks through what, and how it is kept."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton, QWidget

from app.gui.avatar import Avatar
from app.gui.chat_session import ChatSession
from app.gui.controls import Line, clear, column, row, tool
from app.gui.dates import day
from app.gui.keys import with_keys
from app.gui.menus import Menu
from app.gui.session import Session
from app.gui.text_parts import harmless
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.personas import PersonaCard
from ollama_bridge.loopback import is_loopback


class ChatHeader(QWidget):
    """Persona, base, adapter, runtime, and the switches of the conversation."""

    history_toggled = Signal(bool)
    rename_asked = Signal(int, str)

    def __init__(self, session: Session, chat: ChatSession) -> None:
        super().__init__()
        self.setProperty("kind", "header")
        self._session = session
        self._chat = chat
        self._avatar = row()
        self._name = Line("", "header_persona", "strong")
        self._under = Line("", "header_model", "small")
        self.off_record = tool(
            "off_record",
            "eye-slash",
            tr("Off the record: nothing said is stored"),
            lambda: chat.set_off_record(self.off_record.isChecked()),
            checkable=True,
        )
        self.never_train = tool(
            "never_train",
            "prohibit",
            tr("Never train on this conversation"),
            lambda: chat.set_never_train(self.never_train.isChecked()),
            checkable=True,
        )
        self.about_me = tool(
            "about_me",
            "identification-card",
            tr("About me, and what rides along"),
            chat.about_me_asked.emit,
        )
        self.in_ollama = tool(
            "in_ollama", "terminal-window", tr("In your own Ollama…"), chat.ollama_asked.emit
        )
        self.programs = tool(
            "programs", "share-network", tr("Other programs…"), session.programs.asked.emit
        )
        self.new = tool(
            "new_conversation",
            "note-pencil",
            with_keys(tr("New conversation"), "chat.new"),
            chat.begin_anew,
        )
        self.talk = self._talk_menu()
        self.history = self._history_tool()
        self._lay_out()
        session.household_changed.connect(self.refresh)
        session.runtime_changed.connect(self._on_runtime_changed)
        session.held_changed.connect(self.refresh)
        chat.state_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        card = self._session.card
        self._name.say(harmless(card.persona.name) if card else "")
        clear(self._avatar)
        if card is not None:
            self._avatar.addWidget(Avatar(card.persona.name, card.persona.colour, 32))
        self._under.say(" · ".join(self._parts()))
        self.off_record.setChecked(self._chat.off_record)
        self.never_train.setChecked(self._chat.never_train)
        self.never_train.setEnabled(not self._chat.off_record)
        self.talk.setEnabled(self._chat.talk.conversation is not None)
        for control in self._controls():
            control.setVisible(card is not None)

    def _on_runtime_changed(self, _state: str) -> None:
        self.refresh()

    def _controls(self) -> tuple[QToolButton, ...]:
        return (
            self.about_me, self.in_ollama, self.programs, self.off_record, self.never_train,
            self.new, self.talk, self.history,
        )  # fmt: skip

    def _history_tool(self) -> QToolButton:
        return tool(
            "history",
            "clock-counter-clockwise",
            with_keys(tr("Conversations"), "chat.history"),
            lambda: self.history_toggled.emit(self.history.isChecked()),
            checkable=True,
        )

    def _talk_menu(self) -> QToolButton:
        made = tool("conversation_menu", "dots-three", tr("This conversation"))
        menu = Menu(made)
        menu.addAction(tr("Rename…"), self._rename).setObjectName("rename_conversation")
        menu.addAction(tr("Delete"), self._delete).setObjectName("delete_conversation")
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return made

    def _rename(self) -> None:
        conversation = self._chat.talk.conversation
        if conversation is not None:
            self.rename_asked.emit(conversation.id, conversation.title)

    def _delete(self) -> None:
        conversation = self._chat.talk.conversation
        if conversation is not None:
            self._chat.judging.delete(conversation.id)

    def _parts(self) -> list[str]:
        card = self._session.card
        if card is None:
            return []
        missing = tr("fetching the starter model…") if self._session.fetching_base else ""
        parts = [card.base.name if card.base else missing or tr("no base model")]
        if card.adapter is None:
            parts.append(tr("no adapter yet"))
        else:
            version, date = card.adapter.version, day(card.adapter.created)
            parts.append(tr("adapter v{version} of {date}", version=version, date=date))
        parts += self._who_answers(card)
        return parts

    def _who_answers(self, card: PersonaCard) -> list[str]:
        model = card.source.answers
        if model is not None:
            last = self._chat.from_ollama
            known = last is not None and last.persona_id == card.persona.id
            version = last.version if last is not None and known else model.server_version
            parts = [f"Ollama {version}", model.name]
            if not is_loopback(model.address):
                parts.append(tr("on another computer: {address}", address=model.address))
            if last is not None and known:
                parts.append(tr("first word: {seconds} s", seconds=f"{last.first_token_s:.1f}"))
            return parts
        runtime = {
            "off": tr("runtime: built in"),
            "starting": tr("runtime: loading the model…"),
            "ready": tr("runtime: built in, ready"),
            "failed": tr("runtime: not running"),
        }[self._session.runtime_state]
        held = self._session.held
        if held is None:
            return [runtime]
        return [
            runtime,
            tr("{megabytes} MB of memory", megabytes=f"{held.memory_bytes / 1e6:,.0f}"),
        ]

    def _lay_out(self) -> None:
        inside = row(self, margins=(space("large"), 12, space("medium"), 12), gap=12)
        inside.addLayout(self._avatar)
        words = column(gap=2)
        words.addWidget(self._name)
        words.addWidget(self._under)
        inside.addLayout(words, 1)
        switches = row(gap=space("hair"))
        for control in self._controls():
            switches.addWidget(control)
        inside.addLayout(switches)
