"""Exporting in the window: choose, write with progress, open the folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from app.gui.controls import CANCELS, button, card, column, icon_row, label, plain_tip, row
from app.gui.export_form import ARCHIVE, ExportChoice, ExportForm, bytes_words, nothing_words
from app.gui.file_choice import typed_path
from app.gui.fitted_dialog import FittedDialog
from app.gui.flow import Scrolling
from app.gui.folders import usual_folder
from app.gui.given_back import GivenBackFace
from app.gui.long_work import LongWork
from app.gui.progress_face import ProgressFace
from app.gui.session import Session
from app.gui.theme import size, space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.operations.archive import PartSize, export_archive, part_sizes
from app.operations.exporting import ExportFormat, default_name, export
from app.store.portable_tables import Part
from app.store.store import Store
from app.store.values import Persona

if TYPE_CHECKING:
    from app.operations.sharing import GivesBack, NotKnown

WIDTH_PX, HEIGHT_PX = 760, 700
_TELL_EVERY_S = 0.1


class Stopped(Exception):
    """The user stopped the export."""


@dataclass(frozen=True)
class _Written:
    """What was written; of an archive also how many learned replies were asked for before."""

    path: Path
    rows: int
    bytes: int
    asked: int = 0


@dataclass(frozen=True)
class _Asking:
    """How far an adapter is asked for what it learned."""

    who: str
    done: int
    total: int


class ExportDialog(FittedDialog):
    """One export at a time; what is written is there whole or not at all."""

    def __init__(self, session: Session, parent: QWidget, persona_id: int | None = None) -> None:
        super().__init__(WIDTH_PX, parent, HEIGHT_PX)
        self.setObjectName("export_dialog")
        self.setWindowTitle(tr("Export"))
        self._session = session
        self._personas = {card.persona.id: card.persona for card in session.household.cards}
        self._written: Path | None = None
        self._folder = usual_folder(QStandardPaths.StandardLocation.DocumentsLocation)
        self._asked: Path | None = None
        self._confirmed: Path | None = None
        self._proposed = self._writes = self._doing = ""
        self._work = LongWork(session, "export")
        self._work.heard.connect(self._on_heard)
        self._trouble = TroubleBar("export_trouble")
        self._form = ExportForm(session.household.cards, persona_id or session.household.current_id)
        self._place = QLineEdit()
        self._progress = ProgressFace("export_progress")
        self._given_back = GivenBackFace()
        self._result = label("", "title", name="export_result", wrap=True)
        self._result_more = label("", "soft", name="export_result_more", wrap=True)
        self._result_place = label("", "soft", name="export_result_place")
        self._faces = QStackedWidget()
        self._buttons = self._made_buttons()
        self._lay_out()
        self._form.changed.connect(self._name_place)
        self._form.persona_chosen.connect(self._on_persona_chosen)
        self._place.textEdited.connect(lambda _text: self._show_go())
        self.finished.connect(lambda _result: self._work.leave())
        self._name_place()
        self._measure()
        self._show(self._form_face)

    def reject(self) -> None:
        """While it writes, the first word ends the writing."""
        if self._faces.currentWidget() is self._progress:
            self._stop()
        else:
            super().reject()

    def _made_buttons(self) -> dict[str, QPushButton]:
        made = {
            "folder": button("export_folder", tr("Open folder"), "primary", self._open_folder),
            "stop": button("export_stop", tr("Stop"), "plain", self._stop),
            "leave": button(
                "export_leave", tr("Cancel"), "plain", self.reject, tip=tr(CANCELS)
            ),
            "go": button("export_go", tr("Export"), "primary", self._export),
            "back": button(
                "export_back", tr("Back"), "plain", self._show_form,
                tip=tr("Back to what is chosen; nothing was written"),
            ),
            "anyway": button(
                "export_anyway", tr("Export all the same"), "plain", self._export_anyway,
                tip=tr("Choose it for an archive that you keep for yourself"),
            ),
            "without": button(
                "export_without", tr("Leave the adapters out"), "primary", self._export_without,
                tip=tr("Writes the archive without any adapter: nothing can be given back then"),
            ),
        }  # fmt: skip
        made["folder"].setToolTip(tr("Shows the written file among your other files"))
        made["stop"].setToolTip(tr("Stops the writing; no half file is left"))
        made["go"].setToolTip(tr("Writes the file; here everything stays as it is"))
        return made

    def _lay_out(self) -> None:
        choices = QScrollArea()
        choices.setWidgetResizable(True)
        content = Scrolling()
        content.setProperty("kind", "column")
        content.setMinimumHeight(1)  # as high as its lines are at this width, not at the narrowest
        fields = column(content, margins=(0, 0, space("medium"), 0), gap=space("small"))
        fields.addWidget(self._form)
        fields.addStretch()
        choices.setWidget(content)
        self._form_face = QWidget()
        form = column(self._form_face, gap=space("small"))
        form.addWidget(choices, 1)
        form.addWidget(self._form.reach)
        form.addWidget(label(tr("Place"), "section"))
        form.addLayout(self._place_row())
        self._done_face, told = card("export_done")
        told.addStretch()
        head = row(gap=space("small"))
        head.addWidget(icon_row("check-circle", "good"))
        head.addWidget(self._result, 1)
        told.addLayout(head)
        told.addWidget(self._result_more)
        told.addWidget(self._result_place)
        told.addStretch()
        for face in (self._form_face, self._progress, self._given_back, self._done_face):
            self._faces.addWidget(face)
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Export"), "title"))
        inside.addWidget(self._trouble)
        inside.addWidget(self._faces, 1)
        buttons = row(gap=space("small"))
        buttons.addStretch()
        for each in self._buttons.values():
            buttons.addWidget(each)
        inside.addLayout(buttons)

    def _place_row(self) -> QHBoxLayout:
        self._place.setObjectName("export_place")
        self._place.setAccessibleName(tr("Place"))
        self._place.setToolTip(tr("Where the file is written; change it to keep it elsewhere"))
        self._place.setMinimumHeight(size("target"))
        made = row(gap=space("small"))
        made.addWidget(self._place, 1)
        tip = tr("Choose a folder and a name among your files")
        made.addWidget(button("export_choose", tr("Choose…"), "plain", self._choose_place, tip=tip))
        return made

    def _show(self, face: QWidget) -> None:
        self._faces.setCurrentWidget(face)
        shown = {
            "folder": face is self._done_face,
            "stop": face is self._progress,
            "leave": face in (self._form_face, self._done_face),
            "go": face is self._form_face,
            **dict.fromkeys(("back", "anyway", "without"), face is self._given_back),
        }
        for name, visible in shown.items():
            self._buttons[name].setVisible(visible)
        leave = self._buttons["leave"]
        leave.setText(tr("Close") if face is self._done_face else tr("Cancel"))
        leave.setAccessibleName(leave.text())
        if face is self._form_face:
            self._buttons["go"].setDefault(True)
            self._form.take_focus()
        elif face is self._given_back:
            self._buttons["back"].setFocus()
        else:
            self._buttons["stop" if face is self._progress else "folder"].setFocus()

    def _show_form(self) -> None:
        self._show(self._form_face)

    def _measure(self) -> None:
        """Read how much the parts are; the form can be used meanwhile."""
        home, persona = self._session.home, self._personas[self._form.persona_id]

        def measured(sizes: dict[Part, PartSize]) -> None:
            if persona.id == self._form.persona_id:
                self._form.show_sizes(sizes)

        self._work.start(lambda store: part_sizes(home, store, persona), measured, self._tell)

    def _on_persona_chosen(self) -> None:
        self._name_place()
        self._measure()

    def _name_place(self) -> None:
        """A name that says whose it is and what, unless the user has given one."""
        there = Path(self._place.text())
        if self._proposed and there.name != self._proposed:
            return
        persona = self._personas[self._form.persona_id]
        folder = there.parent if self._proposed else self._folder
        self._proposed = default_name(persona, self._form.format)
        self._place.setText(str(folder / self._proposed))
        self._show_go()

    def _show_go(self) -> None:
        self._buttons["go"].setEnabled(bool(self._place.text().strip()))

    def _choose_place(self) -> None:
        dialog = QFileDialog(self, tr("Export to"), self._place.text())
        dialog.setObjectName("export_file_dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self._on_place_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_place_chosen(self, name: str) -> None:
        """The file dialog has asked already whether a file there may be replaced."""
        self._place.setText(name)
        self._confirmed = Path(name)
        self._show_go()

    def _export(self, *, all_the_same: bool = False) -> None:
        if not self._place.text().strip():
            return
        self._trouble.hide()
        choice = self._form.choice
        # A name alone is meant for the folder that was proposed, not for wherever this runs.
        out = self._folder / typed_path(self._place.text())
        persona = self._personas[choice.persona_id]
        self._asked = out
        work = self._writing(persona, choice, out, out == self._confirmed, all_the_same)
        self._writes = self._doing = tr("Writing {name}…", name=out.name)
        self._progress.begin(self._doing)
        self._buttons["stop"].setEnabled(True)
        self._show(self._progress)
        self._work.start(work, self._on_written, self._on_failed)

    def _export_anyway(self) -> None:
        self._export(all_the_same=True)

    def _export_without(self) -> None:
        self._form.leave_out("adapters")
        self._export()

    def _writing(
        self, persona: Persona, choice: ExportChoice, out: Path, force: bool, all_the_same: bool
    ) -> Callable[[Store], _Written]:
        """The verb for what is chosen; adapters that leave alone are asked before it."""
        home, watch = self._session.home, _Watch(self._work)

        def write(store: Store) -> _Written:
            if choice.format == ARCHIVE:
                asked = 0 if all_the_same else self._ask(store, persona, choice)
                done = export_archive(
                    home, store, persona, out, without=choice.without, force=force, watch=watch
                )
                rows = done.contents.rows.get("conversations", 0)
                return _Written(done.path, rows, done.bytes, asked)
            format = cast(ExportFormat, choice.format)
            written = export(
                store, persona, format, out, what=choice.what, force=force, watch=watch
            )
            return _Written(written.path, written.rows, written.bytes)

        return write

    def _ask(self, store: Store, persona: Persona, choice: ExportChoice) -> int:
        """Ask what leaves for what it learned, in the thread of the work; how many replies."""
        from app.operations.sharing import check_leaving, leave_in_archive

        def told(who: str, done: int, total: int) -> None:
            if self._work.stopped():
                raise Stopped
            self._work.heard.emit(_Asking(who, done, total))

        home = self._session.home
        leaving = leave_in_archive(home, store, persona, choice.without)
        return sum(each.asked for each in check_leaving(home, store, leaving, told))

    def _on_heard(self, heard: _Asking | int) -> None:
        if isinstance(heard, _Asking):
            self._progress_on(tr("Asking {who} for what it learned…", who=heard.who))
            words = tr("{done} of {count} replies", done=heard.done, count=heard.total)
            self._progress.show_part(heard.done, heard.total, words)
        else:
            self._progress_on(self._writes)
            self._progress.show_part(heard, 0, tr("{size} written", size=bytes_words(heard)))

    def _progress_on(self, what: str) -> None:
        """Begin anew where something else is done than before."""
        if what != self._doing:
            self._doing = what
            self._progress.begin(what)

    def _on_written(self, done: _Written) -> None:
        path, rows = done.path, done.rows
        self._written = path
        if rows or self._form.format == ARCHIVE:
            self._result.setText(tr("{name} is written.", name=path.name))
        else:
            self._result.setText(tr("{name} is written, and empty.", name=path.name))
        more = tr("Conversations or rows: {count}, {size}.", count=f"{rows:,}",
                  size=bytes_words(done.bytes))  # fmt: skip
        if not rows and self._form.format != ARCHIVE:
            more = nothing_words(self._form.format)
        if done.asked:
            cleared = tr("Asked for {count} replies that were learned: none came back word for"
                         " word.", count=f"{done.asked:,}")  # fmt: skip
            more = f"{more}\n{cleared}"
        self._result_more.setText(more)
        room = self.width() - 4 * space("large")
        words = self._result_place.fontMetrics().elidedText(
            str(path), Qt.TextElideMode.ElideMiddle, room
        )
        self._result_place.setText(words)
        self._result_place.setToolTip(plain_tip(str(path)))
        self._show(self._done_face)

    def _on_failed(self, error: Exception) -> None:
        kind = getattr(error, "kind", "")
        if kind in ("gives_back", "gives_back_unknown"):
            if kind == "gives_back":
                self._given_back.show_given_back(cast("GivesBack", error))
            else:
                self._given_back.show_not_known(cast("NotKnown", error))
            self._show(self._given_back)
            return
        self._show(self._form_face)
        if not isinstance(error, Stopped):
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        trouble = explain(error)
        if getattr(error, "kind", "") == "export_there":
            action = partial(self._replace, self._asked)
            trouble = replace(trouble, button=tr("Replace it"), action=action)
        self._trouble.show_trouble(trouble)

    def _replace(self, there: Path | None) -> None:
        """Replace the file that was told of; another name since then is asked about anew."""
        self._confirmed = there
        self._export()

    def _stop(self) -> None:
        self._buttons["stop"].setEnabled(False)
        self._work.stop()

    def _open_folder(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))


class _Watch:
    """Hears of every write in the thread that writes; ends it once when it shall stop."""

    def __init__(self, work: LongWork) -> None:
        self._work = work
        self._written = 0
        self._told = time.monotonic()
        self._ended = False

    def __call__(self, count: int) -> None:
        # What is written to close the file after that goes away with it.
        if self._work.stopped() and not self._ended:
            self._ended = True
            raise Stopped
        self._written += count
        moment = time.monotonic()
        if moment - self._told >= _TELL_EVERY_S:
            self._told = moment
            self._work.heard.emit(self._written)
