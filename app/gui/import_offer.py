"""The face on which one decides: the preview, what to think of, and the switches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.gui.controls import column
from app.gui.import_preview import ImportPreview
from app.gui.import_warnings import ImportWarnings
from app.gui.theme import space
from app.gui.tick import Tick
from app.gui.translation import tr
from app.operations.offers import Look, Offer
from app.operations.personas import PersonaCard


class ImportOffer(QWidget):
    """What was found, and everything that can be said of it before it comes in."""

    changed = Signal()
    warnings_read = Signal()

    def __init__(self, cards: Sequence[PersonaCard], persona_id: int | None) -> None:
        super().__init__()
        self.preview = ImportPreview(cards)
        self.preview.choose_persona(persona_id)
        self._warnings = ImportWarnings()
        self._reviewed = Tick(
            "import_reviewed", tr("These ratings are mine: count them now"),
            tr("Off where somebody else rated: they wait then until you say so"),
        )  # fmt: skip
        self._whole = Tick(
            "import_whole", tr("Nothing if anything is wrong"),
            tr("For when a part alone is of no use: one bad file keeps all of them out"),
        )  # fmt: skip
        self._again = Tick(
            "import_again", tr("Take in once more what came in before"),
            tr("Makes a second copy of what is here already"),
        )  # fmt: skip
        self._found: Look | None = None
        inside = column(self, gap=space("hair"))
        inside.addWidget(self.preview, 1)
        inside.addWidget(self._warnings)
        for box in (self._reviewed, self._whole, self._again):
            inside.addWidget(box)
        self._again.toggled.connect(lambda _on: self.changed.emit())
        self._warnings.read.connect(self.warnings_read)

    @property
    def coming(self) -> int:
        """How many conversations would be new or longer."""
        found = self._found
        return found.result.conversations + found.result.grown if found is not None else 0

    @property
    def can_go(self) -> bool:
        """Whether there is something to take in, and nothing that was never read."""
        newcomers = self._found.newcomers if self._found is not None else ()
        again = self._again.isChecked()
        wanted = [
            each for each in newcomers if not each.here_as or (again and each.kind == "archive")
        ]
        return bool(self.coming or wanted) and not self._warnings.waiting

    def begin_anew(self) -> None:
        """Other files: what was said of those before does not hold for them."""
        for box in (self._reviewed, self._whole, self._again):
            box.setChecked(False)

    def show_look(self, offer: Offer, found: Look) -> None:
        self._found = found
        result = found.result
        self.preview.show_look(offer, found)
        self._warnings.show_warnings(result.warnings, found.warns_anew)
        self._reviewed.setVisible(bool(result.rated or result.chosen))
        self._whole.setVisible(bool(result.documents))
        self._again.setVisible(any(each.here_as for each in found.archives))

    def decided(self, offer: Offer) -> Offer:
        """The offer as it is to be taken in; a switch that is hidden is off."""
        return replace(
            offer,
            name=self.preview.name,
            languages=self._found.languages if self._found is not None else offer.languages,
            reviewed=_is_on(self._reviewed),
            whole=_is_on(self._whole),
            again=_is_on(self._again),
        )

    def take_focus(self) -> bool:
        """Have the keyboard at what waits to be read; whether there is something."""
        if self._warnings.waiting:
            self._warnings.take_focus()
        return self._warnings.waiting


def _is_on(box: Tick) -> bool:
    return box.isChecked() and not box.isHidden()
