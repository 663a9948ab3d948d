"""Where files are looked for and proposed, before somebody says otherwise."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths


def usual_folder(kind: QStandardPaths.StandardLocation) -> Path:
    """The folder of the system for this; not every system has the folder that it names."""
    named = QStandardPaths.writableLocation(kind)
    return Path(named) if named and Path(named).is_dir() else Path.home()
