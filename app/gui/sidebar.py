"""The sidebar: personas first, then the pages, at the foot the month."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.gui.avatar import Avatar
from app.gui.controls import (
    button,
    clear,
    column,
    label,
    menu_heading,
    plain_tip,
    row,
    rule,
    scrolled,
    tool,
)
from app.gui.month_foot import MonthFoot
from app.gui.programs_line import ProgramsLine
from app.gui.session import Session
from app.gui.theme import CHOICES, Choice, size, space, theme
from app.gui.translation import LANGUAGES, current_language, tr
from app.operations.personas import PersonaCard

MOST_KEYS = 9


class PersonaButton(QPushButton):
    """A persona with the version that it speaks through."""

    def __init__(self, card: PersonaCard, number: int) -> None:
        super().__init__()
        persona = card.persona
        self.setObjectName(f"persona_{persona.slug}")
        self.setProperty("kind", "persona")
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        version = f"v{card.adapter.version}" if card.adapter else "—"
        spoken = (
            tr("adapter version {version}", version=card.adapter.version)
            if card.adapter
            else tr("no adapter yet")
        )
        self.setAccessibleName(f"{persona.name}, {spoken}")
        keys = f" (Ctrl+{number})" if number <= MOST_KEYS else ""
        self.setToolTip(plain_tip(f"{persona.name}: {spoken}{keys}"))
        inside = row(self, margins=(8, 0, 12, 0), gap=12)
        inside.addWidget(Avatar(persona.name, persona.colour, 26))
        name = label(persona.name)
        name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside.addWidget(name, 1)
        mark = label(version, "badge" if card.adapter else "small")
        mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside.addWidget(mark, alignment=Qt.AlignmentFlag.AlignVCenter)


class Sidebar(QWidget):
    """Who is on, which page is on, and how the month stands."""

    page_chosen = Signal(str)
    persona_wanted = Signal()
    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.setProperty("kind", "sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(size("sidebar"))
        self._session = session
        self._personas = column(gap=2)
        self._pages: dict[str, QPushButton] = {}
        self.foot = MonthFoot(session)
        self.foot.train_asked.connect(lambda: self.page_chosen.emit("train"))
        self._lay_out()
        for number in range(1, MOST_KEYS + 1):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda n=number: self._switch(n))
        session.household_changed.connect(self.refresh)
        session.month_changed.connect(self._mark_training)
        session.examining.counted.connect(self._mark_review)
        self._mark_review()
        self.refresh()

    def refresh(self) -> None:
        """Show the personas as they are now."""
        clear(self._personas)
        for number, card in enumerate(self._session.household.cards, 1):
            made = PersonaButton(card, number)
            made.setChecked(card.persona.id == self._session.household.current_id)
            made.clicked.connect(
                lambda _checked=False, each=card.persona.id: self._session.switch(each)
            )
            self._personas.addWidget(made)
        self.foot.setVisible(bool(self._session.household.cards))
        self.foot.refresh()

    def show_page(self, name: str) -> None:
        self._pages[name].setChecked(True)

    def _switch(self, number: int) -> None:
        cards = self._session.household.cards
        if number <= len(cards):
            self._session.switch(cards[number - 1].persona.id)

    def _mark_training(self) -> None:
        text = tr("Train")
        trainings = self._session.trainings
        if self._session.training and trainings is not None and trainings.latest is not None:
            waits = trainings.latest.state == "waiting"
            text = f"{text}  ·  {tr('your word') if waits else tr('under way')}"
        self._pages["train"].setText(f"  {text}")
        self._pages["train"].setAccessibleName(text)

    def _mark_review(self) -> None:
        text, left = tr("Review"), self._session.examining.flagged
        shown = f"{text}  ·  {left:,}" if left else text
        self._pages["review"].setText(f"  {shown}")
        self._pages["review"].setAccessibleName(
            tr("Review, {count} left", count=left) if left else text
        )
        self._pages["review"].setToolTip(tr("Decide what may be learned (Ctrl+E)"))

    def _lay_out(self) -> None:
        inside = column(self)
        inside.addLayout(self._head())
        holder = QWidget()
        holder.setProperty("kind", "clear")
        people = column(holder, margins=(8, 0, 8, 8), gap=2)
        # Buttons that exclude one another share a parent: personas one, pages another.
        for part in (self._people_part(), self._page_part()):
            people.addWidget(part)
        people.addStretch()
        scroll = scrolled(holder)
        inside.addWidget(scroll, 1)
        inside.addWidget(rule())
        inside.addWidget(ProgramsLine(self._session, self))
        inside.addWidget(self.foot)

    def _people_part(self) -> QWidget:
        part = QWidget()
        inside = column(part, margins=(0, 0, 0, space("medium")), gap=2)
        inside.addLayout(self._personas)
        inside.addWidget(
            button("new_persona", tr("New persona"), "nav", self.persona_wanted.emit, icon="plus")
        )
        return part

    def _page_part(self) -> QWidget:
        part = QWidget()
        inside = column(part, gap=2)
        for name, text, icon in (
            ("chat", tr("Chat"), "chat-circle"),
            ("review", tr("Review"), "checks"),
            ("replay", tr("Replay"), "stack"),
            ("train", tr("Train"), "student"),
        ):
            inside.addWidget(self._page_button(name, text, icon))
        return part

    def _head(self) -> QHBoxLayout:
        head = row(margins=(space("medium"), 12, space("small"), 8))
        head.addWidget(label("Perennial", "strong"))
        head.addStretch()
        head.addWidget(self._menu_button())
        return head

    def _page_button(self, name: str, text: str, icon: str) -> QPushButton:
        made = button(f"page_{name}", text, "nav", lambda: self.page_chosen.emit(name), icon=icon)
        made.setCheckable(True)
        made.setAutoExclusive(True)
        self._pages[name] = made
        return made

    def _menu_button(self) -> QToolButton:
        made = tool("preferences", "sliders-horizontal", tr("Import, export, theme and language"))
        menu = QMenu(made)
        menu.setObjectName("preferences_menu")
        words = {"system": tr("As the system"), "light": tr("Light"), "dark": tr("Dark")}
        self._add_data(menu)
        menu_heading(menu, tr("Theme"))
        for choice in CHOICES:
            self._add_theme(menu, choice, words[choice])
        menu_heading(menu, tr("Language"))
        for code, language in LANGUAGES.items():
            action = menu.addAction(language)
            action.setObjectName(f"language_{code}")
            action.setCheckable(True)
            action.setChecked(code == current_language())
            action.triggered.connect(
                lambda _checked=False, each=code: self._session.choose_language(each)
            )
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return made

    def _add_data(self, menu: QMenu) -> None:
        menu_heading(menu, tr("Conversations and personas"))
        bring = menu.addAction(tr("Import… (Ctrl+I)"))
        bring.setObjectName("menu_import")
        bring.triggered.connect(lambda _checked=False: self.import_wanted.emit())
        take_out = menu.addAction(tr("Export… (Ctrl+Shift+E)"))
        take_out.setObjectName("menu_export")
        take_out.triggered.connect(lambda _checked=False: self.export_wanted.emit())
        menu.aboutToShow.connect(lambda: take_out.setEnabled(bool(self._session.household.cards)))

    def _add_theme(self, menu: QMenu, choice: Choice, words: str) -> None:
        action = menu.addAction(words)
        action.setObjectName(f"theme_{choice}")
        action.setCheckable(True)
        action.setChecked(choice == theme().choice)
        action.triggered.connect(lambda _checked=False: self._session.choose_theme(choice))
