"""A task of Windows' Task Scheduler."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import platformdirs

from app.schedule import commands
from app.schedule.commands import Ran
from app.schedule.errors import TimerRefused
from app.schedule.timer import Timer

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_ANY_DAY = "2026-01-01T00:07:00"  # the first of the hours; those before today are past
_VARIABLE = re.compile(r"%[^%]+%|\$\(\w+\)")
_SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    # The schedule itself says whether the battery will do, and writes down why not.
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "StartWhenAvailable": "true",
    # Without a limit: one would end the training that a look has begun.
    "ExecutionTimeLimit": "PT0S",
}


class ScheduledTask(Timer):
    """The task `NAME`; the text that it was made from is kept to see whether it is still that."""

    kind = "task_scheduler"

    @property
    def places(self) -> tuple[Path, ...]:
        folder = platformdirs.user_config_dir("perennial", appauthor=False)
        return (Path(folder) / f"{self.name}.xml",)

    def install(self, command: Sequence[str]) -> None:
        taken = next((part for part in command if _VARIABLE.search(part)), None)
        if taken is not None:
            raise TimerRefused(
                f"The Task Scheduler would take a part of {taken} for a variable.",
                "Choose a home without % or $( ) in its name, with --home.",
                kind="timer_path",
                kept="Nothing was changed.",
            )
        super().install(command)

    def files(self, command: Sequence[str]) -> Mapping[Path, bytes]:
        program, *words = command
        task = ElementTree.Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
        about = _inside(task, "RegistrationInfo")
        _inside(about, "Description", "Perennial: looks every hour whether the month is due")
        trigger = _inside(_inside(task, "Triggers"), "TimeTrigger")
        _inside(_inside(trigger, "Repetition"), "Interval", "PT1H")
        _inside(trigger, "StartBoundary", _ANY_DAY)
        _inside(trigger, "Enabled", "true")
        who = _inside(_inside(task, "Principals"), "Principal")
        _inside(who, "LogonType", "InteractiveToken")
        _inside(who, "RunLevel", "LeastPrivilege")
        settings = _inside(task, "Settings")
        for name, value in _SETTINGS.items():
            _inside(settings, name, value)
        action = _inside(_inside(task, "Actions"), "Exec")
        _inside(action, "Command", program)
        _inside(action, "Arguments", subprocess.list2cmdline(words))
        ElementTree.indent(task)
        text = ElementTree.tostring(task, encoding="unicode")
        whole = f'<?xml version="1.0" encoding="UTF-16"?>\n{text}\n'
        return {self.places[0]: whole.encode("utf-16")}

    def _register(self) -> Ran:
        return _schtasks("/Create", "/TN", self.name, "/XML", str(self.places[0]), "/F")

    def _registered(self) -> bool:
        return _schtasks("/Query", "/TN", self.name).well

    def _unregister(self) -> Ran:
        return _schtasks("/Delete", "/TN", self.name, "/F")


def _inside(parent: ElementTree.Element, name: str, text: str = "") -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name)
    made.text = text or None
    return made


def _schtasks(*words: str) -> Ran:
    return commands.run(("schtasks", *words))
