"""A month that comes by itself would be set wrong, stand still unnoticed, or never be told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import schedule as system
from app.gui import settings_page
from app.gui.schedule_notice import ScheduleNotice
from app.gui.settings_page import SECTIONS
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import machine_facts, schedule_log, scheduling
from app.operations.machine_facts import MachineFacts
from app.operations.schedule_log import Entry, Ready
from app.operations.scheduling import Reason, Schedule
from app.schedule import SystemTimer
from app.schedule.autostart import AutostartEntry
from app.schedule.errors import TimerRefused
from app.store import Persona, Store
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.waiting import wait_until

Part = TypeVar("Part", bound=QWidget)
ON = Schedule(on=True, day=1, since="2026-01-01", hottest_c=80)


@pytest.fixture(autouse=True)
def _no_timer_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has a desktop of its own, on a machine that is free."""
    kept = tuple(entry for entry in SECTIONS if entry.name == "schedule")
    monkeypatch.setattr(settings_page, "SECTIONS", kept)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(
        system, "timer_of_this_system", lambda name="m": SystemTimer((AutostartEntry(name),))
    )
    free = MachineFacts(on_mains=True, hottest_c=50.0, idle_s=3600.0)
    monkeypatch.setattr(machine_facts, "look", lambda: free)


def timers(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "config").rglob("*.desktop"))


def opened(window: MainWindow, qtbot: QtBot) -> QWidget:
    window.show_settings("schedule")
    section = window.findChildren(QWidget, "settings_schedule")[-1]
    wait_until(qtbot, lambda: part(section, QCheckBox, "schedule_on").isEnabled())
    return section


def part(section: QWidget, kind: type[Part], name: str) -> Part:
    return section.findChildren(kind, name)[-1]


def choose(section: QWidget, name: str, value: object) -> None:
    box = part(section, QComboBox, name)
    place = next(at for at in range(box.count()) if box.itemData(at) == value)
    box.setCurrentIndex(place)
    box.activated.emit(place)


def kept(store: Store, qtbot: QtBot, so: Callable[[Schedule], bool]) -> Schedule:
    wait_until(qtbot, lambda: so(scheduling.stored(store)))
    return scheduling.stored(store)


def said(section: QWidget) -> str:
    return "\n".join(each.text() for each in section.findChildren(QLabel) if each.isVisible())


def test_the_switch_puts_the_timer_in_place_and_takes_it_away(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    section = opened(open_window(), qtbot)
    assert "Nothing happens by itself." in said(section)
    switch = part(section, QCheckBox, "schedule_on")
    switch.click()
    assert kept(store, qtbot, lambda each: each.on).goes == "prepare"
    wait_until(qtbot, lambda: "is in place" in said(section))
    assert "the examples of all personas are prepared" in said(section)
    assert len(timers(tmp_path)) == 1
    switch.click()
    kept(store, qtbot, lambda each: not each.on)
    wait_until(qtbot, lambda: not timers(tmp_path))
    wait_until(qtbot, lambda: "Nothing happens by itself." in said(section))


def test_every_choice_is_kept(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    homes.add_personas(store, "Sunny", "Rain")
    section = opened(open_window(), qtbot)
    choose(section, "schedule_day", "last")
    choose(section, "schedule_from", 22)
    choose(section, "schedule_idle", 30)
    choose(section, "schedule_hottest", 70)
    for name in ("schedule_mains", "schedule_persona_rain", "schedule_goes_train"):
        part(section, QAbstractButton, name).click()
    found = kept(store, qtbot, lambda each: each.goes == "train")
    assert found == Schedule(
        personas=("sunny",), day="last", from_hour=22, to_hour=6, mains_only=False,
        idle_minutes=30, hottest_c=70, goes="train",
    )  # fmt: skip
    choose(section, "schedule_to", 5)
    kept(store, qtbot, lambda each: each.to_hour == 5)
    choose(section, "schedule_from", None)
    kept(store, qtbot, lambda each: each.from_hour == each.to_hour)
    part(section, QAbstractButton, "schedule_persona_rain").click()
    kept(store, qtbot, lambda each: each.personas == ())


def test_a_schedule_for_nobody_is_what_the_switch_is_for(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny", "Rain")
    store.settings.set("schedule", asdict(replace(ON, personas=("rain",))))
    section = opened(open_window(), qtbot)
    rain = part(section, QCheckBox, "schedule_persona_rain")
    rain.click()
    assert rain.isChecked()


def test_why_it_waits_is_said_with_what_was_decided(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 60)
    store.settings.set("schedule", asdict(ON))
    values = {"why": "There is no base.", "error_kind": "no_base"}
    schedule_log.write(
        store, Entry("2026-11-01T10:00:00+00:00", "sunny", "failed", (Reason("failed", values),))
    )
    monkeypatch.setattr(machine_facts, "look", lambda: MachineFacts(on_mains=False, idle_s=3600.0))
    section = opened(open_window(), qtbot)
    wait_until(qtbot, lambda: "Sunny: It waits for mains power." in said(section))
    assert "The temperature cannot be read here" in said(section)
    part(section, QPushButton, "schedule_log").click()
    assert "It could not be done:" in part(section, QLabel, "schedule_entry").text()


def test_a_timer_that_is_gone_is_told_and_put_in_place_again(
    open_window: Opener, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    homes.add_personas(store, "Sunny")
    store.settings.set("schedule", asdict(ON))
    section = opened(open_window(), qtbot)
    wait_until(qtbot, lambda: "is missing" in said(section))
    part(section, QPushButton, "schedule_repair").click()
    wait_until(qtbot, lambda: "is in place" in said(section))
    assert len(timers(tmp_path)) == 1


def test_a_timer_that_the_system_refuses_leaves_the_switch_off(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes.add_personas(store, "Sunny")

    def refuse(*_arguments: object) -> None:
        raise TimerRefused("The system did not take the timer: no.", "Try again.")

    monkeypatch.setattr(SystemTimer, "install", refuse)
    section = opened(open_window(), qtbot)
    switch = part(section, QCheckBox, "schedule_on")
    switch.click()
    wait_until(qtbot, part(section, QWidget, "schedule_trouble").isVisible)
    assert not switch.isChecked()
    assert not scheduling.stored(store).on


def test_every_control_says_what_it_is_for(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    homes.add_personas(store, "Sunny", "Rain")
    store.settings.set("schedule", asdict(ON))
    section = opened(open_window(), qtbot)
    for control in section.findChildren(QWidget):
        name = control.objectName()
        if name.startswith("schedule_") and control.focusPolicy() != Qt.FocusPolicy.NoFocus:
            words = control.accessibleName() or getattr(control, "text", str)()
            assert words and (control.toolTip() or name == "schedule_log"), name


@pytest.fixture
def notice(
    open_window: Opener, store: Store, qtbot: QtBot
) -> Callable[[], tuple[MainWindow, ScheduleNotice]]:
    """The notice by itself, in the window's session."""

    def make() -> tuple[MainWindow, ScheduleNotice]:
        window = open_window()
        made = ScheduleNotice(window.session)
        qtbot.addWidget(made)
        made.resize(760, 60)
        return window, made

    return make


def a_month_that_is_ready(store: Store) -> Persona:
    (sunny,) = homes.add_personas(store, "Sunny")
    store.settings.set("schedule", asdict(ON))
    now = datetime.now().astimezone().isoformat()
    schedule_log.set_ready(store, "sunny", Ready(now, 312, 134, 38))
    return sunny


@pytest.mark.parametrize(("button", "answer"), [("schedule_review", "review"),
                                                ("schedule_later", "later")])  # fmt: skip
def test_a_month_that_is_ready_is_told_until_it_is_answered(
    store: Store,
    qtbot: QtBot,
    notice: Callable[[], tuple[MainWindow, ScheduleNotice]],
    button: str,
    answer: str,
) -> None:
    sunny = a_month_that_is_ready(store)
    _window, made = notice()
    wait_until(qtbot, made.isVisible)
    words = part(made, QLabel, "schedule_notice_words").text()
    assert "312 new replies and 134 from replay" in words and "38" in words
    heard = made.review_asked if answer == "review" else made.put_off
    with qtbot.waitSignal(heard):
        part(made, QPushButton, button).click()
    assert made.isHidden()

    def answered() -> bool:
        ready = schedule_log.ready_of(store, sunny.slug)
        return ready is not None and ready.answer == answer

    wait_until(qtbot, answered)


def test_another_persona_is_not_told_of_it(
    store: Store, qtbot: QtBot, notice: Callable[[], tuple[MainWindow, ScheduleNotice]]
) -> None:
    sunny = a_month_that_is_ready(store)
    rain = store.personas.add("Rain", "Be calm.", base_id=sunny.base_id)
    window, made = notice()
    wait_until(qtbot, made.isVisible)
    window.session.switch(rain.id)
    wait_until(qtbot, made.isHidden)


def test_pictures(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sunny, _rain = homes.add_personas(store, "Sunny", "Rain")
    homes.add_usable(store, sunny, 60)
    window = open_window(*shade)
    section = opened(window, qtbot)
    name = "-".join(shade)
    picture(window, f"schedule-off-{name}")
    schedule = replace(ON, goes="train", from_hour=22, to_hour=6)
    store.settings.set("schedule", asdict(schedule))
    for hour, reason in enumerate((Reason("power"), Reason("idle", {"minutes": 15}))):
        entry = Entry(f"2026-11-20T0{hour}:00:00+00:00", "sunny", "waits", (reason,))
        schedule_log.write(store, entry)
    monkeypatch.setattr(machine_facts, "look", lambda: MachineFacts(on_mains=False, load=0.5))
    window.findChildren(QWidget, "settings_schedule")[-1].refresh()  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: part(section, QCheckBox, "schedule_on").isChecked())
    part(section, QPushButton, "schedule_log").click()
    picture(window, f"schedule-waits-{name}")
    picture(section, f"schedule-section-{name}")


def test_pictures_of_the_notice(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
) -> None:
    a_month_that_is_ready(store)
    made = ScheduleNotice(open_window(*shade).session)
    qtbot.addWidget(made)
    made.resize(760, 60)
    wait_until(qtbot, made.isVisible)
    picture(made, f"schedule-notice-{'-'.join(shade)}")
