"""The system's timer, which looks every hour whether the month is due."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from app.schedule.autostart import AutostartEntry
from app.schedule.launchd import LaunchAgent
from app.schedule.systemd import SystemdTimer
from app.schedule.task_scheduler import ScheduledTask
from app.schedule.timer import Timer
from app.schedule.timer import TimerState as TimerState

NAME = "perennial-month"


class SystemTimer:
    """The best timer that the system has; of the others nothing is left behind."""

    def __init__(self, ways: Sequence[Timer]) -> None:
        self._ways = tuple(ways)

    def install(self, command: Sequence[str]) -> None:
        """Have the system run this every hour; again changes nothing."""
        chosen = self._chosen()
        chosen.install(command)
        for other in self._ways:
            if other is not chosen:
                other.remove()

    def remove(self) -> None:
        """Take away whatever was installed."""
        for way in self._ways:
            way.remove()

    def state(self, command: Sequence[str]) -> TimerState:
        """Whether the timer runs this command."""
        return self._chosen().state(command)

    def _chosen(self) -> Timer:
        *better, last = self._ways
        return next((way for way in better if way.available()), last)


def timer_of_this_system(name: str = NAME, platform: str = sys.platform) -> SystemTimer:
    """The timer by its name: launchd, the Task Scheduler, systemd, else a login item."""
    if platform == "darwin":
        return SystemTimer((LaunchAgent(name),))
    if platform == "win32":
        return SystemTimer((ScheduledTask(name),))
    return SystemTimer((SystemdTimer(name), AutostartEntry(name)))
