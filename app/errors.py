"""Known errors of the app: what happened, what was kept, and what to do next.

PerennialError
├── HomeError      the home cannot be used: not_a_folder, read_only, disk_full, not_private,
│                  unusable
├── StoreError     the database: damaged, newer, locked, disk_full, read_only, unusable, missing
├── StarterError   the starter model is absent or not what its digest says
├── BaseDamaged    a base's file is not what it was: base_damaged, starter_damaged
│   └── BaseGone   Ollama has it no more: base_removed, base_pulled_anew
├── BaseRefused    something cannot become a base: base_unknown, base_what, licence_unread,
│                  base_unsupported
├── HubRefused     a hub of models: hub_offline, hub_missing, hub_gated, hub_nothing,
│                  hub_damaged, hub_stopped, hub_busy, disk_full
├── RuntimeDown    the built-in runtime does not answer
├── SystemRefused  the system refused a file: disk_full, read_only, disk_failed
├── Incomplete     a package that Perennial stands on is not installed, or is broken
├── MonthError     a month file cannot be read
├── ImportRefused  files cannot be imported: import_unknown, import_format, import_incomplete,
│                  import_stopped
├── ExportRefused  nothing can be written there: export_there, export_folder, export_refused,
│                  export_what
├── ArchiveRefused a persona's archive: archive_damaged, archive_newer, archive_foreign,
│                  archive_known
├── SourceRefused  another program's store or a folder: source_missing, source_locked,
│                  source_damaged, source_foreign, source_people, source_many
├── ReplayRefused  replay_busy (a training has the device), replay_language, replay_group,
│                  replay_words, replay_unknown
├── ScheduleWrong  a schedule that cannot be: schedule_wrong
├── TimerRefused   the system's timer cannot be put in place or taken away: timer_refused
├── GivesBack      an adapter says what it learned word for word: gives_back
└── NotKnown       nobody can tell what an adapter gives back: gives_back_unknown
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Refusal = Literal["disk_full", "read_only", "disk_failed"]

_REFUSALS: dict[int, Refusal] = {
    errno.ENOSPC: "disk_full",
    getattr(errno, "EDQUOT", errno.ENOSPC): "disk_full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
    errno.EIO: "disk_failed",
}
_OWN_PACKAGES = ("app", "trainer", "replay", "ollama_bridge", "resources")
_STORED_IS_KEPT = "Everything that was stored is still there."


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


class BaseDamaged(PerennialError):
    """A base model's file changed since it was entered; it is not served and not trained."""

    kind = "base_damaged"


class BaseGone(BaseDamaged):
    """A base that lay with Ollama was removed there, or replaced by another under its name."""

    kind = "base_removed"


class BaseRefused(PerennialError):
    """What was named cannot be a base, or there is no base of this name."""

    kind = "base_unknown"


class HubRefused(PerennialError):
    """A model cannot be had from a hub, or not now."""

    kind = "hub_offline"


class RuntimeDown(PerennialError):
    """The built-in runtime does not answer."""

    kind = "runtime_down"


class SystemRefused(PerennialError):
    """The system refused to write or to read a file."""

    kind = "disk_failed"


class Incomplete(PerennialError):
    """The installation lacks a package."""

    kind = "incomplete"


class MonthError(PerennialError):
    """A month file cannot be read at all."""

    kind = "month_unreadable"


class ImportRefused(PerennialError):
    """Files hold nothing that can come in, or not all of it as was asked."""

    kind = "import_unknown"


class ExportRefused(PerennialError):
    """A persona's data cannot be written as was asked."""

    kind = "export_what"


class ArchiveRefused(PerennialError):
    """A persona's archive cannot be taken in; nothing of it was."""

    kind = "archive_damaged"


class SourceRefused(PerennialError):
    """Another program's store, or a folder to look into again, cannot be read now."""

    kind = "source_missing"


class ReplayRefused(PerennialError):
    """The replay groups cannot be changed so, or the base cannot answer now."""

    kind = "replay_group"


def refusal(error: OSError) -> Refusal | None:
    """Why the system refused a file, where it is nothing that the program did wrong."""
    return _REFUSALS.get(error.errno or 0)


def known_error(error: BaseException) -> PerennialError | None:
    """What a person can act on in an error that no part of the app explained; None for a bug."""
    if isinstance(error, PerennialError):
        return error
    if isinstance(error, ImportError):
        return _incomplete(error)
    return _refused(error) if isinstance(error, OSError) else None


@contextmanager
def refused_with(kept: str) -> Iterator[None]:
    """Let what the system refuses be a known error, which says what was kept."""
    try:
        yield
    except OSError as error:
        known = known_error(error)
        if known is None:
            raise
        known.kept = kept
        raise known from error


def _refused(error: OSError) -> SystemRefused | None:
    kind = refusal(error)
    name = error.filename or "A file"
    if kind == "disk_full":
        text, next_step = "The disk is full.", "Free some space, then try again."
    elif kind == "read_only":
        text = f"{name} cannot be written to: {error.strerror}."
        next_step = "Make it writable for your user, then try again."
    elif kind == "disk_failed":
        text = f"{name} cannot be read or written: {error.strerror}."
        next_step = "Check that the disk is connected and sound, then try again."
    else:
        return None
    return SystemRefused(text, next_step, kind=kind, kept=_STORED_IS_KEPT)


def _incomplete(error: ImportError) -> Incomplete | None:
    name = (error.name or "").partition(".")[0]
    if not name or name in _OWN_PACKAGES:
        return None
    state = "is not installed" if isinstance(error, ModuleNotFoundError) else "is broken"
    return Incomplete(
        f"The package {name}, which Perennial needs, {state}.",
        "Install it again with: python3 start.py setup",
        kept=_STORED_IS_KEPT,
    )
