"""Importing in the window: choose, look into it, take it in, see what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.gui.controls import column, label
from app.gui.drop_target import local_paths, take_copy
from app.gui.fitted_dialog import FittedDialog
from app.gui.import_buttons import ImportButtons
from app.gui.import_choose import ImportChoose
from app.gui.import_done import ImportDone
from app.gui.import_offer import ImportOffer
from app.gui.import_sources import SourceJob
from app.gui.import_words import number, path_words, progress_words
from app.gui.long_work import LongWork
from app.gui.progress_face import ProgressFace
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import current_language, tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.importers.reading import ImportProgress
from app.operations import receiving
from app.operations.offers import Look, Offer, Taken
from app.operations.reviewing import SAMPLE
from app.operations.sources import Looked
from app.store.store import Store
from app.store.values import Persona

WIDTH_PX, HEIGHT_PX = 720, 720


class ImportDialog(FittedDialog):
    """Holds what is offered; every look and the import itself run in a thread of their own."""

    review_wanted = Signal(int)

    def __init__(self, session: Session, parent: QWidget, paths: Sequence[Path] = ()) -> None:
        super().__init__(WIDTH_PX, parent, HEIGHT_PX)
        self.setObjectName("import_dialog")
        self.setWindowTitle(tr("Import"))
        self.setAcceptDrops(True)
        self._session = session
        card = session.card
        self._offer = Offer((), persona_id=card.persona.id if card is not None else None)
        self._found: Look | None = None
        self._taken: Taken | None = None
        self._job: SourceJob | None = None
        self._taking = False
        self._work = LongWork(session, "import")
        self._work.heard.connect(self._on_heard)
        self._trouble = TroubleBar("import_trouble")
        self._choose = ImportChoose(session)
        self._progress = ProgressFace("import_progress")
        self._deciding = ImportOffer(session.household.cards, self._offer.persona_id)
        self._done = ImportDone()
        self._faces = QStackedWidget()
        self._buttons = ImportButtons(
            {
                "other": self._start_anew,
                "review": self._review,
                "go_on": self._go_on,
                "stop": self._stop,
                "leave": self.reject,
                "go": self._take,
            }
        )
        self._lay_out()
        self._connect()
        self.look_at(paths) if paths else self._show(self._choose)

    def look_at(self, paths: Sequence[Path]) -> None:
        """Look into these files; those that were there before keep the format that was chosen."""
        if self._work.busy:
            return
        chosen = {path: name for path, name in self._offer.formats.items() if path in paths}
        if not set(paths) & set(self._offer.paths):
            self._deciding.begin_anew()
        self._offer = replace(self._offer, paths=tuple(dict.fromkeys(paths)), formats=chosen)
        self._look()

    def reject(self) -> None:
        """While it takes in, the first word ends that and what came in is told."""
        if self._taking and self._work.busy:
            self._stop()
        else:
            super().reject()

    def dragEnterEvent(self, event: Any) -> None:
        if not self._work.busy and local_paths(event.mimeData()):
            take_copy(event)

    def dropEvent(self, event: Any) -> None:
        take_copy(event)
        known = () if self._faces.currentWidget() is self._done else self._offer.paths
        self.look_at([*known, *local_paths(event.mimeData())])

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Import"), "title"))
        inside.addWidget(self._trouble)
        for face in (self._choose, self._progress, self._deciding, self._done):
            self._faces.addWidget(face)
        inside.addWidget(self._faces, 1)
        inside.addWidget(self._buttons)

    def _connect(self) -> None:
        self._choose.paths_chosen.connect(self.look_at)
        self._deciding.preview.format_chosen.connect(self._on_format_chosen)
        self._deciding.preview.persona_chosen.connect(self._look)
        self._deciding.changed.connect(self._show_go)
        self._deciding.warnings_read.connect(self._on_warnings_read)
        self._choose.sources.wanted.connect(self._look_into_source)
        self._choose.sources.failed.connect(self._tell)
        self.finished.connect(lambda _result: self._work.leave())

    def _show(self, face: QWidget) -> None:
        self._faces.setCurrentWidget(face)
        if face is self._progress:
            names = ["stop"] if self._taking else ["stop", "leave"]
        elif face is self._deciding:
            names = ["other", "leave", "go"]
        elif face is self._done:
            names = ["other", *self._next_steps(), "leave"]
        else:
            names = ["leave"]
        if self._taken is not None:
            many = self._taken.result.replies > SAMPLE
            sample = tr("Review a sample of {count}", count=SAMPLE)
            self._buttons.say("review", sample if many else tr("Review them"))
        self._buttons.show_only(names, tr("Close") if face is self._done else tr("Cancel"))
        if face is self._choose:
            self._choose.take_focus()
        elif face is not self._deciding or not self._deciding.take_focus():
            self._buttons.focus_first("review", "go_on", "stop", "go", "leave")

    def _next_steps(self) -> list[str]:
        """What can be done after it came in."""
        taken = self._taken
        if taken is None:
            return []
        came = taken.persona is not None and taken.result.replies > 0
        helps = came and not self._offer.reviewed
        return ["review"] * helps + ["go_on"] * taken.unfinished

    def _look(self) -> None:
        """Look into what is offered, as it is offered now."""
        if self._work.busy:
            return
        self._trouble.hide()
        self._taking = False
        self._offer = replace(self._offer, persona_id=self._deciding.preview.persona_id)
        offer = self._offer
        self._begin(tr("Looking into {name}…", name=_names(offer.paths)))
        self._work.start(
            lambda store: receiving.look(
                store, offer, progress=self._work.heard.emit, stop=self._work.stopped
            ),
            self._on_looked,
            self._on_failed,
        )

    def _on_looked(self, found: Look) -> None:
        self._found = found
        self._deciding.show_look(self._offer, found)
        self._show_go()
        self._show(self._deciding)

    def _show_go(self) -> None:
        coming = self._deciding.coming
        words = tr("Import conversations: {count}", count=number(coming))
        self._buttons.say("go", words if coming else tr("Import"))
        self._buttons["go"].setEnabled(self._deciding.can_go)

    def _take(self) -> None:
        if self._found is not None and not self._work.busy:
            self._offer = self._deciding.decided(self._offer)
            self._start_taking()

    def _start_taking(self) -> None:
        self._trouble.hide()
        self._taking = True
        offer, home = self._offer, self._session.home
        self._begin(tr("Taking in {name}…", name=_names(offer.paths)))
        self._work.start(
            lambda store: receiving.take(
                home, store, offer, progress=self._work.heard.emit, stop=self._work.stopped
            ),
            self._on_taken,
            self._on_failed,
        )

    def _on_taken(self, taken: Taken) -> None:
        self._taking = False
        self._taken, self._job = taken, None
        self._done.show_taken(self._offer, taken)
        self._session.refresh()
        self._show(self._done)

    def _on_failed(self, error: Exception) -> None:
        """What came in before stays, and what was chosen is still chosen."""
        taking, self._taking = self._taking, False
        self._tell(error)
        if taking:
            self._session.refresh()
        self._show(self._deciding if self._found is not None else self._choose)

    def _tell(self, error: Exception) -> None:
        trouble = explain(error)
        if current_language() != "en" and hasattr(error, "text"):
            # The translation is general; the error's own words name the file and the place.
            trouble = replace(trouble, next_step=f"{trouble.next_step}\n{error.text}")
        self._trouble.show_trouble(trouble)

    def _begin(self, what: str) -> None:
        self._progress.begin(what)
        self._buttons["stop"].setEnabled(True)
        self._show(self._progress)

    def _on_heard(self, progress: ImportProgress) -> None:
        self._progress.show_part(
            progress.done_bytes, progress.total_bytes, progress_words(progress)
        )

    def _stop(self) -> None:
        self._buttons["stop"].setEnabled(False)
        self._work.stop()

    def _go_on(self) -> None:
        """The same once more: what came in is known, the rest is new."""
        if self._job is not None:
            self._look_into_source(self._job)
        else:
            self._start_taking()

    def _start_anew(self) -> None:
        self._trouble.hide()
        self._found = None
        self._offer = replace(self._offer, paths=(), formats={})
        self._choose.sources.refresh()
        self._show(self._choose)

    def _look_into_source(self, job: SourceJob) -> None:
        """Take in what is new in another program's store or in a folder."""
        if self._work.busy:
            return
        self._trouble.hide()
        self._job, self._taking, self._found = job, True, None
        self._offer = replace(self._offer, reviewed=False)
        home = self._session.home

        def work(store: Store) -> tuple[Looked, Persona]:
            looked = job.work(home, store, self._work.heard.emit, self._work.stopped)
            return looked, store.personas.get(looked.source.persona_id)

        self._begin(tr("Taking in {name}…", name=job.title))
        self._work.start(work, self._on_source_looked, self._on_source_failed)

    def _on_source_looked(self, read: tuple[Looked, Persona]) -> None:
        looked, persona = read
        self._taking = False
        self._taken = Taken(looked.result, persona)
        self._done.show_looked(looked, persona)
        self._session.refresh()
        self._show(self._done)

    def _on_source_failed(self, error: Exception) -> None:
        if self._job is not None and self._choose.sources.ask_whose(self._job, error):
            self._taking = False
            self._show(self._choose)
        else:
            self._on_failed(error)

    def _on_warnings_read(self) -> None:
        self._show_go()
        self._buttons.focus_first("go")

    def _on_format_chosen(self, path: Path, name: str) -> None:
        formats = {each: kept for each, kept in self._offer.formats.items() if each != path}
        if name:
            formats[path] = name
        self._offer = replace(self._offer, formats=formats)
        self._look()

    def _review(self) -> None:
        taken = self._taken
        if taken is not None and taken.persona is not None:
            self.review_wanted.emit(taken.persona.id)
            self.accept()


def _names(paths: Sequence[Path]) -> str:
    first = path_words(paths[0])
    if len(paths) == 1:
        return first
    return tr("{name} and {count} more", name=first, count=len(paths) - 1)
