"""Restoring goes into a new folder: the home that is open is left as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QProgressBar, QWidget

from app.gui.controls import CLOSES, button, column, icon_row, label, row
from app.gui.copied_line import copied_line
from app.gui.dates import day
from app.gui.export_form import bytes_words
from app.gui.file_choice import typed_path
from app.gui.fitted_dialog import FittedDialog
from app.gui.long_work import LongWork
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.operations.home_place import synced_by
from app.store.store import Store

if TYPE_CHECKING:
    from app.operations.backup_contents import BackupContents
    from app.operations.restoring import Restored

WIDTH_PX = 560


class _Stopped(Exception):
    """The user has it end."""


class RestoreDialog(FittedDialog):
    """Looks into the backup, asks where to, and says how the restored home is opened."""

    def __init__(self, session: Session, file: Path, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("restore_dialog")
        self.setWindowTitle(tr("Restore a backup"))
        self._file = file
        self._home = session.home.root
        self._work = LongWork(session, "restore")
        self._work.heard.connect(self._on_heard)
        self._title = label(tr("Restore a backup"), "title", name="restore_title", wrap=True)
        self._what = label(tr("Looking into the backup…"), "", name="restore_what", wrap=True)
        self._place = QLineEdit()
        self._trouble = TroubleBar("restore_trouble")
        self._progress = QProgressBar()
        self._form, self._done = QWidget(), QWidget()
        self._told = column(self._done, gap=space("small"))
        self._go = button("restore_go", tr("Restore into this folder"), "primary", self._restore)
        self._go.setToolTip(tr("Check the backup, then write it there"))
        self._leave = button(
            "restore_leave", tr("Cancel"), "plain", self.reject,
            tip=tr("Closes this; while it is at work it stops, and leaves nothing there"),
        )  # fmt: skip
        self._lay_out()
        self.finished.connect(lambda _result: self._work.leave())
        self._look()

    def reject(self) -> None:
        """While it is at work, cancelling stops it; what was written so far goes."""
        if self._progress.isVisible():
            self._work.stop()
        else:
            super().reject()

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(self._title)
        inside.addWidget(self._what)
        form = column(self._form, gap=space("small"))
        form.addWidget(label(tr("A new or empty folder"), "section"))
        self._place.setObjectName("restore_place")
        self._place.setAccessibleName(tr("A new or empty folder"))
        self._place.setToolTip(tr("Where the restored home is to lie"))
        choose = button("restore_choose", tr("Choose…"), "plain", self._choose)
        choose.setToolTip(tr("Choose an empty folder"))
        line = row(gap=space("small"))
        line.addWidget(self._place, 1)
        line.addWidget(choose)
        form.addLayout(line)
        words = tr("The home that is open now is left as it is.")
        form.addWidget(label(words, "small", wrap=True))
        for part in (self._form, self._trouble, self._progress, self._done):
            inside.addWidget(part)
            if part is not self._trouble:
                part.hide()
        self._progress.setObjectName("restore_progress")
        self._progress.setAccessibleName(tr("How far the restoring is"))
        self._progress.setTextVisible(False)
        self._go.setEnabled(False)
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(self._leave)
        buttons.addWidget(self._go)
        inside.addLayout(buttons)

    def _look(self) -> None:
        file = self._file

        def work(_store: Store) -> BackupContents:
            # Brings pydantic, which a window that opens does without.
            from app.operations.backup_reading import look_into

            return look_into(file)

        self._work.start(work, self._show_contents, self._on_look_failed)

    def _show_contents(self, contents: BackupContents) -> None:
        size = sum(each.bytes for each in contents.members.values())
        self._what.setText(
            tr(
                "A whole home as it was on {day}: {count} files, {size}.",
                day=day(contents.created), count=len(contents.members), size=bytes_words(size),
            )
        )  # fmt: skip
        name = f"{self._home.name}-restored-{contents.created[:10]}"
        beside = Path.home() if synced_by(self._home) else self._home.parent
        self._place.setText(str(beside / name))
        self._form.show()
        self._go.setEnabled(True)
        self._go.setFocus()

    def _on_look_failed(self, error: Exception) -> None:
        self._what.setText(str(self._file))
        self._trouble.show_trouble(explain(error))

    def _choose(self) -> None:
        dialog = QFileDialog(self, tr("A new or empty folder"), str(self._home.parent))
        dialog.setObjectName("restore_folder_dialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._place.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _restore(self) -> None:
        if not self._place.text().strip():
            return
        place = typed_path(self._place.text())
        file, home = self._file, self._home
        heard, stopped = self._work.heard, self._work.stopped
        self._trouble.hide()
        self._set_working(True)

        def progress(done: int, whole: int) -> None:
            if stopped():
                raise _Stopped
            heard.emit((done, whole))

        def work(_store: Store) -> Restored | None:
            from app.operations.restoring import restore

            try:
                return restore(file, place, bases_of=home, progress=progress)
            except _Stopped:
                return None

        self._work.start(work, self._on_restored, self._on_failed)

    def _set_working(self, working: bool) -> None:
        self._progress.setRange(0, 0)
        self._progress.setVisible(working)
        self._form.setEnabled(not working)
        self._go.setEnabled(not working)
        self._leave.setText(tr("Stop") if working else tr("Cancel"))
        self._leave.setAccessibleName(self._leave.text())

    def _on_heard(self, heard: tuple[int, int]) -> None:
        done, whole = heard
        self._progress.setRange(0, 1000)
        self._progress.setValue(1000 * done // max(1, whole))

    def _on_failed(self, error: Exception) -> None:
        self._set_working(False)
        self._trouble.show_trouble(explain(error))

    def _on_restored(self, done: Restored | None) -> None:
        self._set_working(False)
        if done is None:
            self._what.setText(tr("Stopped. Nothing was restored, and nothing was left there."))
            return
        self._form.hide()
        self._what.hide()
        self._go.hide()
        self._leave.setText(tr("Close"))
        self._leave.setAccessibleName(tr("Close"))
        self._leave.setToolTip(tr(CLOSES))
        self._title.setText(tr("Restored."))
        head = row(gap=space("small"))
        head.addWidget(icon_row("check-circle", "good"), alignment=Qt.AlignmentFlag.AlignTop)
        words = tr(
            "The home of {day} is in its folder, every file of it checked. This window still shows"
            " the home it was opened with. Close it, and open the restored one with:",
            day=day(done.created),
        )
        head.addWidget(label(words, name="restore_told", wrap=True), 1)
        self._told.addLayout(head)
        # Loaded by the work that has just ended.
        from app.operations.backup_contents import STARTER
        from app.operations.restoring import opening_command

        command = opening_command(done)
        self._told.addWidget(copied_line("restore_command", command, tr("Copy the command")))
        names = ", ".join(base.name for base in done.bases if base.source != STARTER)
        if names:
            words = tr("Base models to be got again there: {names}", names=names)
            self._told.addWidget(label(words, "small", name="restore_bases", wrap=True))
        self._done.show()
        self._leave.setFocus()
