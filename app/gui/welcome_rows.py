"""The table of what could be the base: a row a model, one of them chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from app.gui.controls import clear, column, icon_row, label, plain_tip, row
from app.gui.theme import size, space, theme
from app.gui.trainer_words import spoken
from app.gui.translation import current_language, tr
from app.gui.welcome_session import STARTER, WelcomeSession
from app.gui.welcome_words import disk_of, languages_of, memory_of, month_of

if TYPE_CHECKING:
    from app.operations.first_start import Candidate, FirstLook

STARTER_WORDS = "SmolLM2 135M"


class CandidateRow(QFrame):
    """A model, what a month of it takes, and the button that chooses it."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__()
        self.setObjectName(f"welcome_base_row_{number}")
        self.setProperty("kind", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.radio = QRadioButton(name)
        self.radio.setObjectName(f"welcome_base_{number}")
        self.radio.toggled.connect(self._show_chosen)
        margins = (space("small"), space("hair"), space("medium"), space("small"))
        self.inside: QVBoxLayout = column(self, margins=margins, gap=space("hair"))
        self.head: QHBoxLayout = row(gap=space("small"))
        self.head.addWidget(self.radio, 1)
        self.inside.addLayout(self.head)
        self._show_chosen()

    def describe(self, words: tuple[str, ...], tip: str) -> None:
        """The columns below the name; spoken with it too."""
        line = row(gap=space("small"))
        line.addSpacing(_indent())
        for text in words:
            line.addWidget(label(text, "small", wrap=True), 1, Qt.AlignmentFlag.AlignTop)
        self.inside.addLayout(line)
        self.radio.setAccessibleName(", ".join((self.radio.text(), *words)))
        self.radio.setToolTip(plain_tip(tip))

    def add_line(self, icon: str, colour: str, words: str, name: str) -> None:
        """A sentence about this model."""
        line = row(gap=space("hair"))
        line.addSpacing(_indent())
        line.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignTop)
        line.addWidget(label(words, "small", name=name, wrap=True), 1)
        self.inside.addLayout(line)

    def mousePressEvent(self, event: Any) -> None:
        self.radio.click()
        self.radio.setFocus(Qt.FocusReason.MouseFocusReason)

    def _show_chosen(self) -> None:
        look = theme().look
        chosen = self.radio.isChecked()
        line = f"2px solid {look['accent']}" if chosen else f"1px solid {look['line']}"
        self.setStyleSheet(f"#{self.objectName()} {{ border: {line}; }}")


def _indent() -> int:
    """As far as the words of the button begin."""
    return size("icon") + space("medium")


class BaseTable(QWidget):
    """Filled as soon as the computer was looked at; until then the starter can be chosen."""

    chosen = Signal(str)

    def __init__(self, welcome: WelcomeSession) -> None:
        super().__init__()
        self.setObjectName("welcome_bases")
        self.setAccessibleName(tr("Base model"))
        self._welcome = welcome
        self._group = QButtonGroup(self)
        self._inside = column(self, gap=space("small"))
        welcome.looked.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is known by now."""
        held = any(each.hasFocus() for each in self._group.buttons())
        for each in self._group.buttons():
            self._group.removeButton(each)
        clear(self._inside)
        found = self._welcome.found
        if found is None:
            self._add(CandidateRow(0, STARTER_WORDS), STARTER).describe(
                (tr("English only"), tr("Can be talked to at once.")), starter_tip()
            )
        else:
            self._inside.addLayout(_heading())
            for number, candidate in enumerate(found.candidates):
                made = self._add(CandidateRow(number, candidate.name), candidate.key)
                _fill(made, candidate, found)
        checked = self._group.checkedButton()
        if held and checked is not None:
            checked.setFocus()

    def take_focus(self) -> None:
        """Have the keyboard at the choice."""
        checked = self._group.checkedButton()
        if checked is not None:
            checked.setFocus()

    def _add(self, made: CandidateRow, key: str) -> CandidateRow:
        self._group.addButton(made.radio)
        made.radio.setChecked(key == self._welcome.chosen)
        made.radio.toggled.connect(lambda on: self._on_toggled(key) if on else None)
        self._inside.addWidget(made)
        return made

    def _on_toggled(self, key: str) -> None:
        self._welcome.chosen = key
        self.chosen.emit(key)


def _fill(made: CandidateRow, candidate: Candidate, found: FirstLook) -> None:
    columns = (
        languages_of(candidate), memory_of(candidate), month_of(candidate), disk_of(candidate),
    )  # fmt: skip
    made.describe(columns, _tip(candidate))
    best = found.recommended.get(current_language())
    if best is not None and best.key == candidate.key:
        badge = label(
            tr("Recommended for this computer"), "badge", name="welcome_recommended", wrap=True
        )
        made.head.addWidget(badge, alignment=Qt.AlignmentFlag.AlignVCenter)
        made.add_line("check-circle", "good", tr(best.reason), "welcome_reason")
    if candidate.row.model.trouble:
        made.add_line("info", "text_soft", spoken(candidate.row.model.trouble), "welcome_why_not")
    if candidate.key == STARTER and current_language() == "ko":
        made.add_line("warning", "warning", _no_korean(found), "welcome_starter_korean")


def _no_korean(found: FirstLook) -> str:
    best = found.recommended.get("ko")
    other = found.candidate(best.key) if best is not None else None
    if other is None or other.key == STARTER:
        return tr("The starter garbles Korean. Choose a model that names 한국어 to write Korean.")
    return tr("The starter garbles Korean. To write Korean, choose {name}.", name=other.name)


def _tip(candidate: Candidate) -> str:
    if candidate.key == STARTER:
        return starter_tip()
    if candidate.place == "ollama":
        return tr("Read where Ollama keeps it, nothing is copied. It is read once to check it.")
    if candidate.place == "hub":
        return tr(
            "Licence: {licence}. Nothing is fetched before you have seen it and said yes.",
            licence=candidate.licence,
        )
    return tr("A base of this home; another persona may speak through it already.")


def starter_tip() -> str:
    return tr("A small model that comes with Perennial: quick everywhere, good for trying it out.")


def _heading() -> QHBoxLayout:
    line = row(gap=space("small"))
    line.setContentsMargins(space("small"), 0, space("medium"), 0)
    line.addSpacing(_indent())
    for words in (
        tr("Speaks"), tr("Memory to train"), tr("A month"), tr("Disk"),
    ):  # fmt: skip
        line.addWidget(label(words, "section", wrap=True), 1, Qt.AlignmentFlag.AlignBottom)
    return line
