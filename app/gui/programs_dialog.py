"""Other programs that may talk to the personas: letting them in, their keys, what is collected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.gui.controls import CLOSES, button, clear, column, icon_row, label, row
from app.gui.copied_line import copied_line
from app.gui.fitted_dialog import FittedDialog
from app.gui.program_key_dialog import ProgramKeyDialog, consent_words
from app.gui.programs_list import ProgramList
from app.gui.programs_port import PortForm
from app.gui.programs_session import taken
from app.gui.programs_words import request_words, standing_words
from app.gui.session import Session
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import space
from app.gui.tick import Tick
from app.gui.train_fold import Fold
from app.gui.translation import tr
from app.gui.trouble_bar import TroubleBar

WIDTH_PX = 600


class ProgramsDialog(FittedDialog):
    """Shows what the window's session does; closing it ends nothing."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("programs_dialog")
        self.setWindowTitle(tr("Other programs"))
        self._session = session
        self._programs = session.programs
        self._shown_address = ""
        self._says_taken = False
        self._opened: set[str] = set()
        self._port = PortForm()
        self._port.chosen.connect(self._on_port_chosen)
        self._on = Tick(
            "programs_on", tr("Other programs may talk to my personas"),
            tr("Lets programs with a key ask at the addresses below; off while none is used"),
        )  # fmt: skip
        self._on.clicked.connect(self._on_switched)
        self._icon = row()
        self._standing = label("", "soft", name="programs_standing", wrap=True)
        self._addresses = QGridLayout()
        self._trouble = TroubleBar("programs_trouble")
        self._list = ProgramList()
        self._list.collecting_chosen.connect(self._programs.set_collecting)
        self._list.removal_asked.connect(self._ask_to_remove)
        lines = QWidget()
        self._lines = column(lines, gap=space("hair"))
        self._requests = Fold("programs_requests", tr("Last requests"), lambda: lines, self._opened)
        self._lay_out()
        self._programs.changed.connect(self._refresh)
        self._programs.answered.connect(self._show_requests)
        self._programs.failed.connect(self._trouble.show_trouble)
        self._programs.attended = True
        self.finished.connect(self._on_finished)
        self._refresh()
        self._show_requests()
        self._programs.look()

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Other programs"), "title"))
        about = tr(
            "A chat program on this computer can talk to your personas with a key of its own. It"
            " is answered as OpenAI's or Ollama's servers would answer it."
        )
        inside.addWidget(label(about, "soft", wrap=True))
        switch = column(gap=space("hair"))
        switch.addWidget(self._on, alignment=Qt.AlignmentFlag.AlignLeft)
        standing = row(gap=space("small"))
        standing.addLayout(self._icon)
        standing.addWidget(self._standing, 1)
        switch.addLayout(standing)
        inside.addLayout(switch)
        inside.addWidget(self._trouble)
        self._addresses.setHorizontalSpacing(space("medium"))
        self._addresses.setVerticalSpacing(space("hair"))
        self._addresses.setColumnStretch(1, 1)
        inside.addLayout(self._addresses)
        inside.addWidget(
            Fold("programs_other_port", tr("Another port"), lambda: self._port, self._opened)
        )
        head = row(gap=space("small"))
        head.addWidget(label(tr("Programs with a key"), "section"), 1)
        add = tr("Add a program…")
        tip = tr("Makes a key for another program on this computer")
        head.addWidget(
            button("programs_add", add, "plain", self._add_program, icon="plus", tip=tip)
        )
        inside.addLayout(head)
        inside.addWidget(self._list)
        inside.addWidget(label(consent_words(), "small", name="programs_consent", wrap=True))
        inside.addWidget(self._requests)
        inside.addStretch()
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(
            button("programs_close", tr("Close"), "plain", self.reject, tip=tr(CLOSES))
        )
        inside.addLayout(buttons)

    def _refresh(self) -> None:
        programs = self._programs
        self._on.setChecked(programs.on)
        self._on.setEnabled(not programs.busy)
        icon, colour, words = standing_words(programs.standing, on=programs.on, busy=programs.busy)
        clear(self._icon)
        self._icon.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignTop)
        self._standing.setText(words)
        self._show_addresses()
        self._show_taken()
        self._port.show_standing(programs.standing, busy=programs.busy)
        people = {each.persona.id: each.persona.name for each in self._session.household.cards}
        self._list.show_programs(programs.programs, people)

    def _show_addresses(self) -> None:
        address = self._programs.address
        if address == self._shown_address:
            return
        self._shown_address = address
        clear(self._addresses)
        for place, (name, words, shown) in enumerate(
            (
                ("programs_openai", tr("OpenAI-compatible"), f"{address}/v1"),
                ("programs_ollama", tr("Ollama-compatible"), address),
            )
        ):
            self._addresses.addWidget(label(words), place, 0)
            self._addresses.addWidget(copied_line(name, shown, tr("Copy the address")), place, 1)

    def _show_taken(self) -> None:
        """A port that somebody else has is in the way only of who wants it."""
        standing = self._programs.standing
        if self._programs.busy or standing is None:
            return
        if self._programs.on and standing.answers == "stranger":
            free = standing.free
            action = tr("Use port {port}", port=free) if free else ""
            self._trouble.show_trouble(taken(standing, action, lambda: self._programs.move(free)))
        elif self._says_taken:
            self._trouble.hide()
        self._says_taken = self._programs.on and standing.answers == "stranger"

    def _on_port_chosen(self, number: int) -> None:
        self._trouble.hide()
        self._programs.move(number)

    def _on_switched(self, on: bool) -> None:
        self._trouble.hide()
        self._programs.turn(on)

    def _add_program(self) -> None:
        ProgramKeyDialog(self._session, self).open()

    def _ask_to_remove(self, name: str) -> None:
        dialog = ChoiceDialog(
            "program_remove_dialog",
            tr("Take the key of {name} back?", name=name),
            tr(
                "It opens nothing from then on, and cannot be given again: the program would get a"
                " new one. What was collected stays in the review, until you drop or forget it."
            ),
            self,
        )
        dialog.add_answer(
            "program_remove_yes",
            tr("Take it back"),
            "danger",
            lambda: self._programs.remove(name),
            tip=tr("For a program that you no longer use, or whose key got out"),
        )
        dialog.add_answer("program_remove_no", tr("Leave it"), "plain")
        dialog.open()

    def _show_requests(self, _line: object = None) -> None:
        """The last ones while this window answers; another process tells its own."""
        clear(self._lines)
        people = {each.persona.slug: each.persona.name for each in self._session.household.cards}
        for line in reversed(self._programs.lines):
            who = line.program or tr("somebody unknown")
            words = f"{line.at:%H:%M:%S}   {who}: {request_words(line, people)}"
            self._lines.addWidget(label(words, "small", name="programs_request", wrap=True))
        self._requests.setVisible(bool(self._programs.lines))

    def _on_finished(self, _result: int) -> None:
        self._programs.attended = False
