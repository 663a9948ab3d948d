"""The section of the settings for help: the doctor, diagnostics, reports of bugs, the glossary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QFrame, QWidget

from app.gui.controls import card, label
from app.gui.dates import day
from app.gui.finding_lines import finding_line, findings_summary, worst_first
from app.gui.flow import Flow
from app.gui.folders import usual_folder
from app.gui.session import Session
from app.gui.settings_reading import ReadingSection, line_of, tipped
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import space
from app.gui.train_fold import facts
from app.gui.translation import tr
from app.store.store import Store

if TYPE_CHECKING:
    from app.gui.window import MainWindow
    from app.operations.crash_reports import CrashReport
    from app.training_findings import Finding

MOST_REPORTS = 5
FILE_NAME = "perennial-diagnostics.txt"
_SHOWN_PACKAGES = ("perennial", "PySide6-Essentials", "xllamacpp", "torch")
_Read = tuple[dict[str, str], tuple["CrashReport", ...]]


class HelpSection(ReadingSection):
    """What was looked at stays in sight until it is looked at again."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(session, "settings_help", tr("One moment…"))
        self._session = session
        self._window = window
        self._read: _Read = ({}, ())
        self._findings: tuple[Finding, ...] = ()
        self._checking = False
        self._told = ""

    def refresh(self) -> None:
        """Read the versions and the reports that there are."""
        home = self._session.home

        def work(_store: Store) -> _Read:
            from app.operations.crash_reports import crash_reports
            from app.operations.diagnostics import versions

            return versions(), crash_reports(home)

        self.look(work, self._on_read)

    def _on_read(self, read: _Read) -> None:
        self._read = read
        self._show()

    def _show(self) -> None:
        found, reports = self._read
        self.replace(
            self._glossary_card(),
            self._check_card(),
            self._diagnostics_card(),
            self._reports_card(reports),
            _versions_card(found),
        )

    def _glossary_card(self) -> QFrame:
        frame, inside = card("settings_glossary")
        inside.addWidget(label(tr("What do the words mean?"), "strong"))
        words = tr("Adapter, replay, retention, quantisation: each in a sentence or two.")
        inside.addWidget(label(words, "soft", wrap=True))
        return _with_buttons(
            frame,
            tipped(
                "settings_glossary_open", tr("Glossary…"),
                tr("Look up a word that this window uses"), self._window.open_glossary,
                icon="book-open",
            ),
        )  # fmt: skip

    def _check_card(self) -> QFrame:
        frame, inside = card("settings_check")
        inside.addWidget(label(tr("Is everything as it should be?"), "strong"))
        words = tr("Looks at the packages, the model, the database, Ollama and the graphics card.")
        if self._checking:
            words = tr("Looking… With the packages for training this takes up to a minute.")
        elif self._findings:
            words = findings_summary(self._findings)
        inside.addWidget(label(words, "soft", name="settings_check_words", wrap=True))
        for finding in worst_first(self._findings):
            inside.addWidget(finding_line(finding))
        check = tipped(
            "settings_check_now",
            tr("Check again") if self._findings else tr("Check this computer"),
            tr("Changes nothing; says what to do where something is the matter"),
            self._on_check_clicked, icon="first-aid",
        )  # fmt: skip
        check.setEnabled(not self._checking)
        return _with_buttons(frame, check)

    def _diagnostics_card(self) -> QFrame:
        frame, inside = card("settings_diagnostics")
        inside.addWidget(label(tr("Diagnostics to send along"), "strong"))
        words = tr(
            "Versions, the device, what was found, counts, and the ends of the logs. Nothing that"
            " was said, no prompt, no name, no folder, no address and no key."
        )
        inside.addWidget(label(words, "soft", wrap=True))
        if self._told:
            inside.addLayout(line_of("check", "good", self._told, "settings_diagnostics_told"))
        return _with_buttons(
            frame,
            tipped(
                "settings_diagnostics_copy", tr("Copy diagnostics"),
                tr("Put the text on the clipboard, to be pasted where somebody helps you"),
                lambda: self._with_diagnostics(self._copy), icon="copy",
            ),
            tipped(
                "settings_diagnostics_save", tr("Save diagnostics…"),
                tr("Write the text into a file, which you can read before you send it"),
                self._on_save_clicked, icon="floppy-disk",
            ),
        )  # fmt: skip

    def _reports_card(self, reports: tuple[CrashReport, ...]) -> QFrame:
        frame, inside = card("settings_reports")
        inside.addWidget(label(tr("Reports of bugs"), "strong"))
        if not reports:
            words = tr("There is none. A report stays on this computer and is sent nowhere.")
            inside.addWidget(label(words, "soft", name="settings_reports_none", wrap=True))
            return frame
        words = tr("They stay on this computer and are sent nowhere. They may hold what was said.")
        inside.addWidget(label(words, "soft", wrap=True))
        for report in reports[:MOST_REPORTS]:
            inside.addLayout(
                line_of("bug", "text_soft", f"{day(report.when)} · {report.path.name}")
            )
        if len(reports) > MOST_REPORTS:
            more = tr("and {count} older ones", count=len(reports) - MOST_REPORTS)
            inside.addWidget(label(more, "small"))
        return _with_buttons(
            frame,
            tipped(
                "settings_reports_open", tr("Open the folder"),
                tr("Show the reports where they lie"), self._open_folder, icon="folder-open",
            ),
            tipped(
                "settings_reports_delete", tr("Delete them…"),
                tr("Delete every report of a bug"), self._ask_to_delete, icon="trash",
                kind="danger",
            ),
        )  # fmt: skip

    def _on_check_clicked(self) -> None:
        home = self._session.home
        self._checking = True
        self._show()

        def work(_store: Store) -> tuple[Finding, ...]:
            # In the thread of the work: it asks over HTTP and starts other processes.
            from app import doctor

            return tuple(doctor.examine(home))

        self.order(work, self._on_checked)

    def _on_checked(self, findings: tuple[Finding, ...]) -> None:
        self._checking = False
        self._findings = findings
        self._show()

    def _on_failed(self, error: Exception, again: Callable[[], None]) -> None:
        self._checking = False
        super()._on_failed(error, again)
        self._show()

    def _with_diagnostics(self, then: Callable[[str], None]) -> None:
        home, findings = self._session.home, self._findings

        def work(_store: Store) -> str:
            from app.operations.diagnostics import diagnostics

            return diagnostics(home, findings)

        self.order(work, then)

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._say(tr("Copied: {count} lines.", count=text.count("\n")))

    def _on_save_clicked(self) -> None:
        place = usual_folder(QStandardPaths.StandardLocation.DocumentsLocation) / FILE_NAME
        dialog = QFileDialog(self, tr("Save diagnostics"), str(place))
        dialog.setObjectName("diagnostics_file_dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(str(place))
        dialog.fileSelected.connect(lambda name: self._save(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, path: Path) -> None:
        home, findings = self._session.home, self._findings

        def work(_store: Store) -> Path:
            from app.operations.diagnostics import diagnostics, save

            return save(diagnostics(home, findings), path)

        self.order(work, lambda written: self._say(tr("Saved: {path}", path=written)))

    def _say(self, words: str) -> None:
        self._told = words
        self._show()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._session.home.logs)))

    def _ask_to_delete(self) -> None:
        home = self._session.home

        def work(_store: Store) -> int:
            from app.operations.crash_reports import delete_reports

            return delete_reports(home)

        dialog = ChoiceDialog(
            "delete_reports_dialog",
            tr("Delete the reports of bugs?"),
            tr("Nothing else is deleted. Send one along first if you want a bug to be mended."),
            self._window,
        )
        dialog.add_answer(
            "delete_reports_yes", tr("Delete them"), "danger",
            lambda: self.order(work, lambda _count: self.refresh()),
            tip=tr("For when the bug is mended, or the reports were sent"),
        )  # fmt: skip
        dialog.add_answer("delete_reports_no", tr("Keep them"), "plain")
        dialog.open()


def _with_buttons(frame: QFrame, *buttons: QWidget) -> QFrame:
    line = Flow(gap=space("small"))
    for each in buttons:
        line.add(each)
    layout = frame.layout()
    assert layout is not None
    layout.addWidget(line)
    return frame


def _versions_card(found: dict[str, str]) -> QFrame:
    frame, inside = card("settings_versions")
    inside.addWidget(label(tr("Versions"), "strong"))
    words = {"perennial": "Perennial", "PySide6-Essentials": "Qt"}
    rows = [
        (words.get(name, name), found.get(name) or tr("not installed")) for name in _SHOWN_PACKAGES
    ]
    inside.addWidget(facts(rows, "settings_version_facts"))
    return frame
