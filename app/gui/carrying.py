"""Opens the import and the export once what they work with is loaded."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from PySide6.QtWidgets import QDialog

from app.gui.session import Session

# Half a second of formats and checks, which a window that opens does without. Not the dialogs
# themselves: what makes widgets is imported in the window's thread alone.
_MODULES = (
    "app.operations.exporting",
    "app.operations.importing",
    "app.operations.offers",
    "app.operations.reviewing",
    "app.operations.sources",
)


class Carrying:
    """One dialog at a time; what is heavy is loaded in another thread, so nothing stands still."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._dialog: QDialog | None = None
        self._loading = False

    def open(self, make: Callable[[], QDialog]) -> None:
        """Make a dialog and open it, unless one is open."""
        if self._loading or self._dialog is not None:
            return
        self._loading = True

        def loaded(_nothing: None) -> None:
            self._loading = False
            self._dialog = make()
            self._dialog.finished.connect(self._on_finished)
            self._dialog.open()

        self._session.ask(lambda _store: _load(), loaded, self._on_failed)

    def _on_finished(self) -> None:
        self._dialog = None

    def _on_failed(self, error: Exception) -> None:
        self._loading = False
        self._session.report(error)


def _load() -> None:
    for name in _MODULES:
        import_module(name)
