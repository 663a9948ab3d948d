"""What an import brought, and what to do next."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from app.gui.controls import clear, column, icon_row, label, row
from app.gui.import_preview import LeftOutList
from app.gui.import_words import breakable, came_words, more_words, path_words, warning_words
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.importers.tally import ImportResult
from app.operations.offers import Offer, Taken
from app.operations.sources import Looked
from app.store.values import Persona


class ImportDone(QScrollArea):
    """The summary; also of an import that was stopped, or of which a part failed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("import_done")
        self.setWidgetResizable(True)
        self._title = label("", "title", name="import_done_title", wrap=True)
        self._lines = column(gap=space("hair"))
        self._faults = column(gap=space("small"))
        self._left_out = LeftOutList("import_done_left_out")
        content = QWidget()
        content.setProperty("kind", "column")
        content.setMinimumHeight(1)  # as high as its lines are at this width, not at the narrowest
        inside = column(content, margins=(0, 0, space("medium"), 0), gap=space("medium"))
        inside.addWidget(self._title)
        inside.addLayout(self._lines)
        inside.addLayout(self._faults)
        inside.addWidget(self._left_out)
        inside.addStretch()
        self.setWidget(content)

    def show_taken(self, offer: Offer, taken: Taken) -> None:
        self._show(_title(taken), _lines(offer, taken), taken.result)
        for fault in taken.faults:
            self._faults.addLayout(_fault(path_words(fault.path), explain(fault.error).whole))

    def show_looked(self, looked: Looked, persona: Persona) -> None:
        """What another program's store brought; what is to be thought of is told here."""
        taken = Taken(looked.result, persona)
        result = looked.result
        new = result.conversations or result.grown or result.stopped
        lines = _lines(Offer(()), taken) if new else []
        if looked.writing:
            lines.append(
                tr("Just being written, and taken in next time: {count}", count=looked.writing)
            )
        if looked.edited:
            lines.append(
                tr("Edited there since, which changes nothing here: {count}", count=looked.edited)
            )
        self._show(_title(taken) if new else tr("Nothing new."), lines, result)
        for warning in result.warnings:
            self._faults.addLayout(_told("warning", "warning", warning_words(warning)))

    def _show(self, title: str, lines: list[str], result: ImportResult) -> None:
        self._title.setText(title)
        clear(self._lines)
        for line in lines:
            self._lines.addWidget(label(breakable(line), "soft", wrap=True))
        clear(self._faults)
        self._left_out.show_result(result)


def _title(taken: Taken) -> str:
    if taken.result.stopped:
        return tr("Stopped. What came in stays; the same files go on where it ended.")
    if taken.unfinished:
        return tr("It broke off. What came in stays; the same files go on where it ended.")
    if taken.archives and not (taken.result.conversations or taken.result.grown):
        return tr("It came in.")
    words = came_words(taken.result) if taken.persona is not None else ""
    return words or (tr("It came in.") if taken.cards else tr("Nothing came in."))


def _lines(offer: Offer, taken: Taken) -> list[str]:
    lines: list[str] = []
    if taken.result.stopped:
        lines.append(came_words(taken.result))
    if taken.persona is not None and taken.persona not in taken.cards:
        lines.append(tr("They are with {name} now.", name=taken.persona.name))
    lines += [tr("{name} is a persona here now.", name=each.name) for each in taken.cards]
    lines += more_words(taken.result)
    for came in taken.archives:
        lines.append(tr("{name} is a persona here now.", name=came.persona.name))
        if came.rows.get("adapters"):
            lines.append(tr("None of its adapters is in use until it was examined here."))
        lines += [
            tr("Its test set {name} is kept as {kept}, since another one here has its name.",
               name=test.name, kept=test.here_as)
            for test in came.tests if test.here_as != test.name
        ]  # fmt: skip
        if came.missing_base:
            lines.append(
                tr("Its base {base} is not here; it answers once it has one.",
                   base=came.missing_base)
            )  # fmt: skip
    if taken.persona is not None and taken.result.messages:
        lines.append(
            tr("Your ratings in them count from now on.")
            if offer.reviewed
            else tr("It can be read and found; it teaches only what you have reviewed.")
        )
    return [line for line in lines if line]


def _fault(name: str, words: str) -> QHBoxLayout:
    return _told("warning-circle", "danger", name, words)


def _told(icon: str, colour: str, *lines: str) -> QHBoxLayout:
    made = row(gap=space("small"))
    made.addWidget(icon_row(icon, colour))
    said = column(gap=0)
    for line in lines:
        said.addWidget(
            label(line, "strong" if len(lines) > 1 and line is lines[0] else "", wrap=True)
        )
    made.addLayout(said, 1)
    return made
