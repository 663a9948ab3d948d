"""A system that takes timers, or refuses them, without there being one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.schedule import commands
from app.schedule.commands import Ran

HARD = (
    "a b", "it's", 'he said "so"', "50%", "%n", "$HOME", "${x}", "back\\slash", "새 폴더", "`x`",
)  # fmt: skip


class FakeSystem:
    """Writes down what it was asked, and answers well unless it is told not to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.refuses: set[str] = set()
        monkeypatch.setattr(commands, "run", self._run)

    def _run(self, command: Sequence[str]) -> Ran:
        self.asked.append(tuple(command))
        return Ran(1, "no") if self.refuses & set(command) else Ran(0, "")

    def heard(self, word: str) -> int:
        return sum(word in each for each in self.asked)


def everything_in(folder: Path) -> list[str]:
    """What lies in a folder, to see that nothing more or less does."""
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))
