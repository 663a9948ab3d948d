"""The first start: a base model, a persona, a first message."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from app.gui.controls import button, card, column, label, row
from app.gui.models_dialog import models_button
from app.gui.persona_dialog import PersonaForm, create_button
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr

WIDTH_PX = 560


class WelcomePage(QWidget):
    """Asks for the one thing that is missing: whom to talk to."""

    import_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("welcome_page")
        self.setProperty("kind", "page")
        self._session = session
        self._form = PersonaForm(session)
        self._create = create_button(self._form, self._on_create_clicked)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._content())
        column(self).addWidget(scroll)

    def take_focus(self) -> None:
        self._form.take_focus()

    def _content(self) -> QWidget:
        content = QWidget()
        content.setProperty("kind", "column")
        outside = column(content, margins=space("large"))
        outside.addStretch(1)
        middle = QWidget()
        middle.setMaximumWidth(WIDTH_PX)
        inside = column(middle, gap=space("medium"))
        inside.addWidget(label(tr("Whom would you like to talk to?"), "display", wrap=True))
        words = tr(
            "A persona answers in its own manner. As you rate and correct its replies, it"
            " learns from them once a month. Everything stays on this computer."
        )
        inside.addWidget(label(words, "soft", wrap=True))
        frame, form = card()
        form.addWidget(self._form)
        form.addSpacing(space("small"))
        buttons = row()
        buttons.addWidget(models_button(self._session, self))
        buttons.addStretch()
        buttons.addWidget(self._create)
        form.addLayout(buttons)
        inside.addWidget(frame)
        bring = row(gap=space("small"))
        bring.addWidget(label(tr("Or bring along what you have said elsewhere."), "soft"), 1)
        bring.addWidget(
            button(
                "welcome_import",
                tr("Import…"),
                "plain",
                self.import_wanted.emit,
                icon="download-simple",
            )
        )
        inside.addLayout(bring)
        line = row()
        line.addStretch(1)
        line.addWidget(middle, 100)
        line.addStretch(1)
        outside.addLayout(line)
        outside.addStretch(2)
        outside.setAlignment(Qt.AlignmentFlag.AlignTop)
        return content

    def _on_create_clicked(self) -> None:
        self._create.setEnabled(False)
        self._session.ask(
            self._form.creation(),
            lambda _persona: self._session.refresh(),
            self._form.show_failure,
        )
