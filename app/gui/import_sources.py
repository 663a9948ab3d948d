"""Other programs' stores and watched folders: what is found here, taken in, and taken in again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.controls import (
    button,
    clear,
    column,
    icon_row,
    label,
    plain_tip,
    row,
    tool,
)
from app.gui.dates import day
from app.gui.file_choice import FOLDER, choose_paths
from app.gui.menus import Menu, menu_heading
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import later, tr
from app.home import Home
from app.importers.findings import shown
from app.importers.programs import Program
from app.operations import sources
from app.operations.importing import Progress, Stop
from app.operations.sources import Looked
from app.store.foreign import ForeignPerson
from app.store.sources import Source, SourceKind
from app.store.store import Store

_TITLES: dict[SourceKind, str] = {
    "open-webui": "Open WebUI",
    "lm-studio": "LM Studio",
    "jan": "Jan",
    "folder": later("Watched folder"),
}
_PLACE_SHOWN = 60


@dataclass(frozen=True)
class SourceJob:
    """A look into a source: a new one by its kind and place, or one that is entered."""

    persona_id: int
    kind: SourceKind
    place: Path
    source_id: int | None = None
    user: str = ""

    @property
    def title(self) -> str:
        return tr(_TITLES[self.kind])

    def work(self, home: Home, store: Store, progress: Progress, stop: Stop) -> Looked:
        """Enter it where it is new, and take in what is new in it."""
        source_id = self.source_id
        if source_id is None:
            added = sources.add_source(
                home, store, self.persona_id, self.kind, self.place, user=self.user
            )
            source_id = added.id
        return sources.look(home, store, source_id, patient=True, progress=progress, stop=stop)


class ImportSources(QWidget):
    """Below the place where files are dropped."""

    wanted = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("import_sources")
        self._session = session
        self._rows = column(gap=space("small"))
        inside = column(self, gap=space("hair"))
        inside.addWidget(label(tr("From other programs"), "section"))
        inside.addLayout(self._rows)
        foot = row(gap=space("small"))
        words = tr("Taken in again by itself while the window is open: only what is new.")
        foot.addWidget(label(words, "soft", wrap=True), 1)
        self._watch = button(
            "import_watch_folder", tr("Watch a folder…"), "plain", self._choose_folder,
            tip=tr("Takes in the chats of a folder, now and whenever there are new ones"),
        )  # fmt: skip
        foot.addWidget(self._watch)
        inside.addLayout(foot)
        self.setVisible(session.card is not None)
        self.refresh()

    def refresh(self) -> None:
        """Look for programs, and read what is entered."""
        if self._session.card is not None:
            self._session.ask(
                lambda store: (sources.programs(), sources.sources(store)), self._show, self._tell
            )

    def ask_whose(self, job: SourceJob, error: Exception) -> bool:
        """Where a store holds the chats of several people, whose are meant; whether it is that."""
        if getattr(error, "kind", "") != "source_people":
            return False
        self._session.ask(
            lambda _store: sources.people_of(job.place), partial(self._show_people, job), self._tell
        )
        return True

    def _show(self, read: tuple[tuple[Program, ...], list[Source]]) -> None:
        programs, entered = read
        clear(self._rows)
        for source in entered:
            self._rows.addWidget(self._source_row(source))
        places = {source.place for source in entered}
        for program in programs:
            if str(program.place) not in places:
                self._rows.addWidget(self._program_row(program))

    def _source_row(self, source: Source) -> QWidget:
        people = {card.persona.id: card.persona.name for card in self._session.household.cards}
        words = [_tail(source.place), people.get(source.persona_id, "")]
        if source.looked:
            words.append(tr("last on {day}", day=day(source.looked)))
        job = SourceJob(source.persona_id, source.kind, Path(source.place), source.id)
        made, controls = _row(job, " · ".join(word for word in words if word))
        again = button(
            f"source_again_{source.id}",
            tr("Look there again"),
            "plain",
            lambda: self.wanted.emit(job),
            tip=tr("Takes in what is new there now, rather than by itself later"),
        )
        again.setAccessibleName(f"{again.text()}: {job.title}")
        controls.addWidget(again)
        controls.addWidget(
            tool(
                f"source_remove_{source.id}",
                "x",
                tr("Look there no more; what came in stays"),
                lambda: self._remove(source.id),
            )
        )
        return made

    def _program_row(self, program: Program) -> QWidget:
        card = self._session.card
        assert card is not None
        job = SourceJob(card.persona.id, program.kind, program.place)
        made, controls = _row(job, _tail(str(program.place)))
        take = button(
            f"source_take_{program.kind}",
            tr("Take in for {name}", name=shown(card.persona.name, 24)),
            "plain",
            lambda: self.wanted.emit(job),
            tip=tr("Takes in the chats of this program, and its new ones from then on"),
        )
        take.setAccessibleName(f"{take.text()}: {job.title}")
        controls.addWidget(take)
        return made

    def _remove(self, source_id: int) -> None:
        self._session.ask(
            lambda store: sources.remove_source(store, source_id),
            lambda _source: self.refresh(),
            self._tell,
        )

    def _choose_folder(self) -> None:
        choose_paths(
            self,
            "import_watch_dialog",
            tr("Watch a folder"),
            FOLDER,
            lambda paths: self.watch_folder(paths[0]),
        )

    def watch_folder(self, folder: Path) -> None:
        """Take in what is in a folder, now and whenever something new appears in it."""
        card = self._session.card
        if card is not None:
            self.wanted.emit(SourceJob(card.persona.id, "folder", folder))

    def _show_people(self, job: SourceJob, people: list[ForeignPerson]) -> None:
        menu = Menu(self)
        menu.setObjectName("source_people")
        menu_heading(menu, tr("Whose chats?"))
        for person in people:
            words = tr("{name} (chats: {count})", name=shown(person.name), count=person.chats)
            action = menu.addAction(words.replace("&", "&&"))
            action.triggered.connect(partial(self._take_of, job, person.user_id))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(QCursor.pos())

    def _take_of(self, job: SourceJob, user: str, _checked: bool = False) -> None:
        self.wanted.emit(SourceJob(job.persona_id, job.kind, job.place, job.source_id, user))

    def _tell(self, error: Exception) -> None:
        self.failed.emit(error)


def _row(job: SourceJob, words: str) -> tuple[QWidget, QHBoxLayout]:
    made = QWidget()
    inside = row(made, gap=space("small"))
    inside.addWidget(icon_row("folder-open", "text_soft"))
    said = column(gap=0)
    said.addWidget(label(job.title, "strong"))
    place = label(words, "soft", wrap=True)
    place.setToolTip(plain_tip(str(job.place)))
    said.addWidget(place)
    inside.addLayout(said, 1)
    return made, inside


def _tail(place: str) -> str:
    """A place by its end, which says more than its beginning."""
    words = shown(place, len(place))
    return words if len(words) <= _PLACE_SHOWN else "…" + words[-_PLACE_SHOWN:]
