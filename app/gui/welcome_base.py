"""The first step: the language of the window, what this computer is, and the base to begin with."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from app.gui.controls import button, card, column, icon_row, label, row
from app.gui.flow import Flow
from app.gui.models_dialog import models_button
from app.gui.progress_face import ProgressFace
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import LANGUAGES, current_language, tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.gui.welcome_rows import BaseTable
from app.gui.welcome_session import WelcomeSession
from app.gui.welcome_words import computer_words, gigabytes, starter_month


class WelcomeBase(QWidget):
    """Can be left at any time: the starter is chosen until something else is."""

    chosen = Signal(str)
    own_wanted = Signal()

    def __init__(self, session: Session, welcome: WelcomeSession) -> None:
        super().__init__()
        self.setObjectName("welcome_step_base")
        self._session = session
        self._welcome = welcome
        self.table = BaseTable(welcome)
        self.table.chosen.connect(self.chosen)
        self._computer = label("", "soft", name="welcome_computer", wrap=True)
        self._month = label("", "strong", name="welcome_month", wrap=True)
        self._progress = ProgressFace("welcome_progress")
        self._progress.hide()
        self._trouble = TroubleBar("welcome_trouble")
        self._lay_out()
        welcome.looked.connect(self._show_computer)
        welcome.heard.connect(self._on_heard)
        welcome.failed.connect(self._on_failed)
        self._show_computer()
        self.show_taking()

    def show_taking(self) -> None:
        """While a model is read nothing else can be chosen."""
        taking = self._welcome.taking
        self.table.setEnabled(not taking)
        self._progress.setVisible(taking)
        if taking:
            self._trouble.hide()
            self._progress.begin(tr("Reading the model once to check it"))

    def _lay_out(self) -> None:
        inside = column(self, gap=space("medium"))
        inside.addLayout(self._languages())
        frame, computer = card("welcome_computer_card")
        line = row(gap=space("small"))
        line.addWidget(icon_row("desktop", "text_soft"), alignment=Qt.AlignmentFlag.AlignTop)
        words = column(gap=space("hair"))
        words.addWidget(self._month)
        words.addWidget(self._computer)
        line.addLayout(words, 1)
        computer.addLayout(line)
        inside.addWidget(frame)
        inside.addWidget(label(tr("What should your persona speak through?"), "strong"))
        inside.addWidget(self.table)
        inside.addWidget(self._progress)
        inside.addWidget(self._trouble)
        inside.addWidget(self._others())
        for text in (
            tr(
                "A month is {count} conversations. Its time is a rough guess until training is"
                " installed, which happens before the first one and not now.",
                count=500,
            ),
            tr(
                "What you pull with Ollama, as with: ollama pull qwen2.5:7b, stands here too and"
                " is read where it lies."
            ),
        ):
            inside.addWidget(label(text, "small", wrap=True))
        inside.addStretch()

    def _languages(self) -> QHBoxLayout:
        line = row(gap=space("small"))
        line.addWidget(icon_row("translate", "text_soft"))
        line.addWidget(label(tr("Language of the window"), "section"))
        group = QButtonGroup(self)
        for code, name in LANGUAGES.items():
            chip = button(f"welcome_language_{code}", name, "chip")
            chip.setCheckable(True)
            chip.setChecked(code == current_language())
            chip.setToolTip(tr("Everything is said in this language from now on"))
            chip.clicked.connect(lambda _on=False, each=code: self._session.choose_language(each))
            group.addButton(chip)
            line.addWidget(chip)
        line.addStretch()
        return line

    def _others(self) -> Flow:
        line = Flow(gap=space("small"))
        own = button(
            "welcome_own_base",
            tr("A file or a folder…"),
            "plain",
            self.own_wanted.emit,
            icon="folder-open",
        )
        own.setToolTip(
            tr("A model that you have as a GGUF file or a Hugging Face folder, or any of the hub")
        )
        line.add(own)
        line.add(models_button(self._session, self))
        return line

    def _show_computer(self) -> None:
        found = self._welcome.found
        if found is None:
            self._month.setText(tr("Looking at this computer and its models…"))
            self._computer.setText(tr("You can go on meanwhile."))
            return
        self._month.setText(starter_month(found))
        self._computer.setText(computer_words(found.computer))

    def _on_heard(self, done: int, total: int) -> None:
        self._progress.show_part(done, total, f"{gigabytes(done)} / {gigabytes(total)}")

    def _on_failed(self, error: Exception) -> None:
        """The starter is still there to go on with."""
        self.show_taking()
        self._trouble.show_trouble(explain(error))
        if self._welcome.found is None:
            self._month.setText(tr("This computer could not be looked at."))
            self._computer.setText(tr("The starter model works all the same."))
