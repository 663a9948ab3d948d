"""The section of the settings for this computer, the base models and what a training needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QWidget

from app.gui.controls import button, card, icon_row, label, row
from app.gui.export_form import bytes_words
from app.gui.flow import Flow
from app.gui.models_dialog import models_button
from app.gui.session import Session
from app.gui.settings_reading import ReadingSection, line_of, tipped
from app.gui.theme import space
from app.gui.train_fold import facts
from app.gui.trainer_words import spoken
from app.gui.translation import later, tr
from app.store.store import Store

if TYPE_CHECKING:
    from app.gui.window import MainWindow
    from app.operations.choosing_bases import BaseCard
    from app.operations.computer import Computer, ModelsHere, TrainingPackages

_STANDINGS = {
    "missing": later("Its file is not where it was: put it back, or choose another base."),
    "removed": later("It was removed from Ollama: pull it again, or choose another base."),
    "pulled_anew": later("Ollama has another model under its name now: add that one anew."),
    "moved_on": later("Ollama no longer lists it under its name; its file is still there."),
}
_SIZES = (
    later("about 3 GB to download, 6 GB on the disk"),
    later("about 600 MB to download, 2.3 GB on the disk"),
)


class ModelsSection(ReadingSection):
    """What there is to chat and train with, and how to have more."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(session, "settings_models", tr("Looking at this computer…"))
        self._session = session
        self._window = window
        self._found: ModelsHere | None = None
        self._installer = label("", "small", name="settings_install_line", wrap=True)
        self._installer.hide()

    def refresh(self) -> None:
        """Look again."""
        self.look(_look, self._show)

    def _show(self, found: ModelsHere) -> None:
        self._found = found
        self._installer.setParent(None)
        bases = label(tr("Base models"), "strong")
        parts: list[QWidget] = [
            computer_card(found.computer), self._training_card(found.packages), bases,
            self._base_buttons(), *(base_card(each) for each in found.bases),
        ]  # fmt: skip
        if not found.bases:
            parts.append(self._no_base_card())
        self.replace(*parts)

    def _base_buttons(self) -> Flow:
        made = Flow(gap=space("small"))
        made.add(
            tipped(
                "settings_base_add", tr("Add a base model…"),
                tr("Take in a model that Ollama has, a file, a folder or one of a hub"),
                self._on_add_clicked, icon="plus",
            )
        )  # fmt: skip
        look = models_button(self._session, self)
        look.setToolTip(tr("What a month's training would take with each model that is here"))
        made.add(look)
        return made

    def _no_base_card(self) -> QFrame:
        frame, inside = card("settings_no_base")
        words = tr("There is no base model yet. The starter model is small and talks at once.")
        inside.addLayout(line_of("cube", "text_soft", words))
        line = row()
        line.addWidget(
            tipped(
                "settings_get_base", tr("Get the starter model"),
                tr("Fetch the small model that every persona can begin with"),
                self._session.get_base, icon="download-simple",
            )
        )  # fmt: skip
        line.addStretch()
        inside.addLayout(line)
        return frame

    def _training_card(self, packages: TrainingPackages) -> QFrame:
        frame, inside = card("settings_training")
        inside.addWidget(label(tr("What a training needs"), "strong"))
        if packages.ready:
            named = ", ".join(f"{name} {version}" for name, version in packages.versions)
            inside.addLayout(line_of("check-circle", "good", tr("Installed. Training can begin.")))
            inside.addWidget(label(named, "small", name="settings_training_versions", wrap=True))
            return frame
        train = self._window.train
        words = tr("Not installed. Chat needs none of it; the first training does.")
        inside.addLayout(line_of("download-simple", "text_soft", words))
        inside.addWidget(label(tr(packages.size), "small", name="settings_training_size"))
        install = button(
            "settings_install",
            tr("Installing…") if train.installing else tr("Install it now"),
            "plain",
            self._on_install_clicked,
            icon="download-simple",
        )
        install.setToolTip(tr("Fetch PyTorch and what goes with it; chat goes on meanwhile"))
        install.setEnabled(not train.installing)
        line = row(gap=space("medium"))
        line.addWidget(install)
        line.addStretch()
        inside.addLayout(line)
        inside.addWidget(self._installer)
        if train.installing:
            self._follow_installation()
        return frame

    def _on_install_clicked(self) -> None:
        self._window.train.install()
        if self._found is not None:
            self._show(self._found)

    def _follow_installation(self) -> None:
        train = self._window.train
        self._installer.show()
        train.install_line.connect(self._installer.setText)
        train.install_ended.connect(self.refresh)

    def _on_add_clicked(self) -> None:
        # Reading models takes libraries that a window that opens does without.
        from app.gui.base_dialog import BaseDialog

        dialog = BaseDialog(self._session, self._window)
        dialog.base_added.connect(lambda _base_id: self.refresh())
        dialog.open()


def computer_card(computer: Computer) -> QFrame:
    """The parts that decide how large a model can be."""
    from trainer.contract.fitting import gigabytes

    def memory(size_bytes: int) -> str:
        return gigabytes(size_bytes / (1 << 20))

    frame, inside = card("settings_computer")
    inside.addWidget(label(tr("This computer"), "strong"))
    processor = tr("{name}, {count} cores", name=computer.processor, count=computer.cores)
    rows = [
        (tr("Processor"), processor),
        (
            tr("Memory"),
            tr(
                "{size}, {free} of it free",
                size=memory(computer.memory_bytes),
                free=memory(computer.free_memory_bytes),
            ),
        ),
    ]  # fmt: skip
    for each in computer.cards:
        words = tr(
            "{name}, {size}, {free} of it free",
            name=each.name, size=memory(each.memory_bytes), free=memory(each.free_bytes),
        )  # fmt: skip
        rows.append((tr("Graphics card"), words))
    if not computer.cards:
        shared = tr("Apple's own; it shares the memory of the computer")
        none = tr("None that trains. Small models train on the processor.")
        rows.append((tr("Graphics card"), shared if computer.shared_memory else none))
    free, whole = bytes_words(computer.free_disk_bytes), bytes_words(computer.disk_bytes)
    rows.append((tr("Disk"), tr("{free} free of {size}", free=free, size=whole)))
    inside.addWidget(facts(rows, "settings_computer_facts"))
    if computer.trains:
        words = tr(
            "{name} is being trained and has the memory; chat waits until it is done.",
            name=computer.trains,
        )
        inside.addLayout(line_of("student", "accent_text", words))
    return frame


def base_card(found: BaseCard) -> QFrame:
    """A base with where it is from, its licence, and who speaks through it."""
    base = found.base
    frame, inside = card(f"settings_base_{base.id}")
    inside.setContentsMargins(space("medium"), space("small"), space("medium"), space("small"))
    line = row(gap=space("small"))
    line.addWidget(icon_row("cube", "text_soft"))
    line.addWidget(label(base.name, "strong", wrap=True), 1)
    line.addWidget(label(bytes_words(base.size_bytes), "soft"))
    inside.addLayout(line)
    people = ", ".join(persona.name for persona in found.personas)
    inside.addWidget(
        facts(
            [
                (tr("Used by"), people or tr("nobody yet")),
                (tr("From"), source_words(base.source, str(base.path))),
                (tr("Licence"), base.licence or tr("not named")),
            ]
        )
    )
    if not found.standing.usable or found.standing.state == "moved_on":
        inside.addLayout(line_of("warning", "warning", tr(_STANDINGS[found.standing.state])))
    if found.chat_only:
        words = tr("For chat only: {reason}", reason=spoken(found.chat_only))
        inside.addLayout(line_of("chat-circle", "text_soft", words))
    return frame


def source_words(source: str, path: str) -> str:
    """Where a base came from."""
    kind, _, name = source.partition(":")
    if kind == "ollama":
        return tr("Ollama: {name}", name=name)
    if kind == "hub":
        return tr("The hub: {name}", name=name)
    return tr("This computer: {path}", path=path)


def _look(store: Store) -> ModelsHere:
    # In the thread of the work: it brings libraries that the window does without.
    from app.operations.computer import look_around

    return look_around(store)
