"""A timer that starts the wrong thing, or stays when the app is told to take it away."""

from __future__ import annotations

import configparser
import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.schedule import timer_of_this_system
from app.schedule.autostart import AutostartEntry
from app.schedule.commands import run
from app.schedule.errors import TimerRefused
from app.schedule.launchd import LaunchAgent
from app.schedule.systemd import SystemdTimer
from app.schedule.task_scheduler import NAMESPACE, ScheduledTask
from app.schedule.timer import Timer
from tests.unit.app.schedule.system import HARD, FakeSystem, everything_in

NAME = "perennial-month"
TICK = ("/opt/python", "-P", "-m", "app.cli", "--home", "/data/h", "schedule", "tick")
HARD_TICK = ("/opt/" + " ".join(HARD), "-m", "app.cli", "--home", *HARD)
PLATFORMS = ("linux", "darwin", "win32")
needs_uid = pytest.mark.skipif(not hasattr(os, "getuid"), reason="no user numbers on this system")


def unit(place: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(place.read_text("utf-8"))
    return parser


@pytest.mark.parametrize("platform", PLATFORMS)
@needs_uid
def test_what_was_put_in_place_is_taken_away_whole(
    user: Path, system: FakeSystem, platform: str
) -> None:
    timer = timer_of_this_system(NAME, platform)
    before = everything_in(user)
    assert timer.state(TICK).standing == "missing"
    timer.install(TICK)
    assert timer.state(TICK).standing == "in_place"
    made = everything_in(user)
    timer.install(TICK)
    assert everything_in(user) == made
    timer.remove()
    assert timer.state(TICK).standing == "missing"
    files = [each for each in everything_in(user) if (user / each).is_file()]
    assert files == before == []
    asked = len(system.asked)
    timer.remove()
    assert not [each for each in system.asked[asked:] if "disable" in each or "/Delete" in each]


@pytest.mark.parametrize("platform", PLATFORMS)
@needs_uid
def test_a_timer_of_a_moved_installation_is_noticed_and_mended(
    user: Path, system: FakeSystem, platform: str
) -> None:
    timer = timer_of_this_system(NAME, platform)
    timer.install(("/old/python", *TICK[1:]))
    assert timer.state(TICK).standing == "other"
    timer.install(TICK)
    assert timer.state(TICK).standing == "in_place"


@pytest.mark.parametrize(
    ("platform", "word"), [("linux", "enable"), ("darwin", "bootstrap"), ("win32", "/Create")]
)
@needs_uid
def test_a_timer_that_the_system_refuses_leaves_nothing_behind(
    user: Path, system: FakeSystem, platform: str, word: str
) -> None:
    system.refuses.add(word)
    timer = timer_of_this_system(NAME, platform)
    with pytest.raises(TimerRefused, match="no"):
        timer.install(TICK)
    assert [each for each in everything_in(user) if (user / each).is_file()] == []


@pytest.mark.parametrize(
    ("platform", "word"), [("linux", "is-enabled"), ("darwin", "print"), ("win32", "/Query")]
)
@needs_uid
def test_a_timer_that_somebody_turned_off_in_the_system_is_told(
    user: Path, system: FakeSystem, platform: str, word: str
) -> None:
    timer = timer_of_this_system(NAME, platform)
    timer.install(TICK)
    system.refuses.add(word)
    assert timer.state(TICK).standing == "missing"


def test_without_a_systemd_for_users_a_login_item_stands_in_until_there_is_one(
    user: Path, system: FakeSystem
) -> None:
    system.refuses.add("show-environment")
    timer = timer_of_this_system(NAME, "linux")
    timer.install(TICK)
    entry = user / ".config" / "autostart" / f"{NAME}.desktop"
    assert entry.exists() and timer.state(TICK).kind == "autostart"
    system.refuses.clear()
    timer.install(TICK)
    assert not entry.exists() and timer.state(TICK).kind == "systemd"


def test_a_timer_that_was_made_while_systemd_answered_goes_when_it_does_not(
    user: Path, system: FakeSystem
) -> None:
    timer = timer_of_this_system(NAME, "linux")
    timer.install(TICK)
    wants = user / ".config/systemd/user/timers.target.wants"
    wants.mkdir()
    (wants / f"{NAME}.timer").symlink_to(wants.parent / f"{NAME}.timer")
    system.refuses.add("systemctl")
    timer.remove()
    assert everything_in(user) == [".config"]


def test_other_units_of_the_user_stay(user: Path, system: FakeSystem) -> None:
    other = user / ".config/systemd/user/backup.timer"
    other.parent.mkdir(parents=True)
    other.write_text("mine")
    timer = SystemdTimer(NAME)
    timer.install(TICK)
    timer.remove()
    assert other.read_text() == "mine"


def test_the_unit_holds_every_sign_of_a_path(user: Path, system: FakeSystem) -> None:
    timer = SystemdTimer(NAME)
    timer.install(HARD_TICK)
    service, schedule = (unit(place) for place in timer.places)
    line = service["Service"]["ExecStart"]
    shell = ':/bin/sh -c "exec \\"$@\\"" sh '
    assert line.startswith(shell)
    # systemd undoes quotes as a shell does between these signs, then fills in what % stands for.
    words = [each.replace("%%", "%") for each in shlex.split(line.removeprefix(shell))]
    assert tuple(words) == HARD_TICK
    assert "%" not in line.replace("%%", "")
    assert service["Service"]["KillMode"] == "process"
    assert dict(schedule["Timer"]) == {"OnCalendar": "hourly", "Persistent": "true"}
    assert schedule["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(os.name == "nt", reason="no /bin/sh on Windows")
def test_the_shell_of_the_unit_starts_what_it_is_given(tmp_path: Path) -> None:
    say = "import sys; print(ascii(sys.argv[1:]))"
    command = ["/bin/sh", "-c", 'exec "$@"', "sh", sys.executable, "-c", say, *HARD]
    assert run(command).said == ascii(list(HARD))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(
    user: Path, system: FakeSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timer = SystemdTimer(NAME)
    timer.install(HARD_TICK)
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--user", *map(str, timer.places)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Failed to initialize manager" in ended.stderr:
        pytest.skip("systemd-analyze cannot look at units of a user here")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_login_item_holds_every_sign_of_a_path(user: Path) -> None:
    entry = AutostartEntry(NAME)
    entry.install(HARD_TICK)
    line = unit(entry.places[0])["Desktop Entry"]["Exec"]
    # First as any string of an entry, then what stands between quotes, then what % stands for.
    quoted = re.findall(r'"((?:\\.|[^"\\])*)"', line.replace("\\\\", "\\"))
    words = [re.sub(r"\\(.)", r"\1", each).replace("%%", "%") for each in quoted]
    assert tuple(words) == (*HARD_TICK, "--stay")


@needs_uid
def test_the_agent_holds_every_sign_of_a_path(user: Path, system: FakeSystem) -> None:
    agent = LaunchAgent(NAME)
    agent.install(HARD_TICK)
    read = plistlib.loads(agent.places[0].read_bytes())
    assert tuple(read["ProgramArguments"]) == HARD_TICK
    assert read["AbandonProcessGroup"] is True
    assert read["Label"] == agent.places[0].stem == NAME


def test_the_task_holds_every_sign_of_a_path(user: Path, system: FakeSystem) -> None:
    command = ("C:\\새 폴더\\pythonw.exe", "--home", "C:\\it's <a> & b\\50%\\$x")
    task = ScheduledTask(NAME)
    task.install(command)
    root = ElementTree.fromstring(task.places[0].read_bytes())
    spaces = {"t": NAMESPACE}
    assert root.findtext(".//t:Exec/t:Command", namespaces=spaces) == command[0]
    words = root.findtext(".//t:Exec/t:Arguments", namespaces=spaces)
    assert words == subprocess.list2cmdline(command[1:])
    assert root.findtext(".//t:ExecutionTimeLimit", namespaces=spaces) == "PT0S"
    assert root.findtext(".//t:Repetition/t:Interval", namespaces=spaces) == "PT1H"
    assert task.places[0].read_bytes().startswith((b"\xff\xfe", b"\xfe\xff"))


def test_a_home_that_windows_would_rewrite_is_refused(user: Path, system: FakeSystem) -> None:
    for home in ("C:\\a%TEMP%b", "C:\\$(Arg0)"):
        with pytest.raises(TimerRefused) as refused:
            ScheduledTask(NAME).install(("python", "--home", home))
        assert refused.value.kind == "timer_path"
    assert everything_in(user) == []


@pytest.mark.parametrize("way", [SystemdTimer, AutostartEntry, ScheduledTask])
@pytest.mark.parametrize("home", ["line\nbreak", "bell\x07", "\udcff"])
def test_a_home_that_no_file_can_hold_is_refused(
    user: Path, system: FakeSystem, way: type[Timer], home: str
) -> None:
    with pytest.raises(TimerRefused):
        way(NAME).install(("python", "--home", home))
    assert everything_in(user) == []


def test_a_folder_that_cannot_be_written_is_said(user: Path, system: FakeSystem) -> None:
    (user / ".config").write_text("in the way")
    with pytest.raises(TimerRefused, match="cannot be written"):
        SystemdTimer(NAME).install(TICK)


def test_a_program_that_is_not_there_has_failed() -> None:
    assert not run(("perennial-has-no-such-program",)).well
