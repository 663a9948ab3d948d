"""The section of the settings for the user's own Ollama, and for programs that ask the personas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from app.gui.controls import card, column, icon_row, label, row
from app.gui.export_form import bytes_words
from app.gui.flow import Flow
from app.gui.programs_words import standing_words
from app.gui.session import Session
from app.gui.settings_reading import ReadingSection, line_of, tipped
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import space
from app.gui.translation import later, tr
from app.store.store import Store

if TYPE_CHECKING:
    from app.gui.window import MainWindow
    from app.operations.ollama_overview import OllamaOverview, ServerModel

_WAYS = {
    "adapter": later(
        "It takes adapters as they are: a persona goes there in seconds and takes little disk."
    ),
    "registry": later(
        "It no longer takes adapters by itself. Perennial hands them over through a small registry"
        " of its own on this computer, which takes seconds and little disk."
    ),
    "merged": later(
        "It takes no adapters, and it is on another computer: a persona goes there only as a whole"
        " model, which takes as much disk as its base."
    ),
}
_ALWAYS_MISSING = later(
    "Ollama cannot train and cannot switch between personas at once: it loads the whole model"
    " again. The built-in runtime of this window does."
)


class ServersSection(ReadingSection):
    """What was found, what it can and cannot do, what of it is ours."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(session, "settings_servers", tr("Looking for Ollama…"))
        self._session = session
        self._window = window
        self._told = ""
        self._found: OllamaOverview | None = None
        session.programs.changed.connect(self._on_programs_changed)

    def refresh(self) -> None:
        """Look again."""
        self._told = ""
        self._session.programs.look()
        self._look()

    def _look(self) -> None:
        self.look(_look, self._show)

    def _show(self, found: OllamaOverview) -> None:
        self._found = found
        parts: list[QWidget] = [self._server_card(found)]
        if found.server is not None:
            parts.append(self._models_card(found))
        self.replace(*parts, self._programs_card())

    def _on_programs_changed(self) -> None:
        if self._found is not None and self.isVisible() and not self.work.busy:
            self._show(self._found)

    def _server_card(self, found: OllamaOverview) -> QFrame:
        frame, inside = card("settings_ollama")
        inside.addWidget(label("Ollama", "strong"))
        server = found.server
        buttons = Flow(gap=space("small"))
        if server is not None:
            words = tr(
                "Ollama {version} at {address}", version=server.version, address=server.address
            )
            icon, colour = ("check-circle", "good") if server.local else ("globe", "warning")
            words = words if server.local else f"{words} · {tr('on another computer')}"
            inside.addLayout(line_of(icon, colour, words, "settings_ollama_words"))
            inside.addWidget(label(tr(_WAYS[found.way]), name="settings_ollama_way", wrap=True))
            inside.addWidget(label(tr(_ALWAYS_MISSING), "soft", wrap=True))
        elif found.installed:
            words = tr("Ollama is installed and does not run.")
            inside.addLayout(line_of("warning", "warning", words, "settings_ollama_words"))
            buttons.add(
                tipped(
                    "settings_ollama_start", tr("Start Ollama"),
                    tr("Have the Ollama of this computer run; it goes on without this window"),
                    self._on_start_clicked, icon="play",
                )
            )  # fmt: skip
        else:
            words = tr(
                "No Ollama answers, and none is installed on this computer. Install it from its own"
                " site, then look again."
            )
            inside.addLayout(line_of("circle", "text_soft", words, "settings_ollama_words"))
            needless = tr("The window needs none: its own runtime answers.")
            inside.addWidget(label(needless, "soft", wrap=True))
        if self._told:
            inside.addLayout(line_of("check", "good", self._told, "settings_ollama_told"))
        buttons.add(
            tipped(
                "settings_ollama_look", tr("Look again"),
                tr("Ask once more which Ollama is there and what it has"),
                self.refresh, icon="arrows-clockwise",
            )
        )  # fmt: skip
        inside.addWidget(buttons)
        return frame

    def _models_card(self, found: OllamaOverview) -> QFrame:
        frame, inside = card("settings_ollama_models")
        inside.addWidget(label(tr("Its models"), "strong"))
        if not found.models:
            inside.addWidget(label(tr("It has no model yet."), "soft", wrap=True))
        for model in found.models:
            inside.addWidget(_model_line(model))
        if found.ours:
            line = row()
            line.addWidget(
                tipped(
                    "settings_ollama_out", tr("Take everything of ours out…"),
                    tr("Every persona leaves Ollama, with the bases that were brought for them"),
                    self._ask_to_take_out, icon="eject", kind="danger",
                )
            )  # fmt: skip
            line.addStretch()
            inside.addLayout(line)
        return frame

    def _programs_card(self) -> QFrame:
        programs = self._session.programs
        frame, inside = card("settings_programs")
        inside.addWidget(label(tr("Other programs"), "strong"))
        icon, colour, words = standing_words(programs.standing, on=programs.on, busy=programs.busy)
        inside.addLayout(line_of(icon, colour, words, "settings_programs_words"))
        line = row()
        line.addWidget(
            tipped(
                "settings_programs_open", tr("Other programs…"),
                tr("Let editors and chat programs talk to your personas, each with its own key"),
                self._window.open_programs, icon="share-network",
            )
        )  # fmt: skip
        line.addStretch()
        inside.addLayout(line)
        return frame

    def _on_start_clicked(self) -> None:
        home = self._session.home

        def work(_store: Store) -> None:
            from app.operations.ollama_server import start_server

            start_server(home)

        self.order(work, lambda _none: self.refresh())

    def _ask_to_take_out(self) -> None:
        found = self._found
        if found is None:
            return
        dialog = ChoiceDialog(
            "take_all_out_dialog",
            tr("Take everything of ours out of Ollama?"),
            tr(
                "These go: {names}. Models that you brought there yourself stay, and every persona"
                " answers in this window as before.",
                names=", ".join(model.name for model in found.ours),
            ),
            self._window,
        )
        tip = tr("For before you remove Perennial, or when other programs need them no more")
        dialog.add_answer(
            "take_all_out_yes", tr("Take them out"), "danger", self._take_out, tip=tip
        )
        dialog.add_answer("take_all_out_no", tr("Leave them there"), "plain")
        dialog.open()

    def _take_out(self) -> None:
        home = self._session.home

        def work(store: Store) -> list[str]:
            from app.operations.ollama_leaving import take_all_out

            return take_all_out(home, store)

        self.order(work, self._on_taken_out)

    def _on_taken_out(self, names: list[str]) -> None:
        self._told = (
            tr("Taken out of Ollama: {names}", names=", ".join(names))
            if names
            else tr("There was nothing of ours to take out.")
        )
        self._session.refresh()
        self._look()


def _model_line(model: ServerModel) -> QWidget:
    holder = QWidget()
    holder.setObjectName("settings_ollama_model")
    line = row(holder, gap=space("small"))
    icon = icon_row("user-circle" if model.persona else "cube", "text_soft")
    line.addWidget(icon, alignment=Qt.AlignmentFlag.AlignTop)
    words = column()
    words.addWidget(label(model.name, wrap=True))
    if model.ours:
        mark = (
            tr("{name}, put there by Perennial", name=model.persona)
            if model.persona
            else tr("put there by Perennial")
        )
        words.addWidget(label(mark, "small", name="settings_ollama_ours", wrap=True))
    line.addLayout(words, 1)
    size = tr("runs elsewhere") if model.elsewhere else bytes_words(model.size_bytes)
    line.addWidget(label(size, "soft"), alignment=Qt.AlignmentFlag.AlignTop)
    return holder


def _look(store: Store) -> OllamaOverview:
    # In the thread of the work: it brings libraries that the window does without.
    from app.operations.ollama_overview import look_around

    return look_around(store)
