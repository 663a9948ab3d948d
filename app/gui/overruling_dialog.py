"""Using an adapter that did not pass: what was found, in plain words, and a reason to give."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.cycle.stages import LONGEST_REASON
from app.gui.controls import CANCELS, button, column, icon_row, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.theme import space
from app.gui.translation import tr

WIDTH_PX = 520
EDITOR_PX = 84
REASONS_SHOWN = 4


class OverrulingDialog(FittedDialog):
    """Nothing is used without a reason, and Enter alone never uses anything."""

    def __init__(
        self,
        parent: QWidget,
        name: str,
        verdict: str,
        against: Sequence[str],
        on_use: Callable[[str], object],
    ) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("overruling_dialog")
        self.setWindowTitle(tr("Use it all the same?"))
        self._on_use = on_use
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("Use it all the same?"), "title", wrap=True))
        inside.addWidget(label(_found(verdict), wrap=True))
        for words in against[:REASONS_SHOWN]:
            line = row(gap=space("small"))
            icon, colour = ("question", "warning") if verdict == "undecided" else ("x", "danger")
            line.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(words, wrap=True), 1)
            inside.addLayout(line)
        if len(against) > REASONS_SHOWN:
            more = tr("And {count} more, as the page says.", count=len(against) - REASONS_SHOWN)
            inside.addWidget(label(more, "soft"))
        inside.addSpacing(space("hair"))
        then = tr(
            "{name} would speak through it from the next message on. It is checked that it speaks"
            " as it was trained, and one click goes back.",
            name=name,
        )
        inside.addWidget(label(then, "soft", wrap=True))
        inside.addSpacing(space("small"))
        self._add_reason()

    def _add_reason(self) -> None:
        inside = self.layout()
        assert isinstance(inside, QVBoxLayout)
        asked = tr("Why do you use it all the same?")
        inside.addWidget(label(asked, "strong"))
        self.reason = QPlainTextEdit()
        self.reason.setObjectName("overruling_reason")
        self.reason.setAccessibleName(asked)
        self.reason.setToolTip(tr("A sentence for later: what you saw that the exam did not"))
        self.reason.setTabChangesFocus(True)
        self.reason.setFixedHeight(EDITOR_PX)
        inside.addWidget(self.reason)
        self._count = label("", "small", name="overruling_count")
        inside.addWidget(self._count)
        self._cancel = button(
            "overruling_cancel", tr("Cancel"), "plain", self.reject, tip=tr(CANCELS)
        )
        self._cancel.setAutoDefault(True)
        self._cancel.setDefault(True)
        self._use = button(
            "overruling_use", tr("Use it all the same"), "danger", self._on_clicked,
            tip=tr("It answers from the next message on; one click goes back"),
        )  # fmt: skip
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._use)
        inside.addLayout(buttons)
        self.reason.textChanged.connect(self._on_typed)
        self.reason.setFocus()
        self._on_typed()

    @property
    def _because(self) -> str:
        return " ".join(self.reason.toPlainText().split())

    def _on_typed(self) -> None:
        length = len(self._because)
        self._use.setEnabled(0 < length <= LONGEST_REASON)
        kept = tr("It is kept with the run: in its log and in its report.")
        if length:
            kept = tr("{count} of at most {most} characters", count=length, most=LONGEST_REASON)
        self._count.setText(kept)

    def _on_clicked(self) -> None:
        because = self._because
        self.accept()
        self._on_use(because)


def _found(verdict: str) -> str:
    if verdict == "undecided":
        return tr("The exam had too little to decide whether this adapter is better:")
    return tr("The exam refused this adapter. What it found:")


def ask_to_overrule(
    parent: QWidget,
    name: str,
    verdict: str,
    against: Sequence[str],
    on_use: Callable[[str], object],
) -> OverrulingDialog:
    """Ask; nothing happens without a reason."""
    dialog = OverrulingDialog(parent, name, verdict, against, on_use)
    dialog.open()
    return dialog
