"""Questions of the user's own: files of them that judge every new adapter and teach none."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QFrame, QWidget

from app.gui.controls import (
    CLOSES,
    button,
    card,
    clear,
    column,
    icon_row,
    label,
    row,
    scrolled,
    tool,
)
from app.gui.dates import day
from app.gui.file_choice import FILE, choose_paths
from app.gui.fitted_dialog import FittedDialog
from app.gui.flow import Scrolling
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import current_language, tr
from app.gui.trouble import explain
from app.gui.trouble_words import words_beside_english
from app.operations.own_tests import (
    OwnTest,
    OwnTestRefused,
    add_test,
    own_tests_of,
    remove_test,
)
from app.store import Persona

WIDTH_PX, HEIGHT_PX = 560, 480
ENDINGS = "*.json *.jsonl *.ndjson *.csv *.tsv"
# A test set and how many questions of it judge; what is wrong with one that cannot be read.
Counted = tuple[OwnTest, int | Exception]


class OwnTestsDialog(FittedDialog):
    """A line for each test set, and a place to add one."""

    def __init__(self, session: Session, persona: Persona, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent, HEIGHT_PX)
        self._session, self._persona = session, persona
        self.setObjectName("own_tests_dialog")
        self.setWindowTitle(tr("Questions of your own"))
        self._rows = column(gap=space("small"))
        self._only = QCheckBox(tr("Only for {name}", name=persona.name))
        self._only.setObjectName("own_tests_only")
        self._only.setToolTip(
            tr("Asks only this persona's adapters; for questions that are nobody else's business")
        )
        self._trouble = label("", "danger", name="own_tests_trouble", wrap=True)
        self._trouble.hide()
        self._lay_out()
        self._read()

    def _lay_out(self) -> None:
        inside = column(self, margins=space("large"), gap=space("medium"))
        inside.addWidget(label(tr("Questions of your own"), "title", wrap=True))
        about = tr(
            "A file of questions with their answers: CSV, JSON lines, or JSON with choices. Each"
            " new adapter answers them beside the base, and the report shows how many were right."
            " No training ever learns them."
        )
        inside.addWidget(label(about, "soft", wrap=True))
        holder = Scrolling()
        holder.setLayout(self._rows)
        inside.addWidget(scrolled(holder), 1)
        inside.addWidget(self._trouble)
        buttons = row(gap=space("medium"))
        add = tr("Add a file…")
        tip = tr("Takes a copy of a file of questions; from the next exam on they are asked")
        buttons.addWidget(button("own_tests_add", add, "plain", self._choose, icon="plus", tip=tip))
        buttons.addWidget(self._only)
        buttons.addStretch()
        buttons.addWidget(
            button("own_tests_close", tr("Close"), "plain", self.accept, tip=tr(CLOSES))
        )
        inside.addLayout(buttons)

    def _read(self) -> None:
        home = self._session.home
        self._session.ask(
            lambda _store: [(each, _judging(each)) for each in own_tests_of(home)],
            self._show,
            self._tell,
        )

    def _show(self, found: list[Counted]) -> None:
        clear(self._rows)
        for test, judging in found:
            self._rows.addWidget(self._card(test, judging))
        if not found:
            words = tr("There are none yet. A spreadsheet with the columns question and answer is"
                       " enough.")  # fmt: skip
            self._rows.addWidget(label(words, "soft", name="own_tests_none", wrap=True))
        self._rows.addStretch()

    def _card(self, test: OwnTest, judging: int | Exception) -> QFrame:
        frame, inside = card(f"own_test_{test.name}")
        inside.setContentsMargins(space("medium"), space("small"), space("medium"), space("small"))
        people = ", ".join(self._names(test)) or tr("every persona")
        told = [tr("for {people}", people=people)]
        if isinstance(judging, int):
            told.insert(0, tr("Questions: {count}", count=judging))
        if test.added:
            told.append(tr("since {date}", date=day(test.added)))
        words = column(gap=2)
        words.addWidget(label(test.name, "strong", wrap=True))
        words.addWidget(label(" · ".join(told), "small", wrap=True))
        if isinstance(judging, Exception):
            words.addWidget(label(_told(judging), "danger", name="own_test_bad", wrap=True))
        line = row(gap=space("medium"))
        line.addWidget(icon_row("clipboard-text", "text_soft"))
        line.addLayout(words, 1)
        tip = tr("Take it away; your own file stays, and what it asks may be learned from then on")
        remove = tool(f"own_test_remove_{test.name}", "x", tip, lambda: self._remove(test))
        remove.setAccessibleName(f"{test.name}: {tip}")
        line.addWidget(remove)
        inside.addLayout(line)
        return frame

    def _names(self, test: OwnTest) -> list[str]:
        people = {each.persona.slug: each.persona.name for each in self._session.household.cards}
        return [people.get(slug, slug) for slug in test.personas]

    def _choose(self) -> None:
        choose_paths(
            self,
            "own_tests_file_dialog",
            tr("Questions of your own"),
            FILE,
            lambda paths: self.add(paths[0]),
            kinds=f"{tr('Files of questions')} ({ENDINGS})",
        )

    def add(self, file: Path) -> None:
        """Take a copy of a file into the home."""
        home, people = self._session.home, [self._persona.slug] * self._only.isChecked()
        self._session.ask(
            lambda _store: add_test(home, file, personas=people), self._on_changed, self._tell
        )

    def _remove(self, test: OwnTest) -> None:
        home = self._session.home
        self._session.ask(lambda _store: remove_test(home, test.name), self._on_changed, self._tell)

    def _on_changed(self, _result: object) -> None:
        self._trouble.hide()
        self._read()

    def _tell(self, error: Exception) -> None:
        self._trouble.setText(_told(error))
        self._trouble.show()


def _judging(test: OwnTest) -> int | Exception:
    """One that is damaged is shown too, so that it can be taken away."""
    try:
        return len(test.judging())
    except (OwnTestRefused, OSError) as error:
        return error


def _told(error: Exception) -> str:
    """What is wrong with a file is told by line, in English, and what to do in the window's way."""
    if not isinstance(error, OwnTestRefused):
        return explain(error).whole
    words = words_beside_english(error.kind)
    assert words is not None
    if current_language() == "en":
        return " ".join([error.text, *words[1:]])
    return "\n".join([" ".join(words), error.text])
