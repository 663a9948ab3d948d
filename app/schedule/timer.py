"""A timer of the system: files that say what to run, and the commands that have it take them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from app.schedule.commands import Ran
from app.schedule.errors import TimerRefused

Kind = Literal["systemd", "autostart", "launchd", "task_scheduler"]
Standing = Literal["in_place", "other", "missing"]
_KEPT = "Nothing was changed."
_NOTHING_TO_ASK = Ran(0, "")


@dataclass(frozen=True)
class TimerState:
    """Whether a timer runs what it should, runs something else, or is not there."""

    kind: Kind
    standing: Standing
    place: str


class Timer(ABC):
    """One way of one system; whatever it made, it takes away."""

    kind: ClassVar[Kind]

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    @abstractmethod
    def places(self) -> tuple[Path, ...]:
        """The files that are its own."""

    @abstractmethod
    def files(self, command: Sequence[str]) -> Mapping[Path, bytes]:
        """What stands in them for a command."""

    def available(self) -> bool:
        """Whether this system would heed it."""
        return True

    def install(self, command: Sequence[str]) -> None:
        """Have the system run this every hour; again changes nothing."""
        check_command(command)
        before = {place: _content(place) for place in self.places}
        try:
            for place, content in self.files(command).items():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        except OSError as error:
            raise TimerRefused(
                f"The timer cannot be written to {error.filename}: {error.strerror or error}.",
                "See to the folder, then try again.",
                kept=_KEPT,
            ) from error
        said = self._register()
        if not said.well:
            self._put_back(before)
            raise TimerRefused(
                f"The system did not take the timer: {said.said or f'code {said.code}'}.",
                "Try again, or have your own timer run `perennial schedule tick` every hour.",
                kept=_KEPT,
            )

    def remove(self) -> None:
        """Take everything away that an installation made."""
        if not self._leaves_traces():
            return
        self._unregister()
        for place in self.places:
            try:
                place.unlink(missing_ok=True)
            except OSError as error:
                raise TimerRefused(
                    f"The timer at {place} cannot be removed: {error.strerror or error}.",
                    "Remove the file yourself; a timer without a schedule does nothing.",
                ) from error
        self._forget()

    def state(self, command: Sequence[str]) -> TimerState:
        """How it stands to what should be run."""
        standing: Standing = "other"
        if not any(place.exists() for place in self.places):
            standing = "missing"
        elif all(_content(place) == want for place, want in self.files(command).items()):
            standing = "in_place" if self._registered() else "missing"
        return TimerState(self.kind, standing, str(self.places[-1]))

    def _register(self) -> Ran:
        """Have the system read the files."""
        return _NOTHING_TO_ASK

    def _registered(self) -> bool:
        return True

    def _unregister(self) -> Ran:
        """Have the system let go, before the files go."""
        return _NOTHING_TO_ASK

    def _forget(self) -> Ran:
        """What is left to tell the system once the files are gone."""
        return _NOTHING_TO_ASK

    def _leaves_traces(self) -> bool:
        return any(place.exists() for place in self.places)

    def _put_back(self, before: Mapping[Path, bytes | None]) -> None:
        for place, content in before.items():
            with suppress(OSError):
                if content is None:
                    place.unlink(missing_ok=True)
                else:
                    place.write_bytes(content)
        self._forget()


def check_command(command: Sequence[str]) -> None:
    """Refuse what no file of a timer can hold: line breaks, and names that are not text."""
    for part in command:
        try:
            part.encode("utf-8")
        except UnicodeEncodeError:
            readable = False
        else:
            readable = not any(ord(letter) < ord(" ") or ord(letter) == 0x7F for letter in part)
        if not readable:
            raise TimerRefused(
                f"The path {part!a} holds signs that no timer can be given.",
                "Choose a home whose name is plain text, with --home.",
                kind="timer_path",
                kept=_KEPT,
            )


def _content(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except OSError:
        return None
