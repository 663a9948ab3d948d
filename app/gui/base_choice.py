"""Which base a new persona speaks through: one of those here, or another that is added."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget

from app.gui.controls import button, label, plain_tip, row
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.store.store import Store


class _Choice(NamedTuple):
    id: int
    name: str
    trouble: str


class BaseChoice(QWidget):
    """A list of the bases, and the way to another."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._box = QComboBox()
        self._box.setObjectName("persona_base")
        self._box.setAccessibleName(tr("Base model"))
        self._box.setToolTip(_about())
        self._box.currentIndexChanged.connect(lambda _at: self._tell_trouble())
        self._box.setEnabled(False)
        self._box.addItem(tr("Starter model"), None)
        self._add = button(
            "base_add", tr("Add a base…"), "plain", self._on_add_clicked,
            tip=tr("Brings a model from Ollama, from this computer or from the hub"),
        )  # fmt: skip
        line = row(self, gap=space("small"))
        line.addWidget(self._box, 1)
        line.addWidget(self._add)
        self.refresh()

    @property
    def chosen_id(self) -> int | None:
        """The base's number; None leaves it to whatever base there is."""
        chosen: int | None = self._box.currentData()
        return chosen

    def refresh(self, chosen_id: int | None = None) -> None:
        """Read the bases again; one of them may have just been added."""
        wanted = chosen_id if chosen_id is not None else self.chosen_id
        self._session.ask(_read, lambda found: self._show(found, wanted))

    def _show(self, found: list[_Choice], wanted: int | None) -> None:
        if not found:
            return
        self._box.clear()
        for at, each in enumerate(found):
            name = tr("{name} (not there)", name=each.name) if each.trouble else each.name
            self._box.addItem(name, each.id)
            tip = plain_tip(each.trouble)
            self._box.setItemData(at, tip, Qt.ItemDataRole.ToolTipRole)
            if each.id == wanted:
                self._box.setCurrentIndex(at)
        self._box.setEnabled(len(found) > 1)
        self._tell_trouble()

    def _tell_trouble(self) -> None:
        """Why the chosen one cannot be used, where it cannot."""
        trouble = self._box.currentData(Qt.ItemDataRole.ToolTipRole)
        self._box.setToolTip(trouble or _about())

    def _on_add_clicked(self) -> None:
        # Reading models takes libraries that a window that opens does without.
        from app.gui.base_dialog import BaseDialog

        dialog = BaseDialog(self._session, self.window())
        dialog.base_added.connect(self.refresh)
        dialog.open()


def _about() -> str:
    return tr("The model that it begins with; another one for other languages, or less memory")


def base_line(session: Session) -> tuple[QWidget, BaseChoice]:
    """The choice with its heading."""
    return label(tr("Base model"), "section"), BaseChoice(session)


def _read(store: Store) -> list[_Choice]:
    from app.operations.base_sources import standing_of

    made = []
    for base in store.bases.all():
        standing = standing_of(base)
        made.append(_Choice(base.id, base.name, "" if standing.usable else standing.text))
    return made
