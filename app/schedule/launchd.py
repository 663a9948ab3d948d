"""An agent of macOS's launchd."""

from __future__ import annotations

import os
import plistlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.schedule import commands
from app.schedule.commands import Ran
from app.schedule.timer import Timer

# Launchd runs what was missed in sleep on waking; a minute of its own, not that of all others.
_MINUTE = 7


class LaunchAgent(Timer):
    """`NAME.plist` among the user's agents."""

    kind = "launchd"

    @property
    def places(self) -> tuple[Path, ...]:
        return (Path.home() / "Library" / "LaunchAgents" / f"{self.name}.plist",)

    def files(self, command: Sequence[str]) -> Mapping[Path, bytes]:
        agent = {
            "Label": self.name,
            "ProgramArguments": list(command),
            "StartCalendarInterval": {"Minute": _MINUTE},
            # The training that a look has begun goes on after it.
            "AbandonProcessGroup": True,
        }
        return {self.places[0]: plistlib.dumps(agent)}

    def _register(self) -> Ran:
        self._unregister()  # launchd reads a file that has changed only so
        return commands.run(("launchctl", "bootstrap", _domain(), str(self.places[0])))

    def _registered(self) -> bool:
        return commands.run(("launchctl", "print", f"{_domain()}/{self.name}")).well

    def _unregister(self) -> Ran:
        return commands.run(("launchctl", "bootout", f"{_domain()}/{self.name}"))


def _domain() -> str:
    return f"gui/{os.getuid()}"
