"""The settings page: a list of sections, and the chosen one beside it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from app.gui.controls import column, label, row, scrolled
from app.gui.flow import Scrolling
from app.gui.icons import icon
from app.gui.session import Session
from app.gui.theme import size, space, type_size
from app.gui.translation import later, tr

if TYPE_CHECKING:
    from app.gui.window import MainWindow

WIDTH_PX = 760
# A page made anew, as after a change of the look, begins where the one before it was.
_SECTION, _FOCUS = "settings_section", "settings_focus"
_PAGE_TO_LIST = 3.2  # beside a list that takes more of the page there is no room: icons alone


@dataclass(frozen=True)
class SectionEntry:
    """A section: its words, and where its widget is made; imported when it is opened first."""

    name: str
    words: str
    icon: str
    module: str
    made_by: str


SECTIONS = (
    SectionEntry(
        "look", later("Language and look"), "palette", "app.gui.settings_look", "LookSection"
    ),
    SectionEntry("keys", later("Keyboard"), "keyboard", "app.gui.settings_keys", "KeysSection"),
    SectionEntry(
        "models",
        later("Models and this computer"),
        "cpu",
        "app.gui.settings_models",
        "ModelsSection",
    ),
    SectionEntry(
        "servers",
        later("Ollama and other programs"),
        "share-network",
        "app.gui.settings_servers",
        "ServersSection",
    ),
    SectionEntry(
        "storage", later("Storage"), "hard-drives", "app.gui.settings_storage", "StorageSection"
    ),
    SectionEntry(
        "schedule", later("Schedule"), "calendar", "app.gui.settings_schedule", "ScheduleSection"
    ),
    SectionEntry(
        "help", later("Help and diagnostics"), "lifebuoy", "app.gui.settings_help", "HelpSection"
    ),
)


def focus_again(window: QWidget, name: str) -> None:
    """Have the keyboard at this control in the page that a change of the look makes anew."""
    window.setProperty(_FOCUS, name)


class SettingsPage(QWidget):
    """Everything that is set once and looked up now and then."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("settings_page")
        self.setProperty("kind", "page")
        self._session = session
        self._window = window
        self._made: dict[str, Any] = {}
        self._areas: dict[str, QScrollArea] = {}
        self._list = _SectionList()
        self._places = QStackedWidget()
        self._lay_out()
        self._list.currentRowChanged.connect(self._on_row_changed)
        self.show_section(str(window.property(_SECTION) or SECTIONS[0].name))

    def take_focus(self) -> None:
        """Where the keyboard was in the page before this one, else the list."""
        name = self._window.property(_FOCUS)
        self._window.setProperty(_FOCUS, None)
        again = self.findChild(QWidget, name) if name else None
        (again or self._list).setFocus()

    def show_section(self, name: str) -> None:
        """Open a section, as another page does that needs something of it."""
        names = [entry.name for entry in SECTIONS]
        self._list.setCurrentRow(names.index(name) if name in names else 0)

    def _on_row_changed(self, place: int) -> None:
        entry = SECTIONS[place]
        self._window.setProperty(_SECTION, entry.name)
        if entry.name not in self._made:
            self._make(entry)
        self._places.setCurrentWidget(self._areas[entry.name])
        if self.isVisible():
            self._made[entry.name].refresh()

    def _make(self, entry: SectionEntry) -> None:
        made = getattr(import_module(entry.module), entry.made_by)(self._session, self._window)
        holder = Scrolling()
        holder.setProperty("kind", "clear")
        middle = QWidget()
        middle.setMaximumWidth(WIDTH_PX)
        gap = space("large")
        inside = column(middle, margins=(0, space("medium"), 0, gap), gap=space("medium"))
        inside.addWidget(label(tr(entry.words), "title", name="settings_title", wrap=True))
        inside.addWidget(made)
        inside.addStretch()
        outside = QHBoxLayout(holder)
        outside.setContentsMargins(gap, 0, gap, 0)
        outside.addWidget(middle, 1)
        outside.addStretch()
        area = scrolled(holder)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._made[entry.name] = made
        self._areas[entry.name] = area
        self._places.addWidget(area)

    def _lay_out(self) -> None:
        outside = row(self)
        side = QFrame()
        gap = space("small")
        words = column(side, margins=(gap, space("medium"), gap, gap), gap=gap)
        self._heading = label(tr("Settings"), "title", wrap=True)
        self._heading.setContentsMargins(space("small"), 0, 0, 0)
        words.addWidget(self._heading)
        words.addWidget(self._list)
        words.addStretch()
        outside.addWidget(side)
        outside.addWidget(self._places, 1)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._made[SECTIONS[self._list.currentRow()].name].refresh()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _PAGE_TO_LIST * self._list.words_px
        self._heading.setVisible(wide)
        self._list.show_words(wide)


class _SectionList(QListWidget):
    """The sections; the arrow keys go from one to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("settings_sections")
        self.setProperty("kind", "list")
        self.setAccessibleName(tr("Sections of the settings"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        # As high as its words: the mark of the keyboard goes around them.
        self.setSizeAdjustPolicy(QListWidget.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setIconSize(QSize(size("icon"), size("icon")))
        for entry in SECTIONS:
            item = QListWidgetItem(icon(entry.icon, "text", "text"), tr(entry.words))
            item.setToolTip(tr(entry.words))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, tr(entry.words))
            self.addItem(item)
        self.show_words(True)

    @property
    def words_px(self) -> int:
        """As wide as the longest of the words."""
        font = self.font()
        font.setPixelSize(type_size("body"))
        longest = max(QFontMetrics(font).horizontalAdvance(tr(each.words)) for each in SECTIONS)
        return longest + size("icon") + space("huge") + space("medium")

    def show_words(self, wide: bool) -> None:
        """Words beside the icons, where there is room for them."""
        for place, entry in enumerate(SECTIONS):
            self.item(place).setText(tr(entry.words) if wide else "")
        around = size("icon") + space("huge")
        self.setFixedWidth(self.words_px if wide else around)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Right, as in any list with something beside it, goes into the section."""
        if event.key() == Qt.Key.Key_Right:
            self.focusNextChild()
        else:
            super().keyPressEvent(event)
