"""The list of a persona's runs, with its filter and the button that compares two of them."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QListView, QPushButton, QWidget

from app.gui.controls import button, column, label, row
from app.gui.flow import Flow
from app.gui.run_history_model import RunRows, RunsModel
from app.gui.run_history_session import Place, RunHistorySession
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import later, tr
from app.operations.run_history import CHOICES, Chosen

_CHOICE_WORDS: dict[Chosen, str] = {
    "all": later("All"),
    "passed": later("Passed"),
    "refused": later("Refused"),
    "undecided": later("Undecided"),
    "unfinished": later("Without a verdict"),
}


class RunList(QWidget):
    """The runs with their filter, and the button that compares two of them."""

    def __init__(self, session: Session, history: RunHistorySession) -> None:
        super().__init__()
        self._history = history
        self.model = RunsModel(session, history, self)
        self._chips: dict[Chosen, QPushButton] = {}
        self._filter = self._made_filter()
        self._told = label("", "soft", name="history_ticked", wrap=True)
        self._compare = button(
            "history_compare", tr("Compare the two"), "primary", self._on_compare_clicked,
            icon="arrows-left-right",
        )  # fmt: skip
        self._compare.setToolTip(tr("Recipe, mix, scores and replies of both, side by side"))
        self._empty = label("", "soft", name="history_empty", wrap=True)
        self._empty.hide()
        self.view = self._made_view()
        inside = column(self, gap=space("small"))
        line = row(gap=space("medium"))
        line.addWidget(self._filter, 1)
        line.addWidget(self._compare, alignment=Qt.AlignmentFlag.AlignTop)
        inside.addLayout(line)
        inside.addWidget(self._told)
        inside.addWidget(self._empty)
        inside.addWidget(self.view, 1)
        inside.addStretch()
        self.model.read.connect(self._on_read)
        history.ticks_changed.connect(self._on_ticks_changed)
        self._on_ticks_changed()

    def take_focus(self) -> None:
        (self.view if not self.view.isHidden() else self._chips["all"]).setFocus()

    def reload(self) -> None:
        self.model.reload()

    def _made_filter(self) -> Flow:
        line = Flow(gap=space("small"))
        chips = QButtonGroup(self)
        for name in CHOICES:
            made = button(f"history_{name}", _chip_words(name, 0), "chip")
            made.setCheckable(True)
            made.setChecked(name == self._history.chosen)
            made.setToolTip(
                tr("Show these trainings alone") if name != "all" else tr("Show every training")
            )
            made.clicked.connect(lambda _on=False, name=name: self._choose(name))
            chips.addButton(made)
            line.add(made)
            self._chips[name] = made
        return line

    def _made_view(self) -> QListView:
        view = QListView()
        view.setObjectName("run_list")
        view.setAccessibleName(tr("Trainings, newest first"))
        view.setProperty("kind", "list")
        view.setModel(self.model)
        rows = RunRows(view)
        rows.opened.connect(self._open)
        view.setItemDelegate(rows)
        view.setUniformItemSizes(True)
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        for keys in ("Return", "Enter"):
            QShortcut(
                QKeySequence(keys), view, self._open_current,
                context=Qt.ShortcutContext.WidgetShortcut,
            )  # fmt: skip
        view.selectionModel().currentChanged.connect(self._on_current_changed)
        return view

    def _choose(self, chosen: Chosen) -> None:
        self._history.chosen = chosen
        self.model.begin_anew()

    def _open_current(self) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            self._open(self.model.rows[index.row()].run.id)

    def _open(self, run_id: str) -> None:
        self._history.current = run_id
        self._history.open(Place("details", (run_id,)))

    def _on_compare_clicked(self) -> None:
        """The older one stands at the left; names sort by month, and rows by time."""
        places = {row.run.id: place for place, row in enumerate(self.model.rows)}
        older_first = sorted(self._history.ticked, key=lambda each: -places.get(each, len(places)))
        self._history.open(Place("compare", tuple(older_first)))

    def _on_current_changed(self, index: QModelIndex) -> None:
        if index.isValid():
            self._history.current = self.model.rows[index.row()].run.id

    def _on_read(self) -> None:
        counts, rows = self.model.counts, self.model.rows
        for name, chip in self._chips.items():
            chip.setText(_chip_words(name, counts.get(name, 0)))
            chip.setVisible(name in ("all", self._history.chosen) or bool(counts.get(name)))
        self._filter.resize(self._filter.size())
        none = not counts.get("all")
        focused = self.view.hasFocus()
        for part in (self._filter, self._told, self._compare):
            part.setHidden(none)
        self.view.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self._empty.setText(_empty_words() if none else tr("No training of this kind."))
        if rows:
            place = self.model.place_of(self._history.current) or 0
            self.view.selectionModel().setCurrentIndex(
                self.model.index(place), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
            self.view.scrollTo(self.model.index(place))
        elif focused:
            self.take_focus()

    def _on_ticks_changed(self) -> None:
        ticked = self._history.ticked
        self._compare.setEnabled(len(ticked) == 2)
        if not ticked:
            words = tr("Click one, or press Enter, to see all of it. Tick two to compare them.")
        elif len(ticked) == 1:
            words = tr("{run} is ticked: tick the one to compare it with.", run=ticked[0])
        else:
            words = tr("{one} and {other} are ticked.", one=ticked[0], other=ticked[1])
        self._told.setText(words)


def _chip_words(chosen: Chosen, count: int) -> str:
    return f"{tr(_CHOICE_WORDS[chosen])} ({count})"


def _empty_words() -> str:
    return tr(
        "No training yet. Each one will stand here, with its verdict, what it learned from and"
        " what it came to; two of them can be compared. Rate replies in the chat, and train this"
        " month's adapter when there are enough."
    )
