"""What an import would bring: files, whom it goes to, counts, what stays out, how it begins."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QListView, QScrollArea, QWidget

from app.gui.controls import clear, column, label, row
from app.gui.import_files import ImportFiles
from app.gui.import_words import breakable, coming_words, left_out_lines, more_words, number
from app.gui.theme import size, space
from app.gui.translation import tr
from app.importers.tally import Glimpse, ImportResult
from app.operations.offers import Look, Offer
from app.operations.personas import PersonaCard

LIST_HEIGHT_PX = 132
# In place of an id; those of personas count from 1.
_NEW = 0
_SAID_SHOWN, _SAID_LENGTH = 4, 160


class LeftOutList(QWidget):
    """What cannot come in, with its place and the reason."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._title = label("", "section")
        self._model = QStringListModel(self)
        self._view = QListView()
        self._view.setObjectName(name)
        self._view.setModel(self._model)
        self._view.setProperty("kind", "list")
        self._view.setWordWrap(True)
        self._view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._view.setFixedHeight(LIST_HEIGHT_PX)
        self._view.setAccessibleName(tr("Left out"))
        inside = column(self, gap=space("hair"))
        inside.addWidget(self._title)
        inside.addWidget(self._view)

    def show_result(self, result: ImportResult) -> None:
        self._title.setText(tr("Left out: {count}", count=number(result.left_out_count)))
        self._model.setStringList(left_out_lines(result.left_out, result.left_out_count))
        self.setVisible(bool(result.left_out_count))


class ImportPreview(QScrollArea):
    """Shown before anything is stored; what is chosen in it is looked at anew."""

    format_chosen = Signal(object, str)
    persona_chosen = Signal()

    def __init__(self, cards: Sequence[PersonaCard]) -> None:
        super().__init__()
        self.setObjectName("import_preview")
        self.setWidgetResizable(True)
        self._files = ImportFiles()
        self._files.format_chosen.connect(self.format_chosen)
        self._into = QWidget()
        self._persona = QComboBox()
        self._name = QLineEdit()
        self._coming = label("", "title", name="import_coming", wrap=True)
        self._more = label("", "soft", name="import_more", wrap=True)
        self._left_out = LeftOutList("import_left_out")
        self._glimpses_title = label(tr("How it begins"), "section")
        self._glimpses = column(gap=space("medium"))
        self._fill_into(cards)
        self._lay_out()

    @property
    def persona_id(self) -> int | None:
        """Whom it goes to; None for a new persona."""
        return int(self._persona.currentData()) or None

    @property
    def name(self) -> str:
        """What a new persona is called."""
        return self._name.text().strip()

    def show_look(self, offer: Offer, found: Look) -> None:
        self._files.show_files(offer.paths, found, offer.formats)
        result = found.result
        self._into.setVisible(bool(found.chats) and bool(result.documents))
        if not self._name.isModified():
            self._name.setText(found.name)
        counts = bool(result.conversations or result.grown or found.chats)
        somebody = any(each.kind == "archive" or not each.here_as for each in found.newcomers)
        self._coming.setVisible(counts or not somebody)
        self._coming.setText(coming_words(result))
        lines = more_words(result)
        if result.left_out_count:
            lines.append(
                tr("Left out, as told below: {count}", count=number(result.left_out_count))
            )
        if not result.documents and not found.archives:
            lines = [tr("Choose other files, or another format where the right one is not found.")]
        if result.stopped:
            lines.append(tr("The look was stopped: this is what it had found so far."))
        self._more.setText("\n".join(lines))
        self._more.setVisible(bool(lines))
        self._left_out.show_result(result)
        clear(self._glimpses)
        self._glimpses_title.setVisible(bool(result.glimpses))
        for glimpse in result.glimpses:
            self._glimpses.addWidget(_glimpse(glimpse))

    def _fill_into(self, cards: Sequence[PersonaCard]) -> None:
        self._persona.setObjectName("import_persona")
        self._persona.setAccessibleName(tr("Goes to"))
        self._persona.setToolTip(tr("Who learns from them; a new persona keeps them apart"))
        self._persona.setMinimumHeight(size("target"))
        self._persona.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for each in cards:
            self._persona.addItem(each.persona.name, each.persona.id)
        self._persona.addItem(tr("A new persona"), _NEW)
        self._persona.activated.connect(lambda _index: self._on_persona_chosen())
        self._name.setObjectName("import_persona_name")
        self._name.setAccessibleName(tr("Name of the new persona"))
        self._name.setToolTip(tr("What the new persona is called; it can be changed later"))
        self._name.setPlaceholderText(tr("Name"))
        self._name.setMaxLength(60)
        self._name.setMinimumHeight(size("target"))
        inside = column(self._into, gap=space("hair"))
        inside.addWidget(label(tr("Goes to"), "section"))
        fields = row(gap=space("small"))
        fields.addWidget(self._persona, 1)
        fields.addWidget(self._name, 1)
        inside.addLayout(fields)
        self._name.setVisible(self.persona_id is None)

    def choose_persona(self, persona_id: int | None) -> None:
        """Have this persona chosen, or a new one."""
        self._persona.setCurrentIndex(max(0, self._persona.findData(persona_id or _NEW)))
        self._name.setVisible(self.persona_id is None)

    def _on_persona_chosen(self) -> None:
        self._name.setVisible(self.persona_id is None)
        self.persona_chosen.emit()

    def _lay_out(self) -> None:
        content = QWidget()
        content.setProperty("kind", "column")
        content.setMinimumHeight(1)  # as high as its lines are at this width, not at the narrowest
        inside = column(content, margins=(0, 0, space("medium"), 0), gap=space("medium"))
        counts = column(gap=space("hair"))
        counts.addWidget(self._coming)
        counts.addWidget(self._more)
        inside.addWidget(self._files)
        inside.addWidget(self._into)
        inside.addLayout(counts)
        inside.addWidget(self._left_out)
        inside.addWidget(self._glimpses_title)
        inside.addLayout(self._glimpses)
        inside.addStretch()
        self.setWidget(content)


def _glimpse(glimpse: Glimpse) -> QWidget:
    """The first lines of a conversation."""
    made = QWidget()
    inside = column(made, gap=2)
    inside.addWidget(_line(glimpse.title or tr("Untitled"), "strong"))
    who = {"user": tr("you"), "assistant": tr("answer")}
    for role, text in glimpse.said[:_SAID_SHOWN]:
        words = " ".join(text.split())
        short = words if len(words) <= _SAID_LENGTH else words[:_SAID_LENGTH] + "…"
        inside.addWidget(_line(f"{who.get(role, role)}: {short}", "soft"))
    return made


def _line(text: str, kind: str) -> QLabel:
    return label(breakable(text), kind, wrap=True)
