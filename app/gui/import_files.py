"""The files of an import: what each was recognised as, and the choice to read it otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from app.gui.controls import clear, column, icon_row, label, plain_tip, row
from app.gui.import_reasons import reason_words
from app.gui.import_words import breakable, format_name, newcomer_words, number, path_words
from app.gui.theme import size, space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.importers.reading import DocumentRead
from app.operations.importing import import_formats
from app.operations.offers import Fault, Look

# More are taken in as they are recognised; nobody chooses the format of a hundred files by hand.
ROWS = 30
COMBO_PX = 220


class ImportFiles(QWidget):
    """One row for each file that was named, folders and archives as a whole."""

    format_chosen = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("import_files")
        self._rows = column(self, gap=space("small"))

    def show_files(self, paths: tuple[Path, ...], found: Look, formats: Mapping[Path, str]) -> None:
        """Show what was found, with what the user chose before."""
        clear(self._rows)
        brought = {each.path: newcomer_words(each) for each in found.newcomers}
        faults = {fault.path: _fault(fault) for fault in found.faults}
        archives = {each.path for each in found.archives}
        for at, path in enumerate(paths[:ROWS]):
            read = [each for each in found.result.documents if each.given == str(path)]
            fault = "" if read else (_reason(found, path) or faults.get(path, ""))
            count = found.result.read.get(str(path), 0)
            words = brought.get(path) or fault or _recognised(read, count)
            can_choose = path not in archives and path.suffix.lower() != ".perennial"
            choice = formats.get(path, "") if can_choose else None
            self._rows.addWidget(self._row(at, path, words, choice, bool(fault)))
        if len(paths) > ROWS:
            more = tr("… and {count} more, each as it is recognised", count=len(paths) - ROWS)
            self._rows.addWidget(label(more, "soft"))

    def _row(self, at: int, path: Path, words: str, choice: str | None, bad: bool) -> QWidget:
        made = QWidget()
        inside = row(made, gap=space("small"))
        inside.addWidget(
            icon_row("warning-circle", "danger") if bad else icon_row("file-text", "text_soft")
        )
        said = column(gap=0)
        name = label(breakable(path_words(path)), "strong", wrap=True)
        name.setToolTip(plain_tip(str(path)))
        said.addWidget(name)
        said.addWidget(label(breakable(words), "" if bad else "soft", wrap=True))
        inside.addLayout(said, 1)
        if choice is not None:
            inside.addWidget(self._combo(at, path, choice))
        return made

    def _combo(self, at: int, path: Path, choice: str) -> QComboBox:
        made = QComboBox()
        made.setObjectName(f"import_format_{at}")
        made.setAccessibleName(tr("Format of {name}", name=path_words(path)))
        made.setToolTip(tr("Reads the file as another format, where it was recognised wrongly"))
        made.setFixedWidth(COMBO_PX)
        made.setMinimumHeight(size("target"))
        made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        made.addItem(tr("as recognised"), "")
        for each in import_formats():
            made.addItem(format_name(each.name, each.title), each.name)
        made.setCurrentIndex(max(0, made.findData(choice)))
        made.activated.connect(
            lambda index: self.format_chosen.emit(path, str(made.itemData(index)))
        )
        return made


def _recognised(read: list[DocumentRead], count: int) -> str:
    """The formats of what lies in a file, a folder or an archive."""
    formats = {each.format: each.title for each in read}
    names = ", ".join(format_name(name, title) for name, title in formats.items())
    if count > 1:
        return tr("{formats} · files: {count}", formats=names, count=number(count))
    return names


def _fault(fault: Fault) -> str:
    """Why a file cannot be read; the row names it already."""
    said = fault.error.text.removeprefix(f"{fault.path.name}: ")
    known = said != fault.error.text
    return reason_words(said.removesuffix(".")) if known else explain(fault.error).text


def _reason(found: Look, path: Path) -> str:
    """Why nothing of a file can be read."""
    for each in found.result.left_out:
        if each.file == path.name and each.is_of_document:
            return reason_words(each.reason)
    return ""
