"""Somebody makes room, keeps a copy and has back what was deleted, and loses nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui import settings_page
from app.gui.clean_dialog import CleanDialog
from app.gui.expired_deletions import ExpiredDeletions
from app.gui.forget_dialog import ForgetDialog
from app.gui.restore_dialog import RestoreDialog
from app.gui.settings_page import SECTIONS, SettingsPage
from app.gui.stop_dialog import ChoiceDialog
from app.gui.theme import Choice
from app.gui.tick import Tick
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import backing_up, conversations, recently_deleted, storage
from app.operations.backing_up import back_up
from app.store import Persona, Store
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.waiting import wait_until
from trainer.contract.folder import RunFolder

RUNS = ("2026-08-sunny-1", "2026-09-sunny-1", "2026-10-sunny-1")


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(entry for entry in SECTIONS if entry.name == "storage")
    monkeypatch.setattr(settings_page, "SECTIONS", kept)


@pytest.fixture
def sunny(store: Store, home: Home) -> Persona:
    """Three adapters one after the other, and what is made again."""
    made, _rain = homes.add_personas(store, "Sunny", "Rain")
    for run_id in RUNS:
        folder = RunFolder(home.runs / run_id)
        folder.adapter.mkdir(parents=True)
        folder.adapter_gguf.write_bytes(bytes(24_000_000))
        homes.put_live(store, home, made, run_id)
    _write(home.models / "starter.gguf", 98_000_000)
    _write(home.models / "served" / "starter.gguf", 145_000_000)
    _write(home.root / "cache" / "answers.jsonl", 2_000_000)
    return made


@pytest.fixture
def deleted(store: Store, sunny: Persona) -> list[int]:
    """Two conversations and a persona that are out of sight."""
    talks = [
        store.conversations.add(sunny.id, "", title).id
        for title in ("How do I reverse a list in Python?", "What to cook on a rainy Sunday")
    ]
    for talk in talks:
        asked = store.messages.add(talk, None, "user", "Is anybody there?")
        store.messages.add(talk, asked.id, "assistant", "Always.", finish="stop")
        conversations.delete(store, talk)
    store.personas.delete(store.personas.all()[1].id)
    return talks


def _write(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    with path.open("r+b") as file:
        file.truncate(size)


def opened(window: MainWindow, qtbot: QtBot) -> SettingsPage:
    window.show_settings("storage")
    page = window.findChildren(SettingsPage)[-1]
    settle(page, qtbot)
    return page


def settle(page: SettingsPage, qtbot: QtBot) -> None:
    section = page.findChild(QWidget, "settings_storage")
    wait_until(qtbot, lambda: not section.work.busy and _is_there(page, "storage_sizes"))


def _is_there(page: QWidget, name: str) -> bool:
    return any(each.isVisible() for each in page.findChildren(QWidget, name))


def press(parent: QWidget, name: str) -> None:
    found = [each for each in parent.findChildren(QPushButton, name) if not each.isHidden()]
    assert found and found[-1].isEnabled(), name
    found[-1].click()


def words(page: QWidget) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel) if each.isVisible())


@pytest.fixture
def page(
    open_window: Opener, qtbot: QtBot, sunny: Persona, deleted: list[int]
) -> Iterator[SettingsPage]:
    yield opened(open_window(), qtbot)


def test_what_lies_in_the_home_is_told_with_what_can_go(page: SettingsPage) -> None:
    told = words(page)
    for part in ("Base models", "98.0 MB", "Faster copies of base models", "145.0 MB can go"):
        assert part in told
    assert "Dropbox" not in told


def test_room_is_made_of_what_was_ticked_alone(
    page: SettingsPage, qtbot: QtBot, home: Home
) -> None:
    press(page, "storage_clean")
    dialog = page.window().findChildren(CleanDialog)[-1]
    caches = dialog.findChild(Tick, "clean_caches")
    assert caches.isChecked()
    caches.setChecked(False)
    press(dialog, "clean_go")
    wait_until(qtbot, lambda: "145.0 MB are free now." in words(page))
    assert not (home.models / "served" / "starter.gguf").exists()
    assert (home.root / "cache" / "answers.jsonl").exists()
    assert all(RunFolder(home.runs / each).adapter_gguf.is_file() for each in RUNS)


def test_an_older_adapter_goes_only_by_its_own_tick(
    page: SettingsPage, qtbot: QtBot, home: Home
) -> None:
    press(page, "storage_clean")
    dialog = page.window().findChildren(CleanDialog)[-1]
    ticks = [each for each in dialog.findChildren(Tick) if "older" in each.objectName()]
    assert [each.text() for each in ticks] == ["Sunny v1 · 24.0 MB"], "a way back is offered"
    assert not ticks[0].isChecked()
    ticks[0].setChecked(True)
    press(dialog, "clean_go")
    wait_until(qtbot, lambda: "are free now." in words(page))
    there = [RunFolder(home.runs / each).adapter_gguf.is_file() for each in RUNS]
    assert there == [False, True, True]


def test_room_that_cannot_be_made_is_an_error_with_a_way_on(
    page: SettingsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError(13, "denied", "cache")

    monkeypatch.setattr(storage, "clean", refuses)
    press(page, "storage_clean")
    press(page.window().findChildren(CleanDialog)[-1], "clean_go")
    trouble = page.findChild(QWidget, "settings_storage_trouble")
    wait_until(qtbot, trouble.isVisible)
    monkeypatch.undo()
    press(trouble, "trouble_action")
    wait_until(qtbot, lambda: "are free now." in words(page))


def _choose(page: QWidget, name: str, path: Path) -> None:
    dialog = page.findChildren(QFileDialog, name)[-1]
    dialog.reject()
    dialog.fileSelected.emit(str(path))
    dialog.filesSelected.emit([str(path)])


def test_a_home_goes_into_a_file_and_into_a_new_folder(
    page: SettingsPage, qtbot: QtBot, tmp_path: Path, home: Home
) -> None:
    file = tmp_path / "copy.zip"
    press(page, "storage_back_up")
    _choose(page, "backup_file_dialog", file)
    wait_until(qtbot, lambda: "Saved:" in words(page))
    settle(page, qtbot)
    press(page, "storage_restore")
    _choose(page, "restore_file_dialog", file)
    dialog = page.window().findChildren(RestoreDialog)[-1]
    go = dialog.findChild(QPushButton, "restore_go")
    wait_until(qtbot, go.isEnabled)
    place = dialog.findChild(QLineEdit, "restore_place")
    place.setText(str(home.root))
    go.click()
    trouble = dialog.findChild(QWidget, "restore_trouble")
    wait_until(qtbot, trouble.isVisible)  # the home that is open is never written into
    place.setText(str(tmp_path / "restored here"))
    go.click()
    wait_until(qtbot, lambda: dialog.findChild(QLabel, "restore_told") is not None)
    dialog.findChild(QToolButton, "restore_command_copy").click()
    assert QGuiApplication.clipboard().text().startswith("perennial --home ")
    assert (tmp_path / "restored here" / "perennial.db").is_file()
    assert (home.models / "starter.gguf").is_file()
    press(dialog, "restore_leave")


def test_a_backup_can_be_stopped_and_leaves_nothing(
    page: SettingsPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    size = backing_up._size

    def waits(path: Path) -> int:
        begun.set()
        go_on.wait(10)
        return size(path)

    monkeypatch.setattr(backing_up, "_size", waits)
    press(page, "storage_back_up")
    _choose(page, "backup_file_dialog", tmp_path / "copy.zip")
    wait_until(qtbot, begun.is_set)
    assert not page.findChildren(QPushButton, "storage_restore")[-1].isEnabled()
    press(page, "storage_stop")
    go_on.set()
    wait_until(qtbot, lambda: "Stopped. Nothing was written." in words(page))
    assert not (tmp_path / "copy.zip").exists()


def test_a_file_that_is_no_backup_is_told_as_such(
    page: SettingsPage, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "holiday.zip").write_bytes(b"no zip")
    press(page, "storage_restore")
    _choose(page, "restore_file_dialog", tmp_path / "holiday.zip")
    dialog = page.window().findChildren(RestoreDialog)[-1]
    wait_until(qtbot, dialog.findChild(QWidget, "restore_trouble").isVisible)
    assert not dialog.findChild(QPushButton, "restore_go").isEnabled()
    press(dialog, "restore_leave")


def test_what_was_deleted_is_brought_back(
    page: SettingsPage, qtbot: QtBot, store: Store, deleted: list[int], sunny: Persona
) -> None:
    told = words(page)
    assert "Recently deleted" in told and "30 days left" in told
    press(page, f"bring_back_conversation_{deleted[0]}")
    wait_until(qtbot, lambda: "How do I reverse a list in Python? is back." in words(page))
    settle(page, qtbot)
    (rain,) = store.personas.deleted()
    press(page, f"bring_back_persona_{rain.id}")
    wait_until(qtbot, lambda: store.personas.deleted() == [])
    wait_until(qtbot, lambda: len(page._session.household.cards) == 2)
    assert deleted[0] in [each.id for each in store.conversations.page(sunny.id)]
    settle(page, qtbot)


def test_what_was_deleted_is_forgotten_only_after_a_yes(
    page: SettingsPage, qtbot: QtBot, store: Store, deleted: list[int]
) -> None:
    def ask() -> ChoiceDialog:
        page.findChildren(QToolButton, f"forget_now_conversation_{deleted[0]}")[-1].click()
        return page.window().findChildren(ChoiceDialog)[-1]

    press(ask(), "forget_now_keep")
    assert len(recently_deleted.recently_deleted(store)) == 3
    press(ask(), "forget_now_go")
    wait_until(qtbot, lambda: "Forgotten." in words(page))
    settle(page, qtbot)
    left = [each.deletion.id for each in recently_deleted.recently_deleted(store)]
    assert len(left) == 2 and deleted[0] not in left
    assert "How do I reverse a list" not in words(page)


def test_forgetting_everything_leads_to_the_question(page: SettingsPage, qtbot: QtBot) -> None:
    press(page, "storage_forget")
    dialog = page.window().findChildren(ForgetDialog)[-1]
    wait_until(qtbot, dialog._go.isEnabled)
    press(dialog, "forget_leave")


def test_what_was_deleted_long_ago_goes_when_the_window_opens(
    open_window: Opener, qtbot: QtBot, store: Store, deleted: list[int]
) -> None:
    store._database.change("UPDATE actions SET created = '2020-01-01T00:00:00.000000+00:00'")
    window = open_window()
    ending = ExpiredDeletions(window.session)
    wait_until(qtbot, lambda: not recently_deleted.any_expired(store))
    wait_until(qtbot, lambda: ending._work is None)
    left = [each.deletion.kind for each in recently_deleted.recently_deleted(store)]
    assert left == ["persona"]


def test_a_synced_home_is_warned_of(
    open_window: Opener, qtbot: QtBot, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "synced_by", lambda _path: "Dropbox")
    assert "a folder of Dropbox" in words(opened(open_window(), qtbot))


def test_every_control_says_what_it_does(page: SettingsPage) -> None:
    section = page.findChild(QWidget, "settings_storage")
    for each in section.findChildren(QPushButton) + section.findChildren(QToolButton):
        if each.isVisible():
            assert each.objectName() and each.accessibleName() and each.toolTip(), each.objectName()


def test_pictures(
    open_window: Opener, qtbot: QtBot, picture: Picture, shade: tuple[Choice, Language],
    sunny: Persona, deleted: list[int], home: Home, tmp_path: Path, store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(storage, "synced_by", lambda _path: "Dropbox")
    file = back_up(home, store, tmp_path / "copy.zip").path
    window = open_window(*shade)
    page = opened(window, qtbot)
    name = "-".join(shade)
    picture(window, f"storage-{name}")
    area = next(each for each in page._areas.values())
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    picture(window, f"storage-below-{name}")
    press(page, "storage_clean")
    clean = page.window().findChildren(CleanDialog)[-1]
    picture(clean, f"storage-clean-{name}")
    clean.reject()
    dialog = RestoreDialog(window.session, file, window)
    dialog.open()
    go = dialog.findChild(QPushButton, "restore_go")
    wait_until(qtbot, go.isEnabled)
    picture(dialog, f"storage-restore-{name}")
    go.click()
    wait_until(qtbot, lambda: dialog.findChild(QLabel, "restore_told") is not None)
    picture(dialog, f"storage-restored-{name}")
    dialog.reject()
    QApplication.processEvents()
