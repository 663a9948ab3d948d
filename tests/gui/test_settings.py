"""Somebody finds what they want to set, and what they set is there the next time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QPushButton,
    QRadioButton,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui import settings_page
from app.gui.settings_page import SECTIONS, SettingsPage
from app.gui.theme import fitting_scale, size, theme, type_size
from app.gui.translation import current_language
from app.gui.window import MainWindow
from app.operations import computer
from app.operations.computer import Computer, GraphicsCard
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.waiting import wait_until

OURS = ("look", "models", "servers", "help")
GIB = 1 << 30
COMPUTER = Computer(
    "Example 9 Processor", 8, 32 * GIB, 20 * GIB, (GraphicsCard("Example Card", 16 * GIB, GIB),),
    False, 500_000_000_000, 120_000_000_000, "",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(entry for entry in SECTIONS if entry.name in OURS)
    monkeypatch.setattr(settings_page, "SECTIONS", kept)
    monkeypatch.setattr(computer, "this_computer", lambda _home: COMPUTER)


def open_settings(window: MainWindow, section: str = "look") -> SettingsPage:
    window.show_settings(section)
    pages = window.findChildren(SettingsPage)
    assert pages
    return pages[-1]


def part(window: MainWindow, kind: type[QWidget], name: str) -> QWidget:
    page = window.findChildren(SettingsPage)[-1]
    found = page.findChild(kind, name)
    assert found is not None, name
    return found  # type: ignore[no-any-return]


def words(page: QWidget) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel) if each.isVisible())


def test_sections_are_reached_with_the_arrow_keys(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    page = open_settings(window)
    listed = page.findChild(QListWidget, "settings_sections")
    listed.setFocus()
    qtbot.keyClick(listed, Qt.Key.Key_Down)
    assert listed.currentRow() == 1
    assert page.findChild(QWidget, "settings_models").isVisible()
    qtbot.keyClick(listed, Qt.Key.Key_Up)
    assert page.findChild(QWidget, "settings_look").isVisible()


def test_no_section_is_made_before_it_is_opened(
    open_window: Opener, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be made would take the whole page with it."""
    broken = replace(SECTIONS[0], name="broken", module="app.gui.settings_nowhere")
    monkeypatch.setattr(settings_page, "SECTIONS", (*settings_page.SECTIONS, broken))
    homes.add_personas(store, "Sunny")
    page = open_settings(open_window())
    assert page.findChild(QWidget, "settings_look") is not None
    assert page.findChild(QWidget, "settings_servers") is None


def test_language_and_theme_are_kept_and_the_section_stays(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    open_settings(window)
    part(window, QRadioButton, "settings_language_ko").click()  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: store.settings.get("language") == "ko")
    assert current_language() == "ko"
    part(window, QRadioButton, "settings_theme_dark").click()  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: store.settings.get("theme") == "dark")
    assert theme().look.shade == "dark"
    chosen = part(window, QRadioButton, "settings_theme_dark")
    assert chosen.isVisible() and chosen.hasFocus()


def test_letters_grow_and_are_as_large_the_next_time(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    open_settings(window)
    before = type_size("body"), size("target")
    part(window, QToolButton, "scale_larger").click()  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: store.settings.get("font_scale") == 110)
    assert (type_size("body"), size("target")) > before
    assert f"* {{ font-size: {type_size('body')}px;" in _sheet()
    # The keyboard stays where it was: one goes on pressing.
    assert part(window, QToolButton, "scale_larger").hasFocus()
    slider = part(window, QSlider, "scale_slider")
    wait_until(qtbot, slider.isVisible)  # a page that is shown reads what is on
    slider.setValue(20)  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: store.settings.get("font_scale") == 200)
    assert theme().scale == 200
    assert not part(window, QToolButton, "scale_larger").isEnabled()
    again = open_window()
    wait_until(qtbot, lambda: theme().scale == 200)
    assert again.session.loaded


def test_a_held_slider_changes_nothing_but_the_sample(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    """The window is made anew with each size: it would take the slider out of the hand."""
    homes.add_personas(store, "Sunny")
    window = open_window()
    open_settings(window)
    slider = part(window, QSlider, "scale_slider")
    assert isinstance(slider, QSlider)
    slider.setSliderDown(True)
    slider.setValue(15)
    assert theme().scale == 100
    sample = part(window, QLabel, "scale_sample")
    assert "21px" in sample.styleSheet()
    slider.setSliderDown(False)
    assert theme().scale == 150


@pytest.mark.parametrize(
    ("asked", "taken"), [(70, 80), (104, 100), (500, 200), ("large", 100), (float("nan"), 100)]
)
def test_a_size_that_nobody_can_read_is_not_taken(asked: object, taken: int) -> None:
    assert fitting_scale(asked) == taken


def test_this_computer_and_its_bases_are_told(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny", "Grey")
    store.bases.add(
        "Second", "gguf", "models/second.gguf", "d2", size_bytes=4_000_000_000,
        source="hub:example/second", licence="apache-2.0",
    )  # fmt: skip
    window = open_window()
    page = open_settings(window, "models")
    wait_until(qtbot, lambda: page.findChild(QWidget, "settings_base_2") is not None)
    told = words(page)
    assert "Example 9 Processor, 8 cores" in told and "32.0 GB, 20.0 GB of it free" in told
    assert "Example Card, 16.0 GB, 1.0 GB of it free" in told and "120.0 GB free" in told
    assert "Sunny, Grey" in told and "The hub: example/second" in told and "apache-2.0" in told
    assert "Its file is not where it was" in told  # of the first: there is no such file


def test_what_a_training_needs_is_installed_from_here(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("app.training_environment.missing", lambda: ("torch",))
    monkeypatch.setattr(
        "app.training_environment.install", lambda tell: (asked.append("install"), tell("torch"))
    )
    homes.add_personas(store, "Sunny")
    window = open_window()
    page = open_settings(window, "models")
    wait_until(qtbot, lambda: page.findChild(QPushButton, "settings_install") is not None)
    assert "to download" in words(page)
    page.findChild(QPushButton, "settings_install").click()
    wait_until(qtbot, lambda: asked == ["install"] and not window.train.installing)


def test_an_error_is_told_and_looked_for_again(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_home: object) -> Computer:
        raise PermissionError(13, "Permission denied", "models")

    monkeypatch.setattr(computer, "this_computer", broken)
    homes.add_personas(store, "Sunny")
    window = open_window()
    page = open_settings(window, "models")
    trouble = page.findChild(QWidget, "settings_models_trouble")
    wait_until(qtbot, trouble.isVisible)
    monkeypatch.setattr(computer, "this_computer", lambda _home: COMPUTER)
    trouble.findChild(QPushButton, "trouble_action").click()
    wait_until(qtbot, lambda: page.findChild(QWidget, "settings_computer") is not None)
    assert not trouble.isVisible()


def _sheet() -> str:
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application.styleSheet()
