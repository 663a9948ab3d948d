"""Adds a base: a model that Ollama has, a file, a folder, or one of a hub with its licence."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from app.gui.controls import CLOSES, button, column, label, row
from app.gui.file_choice import FILE, FOLDER, Mode, choose_paths
from app.gui.fitted_dialog import FittedDialog
from app.gui.long_work import LongWork
from app.gui.progress_face import ProgressFace
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import later, tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.store.store import Store
from app.store.values import Base

if TYPE_CHECKING:
    from app.operations.adding_bases import Adding, OnHub
    from ollama_bridge.ollama_store import StoredModel

WIDTH_PX = 520
_EXAMPLE = "Qwen/Qwen2.5-7B-Instruct"
_STAGES = {
    "fetching": later("Fetching the model"),
    "checking": later("Reading the model once to check it"),
    "converting": later("Writing the model as one file"),
}


class BaseDialog(FittedDialog):
    """Four places that a base can come from; one is taken in at a time."""

    base_added = Signal(int)
    _heard = Signal(str, object, object)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("base_dialog")
        self.setWindowTitle(tr("Add a base model"))
        self._home = session.home
        self._work = LongWork(session, "adding-base")
        self._asked: OnHub | None = None
        self._stage = ""
        self._ollama = QComboBox()
        self._ollama.setObjectName("base_ollama")
        self._ollama.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )  # a long name does not widen the dialog
        self._ollama.setAccessibleName(tr("Models of Ollama"))
        self._ollama.setToolTip(tr("Models that Ollama has already; nothing is copied or fetched"))
        self._take_ollama = button(
            "base_take_ollama", tr("Add"), "plain", self._on_take_ollama_clicked,
            tip=tr("Makes the chosen model of Ollama a base for personas"),
        )  # fmt: skip
        self._hub_id = QLineEdit()
        self._hub_id.setObjectName("base_hub_id")
        self._hub_id.setAccessibleName(tr("Name of a model on the hub"))
        self._hub_id.setToolTip(
            tr("Owner and name of a model on the hub, for when you have no copy of it yet")
        )
        self._hub_id.setPlaceholderText(_EXAMPLE)
        self._hub_id.returnPressed.connect(self._on_look_clicked)
        self._licence = label("", "soft", name="base_licence", wrap=True)
        self._licence.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self._licence.setTextFormat(Qt.TextFormat.RichText)
        self._licence.setOpenExternalLinks(True)
        self._accept = button(
            "base_accept", tr("Accept the licence and fetch"), "primary", self._on_accept_clicked,
            tip=tr("Fetches the model; press it once you have read the licence"),
        )  # fmt: skip
        self._progress = ProgressFace("base_progress")
        self._trouble = TroubleBar("base_trouble")
        self._stop = button(
            "base_stop", tr("Stop"), "plain", self._work.stop,
            tip=tr("Stops what is under way; no base is added"),
        )  # fmt: skip
        self._places = QWidget()
        self._lay_out()
        self._heard.connect(self._on_heard)
        self.finished.connect(lambda _code: self._work.leave())
        self._set_busy(False)
        self._take_ollama.setEnabled(False)
        self._work.start(_in_ollama, self._on_ollama_read, self._on_failed)

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Add a base model"), "title"))
        places = column(self._places, gap=space("small"))
        places.addWidget(label(tr("From Ollama, read where it lies"), "section"))
        line = row(gap=space("small"))
        line.addWidget(self._ollama, 1)
        line.addWidget(self._take_ollama)
        places.addLayout(line)
        places.addWidget(label(tr("From this computer"), "section"))
        line = row(gap=space("small"))
        file_tip = tr("Choose a model that is a single file with the ending .gguf")
        folder_tip = tr("Choose a model that is a folder with a config.json in it")
        for each in (
            button(
                "base_file", tr("A GGUF file…"), "plain", self._on_file_clicked, tip=file_tip
            ),
            button(
                "base_folder", tr("A Hugging Face folder…"), "plain", self._on_folder_clicked,
                tip=folder_tip,
            ),
        ):  # fmt: skip
            line.addWidget(each)
        line.addStretch()
        places.addLayout(line)
        places.addWidget(label(tr("From the hub"), "section"))
        line = row(gap=space("small"))
        line.addWidget(self._hub_id, 1)
        look_tip = tr("Asks the hub for its size and its licence; nothing is fetched yet")
        line.addWidget(
            button("base_look", tr("Look it up"), "plain", self._on_look_clicked, tip=look_tip)
        )
        places.addLayout(line)
        places.addWidget(self._licence)
        places.addWidget(self._accept)
        inside.addWidget(self._places)
        inside.addWidget(self._progress)
        inside.addWidget(self._trouble)
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(self._stop)
        buttons.addWidget(button("base_close", tr("Close"), "plain", self.reject, tip=tr(CLOSES)))
        inside.addLayout(buttons)

    def _on_ollama_read(self, models: list[StoredModel]) -> None:
        for model in models:
            self._ollama.addItem(f"{model.name} ({_gigabytes(model.size_bytes)})", model)
        if not models:
            self._ollama.addItem(tr("Ollama has nothing here that can be a base"))
        self._ollama.setEnabled(bool(models))
        self._take_ollama.setEnabled(bool(models))

    def _on_take_ollama_clicked(self) -> None:
        from app.operations import adding_bases as verbs

        model: StoredModel = self._ollama.currentData()
        self._add(lambda store, adding: verbs.add_ollama(self._home, store, model, adding))

    def _on_file_clicked(self) -> None:
        from app.operations import adding_bases as verbs

        def take(path: Path) -> None:
            self._add(lambda store, adding: verbs.add_file(self._home, store, path, adding))

        self._choose(FILE, take)

    def _on_folder_clicked(self) -> None:
        from app.operations import adding_bases as verbs

        def take(folder: Path) -> None:
            self._add(lambda store, adding: verbs.add_folder(self._home, store, folder, adding))

        self._choose(FOLDER, take)

    def _choose(self, mode: Mode, take: Callable[[Path], None]) -> None:
        choose_paths(
            self, "base_file_dialog", tr("Add a base model"), mode, lambda paths: take(paths[0])
        )

    def _on_look_clicked(self) -> None:
        from app.operations import adding_bases as verbs

        text = self._hub_id.text().strip()
        if not text:
            return
        self._set_busy(True)
        self._progress.begin(tr("Asking the hub"))
        self._work.start(
            lambda _store: verbs.on_hub(verbs.hub_source(text)), self._on_hub_told, self._on_failed
        )

    def _on_hub_told(self, asked: OnHub) -> None:
        self._asked = asked
        self._set_busy(False)
        model = asked.model
        self._licence.setText(
            tr(
                "{name}, {size}. Licence: {licence}. Read it at {page} before you accept it.",
                name=escape(model.id),
                size=_gigabytes(asked.size_bytes),
                licence=escape(model.licence or tr("not named")),
                page=f'<a href="{escape(model.page)}">{escape(model.page)}</a>',
            )
        )
        self._accept.setVisible(True)
        self._accept.setFocus()

    def _on_accept_clicked(self) -> None:
        from app.operations import adding_bases as verbs

        asked = self._asked
        if asked is not None:
            self._add(lambda store, adding: verbs.add_from_hub(self._home, store, asked, adding))

    def _add(self, take_in: Callable[[Store, Adding], Base]) -> None:
        from app.operations.adding_bases import Adding

        adding = Adding(progress=self._heard.emit, stopped=self._work.stopped)
        self._stage = ""
        self._set_busy(True)
        self._work.start(lambda store: take_in(store, adding), self._on_added, self._on_failed)

    def _on_heard(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._stage = stage
            self._progress.begin(tr(_STAGES[stage]))
        self._progress.show_part(done, total, f"{_gigabytes(done)} / {_gigabytes(total)}")

    def _on_added(self, base: Base) -> None:
        self.base_added.emit(base.id)
        self.accept()

    def _on_failed(self, error: Exception) -> None:
        self._set_busy(False)
        self._trouble.show_trouble(explain(error))

    def _set_busy(self, busy: bool) -> None:
        self._places.setEnabled(not busy)
        self._progress.setVisible(busy)
        self._stop.setVisible(busy)
        if busy:
            self._trouble.hide()
        else:
            self._accept.setVisible(False)
            self._licence.setText("")


def _in_ollama(_store: Store) -> list[StoredModel]:
    from app.operations.adding_bases import in_ollama

    return in_ollama()


def _gigabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.2f} GB"
