"""A timer of the user's own systemd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from app.schedule import commands
from app.schedule.commands import Ran
from app.schedule.timer import Timer
from app.schedule.xdg import config_home

# A colon before the program: systemd fills in no variable, so that a `$` in a path stays one. The
# shell: systemd starts no program itself in whose path there is a quote or a backslash.
# KillMode: the training that a look has begun goes on after it.
_SERVICE = """\
[Unit]
Description=Perennial: look whether the month is due

[Service]
Type=oneshot
KillMode=process
ExecStart=:/bin/sh -c "exec \\"$@\\"" sh {command}
"""
_TIMER = """\
[Unit]
Description=Perennial: look every hour whether the month is due

[Timer]
OnCalendar=hourly
Persistent=true

[Install]
WantedBy=timers.target
"""


class SystemdTimer(Timer):
    """`NAME.service` and `NAME.timer` among the user's units."""

    kind = "systemd"

    @property
    def places(self) -> tuple[Path, ...]:
        folder = config_home() / "systemd" / "user"
        return folder / f"{self.name}.service", folder / f"{self.name}.timer"

    def files(self, command: Sequence[str]) -> Mapping[Path, bytes]:
        service, timer = self.places
        line = " ".join(quoted(part) for part in command)
        return {service: _SERVICE.format(command=line).encode(), timer: _TIMER.encode()}

    def available(self) -> bool:
        return _systemctl("show-environment").well

    def _register(self) -> Ran:
        for words in (("daemon-reload",), ("enable", self._unit), ("restart", self._unit)):
            said = _systemctl(*words)
            if not said.well:
                _systemctl("disable", "--now", self._unit)
                return said
        return said

    def _registered(self) -> bool:
        return _systemctl("is-enabled", self._unit).well

    def _unregister(self) -> Ran:
        _systemctl("disable", "--now", self._unit)
        # When it ran last; else a timer that is made anew would catch up on the time without one.
        return _systemctl("clean", "--what=state", self._unit)

    def _forget(self) -> Ran:
        folder = self.places[0].parent
        # Left by a systemd that did not answer any more.
        with suppress(OSError):
            (folder / "timers.target.wants" / self._unit).unlink(missing_ok=True)
        for each in (folder / "timers.target.wants", folder, folder.parent):
            with suppress(OSError):
                each.rmdir()  # only where nothing else is in it
        return _systemctl("daemon-reload")

    @property
    def _unit(self) -> str:
        return f"{self.name}.timer"


def quoted(part: str) -> str:
    """One word of a command line in a unit."""
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        part = part.replace(sign, written)
    return f'"{part}"'


def _systemctl(*words: str) -> Ran:
    return commands.run(("systemctl", "--user", *words))
