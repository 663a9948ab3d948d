"""The section of the settings in which every key is listed, and can be another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLineEdit, QToolButton, QWidget

from app.gui.controls import button, column, label, row, tool
from app.gui.key_field import KeyField
from app.gui.keys import PLACES, VERBS, KeyVerb, keys, shown, verb_words
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr

if TYPE_CHECKING:
    from app.gui.window import MainWindow


class KeysSection(QWidget):
    """A row for each verb: what it does, its key, and the way back to the usual one."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("settings_keys")
        self._session = session
        self._rows: dict[str, tuple[QWidget, KeyField, QToolButton]] = {}
        self._headings: dict[str, QWidget] = {}
        self._filter = QLineEdit()
        self._filter.setObjectName("keys_filter")
        self._filter.setAccessibleName(tr("Find a key"))
        self._filter.setToolTip(tr("Shows the verbs whose words or keys hold this"))
        self._filter.setPlaceholderText(tr("Find by what it does, or by its key"))
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._show_fitting)
        self._told = label("", "soft", name="keys_told", wrap=True)
        self._all_back = button(
            "keys_all_back", tr("All usual keys"), "plain", self._on_all_back_clicked
        )
        self._all_back.setToolTip(tr("Give every verb the key that it had at first"))
        self._lay_out()
        keys().changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the keys as they are now."""
        for verb in VERBS:
            _, field, back = self._rows[verb.id]
            field.show_keys()
            back.setVisible(keys().of(verb.id) != verb.usual and not field.isHidden())
        self._all_back.setEnabled(bool(keys().chosen))

    def _lay_out(self) -> None:
        inside = column(self, gap=space("small"))
        about = tr(
            "Click a key to choose another one. They work while the keyboard writes Hangul, too."
        )
        inside.addWidget(label(about, "soft", wrap=True))
        head = row(gap=space("small"))
        head.addWidget(self._filter, 1)
        head.addWidget(self._all_back)
        inside.addLayout(head)
        inside.addWidget(self._told)
        grid = QGridLayout()
        grid.setHorizontalSpacing(space("medium"))
        grid.setVerticalSpacing(space("hair"))
        grid.setColumnStretch(0, 1)
        for place, words in PLACES.items():
            heading = label(tr(words), "section")
            heading.setContentsMargins(0, space("medium"), 0, 0)
            self._headings[place] = heading
            grid.addWidget(heading, grid.rowCount(), 0, 1, 3)
            for verb in (each for each in VERBS if each.place == place):
                self._add_row(grid, verb)
        inside.addLayout(grid)
        inside.addStretch()

    def _add_row(self, grid: QGridLayout, verb: KeyVerb) -> None:
        words = label(verb_words(verb), wrap=True)
        field = KeyField(verb)
        field.chosen.connect(self._on_chosen)
        back = tool(
            f"key_back_{verb.id}", "arrow-counter-clockwise",
            tr("The usual key: {key}", key=", ".join(map(shown, verb.usual))),
            lambda: self._give_back(verb),
        )  # fmt: skip
        room = back.sizePolicy()
        room.setRetainSizeWhenHidden(True)
        back.setSizePolicy(room)
        place = grid.rowCount()
        grid.addWidget(words, place, 0)
        grid.addWidget(field, place, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(back, place, 2)
        self._rows[verb.id] = (words, field, back)

    def _on_chosen(self, verb_id: str, chosen: tuple[str, ...]) -> None:
        lost = [other for key in chosen if (other := keys().clash(verb_id, key)) is not None]
        keys().choose(verb_id, chosen)
        self._told.setText(
            tr("{key} did this before, and has no such key now: {words}",
               key=shown(chosen[0]), words=verb_words(lost[0])) if lost else ""
        )  # fmt: skip
        self._keep()

    def _give_back(self, verb: KeyVerb) -> None:
        keys().give_back(verb.id)
        self._told.clear()
        self._keep()

    def _on_all_back_clicked(self) -> None:
        keys().give_all_back()
        self._told.clear()
        self._keep()

    def _keep(self) -> None:
        chosen = {verb_id: list(each) for verb_id, each in keys().chosen.items()}
        self._session.ask(lambda store: store.settings.set("keys", chosen), lambda _: None)

    def _show_fitting(self, typed: str) -> None:
        wanted = typed.strip().casefold()
        seen: set[str] = set()
        for verb in VERBS:
            mine = " ".join(map(shown, keys().of(verb.id)))
            fits = wanted in f"{verb_words(verb)} {mine}".casefold()
            words, field, back = self._rows[verb.id]
            words.setVisible(fits)
            field.setVisible(fits)
            back.setVisible(fits and keys().of(verb.id) != verb.usual)
            if fits:
                seen.add(verb.place)
        for place, heading in self._headings.items():
            heading.setVisible(place in seen)
