"""The second step: whom to talk to, from a template or in one's own words."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.gui.base_choice import BaseChoice
from app.gui.controls import Line, button, card, column, icon_row, label, row
from app.gui.persona_dialog import PersonaForm
from app.gui.session import Session
from app.gui.theme import space, type_size
from app.gui.translation import current_language, tr
from app.gui.welcome_parts import part_of
from app.gui.welcome_session import WelcomeSession, Written
from app.operations import personas
from app.operations.personas import PersonaTemplate
from app.store.store import Store

_ABOUT_LINES = 3


class WelcomePersona(QWidget):
    """The persona's form; `warning` stands outside, where it is seen wherever the form is."""

    base_wanted = Signal()
    import_wanted = Signal()

    def __init__(self, session: Session, welcome: WelcomeSession) -> None:
        super().__init__()
        self.setObjectName("welcome_step_persona")
        self._session = session
        self._welcome = welcome
        self._filling = False
        self.form = PersonaForm(session)
        self._name = part_of(self.form, QLineEdit, "persona_name")
        self._prompt = part_of(self.form, QPlainTextEdit, "persona_prompt")
        self._base = part_of(self.form, BaseChoice)
        self.warning = self._korean_warning()
        self._lay_out()
        self._fill(welcome.written)
        self._make_cards()
        self.form.changed.connect(self._on_changed)
        self._prompt.textChanged.connect(self._on_changed)
        part_of(self._base, QComboBox).currentIndexChanged.connect(lambda _at: self._look())

    def use_base(self, base_id: int | None) -> None:
        """Speak through the base that was chosen before."""
        self._base.refresh(base_id)
        self._look()

    def begin_anew(self) -> None:
        """Empty the form for another first start."""
        self._fill(Written())

    def take_first_template(self) -> None:
        """Who does not want to choose begins with the first."""
        self._choice(0).click()

    def _lay_out(self) -> None:
        inside = column(self, gap=space("medium"))
        frame, form = card()
        form.addWidget(self.form)
        inside.addWidget(frame)
        bring = row(gap=space("small"))
        words = tr("Or bring along what you have said elsewhere.")
        bring.addWidget(label(words, "soft", wrap=True), 1)
        elsewhere = button(
            "welcome_import",
            tr("Import…"),
            "plain",
            self.import_wanted.emit,
            icon="download-simple",
        )
        elsewhere.setToolTip(
            tr("Chats, a character card or a persona's archive become a persona with its past")
        )
        bring.addWidget(elsewhere)
        inside.addLayout(bring)
        inside.addStretch()

    def _korean_warning(self) -> QFrame:
        frame, inside = card("welcome_korean", "warning")
        line = row(gap=space("small"))
        line.addWidget(icon_row("warning", "warning"), alignment=Qt.AlignmentFlag.AlignTop)
        words = tr(
            "This base speaks English only and garbles Korean. Choose one that speaks it, or do"
            " that later."
        )
        line.addWidget(label(words, wrap=True), 1)
        back = button(
            "welcome_other_base", tr("Choose another base"), "plain", self.base_wanted.emit
        )
        back.setToolTip(tr("Back to the first step; what you have written here stays"))
        line.addWidget(back)
        inside.addLayout(line)
        frame.hide()
        return frame

    def _make_cards(self) -> None:
        for number, template in enumerate(personas.templates()):
            choice = self._choice(number)
            _show_as_card(choice, template)
            choice.clicked.connect(lambda _on=False: self._on_template_clicked())

    def _choice(self, number: int) -> QPushButton:
        return part_of(self.form, QPushButton, f"template_{number}")

    def _language(self, code: str) -> QPushButton:
        return part_of(self.form, QPushButton, f"persona_language_{code}")

    def _on_template_clicked(self) -> None:
        """Who reads Korean wants to be answered in it, where the base can."""
        candidate = self._welcome.candidate
        if current_language() == "ko" and candidate is not None and not candidate.lacks("ko"):
            self._language("ko").setChecked(True)

    def _fill(self, written: Written) -> None:
        self._filling = True
        self._name.setText(written.name)
        self._prompt.setPlainText(written.prompt)
        for code in ("en", "ko"):
            self._language(code).setChecked(False)
        for code in written.languages:  # the first one chosen is the persona's first
            self._language(code).setChecked(True)
        self._filling = False
        self._look()

    def _on_changed(self) -> None:
        if not self._filling:
            self._welcome.written = Written(
                self._name.text(), self._prompt.toPlainText(), self.form.languages
            )
            self._look()

    def _look(self) -> None:
        """Whether the base speaks the persona's languages; only Korean is lacked by some."""
        if "ko" not in self.form.languages:
            self.warning.hide()
            return
        base_id = self._base.chosen_id

        def work(store: Store) -> bool:
            from app.operations.first_start import speaks_no_korean

            return speaks_no_korean(store, base_id)

        self._session.ask(work, self._on_looked)

    def _on_looked(self, lacks_korean: bool) -> None:
        self.warning.setVisible(lacks_korean and "ko" in self.form.languages)


def _show_as_card(choice: QPushButton, template: PersonaTemplate) -> None:
    """Its name with what it is like below; the button's own text has one line."""
    about = tr(template.about)
    choice.setAccessibleDescription(about)
    choice.setText("")
    inside = column(choice, margins=space("small"), gap=2)
    called = Line(template.name, f"{choice.objectName()}_name", "strong")
    for part in (called, label(about, "small", wrap=True)):
        part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside.addWidget(part)
    inside.addStretch()
    letters = 1.5 * type_size("body") + _ABOUT_LINES * 1.4 * type_size("small")
    high = round(letters) + space("medium")
    # The window's style sheet has a least height for such buttons, which goes before a widget's.
    choice.setStyleSheet(f"#{choice.objectName()} {{ min-height: {high}px; }}")
