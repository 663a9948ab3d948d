"""Which models can be trained on this computer: a table to choose a base by, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app import training_environment
from app.gui.background import Background, NoTools
from app.gui.controls import CLOSES, button, card, clear, column, icon_row, label, row, scrolled
from app.gui.dates import duration
from app.gui.fitted_dialog import FittedDialog
from app.gui.flow import Scrolling
from app.gui.session import Session
from app.gui.theme import space
from app.gui.trainer_words import spoken
from app.gui.translation import tr
from app.gui.trouble import explain
from app.home import Home

if TYPE_CHECKING:
    from app.training_table import TableRow

WIDTH_PX, HEIGHT_PX = 560, 480
_ICONS = {
    "fits": ("check-circle", "good"),
    "fits_with_less": ("circle-half", "good"),
    "does_not_fit": ("x-circle", "warning"),
    "chat_only": ("chat-circle", "text_soft"),
    "unknown": ("circle", "text_soft"),
}


@dataclass(frozen=True)
class Found:
    """The table, and whether the device was measured for it."""

    rows: tuple[TableRow, ...]
    measured: bool


def look(home: Home) -> Found:
    """Read the models and measure the device: seconds, so never in the window's thread."""
    from app import training_findings, training_table

    facts = training_findings.trainer_facts()[0] if training_environment.is_ready() else None
    rows = training_table.table(
        training_table.models_here(home),
        training_table.machine_of(facts),
        training_table.starter_recipe(),
    )
    return Found(tuple(rows), facts is not None)


class ModelsDialog(FittedDialog):
    """A line for each model that is here: what a month of its training would take."""

    def __init__(self, home: Home, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent, HEIGHT_PX)
        self.setObjectName("models_dialog")
        self.setWindowTitle(tr("Which models can be trained here?"))
        self._rows = column(gap=space("small"))
        self._lay_out()
        self._say(tr("Looking at this computer and its models…"))
        self._background = Background("models", NoTools, self)
        self.finished.connect(lambda _result: self._background.leave())
        self._background.run(
            lambda _tools: look(home), self._on_found, lambda error: self._say(explain(error).text)
        )

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Which models can be trained here?"), "title", wrap=True))
        inside.addWidget(
            label(
                tr(
                    "The times are for a month of 200 approved replies with what is mixed in, and"
                    " roughly right. Every model can be talked to."
                ),
                "soft",
                wrap=True,
            )
        )
        holder = Scrolling()
        holder.setLayout(self._rows)
        inside.addWidget(scrolled(holder), 1)
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(button("models_close", tr("Close"), "plain", self.accept, tip=tr(CLOSES)))
        inside.addLayout(buttons)

    def _say(self, words: str) -> None:
        clear(self._rows)
        self._rows.addWidget(label(words, "soft", name="models_words", wrap=True))
        self._rows.addStretch()

    def _on_found(self, found: Found) -> None:
        if not found.rows:
            self._say(tr("There is no model yet: get the starter model first."))
            return
        clear(self._rows)
        if not found.measured:
            words = tr(
                "The memory and speed of this device are measured once training is installed."
            )
            self._rows.addWidget(label(words, "small", name="models_unmeasured", wrap=True))
        for each in found.rows:
            self._rows.addWidget(model_card(each))
        self._rows.addStretch()


def models_button(session: Session, parent: QWidget) -> QPushButton:
    """Opens the table where a base is chosen."""
    words = tr("Which models can be trained here?")
    return button(
        "models_look",
        words,
        "plain",
        lambda: ModelsDialog(session.home, parent.window()).open(),
        icon="graduation-cap",
        tip=tr("Memory and time of each model, to look at before you choose a base"),
    )


def verdict_words(verdict: str) -> str:
    """The verdict on a model, in two or three words."""
    return {
        "fits": tr("fits"),
        "fits_with_less": tr("fits with less"),
        "does_not_fit": tr("does not fit"),
        "chat_only": tr("for chat only"),
        "unknown": tr("not measured yet"),
    }[verdict]


def model_card(found: TableRow) -> QFrame:
    """A model with its verdict, what it takes and what would change."""
    frame, inside = card(f"model_{found.verdict}")
    inside.setContentsMargins(space("medium"), space("small"), space("medium"), space("small"))
    line = row(gap=space("small"))
    line.addWidget(icon_row(*_ICONS[found.verdict]), alignment=Qt.AlignmentFlag.AlignTop)
    line.addWidget(label(found.model.name, "strong", name="model_name", wrap=True), 1)
    line.addWidget(label(verdict_words(found.verdict), "soft", name="model_verdict"))
    inside.addLayout(line)
    _add_lines(inside, found)
    return frame


def _add_lines(inside: QVBoxLayout, found: TableRow) -> None:
    for name, words in model_lines(found):
        inside.addWidget(label(words, "small", name=name, wrap=True))


def model_lines(found: TableRow) -> list[tuple[str, str]]:
    """What stands below a model's name."""
    from trainer.contract.fitting import gigabytes

    lines = []
    if found.model.trouble:
        lines.append(("model_reason", spoken(found.model.trouble)))
    elif found.needed_mb is not None:
        needed = gigabytes(found.needed_mb)
        words = tr("Memory: {needed}", needed=needed)
        if found.there_mb is not None:
            there = gigabytes(found.there_mb)
            words = (
                tr(
                    "Memory: {needed} of the {there} that are free for it",
                    needed=needed,
                    there=there,
                )
                if found.trainable
                else tr("Memory: {needed} needed, {there} free for it", needed=needed, there=there)
            )
        if found.seconds is not None and found.trainable:
            words = f"{words}; {tr('time for a month: {time}', time=duration(found.seconds))}"
        lines.append(("model_needs", words))
    if found.trainable:
        lines += [("model_change", spoken(change)) for change in found.changes]
    if found.sibling:
        lines.append(
            ("model_sibling", tr("Nearest that can be trained: {name}", name=found.sibling))
        )
    return lines
