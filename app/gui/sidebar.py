"""The sidebar: personas first, then the pages, at the foot the month; signs alone when narrow."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QPushButton,
    QToolButton,
    QWidget,
)

from app.gui.avatar import Avatar
from app.gui.controls import (
    Line,
    button,
    clear,
    column,
    label,
    plain_tip,
    row,
    rule,
    scrolled,
    tool,
)
from app.gui.keys import with_keys
from app.gui.menus import Menu, menu_heading
from app.gui.month_foot import MonthFoot
from app.gui.programs_line import ProgramsLine
from app.gui.session import Session
from app.gui.stylesheet import SCROLL_BAR_PX
from app.gui.text_parts import harmless
from app.gui.theme import CHOICES, Choice, fitted, size, space, theme
from app.gui.translation import LANGUAGES, current_language, tr
from app.operations.personas import PersonaCard

MOST_KEYS = 9
AVATAR_PX = 26


class PersonaButton(QPushButton):
    """A persona with the version that it speaks through."""

    def __init__(self, card: PersonaCard, number: int, *, narrow: bool = False) -> None:
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
        words = f"{persona.name}: {spoken}"
        if number <= MOST_KEYS:
            words = with_keys(words, f"persona.{number}")
        self.setToolTip(plain_tip(words))
        if narrow:
            self.setMinimumWidth(size("target"))
            pixels = min(fitted(AVATAR_PX), size("target"))
            row(self).addWidget(Avatar(persona.name, persona.colour, pixels))
            return
        inside = row(self, margins=(8, 0, 12, 0), gap=12)
        inside.addWidget(Avatar(persona.name, persona.colour, AVATAR_PX))
        name = Line(harmless(persona.name), "persona_button_name", "")
        name.setToolTip("")  # the button has a tip of its own
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
        self._session = session
        self.narrow = False
        self._personas = column(gap=2)
        self._pages: dict[str, QPushButton] = {}
        self._words: dict[QPushButton, str] = {}
        self._tips: dict[QPushButton, str] = {}
        self._name = label("Perennial", "strong")
        self._programs = ProgramsLine(session, self)
        self.foot = MonthFoot(session)
        self.foot.train_asked.connect(lambda: self.page_chosen.emit("train"))
        self._head = row()
        self._lay_out()
        session.household_changed.connect(self.refresh)
        session.month_changed.connect(self._mark_training)
        session.examining.counted.connect(self._mark_review)
        self._mark_review()
        self.set_narrow(False)

    def set_narrow(self, narrow: bool) -> None:
        """Leave the room to the page: signs alone, whose tips have the words."""
        self.narrow = narrow
        # With room for the scroll bar beside a sign.
        signs = size("target") + 2 * space("small") + SCROLL_BAR_PX
        self.setFixedWidth(signs if narrow else size("sidebar"))
        self._name.setVisible(not narrow)
        side = (signs - size("target")) // 2
        left, right = (side, side) if narrow else (space("medium"), space("small"))
        self._head.setContentsMargins(left, 12, right, 8)
        for made in self._words:
            made.setProperty("sign", narrow)
            made.setMinimumWidth(size("target") if narrow else 0)
            made.style().polish(made)
            self._show_words(made)
        for part in (self._programs, self.foot):
            part.set_narrow(narrow)
        self.refresh()

    def refresh(self) -> None:
        """Show the personas as they are now."""
        clear(self._personas)
        for number, card in enumerate(self._session.household.cards, 1):
            made = PersonaButton(card, number, narrow=self.narrow)
            made.setChecked(card.persona.id == self._session.household.current_id)
            made.clicked.connect(
                lambda _checked=False, each=card.persona.id: self._session.switch(each)
            )
            self._personas.addWidget(made)
        self.foot.setVisible(bool(self._session.household.cards))
        self.foot.refresh()

    def show_page(self, name: str) -> None:
        self._pages[name].setChecked(True)

    def _mark_training(self) -> None:
        text = tr("Train")
        trainings = self._session.trainings
        if self._session.training and trainings is not None and trainings.latest is not None:
            waits = trainings.latest.state == "waiting"
            text = f"{text}  ·  {tr('your word') if waits else tr('under way')}"
        self._say("train", text)

    def _mark_review(self) -> None:
        text, left = tr("Review"), self._session.examining.flagged
        shown = f"{text}  ·  {left:,}" if left else text
        self._say("review", shown)
        if left:
            self._pages["review"].setAccessibleName(tr("Review, {count} left", count=left))

    def _say(self, page: str, text: str) -> None:
        made = self._pages[page]
        self._words[made] = text
        made.setAccessibleName(text)
        self._show_words(made)

    def _show_words(self, made: QPushButton) -> None:
        words, tip = self._words[made], self._tips[made]
        made.setText("" if self.narrow else f"  {words}")
        made.setToolTip(f"{words}\n{tip}" if self.narrow else tip)

    def _keep_words(self, made: QPushButton, words: str) -> None:
        """What a button says where there is room, and in its tip where there is none."""
        self._words[made], self._tips[made] = words, made.toolTip()

    def _lay_out(self) -> None:
        inside = column(self)
        self._fill_head()
        inside.addLayout(self._head)
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
        inside.addWidget(self._programs)
        inside.addWidget(self.foot)

    def _people_part(self) -> QWidget:
        part = QWidget()
        inside = column(part, margins=(0, 0, 0, space("medium")), gap=2)
        inside.addLayout(self._personas)
        new = button(
            "new_persona", tr("New persona"), "nav", self.persona_wanted.emit, icon="plus",
            tip=tr("Somebody else to talk to, with a manner and adapters of their own"),
        )  # fmt: skip
        self._keep_words(new, new.accessibleName())
        inside.addWidget(new)
        return part

    def _page_part(self) -> QWidget:
        part = QWidget()
        inside = column(part, gap=2)
        for name, text, icon, about in (
            ("chat", tr("Chat"), "chat-circle", tr("Talk, and say which replies are good")),
            ("review", tr("Review"), "checks", tr("Decide what may be learned")),
            ("replay", tr("Replay"), "stack", tr("What is mixed in so that nothing is unlearned")),
            ("train", tr("Train"), "student", tr("Make an adapter of the month, and judge it")),
            ("personas", tr("Personas"), "users", tr("Prompt, traits and adapters of everybody")),
            ("settings", tr("Settings"), "gear", tr("Look, keys, models, servers, storage, help")),
        ):
            made = self._page_button(name, text, icon)
            made.setToolTip(with_keys(about, f"page.{name}"))
            self._keep_words(made, text)
            inside.addWidget(made)
        return part

    def _fill_head(self) -> None:
        self._head.addWidget(self._name)
        self._head.addStretch()
        self._head.addWidget(self._menu_button())

    def _page_button(self, name: str, text: str, icon: str) -> QPushButton:
        made = button(f"page_{name}", text, "nav", lambda: self.page_chosen.emit(name), icon=icon)
        made.setCheckable(True)
        made.setAutoExclusive(True)
        self._pages[name] = made
        return made

    def _menu_button(self) -> QToolButton:
        made = tool("preferences", "sliders-horizontal", tr("Import, export, theme and language"))
        menu = Menu(made)
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

    def _add_data(self, menu: Menu) -> None:
        menu_heading(menu, tr("Conversations and personas"))
        bring = menu.addAction(with_keys(tr("Import…"), "import"))
        bring.setObjectName("menu_import")
        bring.triggered.connect(lambda _checked=False: self.import_wanted.emit())
        take_out = menu.addAction(with_keys(tr("Export…"), "export"))
        take_out.setObjectName("menu_export")
        take_out.triggered.connect(lambda _checked=False: self.export_wanted.emit())
        menu.aboutToShow.connect(lambda: take_out.setEnabled(bool(self._session.household.cards)))

    def _add_theme(self, menu: Menu, choice: Choice, words: str) -> None:
        action = menu.addAction(words)
        action.setObjectName(f"theme_{choice}")
        action.setCheckable(True)
        action.setChecked(choice == theme().choice)
        action.triggered.connect(lambda _checked=False: self._session.choose_theme(choice))
