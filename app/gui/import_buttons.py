"""The buttons at the foot of the import: which are there depends on what is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from PySide6.QtWidgets import QPushButton, QWidget

from app.gui.controls import CANCELS, button, row
from app.gui.theme import space
from app.gui.translation import tr


class ImportButtons(QWidget):
    """Named by what they do."""

    def __init__(self, on_click: Mapping[str, Callable[[], object]]) -> None:
        super().__init__()
        words = {
            "other": (tr("Other files…"), "plain", tr("Choose files in place of these")),
            "review": (
                tr("Review them"), "primary",
                tr("Goes through what came in, to decide what may be learned"),
            ),
            "go_on": (tr("Go on"), "plain", tr("Takes in the rest of these files")),
            "stop": (tr("Stop"), "plain", tr("Stops it; what came in so far stays")),
            "leave": (tr("Cancel"), "plain", tr(CANCELS)),
            "go": (tr("Import"), "primary", tr("Takes in what you see above")),
        }  # fmt: skip
        self._buttons: dict[str, QPushButton] = {}
        inside = row(self, gap=space("small"))
        for name, (text, kind, tip) in words.items():
            self._buttons[name] = button(f"import_{name}", text, kind, on_click[name], tip=tip)
            inside.addWidget(self._buttons[name])
            if name == "other":
                inside.addStretch()

    def __getitem__(self, name: str) -> QPushButton:
        return self._buttons[name]

    def show_only(self, names: Collection[str], leave: str) -> None:
        """Have these buttons, and the one that leaves called so."""
        for name, each in self._buttons.items():
            each.setVisible(name in names)
            each.setDefault(False)
        self.say("leave", leave)

    def say(self, name: str, words: str) -> None:
        """Call a button otherwise, aloud too."""
        self._buttons[name].setText(words)
        self._buttons[name].setAccessibleName(words)

    def focus_first(self, *names: str) -> None:
        """Have the keyboard at the first of these that can be used; Enter presses it, too."""
        for name in names:
            chosen = self._buttons[name]
            if not chosen.isHidden() and chosen.isEnabled():
                chosen.setDefault(name != "leave")
                chosen.setFocus()
                return
