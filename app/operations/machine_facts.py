"""Whether the machine is free for a month: its power, its warmth, and since when nobody uses it.

What cannot be known is None.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.schedule import commands

BELIEVED_C = (1.0, 125.0)  # sensors that are not there tell 0, or 127 and more
_MICRO, _NANO = 1e-6, 1e-9
_TICKS = 1 << 32  # Windows counts milliseconds in so many
_IDLE_PROPERTIES = ("--property=IdleHint", "--property=IdleSinceHint")


@dataclass(frozen=True)
class MachineFacts:
    """How the machine is now; `load` stands in where nothing tells of the person."""

    on_mains: bool | None = None
    hottest_c: float | None = None
    idle_s: float | None = None
    load: float | None = None


def look() -> MachineFacts:
    """Ask the system."""
    idle_s = idle_for_s()
    return MachineFacts(
        on_mains=on_mains(_battery()),
        hottest_c=hottest(_sensors()),
        idle_s=idle_s,
        load=_load() if idle_s is None else None,
    )


def on_mains(battery: Any) -> bool | None:
    """Whether the mains feed it; a machine without a battery has nothing else."""
    if battery is None:
        return True
    return None if battery.power_plugged is None else bool(battery.power_plugged)


def hottest(readings_c: Iterable[float | None]) -> float | None:
    """The warmest of all readings that can be believed."""
    least, most = BELIEVED_C
    return max((each for each in readings_c if each is not None and least <= each < most),
               default=None)  # fmt: skip


def idle_for_s(platform: str = sys.platform) -> float | None:
    """For how long nobody has used mouse and keyboard."""
    if platform == "win32":
        return _idle_on_windows()
    if platform == "darwin":
        return idle_of_ioreg(_said("ioreg", "-c", "IOHIDSystem"))
    found = None
    # Under Wayland it would see only what is typed into X programs.
    if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        found = idle_of_xprintidle(_said("xprintidle"))
    if found is None and (session := _session()):
        found = idle_of_loginctl(_said("loginctl", "show-session", session, *_IDLE_PROPERTIES))
    return found


def idle_of_xprintidle(said: str) -> float | None:
    """Of what `xprintidle` says, in milliseconds."""
    return int(said) / 1000 if said.isdecimal() else None


def idle_of_loginctl(said: str, now_s: float | None = None) -> float | None:
    """Of what logind says of a session; a desktop that never told it anything tells nothing."""
    told = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    since = told.get("IdleSinceHint", "0")
    if not since.isdecimal() or since == "0":
        return None
    if told.get("IdleHint") != "yes":
        return 0.0
    return max(0.0, (time.time() if now_s is None else now_s) - int(since) * _MICRO)


def idle_of_ioreg(said: str) -> float | None:
    """Of what macOS says of its input devices, in billionths of a second."""
    found = re.search(r'"HIDIdleTime"\s*=\s*(\d+)', said)
    return int(found[1]) * _NANO if found else None


def idle_of_ticks(now_ms: int, last_input_ms: int) -> float:
    """Of Windows' clock, which begins anew after 49 days."""
    return (now_ms - last_input_ms) % _TICKS / 1000


def load_share(processes: float, cores: int | None) -> float:
    """How much of the processors was in use."""
    return processes / (cores or 1)


def _said(*command: str) -> str:
    ran = commands.run(command)
    return ran.said if ran.well else ""


def _session() -> str:
    """The session at the screen, also for a timer that runs outside of it."""
    if hasattr(os, "getuid"):
        at_screen = _said("loginctl", "show-user", str(os.getuid()), "--property=Display")
        if name := at_screen.partition("=")[2].strip():
            return name
    return os.environ.get("XDG_SESSION_ID", "")


def _idle_on_windows() -> float | None:
    if sys.platform != "win32":
        return None
    import ctypes

    class LastInput(ctypes.Structure):
        _fields_ = [("cbSize", ctypes.c_uint), ("dwTime", ctypes.c_uint)]

    last = LastInput(ctypes.sizeof(LastInput), 0)
    if not ctypes.windll.user32.GetLastInputInfo(ctypes.byref(last)):
        return None
    return idle_of_ticks(ctypes.windll.kernel32.GetTickCount(), last.dwTime)


def _battery() -> Any:
    import psutil

    # Where the system has no word for it there is no attribute either.
    ask = getattr(psutil, "sensors_battery", None)
    try:
        return ask() if ask is not None else None
    except (OSError, NotImplementedError):
        return None


def _sensors() -> list[float | None]:
    import psutil

    ask = getattr(psutil, "sensors_temperatures", None)
    try:
        found = ask() if ask is not None else {}
    except (OSError, NotImplementedError):
        found = {}
    return [each.current for group in found.values() for each in group] + [_card_c()]


def _card_c() -> float | None:
    """The first NVIDIA card, as far as the extra `train` brings its library."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        card = pynvml.nvmlDeviceGetHandleByIndex(0)
        found = float(pynvml.nvmlDeviceGetTemperature(card, pynvml.NVML_TEMPERATURE_GPU))
        pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return None
    return found


def _load() -> float | None:
    """Of the last five minutes; Windows' own count would begin only with the asking."""
    if sys.platform == "win32":
        return None
    import psutil

    return load_share(psutil.getloadavg()[1], psutil.cpu_count())
