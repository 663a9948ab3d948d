"""Stopping a training has three answers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.gui.controls import CANCELS, button, column, label
from app.gui.fitted_dialog import FittedDialog
from app.gui.theme import space
from app.gui.translation import tr

WIDTH_PX = 440


class ChoiceDialog(FittedDialog):
    """A question with answers one below the other; Escape is the last one."""

    def __init__(self, name: str, title: str, text: str, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self._inside = column(self, margins=space("large"), gap=space("small"))
        self._inside.addWidget(label(title, "title", wrap=True))
        self._inside.addWidget(label(text, "soft", wrap=True))
        self._inside.addSpacing(space("small"))

    def add_answer(
        self,
        name: str,
        words: str,
        kind: str,
        on_chosen: Callable[[], object] | None = None,
        *,
        tip: str = "",
    ) -> None:
        """An answer; without a verb it only closes the question."""

        def chosen() -> None:
            self.accept()
            if on_chosen is not None:
                on_chosen()

        made = button(name, words, kind, chosen, tip=tip or tr(CANCELS))
        made.setAutoDefault(True)  # Enter gives the answer that has the keyboard
        self._inside.addWidget(made)


def ask_stop(
    parent: QWidget, on_save: Callable[[], object], on_discard: Callable[[], object]
) -> ChoiceDialog:
    """Ask how to stop."""
    dialog = ChoiceDialog(
        "stop_dialog",
        tr("Stop the training?"),
        tr("What was trained so far can be kept, and gone on with later."),
        parent,
    )
    dialog.add_answer(
        "stop_save", tr("Save and stop"), "primary", on_save,
        tip=tr("For when you need the computer now, and want to go on later"),
    )  # fmt: skip
    dialog.add_answer(
        "stop_discard", tr("Stop and discard"), "danger", on_discard,
        tip=tr("For when something was wrong from the start; what was rated stays"),
    )  # fmt: skip
    dialog.add_answer("stop_go_on", tr("Go on training"), "plain")
    dialog.open()
    return dialog


def ask_close(
    parent: QWidget, on_leave: Callable[[], object], on_save: Callable[[], object]
) -> ChoiceDialog:
    """Ask whether the run goes on without the window."""
    dialog = ChoiceDialog(
        "close_dialog",
        tr("A training is under way"),
        tr("It can go on without this window, and is shown again when you come back."),
        parent,
    )
    dialog.add_answer(
        "close_leave", tr("Close, and let it go on"), "primary", on_leave,
        tip=tr("The training ends by itself; nothing goes live without your word"),
    )  # fmt: skip
    dialog.add_answer(
        "close_save", tr("Save, stop and close"), "plain", on_save,
        tip=tr("For when you need the computer now, and want to go on later"),
    )  # fmt: skip
    dialog.add_answer("close_stay", tr("Stay here"), "plain")
    dialog.open()
    return dialog
