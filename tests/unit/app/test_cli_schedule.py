"""`perennial schedule`: the month by itself, set and looked at in the terminal."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
import typer
from filelock import FileLock

from app import cli_schedule
from app import schedule as system
from app.home import Home
from app.operations import machine_facts, schedule_timer, scheduling
from app.operations.machine_facts import MachineFacts
from app.operations.scheduling import Schedule
from app.schedule import SystemTimer
from app.schedule.autostart import AutostartEntry
from app.schedule.errors import TimerRefused
from app.store import Persona, open_store

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _no_timer_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(
        system, "timer_of_this_system", lambda name="m": SystemTimer((AutostartEntry(name),))
    )
    monkeypatch.setattr(machine_facts, "look", lambda: MachineFacts(on_mains=False, idle_s=9e3))


@pytest.fixture
def sunny(home: Home) -> Persona:
    with open_store(home) as store:
        return store.personas.add("Sunny")


def say(capsys: Capture, home: Home, *words: str) -> str:
    """The words of a verb that went well."""
    command = typer.main.get_command(cli_schedule.schedule)
    command.main([*words, "--home", str(home.root)], standalone_mode=False)
    return capsys.readouterr().out


def kept(home: Home) -> Schedule:
    with open_store(home) as store:
        return scheduling.stored(store)


def test_it_is_set_turned_on_and_off_again(
    capsys: Capture, home: Home, sunny: Persona, tmp_path: Path
) -> None:
    assert "is off" in say(capsys, home)
    say(capsys, home, "set", "-p", "sunny", "--day", "last", "--hours", "22-6", "--idle", "30",
        "--hottest", "75", "--goes", "live", "--battery-too")  # fmt: skip
    assert kept(home) == Schedule(False, ("sunny",), "last", 22, 6, False, 30, 75, "live")
    assert not list((tmp_path / "config").rglob("*.desktop"))
    told = say(capsys, home, "on")
    assert "the examples of sunny" in told and "goes live" in told
    assert "Only from 22:00 to 6:00, after 30 minutes without you, at most at 75 °C." in told
    assert len(list((tmp_path / "config").rglob("*.desktop"))) == 1
    say(capsys, home, "set", "--all", "--hours", "any", "--day", "3")
    assert (kept(home).personas, kept(home).day, kept(home).to_hour) == ((), 3, 0)
    assert "timer is in place" in say(capsys, home, "show")
    say(capsys, home, "off")
    assert not kept(home).on
    assert not list((tmp_path / "config").rglob("*.desktop"))


def test_why_it_waits_is_told_and_kept(capsys: Capture, home: Home, sunny: Persona) -> None:
    assert "nothing to tell" in say(capsys, home, "log")
    say(capsys, home, "set", "--day", str(min(datetime.now().day, 28)), "--goes", "train")
    say(capsys, home, "on")
    with open_store(home) as store:
        schedule = scheduling.stored(store)
        store.settings.set("schedule", {**vars(schedule), "since": "2026-01-01"})
    assert "sunny: It waits for 50 more usable replies." in say(capsys, home, "tick")
    say(capsys, home, "tick")
    assert "(2 times)" in say(capsys, home, "log")
    (entry,) = json.loads(say(capsys, home, "log", "--json"))["decisions"]
    assert (entry["persona"], entry["did"], entry["times"]) == ("sunny", "waits", 2)
    row = json.loads(say(capsys, home, "show", "--json"))
    assert row["timer"]["standing"] == "in_place"
    assert row["decisions"][0]["state"] == "waits"


@pytest.mark.parametrize("hours", ["22", "a-b", "22-"])
def test_hours_that_are_none_are_a_mistake_of_usage(
    capsys: Capture, home: Home, hours: str
) -> None:
    with pytest.raises(typer.BadParameter):
        say(capsys, home, "set", "--hours", hours)


def test_a_schedule_that_cannot_be_changes_nothing(
    capsys: Capture, home: Home, sunny: Persona
) -> None:
    for words in (("--day", "31"), ("--goes", "far"), ("-p", "nobody")):
        with pytest.raises(scheduling.ScheduleWrong):
            say(capsys, home, "set", *words)
    assert kept(home) == Schedule()


def test_a_login_item_looks_again_until_the_schedule_is_off(
    capsys: Capture, home: Home, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(capsys, home, "on")
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            with open_store(home) as store:
                store.settings.set("schedule", {**vars(scheduling.stored(store)), "on": False})

    monkeypatch.setattr(time, "sleep", sleep)
    say(capsys, home, "tick", "--stay")
    assert waits == [3600.0, 3600.0]
    say(capsys, home, "on")
    with FileLock(home.root / "schedule-stay.lock"):
        say(capsys, home, "tick", "--stay")
    assert len(waits) == 2


def test_a_look_without_a_terminal_ends_well(
    home: Home, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the Task Scheduler starts it: there is no window, and nothing to write to."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    cli_schedule.tick(False, home.root, False)


def test_each_home_has_a_timer_of_its_own(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = home, Home(tmp_path / "other 홈")
    for each in (first, second):
        schedule_timer.repair(each)
    entries = list((tmp_path / "config").rglob("*.desktop"))
    assert len(entries) == 2
    schedule_timer.timer_of(second).remove()
    assert schedule_timer.timer_state(first).standing == "in_place"
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(second.root))
    schedule_timer.repair(second)
    assert {each.stem for each in (tmp_path / "config").rglob("*.desktop")} >= {"m"}


def test_a_timer_that_the_system_refuses_leaves_the_schedule_off(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.root.parent / "config").write_text("in the way")
    with open_store(home) as store, pytest.raises(TimerRefused):
        schedule_timer.change(home, store, Schedule(on=True))
    assert not kept(home).on


def test_the_command_of_the_timer_is_one_that_runs(home: Home, sunny: Persona) -> None:
    command = schedule_timer.tick_command(home)
    assert command[:4] == (sys.executable, "-P", "-m", "app.cli") or sys.platform == "win32"
    assert command[4:] == ("--home", str(home.root), "schedule", "tick")
