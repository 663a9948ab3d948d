"""A month would begin on a battery, under somebody's hands, or in a machine that is too hot."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import psutil
import pytest

from app.operations import machine_facts as facts
from app.schedule import commands
from app.schedule.commands import Ran

IOREG = """  | | "HIDParameters" = {"Clicking"=1}
  | | "HIDIdleTime" = 92500000000
"""


@pytest.mark.parametrize(
    ("battery", "mains"),
    [
        (None, True),
        (SimpleNamespace(power_plugged=True), True),
        (SimpleNamespace(power_plugged=False), False),
        (SimpleNamespace(power_plugged=None), None),
    ],
)
def test_a_machine_without_a_battery_is_on_the_mains(battery: object, mains: bool | None) -> None:
    assert facts.on_mains(battery) is mains


def test_sensors_that_are_not_there_are_not_believed() -> None:
    assert facts.hottest([41.0, 0.0, 127.0, -128.0, None, 68.5]) == 68.5
    assert facts.hottest([0.0, None]) is None


def test_a_desktop_that_says_nothing_is_not_taken_for_a_busy_one() -> None:
    assert facts.idle_of_loginctl("IdleHint=no\nIdleSinceHint=0") is None
    assert facts.idle_of_loginctl("") is None
    assert facts.idle_of_loginctl("IdleHint=yes\nIdleSinceHint=ever") is None


def test_logind_tells_since_when() -> None:
    since = 1_700_000_000
    said = f"IdleHint=yes\nIdleSinceHint={since}000000\n"
    assert facts.idle_of_loginctl(said, since + 90.0) == pytest.approx(90)
    assert facts.idle_of_loginctl(said, since - 5.0) == 0
    assert facts.idle_of_loginctl(said.replace("yes", "no"), since + 90.0) == 0


def test_other_systems_tell_in_their_own_units() -> None:
    assert facts.idle_of_ioreg(IOREG) == pytest.approx(92.5)
    assert facts.idle_of_ioreg("nothing") is None
    assert facts.idle_of_xprintidle("1500") == 1.5
    assert facts.idle_of_xprintidle("couldn't open display") is None
    assert facts.idle_of_ticks(5_000, 2_000) == 3
    assert facts.idle_of_ticks(1_000, (1 << 32) - 1_000) == 2


def test_load_is_a_share_of_all_processors() -> None:
    assert facts.load_share(2.0, 8) == 0.25
    assert facts.load_share(0.5, None) == 0.5


class Machine:
    """What the programs of the system say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]) -> None:
        self.asked: list[str] = []

        def run(command: Sequence[str]) -> Ran:
            words = " ".join(command)
            self.asked.append(words)
            found = next((text for part, text in said.items() if part in words), None)
            return Ran(127, "not found") if found is None else Ran(0, found)

        monkeypatch.setattr(commands, "run", run)


def test_under_wayland_x_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"xprintidle": "7000", "show-user": "Display=c2", "show-session c2": "IdleSinceHint=5"}
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    machine = Machine(monkeypatch, said)
    assert facts.idle_for_s("linux") == 0
    assert not any("xprintidle" in each for each in machine.asked)
    monkeypatch.delenv("WAYLAND_DISPLAY")
    assert facts.idle_for_s("linux") == 7


def test_the_session_of_the_terminal_stands_in_for_one_at_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("XDG_SESSION_ID", "7")
    machine = Machine(monkeypatch, {"show-user": "Display=", "show-session 7": "IdleSinceHint=5"})
    assert facts.idle_for_s("linux") == 0
    assert "show-session 7" in machine.asked[-1]


def test_macos_is_asked_for_its_input_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, {"ioreg": IOREG})
    assert facts.idle_for_s("darwin") == pytest.approx(92.5)


def test_what_cannot_be_known_is_none_and_load_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "idle_for_s", lambda: None)
    monkeypatch.setattr(facts, "_card_c", lambda: None)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    monkeypatch.setattr(facts, "_load", lambda: 0.1)
    assert facts.look() == facts.MachineFacts(True, None, None, 0.1)


def test_a_system_that_has_no_sensors_or_cannot_read_them_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise OSError("no such file")

    monkeypatch.setattr(facts, "_card_c", lambda: 55.0)
    monkeypatch.setattr(facts, "idle_for_s", lambda: 30.0)
    monkeypatch.setattr(psutil, "sensors_battery", broken, raising=False)
    monkeypatch.delattr(psutil, "sensors_temperatures", raising=False)
    found = facts.look()
    assert (found.on_mains, found.hottest_c, found.idle_s, found.load) == (True, 55.0, 30.0, None)
