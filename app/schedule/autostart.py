"""A login item of the desktop, where there is no systemd for users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.schedule.timer import Timer
from app.schedule.xdg import config_home

# It begins with a login and looks again by itself every hour.
STAY = "--stay"
_ENTRY = """\
[Desktop Entry]
Type=Application
Name=Perennial: the month
Comment=Looks every hour whether the month is due
Exec={command}
Terminal=false
NoDisplay=true
"""


class AutostartEntry(Timer):
    """`NAME.desktop` in the user's autostart folder."""

    kind = "autostart"

    @property
    def places(self) -> tuple[Path, ...]:
        return (config_home() / "autostart" / f"{self.name}.desktop",)

    def files(self, command: Sequence[str]) -> Mapping[Path, bytes]:
        line = " ".join(quoted(part) for part in (*command, STAY))
        return {self.places[0]: _ENTRY.format(command=line).encode()}


def quoted(part: str) -> str:
    """One word of an `Exec` line: quoted as for a shell, and then as every string of an entry."""
    for sign in ("\\", '"', "`", "$"):
        part = part.replace(sign, f"\\{sign}")
    return '"{}"'.format(part.replace("%", "%%").replace("\\", "\\\\"))
