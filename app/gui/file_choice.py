"""Files and folders of the user's own, chosen while the window goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

Mode = QFileDialog.FileMode
FILE, FILES, FOLDER = Mode.ExistingFile, Mode.ExistingFiles, Mode.Directory


def typed_path(text: str) -> Path:
    """A place with ~ as the user's home; the name of nobody's home is a name like any other."""
    typed = Path(text.strip().replace("\0", ""))
    try:
        return typed.expanduser()
    except RuntimeError:
        return typed


def choose_paths(
    parent: QWidget,
    name: str,
    title: str,
    mode: Mode,
    on_chosen: Callable[[list[Path]], None],
    *,
    folder: Path | None = None,
    kinds: str = "",
) -> None:
    """Ask for what exists already, from the user's own folder on where none is named."""
    dialog = QFileDialog(parent, title, str(folder or Path.home()))
    dialog.setObjectName(name)
    dialog.setFileMode(mode)
    if kinds:
        dialog.setNameFilter(kinds)
    dialog.filesSelected.connect(lambda names: on_chosen([Path(each) for each in names]))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
