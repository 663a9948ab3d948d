"""Somebody who has a model already gives it to a persona without a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app import hub_download
from app.gui.base_dialog import BaseDialog
from app.home import Home
from app.store import Base, Store
from tests.gui.conftest import Opener
from tests.gui.waiting import is_open, wait_until
from tests.tiny_gguf import write_tiny_gguf
from tests.unit.app.test_cli_base import pull
from tests.unit.app.tiny_hub import MODEL, TinyHub, serving


@pytest.fixture
def gguf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    return write_tiny_gguf(tmp_path / "Tiny-Q4_K_M.gguf")


@pytest.fixture
def tiny_hub(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyHub]:
    made = TinyHub({"Tiny-Q4_K_M.gguf": gguf.read_bytes()})
    monkeypatch.setattr(hub_download, "SPARE_BYTES", 0)
    monkeypatch.setattr(hub_download, "PAUSE_S", 0.0)
    with serving(made) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield made


def dialog_of(window: object) -> BaseDialog:
    found = window.findChildren(BaseDialog)  # type: ignore[attr-defined]
    assert found
    return found[-1]


def press(parent: object, name: str) -> None:
    made = parent.findChild(QPushButton, name)  # type: ignore[attr-defined]
    assert made is not None and made.isEnabled(), name
    made.click()


def added(store: Store, qtbot: QtBot) -> Base:
    wait_until(qtbot, lambda: any(base.source for base in store.bases.all()))
    return next(base for base in store.bases.all() if base.source)


def test_a_model_of_ollama_is_chosen_for_a_new_persona(
    open_window: Opener, qtbot: QtBot, store: Store, gguf: Path, tmp_path: Path
) -> None:
    pull(tmp_path / "ollama", "tiny:1b", gguf)
    window = open_window()
    press(window, "base_add")
    dialog = dialog_of(window)
    names = dialog.findChild(QComboBox, "base_ollama")
    wait_until(qtbot, lambda: names.count() == 1 and "tiny:1b" in names.itemText(0))
    press(dialog, "base_take_ollama")
    base = added(store, qtbot)
    assert base.path.parent == tmp_path / "ollama" / "blobs"
    choice = window.findChild(QComboBox, "persona_base")
    wait_until(qtbot, lambda: choice.currentData() == base.id)
    window.findChild(QLineEdit, "persona_name").setText("Sunny")
    press(window, "persona_create")
    wait_until(qtbot, lambda: bool(store.personas.all()))
    assert store.personas.all()[0].base_id == base.id


def test_a_model_of_the_hub_comes_after_its_licence(
    open_window: Opener, store: Store, tiny_hub: TinyHub, home: Home, qtbot: QtBot
) -> None:
    window = open_window()
    press(window, "base_add")
    dialog = dialog_of(window)
    dialog.findChild(QLineEdit, "base_hub_id").setText(MODEL)
    accept = dialog.findChild(QPushButton, "base_accept")
    assert not accept.isVisible()
    press(dialog, "base_look")
    wait_until(qtbot, accept.isVisible)
    said = dialog.findChild(QLabel, "base_licence").text()
    assert MODEL in said and "apache-2.0" in said and tiny_hub.sent == {}
    accept.click()
    base = added(store, qtbot)
    assert base.licence == "apache-2.0" and base.path.is_relative_to(home.models)
    wait_until(qtbot, lambda: not is_open(dialog))


def test_a_damaged_file_is_told_and_another_can_be_chosen(
    open_window: Opener, qtbot: QtBot, store: Store, gguf: Path
) -> None:
    whole = gguf.read_bytes()
    gguf.write_bytes(whole[:-100])
    window = open_window()
    press(window, "base_add")
    dialog = dialog_of(window)
    wait_until(qtbot, lambda: dialog.findChild(QComboBox, "base_ollama").count() == 1)
    for content in (whole[:-100], whole):
        gguf.write_bytes(content)
        press(dialog, "base_file")
        files = dialog.findChildren(QFileDialog)[-1]
        files.filesSelected.emit([str(gguf)])
        files.reject()
        if content != whole:
            trouble = dialog.findChild(QLabel, "base_trouble_text")
            wait_until(qtbot, lambda: "cut short" in _words(dialog))
            assert trouble is None or trouble.isVisible()
            assert not any(base.source for base in store.bases.all())
    assert added(store, qtbot).path == gguf


def _words(dialog: BaseDialog) -> str:
    return " ".join(part.text() for part in dialog.findChildren(QLabel) if part.isVisible())


def test_a_base_that_ollama_lost_is_marked(
    open_window: Opener, qtbot: QtBot, store: Store, gguf: Path, tmp_path: Path
) -> None:
    """Chosen unawares, the persona could not speak."""
    pull(tmp_path / "ollama", "tiny:1b", gguf)
    window = open_window()
    press(window, "base_add")
    dialog = dialog_of(window)
    names = dialog.findChild(QComboBox, "base_ollama")
    wait_until(qtbot, lambda: names.count() == 1 and names.currentData() is not None)
    press(dialog, "base_take_ollama")
    added(store, qtbot).path.unlink()
    press(window, "base_add")
    again = dialog_of(window)
    again.base_added.emit(added(store, qtbot).id)
    choice = window.findChild(QComboBox, "persona_base")
    wait_until(
        qtbot, lambda: any("not there" in choice.itemText(at) for at in range(choice.count()))
    )
