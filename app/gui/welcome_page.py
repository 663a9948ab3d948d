"""The first start in three steps: a base, a persona, a first message; each can be skipped."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QPushButton, QScrollArea, QStackedWidget, QWidget

from app.gui.controls import button, column, label, row
from app.gui.flow import Scrolling
from app.gui.persona_dialog import create_button
from app.gui.session import Session
from app.gui.stylesheet import SCROLL_BAR_PX
from app.gui.theme import fitted, space
from app.gui.translation import later, tr
from app.gui.welcome_base import WelcomeBase
from app.gui.welcome_parts import part_of
from app.gui.welcome_persona import WelcomePersona
from app.gui.welcome_session import STARTER, WelcomeSession
from app.store.store import Store

WIDTH_PX = 680
BASE, PERSONA = 0, 1
_STEPS = 3  # the third is the chat itself
_TITLES = (later("Welcome to Perennial"), later("Whom would you like to talk to?"))
_ABOUT = (
    later(
        "You can chat at once; what a training needs is installed before the first one, not now."
        " Everything stays on this computer."
    ),
    later(
        "A persona answers in its own manner. As you rate and correct its replies, it learns from"
        " them once a month. Next comes your first message."
    ),
)


class WelcomePage(QWidget):
    """Asks for what is missing, and gives way to the chat."""

    import_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("welcome_page")
        self.setProperty("kind", "page")
        self._session = session
        self._welcome = WelcomeSession.of(session)
        self._base = WelcomeBase(session, self._welcome)
        self._persona = WelcomePersona(session, self._welcome)
        self._create = create_button(self._persona.form, self._on_create_clicked)
        self._back = button(
            "welcome_back", tr("Back"), "plain", self._on_back_clicked, icon="caret-left"
        )
        self._skip = button("welcome_skip", tr("Skip"), "", self._on_skip_clicked)
        self._next = button("welcome_next", tr("Next"), "primary", self._on_next_clicked)
        self._next.setAutoDefault(True)  # else Enter does nothing outside of a dialog
        self._steps = QStackedWidget()
        self._lay_out()
        self._connect()
        self._show_step(self._welcome.step)

    def take_focus(self) -> None:
        """Where the keyboard goes on: Enter, then a name, then Enter."""
        if self._steps.currentIndex() != self._welcome.step:  # a first start after another
            self._persona.begin_anew()
            self._show_step(self._welcome.step)
        if self._welcome.step == BASE:
            self._next.setFocus()
        else:
            self._persona.form.take_focus()

    def _lay_out(self) -> None:
        outside = column(self)
        for number, step in enumerate((self._base, self._persona)):
            self._steps.addWidget(_scrolled(number, step))
        outside.addWidget(self._steps, 1)
        beside = space("large")
        self._above_foot = _centered(self._persona.warning, (beside, 0, beside + SCROLL_BAR_PX, 0))
        outside.addWidget(self._above_foot)
        foot = QWidget()
        line = row(foot, gap=space("small"))
        line.addWidget(self._back)
        line.addStretch()
        for control in (self._skip, self._next, self._create):
            line.addWidget(control)
        below = _centered(foot, (beside, space("small"), beside + SCROLL_BAR_PX, space("medium")))
        below.setProperty("kind", "footer")
        outside.addWidget(below)

    def _connect(self) -> None:
        self._base.chosen.connect(lambda _key: self._show_next())
        self._base.own_wanted.connect(lambda: self._open_base_dialog(""))
        self._persona.base_wanted.connect(lambda: self._show_step(BASE))
        self._persona.import_wanted.connect(self.import_wanted)
        self._welcome.looked.connect(self._show_next)
        self._welcome.took.connect(self._on_base_taken)
        self._welcome.failed.connect(lambda _error: self._show_next())
        name = part_of(self._persona.form, QLineEdit, "persona_name")
        name.returnPressed.connect(self._create.click)
        keys = QKeySequence.StandardKey
        self._back.setToolTip(tr("Back to language and base; what is written here stays"))
        QShortcut(keys.Back, self, self._back.click)
        QShortcut(keys.Forward, self, self._next.click)

    def _show_step(self, step: int) -> None:
        self._welcome.step = step
        self._steps.setCurrentIndex(step)
        on_base = step == BASE
        self._above_foot.setVisible(not on_base)
        self._back.setVisible(not on_base)
        self._next.setVisible(on_base)
        self._create.setVisible(not on_base)
        self._skip.setToolTip(
            tr("Begin with the starter model; another can be added at any time")
            if on_base
            else tr("Begin with Sunny; name and manner can be changed at any time")
        )
        self._show_next()
        if self.isVisible():
            self.take_focus()

    def _show_next(self) -> None:
        """Its words say what it will do with the base that is chosen."""
        candidate = self._welcome.candidate
        place = candidate.place if candidate is not None else STARTER
        words, tip = {
            "hub": (
                tr("Get it…"),
                tr("Shows the licence and the size first; then it is fetched, which takes a while"),
            ),
            "ollama": (tr("Use it and go on"), tr("Reads the model once where Ollama keeps it")),
        }.get(place, (tr("Next"), tr("On to the persona")))
        self._next.setText(words)
        self._next.setAccessibleName(words)
        self._next.setToolTip(tip)
        self._next.setEnabled(not self._welcome.taking)
        self._base.show_taking()

    def _on_next_clicked(self) -> None:
        chosen, candidate = self._welcome.chosen, self._welcome.candidate
        if self._welcome.step != BASE:
            return
        if chosen.startswith("base:"):
            self._go_on(int(chosen.removeprefix("base:")))
        elif candidate is not None and candidate.place == "ollama":
            self._welcome.take(candidate)
            self._show_next()
        elif candidate is not None and candidate.place == "hub":
            self._open_base_dialog(candidate.name)
        else:
            self._go_on_with_starter()

    def _go_on_with_starter(self) -> None:
        def work(store: Store) -> int | None:
            from app.operations.first_start import starter_id

            return starter_id(store)

        self._session.ask(work, self._go_on)

    def _go_on(self, base_id: int | None) -> None:
        self._persona.use_base(base_id)
        self._show_step(PERSONA)

    def _on_back_clicked(self) -> None:
        if self._welcome.step == PERSONA:
            self._show_step(BASE)

    def _on_skip_clicked(self) -> None:
        if self._welcome.step == BASE:
            self._welcome.chosen = STARTER
            self._base.table.refresh()
            self._go_on_with_starter()
        else:
            self._persona.take_first_template()
            self._on_create_clicked()

    def _open_base_dialog(self, hub_id: str) -> None:
        """From a file, a folder or the hub; of the hub it shows the licence before it fetches."""
        # Reading models takes libraries that a window that opens does without.
        from app.gui.base_dialog import BaseDialog

        dialog = BaseDialog(self._session, self.window())
        dialog.base_added.connect(self._on_base_added)
        dialog.open()
        if hub_id:
            part_of(dialog, QLineEdit, "base_hub_id").setText(hub_id)
            part_of(dialog, QPushButton, "base_look").click()

    def _on_base_added(self, base_id: int) -> None:
        self._welcome.choose_base(base_id)
        self._go_on(base_id)

    def _on_base_taken(self, base_id: int) -> None:
        self._show_next()
        if self._welcome.step == BASE:
            self._go_on(base_id)

    def _on_create_clicked(self) -> None:
        self._create.setEnabled(False)
        self._session.ask(
            self._persona.form.creation(), lambda _persona: self._on_created(), self._on_not_created
        )

    def _on_created(self) -> None:
        self._welcome.begin_anew()
        self._session.refresh()

    def _on_not_created(self, error: Exception) -> None:
        self._show_step(PERSONA)
        self._persona.form.show_failure(error)


def _scrolled(number: int, step: QWidget) -> QScrollArea:
    """A step below its heading."""
    whole = QWidget()
    inside = column(whole, gap=space("hair"))
    words = tr("Step {step} of {steps}", step=number + 1, steps=_STEPS)
    inside.addWidget(label(words, "section", name=f"welcome_step_{number + 1}"))
    inside.addWidget(label(tr(_TITLES[number]), "display", wrap=True))
    inside.addWidget(label(tr(_ABOUT[number]), "soft", wrap=True))
    inside.addSpacing(space("medium"))
    inside.addWidget(step, 1)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    content = _centered(whole, (space("large"),) * 4)
    content.setProperty("kind", "column")
    scroll.setWidget(content)
    return scroll


def _centered(inside: QWidget, margins: tuple[int, int, int, int]) -> QWidget:
    """A column in the middle of the page."""
    holder = Scrolling()
    line = row(holder, margins=margins)
    inside.setMaximumWidth(fitted(WIDTH_PX))
    line.addStretch(1)
    line.addWidget(inside, 100)
    line.addStretch(1)
    return holder
