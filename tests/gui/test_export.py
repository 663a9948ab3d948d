"""A person could not take out what is theirs, or would lose a file there, if these failed."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.exporters import part_file
from app.gui import export_dialog
from app.gui.export_dialog import ExportDialog
from app.gui.long_work import LongWork
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations.archive import look_into
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import LOOKS, Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton


def _opened(window: MainWindow, qtbot: QtBot, out: Path) -> ExportDialog:
    window.open_export()
    wait_until(qtbot, lambda: window.findChild(ExportDialog, "export_dialog") is not None)
    dialog = find(window, ExportDialog, "export_dialog")
    wait_until(qtbot, lambda: "…" not in find(dialog, QCheckBox, "export_part_ratings").text())
    _write_place(dialog, out)
    return dialog


def _write_place(dialog: ExportDialog, out: Path) -> None:
    place = find(dialog, QLineEdit, "export_place")
    place.setText(str(out))
    place.textEdited.emit(str(out))


def _choose(dialog: ExportDialog, name: str) -> None:
    find(dialog, QRadioButton, name).setChecked(True)


def _export(dialog: ExportDialog, qtbot: QtBot) -> str:
    """Write it; what the result says."""
    qtbot.mouseClick(find(dialog, QPushButton, "export_go"), LEFT)
    result = find(dialog, QLabel, "export_result")
    wait_until(qtbot, result.isVisible)
    return result.text()


def _close(dialog: ExportDialog, qtbot: QtBot) -> None:
    dialog.close()
    wait_until(qtbot, lambda: not any(t.name == "export" for t in threading.enumerate()))


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files go."""
    made = tmp_path / "files"
    made.mkdir()
    return made


@pytest.fixture
def sunny(store: Store) -> None:
    """A persona with a conversation, and another one."""
    made, _ = homes.add_personas(store, "Sunny", "Technical")
    homes.add_conversation(store, made)
    homes.add_usable(store, made, 2, corrected=1)


@pytest.mark.usefixtures("sunny")
def test_what_was_approved_goes_out_and_the_folder_opens(
    open_window: Opener, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    out = folder / "month.jsonl"
    dialog = _opened(open_window(), qtbot, out)
    assert _export(dialog, qtbot) == "month.jsonl is written."
    said = [each["content"] for row in _rows(out) for each in row["messages"]]
    assert homes.CODE_REPLY in said and "It is hard to say, in general." not in said
    button = find(dialog, QPushButton, "export_folder")
    assert button.hasFocus()
    button.click()
    assert opened == [str(folder)]
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
@pytest.mark.parametrize("name", ["sharegpt", "alpaca", "dpo", "kto", "markdown", "archive"])
def test_every_format_can_be_written(
    open_window: Opener, qtbot: QtBot, folder: Path, name: str
) -> None:
    dialog = _opened(open_window(), qtbot, folder / "out")
    _choose(dialog, f"export_format_{name}")
    assert find(dialog, QWidget, "export_what_all").isVisible() == (
        name not in ("dpo", "kto", "archive")
    )
    _export(dialog, qtbot)
    assert (folder / "out").stat().st_size > 0
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_all_holds_what_was_not_approved(open_window: Opener, qtbot: QtBot, folder: Path) -> None:
    out = folder / "all.jsonl"
    dialog = _opened(open_window(), qtbot, out)
    _choose(dialog, "export_what_all")
    _export(dialog, qtbot)
    assert "hard to say" in out.read_text("utf-8")
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_parts_of_an_archive_can_stay_at_home(
    open_window: Opener, qtbot: QtBot, folder: Path
) -> None:
    out = folder / "sunny.perennial"
    dialog = _opened(open_window(), qtbot, out)
    _choose(dialog, "export_format_archive")
    ratings = find(dialog, QCheckBox, "export_part_ratings")
    assert ratings.text().startswith("Ratings, corrections and topics: 5 (about ")
    ratings.setChecked(False)
    _export(dialog, qtbot)
    assert look_into(out).parts == ["adapters", "conversations", "replay"]
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_ratings_stay_where_their_conversations_stay(
    open_window: Opener, qtbot: QtBot, folder: Path
) -> None:
    out = folder / "sunny.perennial"
    dialog = _opened(open_window(), qtbot, out)
    _choose(dialog, "export_format_archive")
    find(dialog, QCheckBox, "export_part_conversations").setChecked(False)
    assert not find(dialog, QCheckBox, "export_part_ratings").isEnabled()
    _export(dialog, qtbot)
    assert look_into(out).parts == ["adapters", "replay"]
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_file_that_is_there_is_replaced_only_when_one_says_so(
    open_window: Opener, qtbot: QtBot, folder: Path
) -> None:
    out = folder / "month.jsonl"
    out.write_text("precious", "utf-8")
    dialog = _opened(open_window(), qtbot, out)
    qtbot.mouseClick(find(dialog, QPushButton, "export_go"), LEFT)
    trouble = find(dialog, QWidget, "export_trouble")
    wait_until(qtbot, trouble.isVisible)
    assert "--force" not in find(trouble, QLabel, "trouble_more").text()
    assert out.read_text("utf-8") == "precious"
    replace = find(trouble, QPushButton, "trouble_action")
    assert replace.text() == "Replace it"
    replace.click()
    wait_until(qtbot, lambda: find(dialog, QLabel, "export_result").isVisible())
    assert len(_rows(out)) == 3
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_yes_to_one_file_replaces_no_other(open_window: Opener, qtbot: QtBot, folder: Path) -> None:
    """The name was changed after the question."""
    for name in ("month.jsonl", "year.jsonl"):
        (folder / name).write_text("precious", "utf-8")
    dialog = _opened(open_window(), qtbot, folder / "month.jsonl")
    find(dialog, QPushButton, "export_go").click()
    trouble = find(dialog, QWidget, "export_trouble")
    wait_until(qtbot, trouble.isVisible)
    _write_place(dialog, folder / "year.jsonl")
    find(trouble, QPushButton, "trouble_action").click()
    wait_until(qtbot, lambda: not trouble.isVisible())
    wait_until(qtbot, trouble.isVisible)
    assert [each.read_text("utf-8") for each in folder.iterdir()] == ["precious"] * 2
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
@pytest.mark.parametrize("error", [errno.EACCES, errno.ENAMETOOLONG])
def test_place_where_nobody_may_write_is_named_as_such(
    open_window: Opener,
    qtbot: QtBot,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: int,
) -> None:
    """It is not the home that cannot be written to, and no bug."""

    def refuse(*_arguments: object) -> int:
        raise OSError(error, os.strerror(error), "the place")

    monkeypatch.setattr(part_file, "_open_private", refuse)
    dialog = _opened(open_window(), qtbot, folder / "month.jsonl")
    find(dialog, QPushButton, "export_go").click()
    text = find(dialog, QLabel, "trouble_text")
    wait_until(qtbot, text.isVisible)
    assert text.text().startswith("The file cannot be written there")
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_name_alone_is_a_file_in_the_folder_that_was_proposed(
    open_window: Opener, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _kind: str(folder))
    dialog = _opened(open_window(), qtbot, Path("month.jsonl"))
    _export(dialog, qtbot)
    assert len(_rows(folder / "month.jsonl")) == 3
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_folder_that_the_system_names_and_does_not_have_is_not_proposed(
    open_window: Opener, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _kind: str(folder / "Documents"))
    window = open_window()
    window.open_export()
    wait_until(qtbot, lambda: window.findChild(ExportDialog, "export_dialog") is not None)
    dialog = find(window, ExportDialog, "export_dialog")
    assert Path(find(dialog, QLineEdit, "export_place").text()).parent.is_dir()
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_stopped_export_leaves_nothing_behind(
    open_window: Opener, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = _opened(open_window(), qtbot, folder / "sunny.perennial")
    _choose(dialog, "export_format_archive")
    asked = iter(range(20))
    monkeypatch.setattr(LongWork, "stopped", lambda _work: next(asked, None) is None)
    go = find(dialog, QPushButton, "export_go")
    go.click()
    wait_until(qtbot, lambda: go.isVisible())
    assert list(folder.iterdir()) == []
    assert not find(dialog, QWidget, "export_trouble").isVisible(), "it was asked for"
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_full_disk_is_told_and_leaves_nothing_behind(
    open_window: Opener, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(export_dialog._Watch):
        def __call__(self, count: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export_dialog, "_Watch", Full)
    dialog = _opened(open_window(), qtbot, folder / "month.jsonl")
    find(dialog, QPushButton, "export_go").click()
    text = find(dialog, QLabel, "trouble_text")
    wait_until(qtbot, text.isVisible)
    assert text.text() == "The disk is full."
    assert list(folder.iterdir()) == []
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_place_names_the_persona_and_the_format_until_one_writes_another(
    open_window: Opener, qtbot: QtBot, folder: Path
) -> None:
    window = open_window()
    window.open_export()
    wait_until(qtbot, lambda: window.findChild(ExportDialog, "export_dialog") is not None)
    dialog = find(window, ExportDialog, "export_dialog")
    place = find(dialog, QLineEdit, "export_place")
    assert Path(place.text()).name == "sunny.messages.jsonl"
    combo = find(dialog, QComboBox, "export_persona")
    combo.setCurrentIndex(combo.findText("Technical"))
    combo.activated.emit(combo.currentIndex())
    _choose(dialog, "export_format_markdown")
    assert Path(place.text()).name == "technical.md"
    _write_place(dialog, folder / "mine.txt")
    _choose(dialog, "export_format_kto")
    assert place.text() == str(folder / "mine.txt")
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_empty_file_is_told_with_what_to_do(
    open_window: Opener, store: Store, qtbot: QtBot, folder: Path
) -> None:
    window = open_window()
    window.session.switch(2)
    wait_until(qtbot, lambda: window.session.household.current_id == 2)
    dialog = _opened(window, qtbot, folder / "month.jsonl")
    assert _export(dialog, qtbot) == "month.jsonl is written, and empty."
    assert "rate some replies" in find(dialog, QLabel, "export_result_more").text()
    _close(dialog, qtbot)


@pytest.mark.usefixtures("sunny")
def test_controls_can_be_hit_and_heard(open_window: Opener, qtbot: QtBot, folder: Path) -> None:
    dialog = _opened(open_window(), qtbot, folder / "out")
    _choose(dialog, "export_format_archive")
    controls = [
        each
        for kind in (QPushButton, QComboBox, QLineEdit, QCheckBox, QRadioButton)
        for each in dialog.findChildren(kind)
        if each.isVisible()
    ]
    assert len(controls) > 12
    for each in controls:
        assert each.height() >= 30, each.objectName()
        spoken = each.accessibleName() or getattr(each, "text", str)()
        assert spoken.strip(), each.objectName()
    _close(dialog, qtbot)


@pytest.mark.parametrize(("choice", "language"), LOOKS)
def test_export_looks_as_it_should(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    picture: Picture,
    folder: Path,
    choice: Choice,
    language: Language,
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 40)
    homes.put_live(store, home, sunny, "2026-10-sunny-1")
    look = f"{choice}-{language}"
    out = folder / "sunny.perennial"
    out.write_text("there", "utf-8")
    dialog = _opened(open_window(choice, language), qtbot, out)
    picture(dialog, f"export-form-{look}")
    _choose(dialog, "export_format_archive")
    find(dialog, QPushButton, "export_go").click()
    wait_until(qtbot, lambda: find(dialog, QWidget, "export_trouble").isVisible())
    picture(dialog, f"export-there-{look}")
    out.unlink()
    _export(dialog, qtbot)
    picture(dialog, f"export-done-{look}")
    _close(dialog, qtbot)
