"""Known errors of the app: what happened, what was kept, and what to do next.

PerennialError
├── HomeError      the home cannot be used: not_a_folder, read_only, disk_full, not_private,
│                  unusable
├── StoreError     the database: damaged, newer, locked, disk_full, read_only, unusable, missing
├── StarterError   the starter model is absent or not what its digest says
├── RuntimeDown    the built-in runtime does not answer
└── MonthError     a month file cannot be read
"""

from __future__ import annotations


class PerennialError(Exception):
    """A known error; `kind` is what the window translates, `exit_code` what a command ends with."""

    kind = "perennial"
    exit_code = 1

    def __init__(self, text: str, next_step: str, *, kind: str = "", kept: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.next_step = next_step
        self.kept = kept
        if kind:
            self.kind = kind

    def __str__(self) -> str:
        return " ".join(part for part in (self.text, self.kept, self.next_step) if part)


class HomeError(PerennialError):
    """The home folder cannot be used."""

    kind = "unusable"


class StoreError(PerennialError):
    """The database cannot be opened, read or written."""

    kind = "unusable"


class StarterError(PerennialError):
    """The starter model is absent or damaged."""

    kind = "starter"


class RuntimeDown(PerennialError):
    """The built-in runtime does not answer."""

    kind = "runtime_down"


class MonthError(PerennialError):
    """A month file cannot be read at all."""

    kind = "month_unreadable"
