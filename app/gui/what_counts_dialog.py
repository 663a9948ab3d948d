"""What each rating means for what is learned: the one table that training goes by."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.gui.controls import CLOSES, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.theme import space
from app.gui.translation import tr
from replay.meaning import MEANINGS

WIDTH_PX = 600
WEIGHT_PX = 44


class WhatCountsDialog(FittedDialog):
    """Every kind of reply, how much it teaches, and why."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("what_counts_dialog")
        self.setWindowTitle(tr("What counts"))
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("What counts"), "title"))
        inside.addWidget(label(tr("How much a reply teaches, by what you say of it."), "soft"))
        inside.addSpacing(space("small"))
        inside.addLayout(self._table())
        inside.addSpacing(space("small"))
        for text in (
            tr(
                "A reply that you pick over others beside it is a preference; it teaches as it"
                " stands only with a thumb up or a correction."
            ),
            tr("What was rated in another program counts once you say so, too."),
        ):
            inside.addWidget(label(text, "small", wrap=True))
        inside.addSpacing(space("small"))
        buttons = row()
        buttons.addStretch()
        buttons.addWidget(
            button("what_counts_close", tr("Close"), "primary", self.accept, tip=tr(CLOSES))
        )
        inside.addLayout(buttons)

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(space("medium"))
        table.setVerticalSpacing(space("medium"))
        table.setColumnStretch(1, 1)
        titles = {
            "corrected": tr("Corrected by you"),
            "approved": tr("Approved, written elsewhere"),
            "approved_own": tr("Approved, the persona's own words"),
            "rejected": tr("Rejected"),
            "unrated": tr("Not rated"),
        }
        for number, meaning in enumerate(MEANINGS):
            weight = label(f"× {meaning.weight:g}", "badge" if meaning.weight else "tag")
            weight.setObjectName(f"weight_{meaning.name}")
            weight.setMinimumWidth(WEIGHT_PX)
            weight.setAlignment(Qt.AlignmentFlag.AlignCenter)
            words = column(gap=2)
            words.addWidget(label(titles[meaning.name], "strong"))
            words.addWidget(label(tr(meaning.why), "soft", wrap=True))
            table.addWidget(weight, number, 0, Qt.AlignmentFlag.AlignTop)
            table.addLayout(words, number, 1)
        return table
