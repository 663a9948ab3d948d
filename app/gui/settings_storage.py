"""The section of the settings for what is stored: room, backups, and what was deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QFrame, QProgressBar, QWidget

from app.gui.clean_dialog import CleanDialog
from app.gui.controls import card, label
from app.gui.deleted_card import deleted_card, name_of
from app.gui.export_form import bytes_words
from app.gui.file_choice import FILE, choose_paths
from app.gui.flow import Flow
from app.gui.folders import usual_folder
from app.gui.forget_dialog import ForgetDialog, Target
from app.gui.restore_dialog import RestoreDialog
from app.gui.session import Session
from app.gui.settings_reading import ReadingSection, line_of, tipped
from app.gui.stop_dialog import ChoiceDialog
from app.gui.storage_card import sizes_card
from app.gui.storage_words import disk_words, synced_words
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.recently_deleted import KEPT_DAYS, RecentlyDeleted
from app.store.store import Store

if TYPE_CHECKING:
    from app.gui.window import MainWindow
    from app.operations.backing_up import BackedUp
    from app.operations.storage import Cleaned, Survey
    from app.store.deletions import Deletion

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Found:
    """What the section shows."""

    survey: Survey
    deleted: list[RecentlyDeleted]


class _Stopped(Exception):
    """The user has the backup end."""


class StorageSection(ReadingSection):
    """What lies in the home, with the ways to make room, to keep a copy and to have it back."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(session, "settings_storage", tr("Looking through the home…"))
        self._session = session
        self._window = window
        self._found: _Found | None = None
        self._told: dict[str, str] = {}
        self._every_deleted = False
        self._at_work = ""
        self._again: Callable[[], None] | None = None
        self._progress = QProgressBar()
        self.work.heard.connect(self._on_heard)

    def refresh(self) -> None:
        """Look again."""
        home = self._session.home

        def look(store: Store) -> _Found:
            # In the thread of the work: it looks at processes and every file of the home.
            from app.operations.recently_deleted import recently_deleted
            from app.operations.storage import survey

            return _Found(survey(home, store), recently_deleted(store))

        self.look(look, self._on_looked)

    def _on_looked(self, found: _Found) -> None:
        self._found = found
        self._show()

    def _show(self) -> None:
        found = self._found
        if found is None:
            return
        self._progress = QProgressBar()
        parts: list[QWidget] = []
        where = found.survey.synced_by, found.survey.file_system
        if where[0] is not None:
            parts.append(_warning("storage_synced", synced_words(where[0])))
        if where[1] is not None:
            parts.append(_warning("storage_disk", disk_words(where[1])))
        self.replace(
            *parts, self._sizes(found.survey), self._backups(), self._deleted(found.deleted),
            self._forgetting(),
        )  # fmt: skip

    def _sizes(self, survey: Survey) -> QFrame:
        frame = sizes_card(survey)
        clean = tipped(
            "storage_clean", tr("Clean up…"),
            tr("Choose what goes, before anything does"), self._on_clean_clicked, icon="eraser",
        )  # fmt: skip
        clean.setEnabled(bool(survey.cleanable or survey.older) and not self._at_work)
        folder = tipped(
            "storage_folder", tr("Open the folder"), tr("Show the home where it lies"),
            self._on_folder_clicked, icon="folder-open",
        )  # fmt: skip
        return self._ended(frame, "cleaning", clean, folder)

    def _backups(self) -> QFrame:
        frame, inside = card("storage_backup_card")
        inside.addWidget(label(tr("A copy of everything"), "strong"))
        words = tr(
            "One file with all conversations, ratings, settings, adapters and reports, to keep"
            " elsewhere or to go on with on another computer. Base models are fetched again there."
            " Whoever has the file can read all that was said."
        )
        inside.addWidget(label(words, "soft", wrap=True))
        back_up = tipped(
            "storage_back_up", tr("Back up…"), tr("Write the whole home into one file"),
            self._on_back_up_clicked, icon="download-simple",
        )  # fmt: skip
        restore = tipped(
            "storage_restore", tr("Restore…"),
            tr("Bring a backup back, into a folder of its own"),
            self._on_restore_clicked, icon="upload-simple",
        )  # fmt: skip
        for each in (back_up, restore):
            each.setEnabled(not self._at_work)
        stop = tipped(
            "storage_stop", tr("Stop"), tr("End the backup; nothing of it stays"),
            self.work.stop, icon="stop",
        )  # fmt: skip
        return self._ended(frame, "backup", *((stop,) if self._at_work == "backup" else ()),
                           back_up, restore)  # fmt: skip

    def _deleted(self, found: list[RecentlyDeleted]) -> QFrame:
        frame = deleted_card(
            found, KEPT_DAYS, every=self._every_deleted, show_every=self._show_every_deleted,
            bring_back=self._bring_back, forget=self._ask_to_forget,
        )  # fmt: skip
        frame.setEnabled(not self._at_work)
        return self._ended(frame, "deleted")

    def _forgetting(self) -> QFrame:
        frame, inside = card("storage_forget_card")
        inside.addWidget(label(tr("Forget for good"), "strong"))
        words = tr(
            "A single message or conversation is forgotten where it stands, in the chat. Here it"
            " is everything that was said to the persona that is on; it takes trainings and"
            " backups along."
        )
        inside.addWidget(label(words, "soft", wrap=True))
        who = self._session.card
        name = who.persona.name if who is not None else ""
        forget = tipped(
            "storage_forget",
            tr("Forget everything said to {name}…", name=name) if name else tr("Forget…"),
            tr("Says first what goes, and which adapters learned from it"),
            self._on_forget_clicked, icon="trash", kind="danger",
        )  # fmt: skip
        forget.setEnabled(who is not None and not self._at_work)
        return self._ended(frame, "", forget)

    def _ended(self, frame: QFrame, job: str, *buttons: QWidget) -> QFrame:
        """What a card ends with: how far its job is, what it did last, its buttons."""
        inside = frame.layout()
        assert inside is not None
        if job and self._at_work == job:
            self._progress.setObjectName("storage_progress")
            self._progress.setAccessibleName(tr("How far it is"))
            self._progress.setTextVisible(False)
            self._progress.setRange(0, 0)
            inside.addWidget(self._progress)
        elif job in self._told:
            told = QWidget()
            told.setLayout(line_of("check", "good", self._told[job], f"storage_told_{job}"))
            inside.addWidget(told)
        if buttons:
            flow = Flow(gap=space("small"))
            for each in buttons:
                flow.add(each)
            inside.addWidget(flow)
        return frame

    def _do(
        self, job: str, work: Callable[[Store], Result], done: Callable[[Result], None]
    ) -> None:
        """Begin a job, which the card that it belongs to shows."""
        self._at_work, self._told = job, {}
        self._again = partial(self._do, job, work, done)
        self._show()
        self.order(work, done)

    def _end(self, job: str, words: str) -> None:
        self._at_work, self._told, self._again = "", {job: words}, None
        self._show()
        self.refresh()

    def _on_failed(self, error: Exception, again: Callable[[], None]) -> None:
        self._at_work = ""
        self._show()
        super()._on_failed(error, self._again or again)

    def _on_heard(self, heard: tuple[int, int]) -> None:
        done, whole = heard
        self._progress.setRange(0, 1000)
        self._progress.setValue(1000 * done // max(1, whole))

    def _on_folder_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._session.home.root)))

    def _on_clean_clicked(self) -> None:
        if self._found is not None:
            dialog = CleanDialog(self._found.survey, self._window)
            dialog.agreed.connect(self._clean)
            dialog.open()

    def _clean(self, kinds: list[str], older: list[int]) -> None:
        home = self._session.home

        def work(store: Store) -> Cleaned:
            from app.operations.storage import KINDS, clean

            return clean(home, store, [each for each in KINDS if each in kinds], older)

        self._do("cleaning", work, self._on_cleaned)

    def _on_cleaned(self, done: Cleaned) -> None:
        words = tr("{size} are free now.", size=bytes_words(done.freed))
        if done.left:
            words += " " + tr("In use, and still there: {count}.", count=len(done.left))
        self._end("cleaning", words)

    def _on_back_up_clicked(self) -> None:
        folder = usual_folder(QStandardPaths.StandardLocation.DocumentsLocation)
        place = folder / f"perennial-{date.today().isoformat()}.zip"
        dialog = QFileDialog(self, tr("Back up"), str(place), tr("Backups (*.zip)"))
        dialog.setObjectName("backup_file_dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.selectFile(str(place))
        dialog.fileSelected.connect(lambda name: self._back_up(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _back_up(self, path: Path) -> None:
        """The file dialog has asked already whether a file there may be replaced."""
        home, heard, stopped = self._session.home, self.work.heard, self.work.stopped

        def progress(done: int, whole: int) -> None:
            if stopped():
                raise _Stopped
            heard.emit((done, whole))

        def work(store: Store) -> BackedUp | None:
            from app.operations.backing_up import back_up

            try:
                return back_up(home, store, path, force=True, progress=progress)
            except _Stopped:
                return None

        self._do("backup", work, self._on_backed_up)

    def _on_backed_up(self, done: BackedUp | None) -> None:
        if done is None:
            self._end("backup", tr("Stopped. Nothing was written."))
            return
        size = bytes_words(done.bytes)
        self._end("backup", tr("Saved: {path}, {size}.", path=done.path, size=size))

    def _on_restore_clicked(self) -> None:
        folder = usual_folder(QStandardPaths.StandardLocation.DocumentsLocation)
        choose_paths(
            self, "restore_file_dialog", tr("Restore"), FILE, self._restore, folder=folder,
            kinds=tr("Backups (*.zip)"),
        )  # fmt: skip

    def _restore(self, paths: list[Path]) -> None:
        dialog = RestoreDialog(self._session, paths[0], self._window)
        dialog.open()

    def _show_every_deleted(self) -> None:
        self._every_deleted = True
        self._show()

    def _bring_back(self, deletion: Deletion) -> None:
        from app.operations.recently_deleted import bring_back

        def done(there: bool) -> None:
            name = name_of(deletion)
            words = tr("{name} is back.", name=name) if there else tr("It was gone already.")
            self._session.refresh()
            self._end("deleted", words)

        self._do("deleted", lambda store: bring_back(store, deletion), done)

    def _ask_to_forget(self, deletion: Deletion) -> None:
        words = {
            "persona": tr(
                "Everything said to {name}, its adapters and its trainings go for good, here, in"
                " backups and in Ollama. This cannot be undone.", name=deletion.persona,
            ),
            "conversation": tr(
                "“{name}” goes for good, from trainings and backups, too. Adapters that learned"
                " from it stay. This cannot be undone.", name=name_of(deletion),
            ),
        }  # fmt: skip
        dialog = ChoiceDialog(
            "forget_now_dialog", tr("Forget it now?"), words[deletion.kind], self._window
        )
        dialog.add_answer(
            "forget_now_go", tr("Forget for good"), "danger", partial(self._forget, deletion),
            tip=tr("Removes it everywhere at once; there is no way back"),
        )  # fmt: skip
        dialog.add_answer("forget_now_keep", tr("Keep it"), "plain")
        dialog.open()

    def _forget(self, deletion: Deletion) -> None:
        home = self._session.home

        def work(store: Store) -> None:
            from app.operations.recently_deleted import forget_now

            forget_now(home, store, deletion)

        def done(_nothing: None) -> None:
            self._session.refresh()
            self._end("deleted", tr("Forgotten."))

        self._do("deleted", work, done)

    def _on_forget_clicked(self) -> None:
        who = self._session.card
        if who is not None:
            dialog = ForgetDialog(self._session, Target("persona", who.persona.id), self._window)
            dialog.forgotten.connect(self.refresh)
            dialog.open()


def _warning(name: str, words: str) -> QFrame:
    frame = QFrame()
    frame.setProperty("kind", "warning")
    line = line_of("warning", "warning", words, name)
    line.setContentsMargins(12, 12, 12, 12)
    frame.setLayout(line)
    return frame
