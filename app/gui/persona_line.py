"""The line of a persona's adapters: what each learned and reached, and one click back to it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.gui.avatar import Avatar
from app.gui.controls import Line, button, card, clear, column, label, row, scrolled, tool
from app.gui.flow import Scrolling
from app.gui.persona_entry import EntryCard, Rail
from app.gui.persona_words import short_name
from app.gui.session import Session
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.gui.why import what_is
from app.operations.adapter_line import AdapterLine, LineEntry, adapter_line, bring_back
from app.operations.personas import PersonaCard
from app.store.store import Store

SHOWN_AT_FIRST = 12
AVATAR_PX = 32


class PersonaLine(QWidget):
    """Reads the line anew whenever the household changes; goes back after a question."""

    left = Signal()
    talk_asked = Signal(int)

    def __init__(self, session: Session, card_: PersonaCard) -> None:
        super().__init__()
        self.setObjectName("persona_line")
        self._session = session
        self._id, self._name = card_.persona.id, short_name(card_.persona.name)
        self._line: AdapterLine | None = None
        self._opened: set[str] = set()
        self._all = False
        self._trouble = TroubleBar("line_trouble")
        self._about = label(tr("Reading…"), "soft", name="line_about", wrap=True)
        self._holder = Scrolling()
        self._entries = column()
        self._back = tool(
            "line_back", "arrow-left", tr("Back to the personas (Esc)"), self.left.emit
        )
        self._lay_out(card_)
        session.household_changed.connect(self.refresh)
        QShortcut(
            QKeySequence("Escape"),
            self,
            self.left.emit,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        self.refresh()

    def take_focus(self) -> None:
        self._back.setFocus()

    def refresh(self) -> None:
        """Read the line; what is shown stays until then."""
        home, persona_id = self._session.home, self._id
        self._session.ask(lambda store: adapter_line(home, store, persona_id),
            self._on_read, self._on_not_read,
        )  # fmt: skip

    def _lay_out(self, card_: PersonaCard) -> None:
        gap = space("large")
        inside = column(self, margins=(gap, space("medium"), space("medium"), gap), gap=12)
        head = row(gap=space("small"))
        head.addWidget(self._back)
        head.addWidget(Avatar(card_.persona.name, card_.persona.colour, AVATAR_PX))
        title = tr("Adapters of {name}", name=card_.persona.name)
        head.addWidget(Line(title, "line_title", "title"), 1)
        head.addWidget(what_is("Adapter", "what_is_adapter"))
        inside.addLayout(head)
        inside.addWidget(self._trouble)
        inside.addWidget(self._about)
        self._holder.setProperty("kind", "clear")
        rows = column(self._holder, margins=(0, 0, space("medium"), 0))
        rows.addLayout(self._entries)
        rows.addStretch()
        inside.addWidget(scrolled(self._holder), 1)

    def _on_read(self, line: AdapterLine) -> None:
        if line != self._line:
            self._line = line
            self._show()

    def _show(self) -> None:
        line = self._line
        clear(self._entries)
        if line is None or not line.entries:
            self._show_none()
            return
        self._about.show()
        self._about.setText(_about(line, self._name))
        shown_ = line.entries if self._all else line.entries[:SHOWN_AT_FIRST]
        more = len(line.entries) - len(shown_)
        for place, entry in enumerate(shown_):
            last = place == len(line.entries) - 1
            self._entries.addWidget(self._row(entry, first=place == 0, last=last))
        if more:
            words = tr("{count} more", count=more)
            made = button(
                "line_more", words, "fold", self._on_more_clicked, icon="caret-down",
                tip=tr("Shows the older adapters, too"),
            )  # fmt: skip
            self._entries.addWidget(made, alignment=Qt.AlignmentFlag.AlignLeft)

    def _row(self, entry: LineEntry, *, first: bool, last: bool) -> QWidget:
        holder = QWidget()
        inside = row(holder, gap=space("small"))
        inside.addWidget(Rail(first=first, last=last, live=entry.standing == "live"))
        made = EntryCard(entry, self._opened)
        made.back_asked.connect(self._ask_back)
        framed = column(margins=(0, 0, 0, space("medium")))
        framed.addWidget(made)
        inside.addLayout(framed, 1)
        return holder

    def _show_none(self) -> None:
        """Leads on to what an adapter is made of."""
        self._about.hide()
        frame, inside = card("line_empty")
        inside.addWidget(label(tr("No adapter yet"), "strong"))
        words = tr(
            "Talk to {name} and rate or correct the replies. Once there are enough, Train makes the"
            " first adapter, and it is kept here with everything that comes after it.",
            name=self._name,
        )
        inside.addWidget(label(words, "soft", wrap=True))
        talk = button(
            "line_talk", tr("Talk"), "primary", lambda: self.talk_asked.emit(self._id),
            icon="chat-circle",
        )  # fmt: skip
        talk.setToolTip(tr("Talk to {name}: the next message goes there", name=self._name))
        inside.addWidget(talk, alignment=Qt.AlignmentFlag.AlignLeft)
        self._entries.addWidget(frame)

    def _on_more_clicked(self) -> None:
        self._all = True
        self._show()

    def _ask_back(self, entry: LineEntry) -> None:
        line = self._line
        if line is None:
            return
        version = entry.adapter.version
        dialog = ChoiceDialog(
            "bring_back_dialog",
            tr("Go back to v{version}?", version=version),
            _what_happens(line, entry, self._name),
            self.window(),
        )
        dialog.add_answer(
            "bring_back", tr("Go back to v{version}", version=version), "primary",
            lambda: self._go_back(entry, in_ollama=bool(line.in_ollama)),
            tip=tr("It answers from the next message on; nothing is deleted"),
        )  # fmt: skip
        dialog.add_answer("bring_back_not", tr("Leave it as it is"), "plain")
        dialog.open()

    def _go_back(self, entry: LineEntry, *, in_ollama: bool) -> None:
        session, persona_id, run_id = self._session, self._id, entry.adapter.run_id
        home = session.home
        self._holder.setEnabled(False)
        self._about.setText(tr("Going back to v{version}…", version=entry.adapter.version))

        def done(_none: None) -> None:
            self._holder.setEnabled(True)
            self.refresh()

        def failed(error: Exception) -> None:
            self._holder.setEnabled(True)
            self._show()
            self._trouble.show_trouble(
                explain(
                    error,
                    button=tr("Try again"),
                    action=lambda: self._go_back(entry, in_ollama=in_ollama),
                )
            )

        def work(_store: Store) -> None:
            bring_back(home, persona_id, run_id)

        def after() -> None:
            session.refresh()
            if in_ollama:
                session.ollama.follow(persona_id)

        session.ask(work, done, failed, after=after)

    def _on_not_read(self, error: Exception) -> None:
        self._about.setText("")
        self._trouble.show_trouble(explain(error, button=tr("Try again"), action=self.refresh))


def _about(line: AdapterLine, name: str) -> str:
    live = line.live
    if live is None:
        return tr("{name} speaks through the base {base} alone.", name=name, base=line.base_name)
    version = live.adapter.version
    return tr("{name} speaks through v{version}.", name=name, version=version)


def _what_happens(line: AdapterLine, entry: LineEntry, name: str) -> str:
    version = entry.adapter.version
    told = [
        tr(
            "{name} speaks through v{version} again from the next message on.",
            name=name,
            version=version,
        )
    ]
    if entry.other_base:
        told.append(tr("Its base is {base} again, too.", base=entry.base_name))
    live = line.live
    if live is not None:
        told.append(
            tr(
                "v{version} stays here, and one click brings it back. What it learned from does"
                " not count as new.",
                version=live.adapter.version,
            )
        )
    if line.in_ollama:
        told.append(tr("Ollama follows, as {name}.", name=line.in_ollama))
    return " ".join(told)
