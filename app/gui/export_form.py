"""What an export writes: persona, format, how much of it, and the parts of an archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QRadioButton, QWidget

from app.gui.controls import column, label, row
from app.gui.theme import size, space
from app.gui.tick import Tick
from app.gui.translation import later, tr
from app.operations.archive import PartSize
from app.operations.exporting import FORMATS, What
from app.operations.personas import PersonaCard
from app.store.portable_tables import PARTS, Part

ARCHIVE = "archive"
_TITLE_PX = 216
_TITLES: Mapping[str, str] = {
    "messages": later("Messages (JSON lines)"),
    "dpo": later("DPO preferences"),
    "markdown": later("Markdown"),
    ARCHIVE: later("Archive of the persona"),
}
_NAMES = {"sharegpt": "ShareGPT", "alpaca": "Alpaca", "kto": "KTO"}
_USES: Mapping[str, str] = {
    "messages": later("For most programs that train, and back into Perennial with ratings."),
    "sharegpt": later("For programs that train on conversations as ShareGPT writes them."),
    "alpaca": later("For programs that train on instruction and output; a line for each reply."),
    "dpo": later("What you preferred over what: for preference training."),
    "kto": later("Replies with thumb up or down: for training without pairs."),
    "markdown": later("To read and to print."),
    ARCHIVE: later(
        "Everything, for another Perennial: nothing is lost, and what was deleted or masked goes"
        " along."
    ),
}
_PARTS: Mapping[Part, str] = {
    "conversations": later("Conversations: {count}"),
    "ratings": later("Ratings, corrections and topics: {count}"),
    "adapters": later("Adapters: {count}"),
    "replay": later("Replay items of this persona: {count}"),
}
_READ = later("Whoever has the archive can read the conversations.")
_ASKED = later(
    "Before an adapter leaves without the conversations, it is asked whether it gives back, word"
    " for word, what it learned. That takes some minutes, once for each adapter."
)
_PREFERENCES = ("dpo", "kto")


@dataclass(frozen=True)
class ExportChoice:
    """What the form says."""

    persona_id: int
    format: str
    what: What
    without: tuple[Part, ...]


class ExportForm(QWidget):
    """All choices but the place."""

    persona_chosen = Signal()
    changed = Signal()

    def __init__(self, cards: Sequence[PersonaCard], current_id: int | None) -> None:
        super().__init__()
        self.setObjectName("export_form")
        self._persona = QComboBox()
        self._persona.setObjectName("export_persona")
        self._persona.setAccessibleName(tr("Persona"))
        self._persona.setToolTip(tr("Whose conversations are written"))
        self._persona.setMinimumHeight(size("target"))
        self._persona.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for each in cards:
            self._persona.addItem(each.persona.name, each.persona.id)
        self._persona.setCurrentIndex(max(0, self._persona.findData(current_id)))
        self._formats = QButtonGroup(self)
        self._format_buttons: dict[str, QRadioButton] = {}
        self._what = QButtonGroup(self)
        self._approved = QRadioButton(tr("Approved: what would be learned"))
        self._all = QRadioButton(tr("All: every conversation that is not deleted"))
        self._what_part = QWidget()
        self._parts: dict[Part, Tick] = {}
        self._parts_part = QWidget()
        # What others learn from the archive; it stands beside the form, where it is always seen.
        self.reach = label("", "soft", name="export_reach", wrap=True)
        self._lay_out()
        self._persona.activated.connect(lambda _index: self.persona_chosen.emit())
        self._formats.buttonToggled.connect(lambda _button, _on: self._on_format_chosen())
        self._format_buttons["messages"].setChecked(True)

    @property
    def persona_id(self) -> int:
        return int(self._persona.currentData())

    @property
    def format(self) -> str:
        return next(name for name, each in self._format_buttons.items() if each.isChecked())

    @property
    def choice(self) -> ExportChoice:
        """What is chosen; a part that needs another one goes with it."""
        whole = self._all.isChecked() and self.format not in _PREFERENCES
        without = tuple(part for part, box in self._parts.items() if not _is_on(box))
        return ExportChoice(self.persona_id, self.format, "all" if whole else "approved", without)

    def take_focus(self) -> None:
        self._format_buttons[self.format].setFocus()

    def leave_out(self, part: Part) -> None:
        self._parts[part].setChecked(False)

    def show_sizes(self, sizes: Mapping[Part, PartSize]) -> None:
        """How much each part of the persona's archive is."""
        for part, found in sizes.items():
            words = tr(_PARTS[part], count=f"{found.rows:,}")
            about = tr("about {size}", size=bytes_words(found.bytes))
            self._parts[part].setText(f"{words} ({about})")

    def _lay_out(self) -> None:
        inside = column(self, gap=space("small"))
        inside.addWidget(label(tr("Persona"), "section"))
        inside.addWidget(self._persona)
        inside.addWidget(label(tr("Format"), "section"))
        for name in (*FORMATS, ARCHIVE):
            inside.addWidget(self._format_row(name))
        self._lay_out_what()
        self._lay_out_parts()
        inside.addWidget(self._what_part)
        inside.addWidget(self._parts_part)

    def _format_row(self, name: str) -> QWidget:
        made = QWidget()
        inside = row(made, gap=space("small"))
        title = tr(_TITLES[name]) if name in _TITLES else _NAMES[name]
        choice = QRadioButton(title)
        choice.setObjectName(f"export_format_{name}")
        choice.setAccessibleName(f"{title}. {tr(_USES[name])}")
        choice.setToolTip(tr(_USES[name]))
        choice.setMinimumWidth(_TITLE_PX)
        self._formats.addButton(choice)
        self._format_buttons[name] = choice
        inside.addWidget(choice)
        inside.addWidget(label(tr(_USES[name]), "soft", wrap=True), 1)
        return made

    def _lay_out_what(self) -> None:
        inside = column(self._what_part, gap=0)
        inside.addWidget(label(tr("What goes out"), "section"))
        self._approved.setToolTip(tr("Choose it to train with the file somewhere else"))
        self._all.setToolTip(tr("Choose it to keep or to read everything that was said"))
        for choice, name in ((self._approved, "approved"), (self._all, "all")):
            choice.setObjectName(f"export_what_{name}")
            self._what.addButton(choice)
            inside.addWidget(choice)
        self._approved.setChecked(True)
        self._what.buttonToggled.connect(lambda _button, _on: self.changed.emit())

    def _lay_out_parts(self) -> None:
        inside = column(self._parts_part, gap=0)
        inside.addWidget(label(tr("Parts, before they are packed"), "section"))
        for part in PARTS:
            tip = tr("Untick it to leave this out, as when you give the archive away")
            box = Tick(f"export_part_{part}", tr(_PARTS[part], count="…"), tip)
            box.setChecked(True)
            self._parts[part] = box
            inside.addWidget(box)
        conversations, ratings = self._parts["conversations"], self._parts["ratings"]
        conversations.toggled.connect(ratings.setEnabled)
        for box in (conversations, self._parts["adapters"]):
            box.toggled.connect(self._show_reach)

    def _show_reach(self) -> None:
        conversations, adapters = self._parts["conversations"], self._parts["adapters"]
        words = _READ if conversations.isChecked() else _ASKED if adapters.isChecked() else ""
        self.reach.setText(tr(words) if words else "")
        self.reach.setVisible(bool(words) and self.format == ARCHIVE)

    def _on_format_chosen(self) -> None:
        if self._formats.checkedButton() is None:
            return
        name = self.format
        self._what_part.setVisible(name != ARCHIVE and name not in _PREFERENCES)
        self._parts_part.setVisible(name == ARCHIVE)
        self._show_reach()
        self.changed.emit()


def _is_on(box: Tick) -> bool:
    """Ratings are of conversations: without these they stay at home, too."""
    return box.isChecked() and box.isEnabled()


def bytes_words(count: int) -> str:
    """A size that one can read."""
    if count < 1000:
        return tr("{count} bytes", count=count)
    return QLocale.c().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def nothing_words(format: str) -> str:
    """Why a file is empty, and what to do."""
    if format in _PREFERENCES:
        return tr("There are no preferences yet: rate, correct or choose some replies.")
    return tr("Nothing of this persona is approved yet; choose All, or rate some replies.")
