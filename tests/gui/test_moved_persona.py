"""A persona that came from another home can be looked at, and asks for what it lacks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.home import Home, open_home
from app.operations.archive import export_archive, import_archive
from app.store import Store, open_store
from tests.gui.conftest import Opener
from tests.gui.waiting import wait_until
from tests.unit.app.operations.full_home import FullHome


def test_the_window_opens_on_a_persona_that_moved(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, tmp_path: Path
) -> None:
    """Its runs were made elsewhere: none is offered to go on, and the month begins anew."""
    elsewhere = open_home(tmp_path / "elsewhere")
    with open_store(elsewhere) as there:
        full = FullHome(elsewhere, there)
        export_archive(elsewhere, there, full.persona, tmp_path / "sunny.perennial")
    (home.models / "tiny.gguf").write_bytes(b"GGUF")
    store.bases.add("tiny", "gguf", home.models / "tiny.gguf", "d1")
    import_archive(home, store, tmp_path / "sunny.perennial")
    window = open_window()
    for page in ("chat", "train"):
        window.show_page(page)
    wait_until(qtbot, lambda: window.findChild(QWidget, "month_card") is not None)
    assert window.findChild(QWidget, "train_failed") is None
    assert window.findChild(QWidget, "live_card") is None
