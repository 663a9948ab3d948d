"""The window with somebody at it, who talks and rates without end.

python -m tests.campaigns.window_driver HOME LEDGER SEED

What the window shows as stored is written down in the ledger, which no kill can take back.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from app.gui.main import run
from app.gui.window import MainWindow
from app.operations.chat import Line
from app.operations.rating import REASONS

ACT_EVERY_MS = 40
LONGEST_TALK = 6


class Ledger:
    """One line for each thing that was stored, on the disk before the next is done."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._known: set[tuple[str, int]] = set()

    def note(self, line: Line) -> None:
        """A message as the window read it back from the store, and what was said of it."""
        message, rating = line.message, line.rating
        if message.role != "assistant" or message.finish not in ("", "error"):
            self._put(
                "message",
                message.id,
                role=message.role,
                content=message.content,
                finish=message.finish,
            )
        if rating is not None:
            self._put(
                "rating",
                rating.id,
                message_id=rating.message_id,
                value=rating.value,
                reasons=list(rating.reasons),
                correction=rating.correction,
            )

    def _put(self, kind: str, number: int, **values: Any) -> None:
        if (kind, number) in self._known:
            return
        self._known.add((kind, number))
        row = {"kind": kind, "id": number, **values}
        os.write(self._file, json.dumps(row).encode() + b"\n")
        os.fsync(self._file)


class Person(QObject):
    """Acts every moment, as soon as there is a window to act on."""

    def __init__(self, ledger: Ledger, seed: str) -> None:
        super().__init__()
        self._ledger = ledger
        self._chance = random.Random(seed)
        self._window: MainWindow | None = None
        self._said = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._timer.start(ACT_EVERY_MS)

    def _on_timer_timeout(self) -> None:
        window = self._window or self._find()
        if window is None or not window.session.loaded or window.session.card is None:
            return
        if self._window is None:
            self._window = window
            window.chat.state_changed.connect(self._on_state_changed)
        deed = self._chance.random()
        if window.chat.answering:
            if deed < 0.02:
                window.chat.stop()
            elif deed < 0.2:
                self._rate(window)
        elif deed < 0.4:
            self._say(window)
        else:
            self._rate(window)

    def _find(self) -> MainWindow | None:
        tops = QApplication.topLevelWidgets()
        return next((each for each in tops if isinstance(each, MainWindow)), None)

    def _on_state_changed(self) -> None:
        assert self._window is not None
        for line in self._window.chat.talk.lines:
            self._ledger.note(line)

    def _say(self, window: MainWindow) -> None:
        if len(window.chat.model.rows) >= LONGEST_TALK:
            window.chat.begin_anew()
        self._said += 1
        window.chat.say(f"Matter {self._said} of {os.getpid()}, {'please ' * (self._said % 5)}.")

    def _rate(self, window: MainWindow) -> None:
        replies = [
            line.message.id for line in window.chat.talk.lines if line.message.role == "assistant"
        ]
        if not replies:
            return
        chat, reply = window.chat, self._chance.choice(replies)
        match self._chance.randrange(4):
            case 0:
                chat.judging.thumb(reply, True)
            case 1:
                chat.judging.thumb(reply, False)
            case 2:
                chat.judging.give_reasons(
                    reply, [self._chance.choice(REASONS)], f"comment {self._said}"
                )
            case _:
                chat.judging.correct(reply, f"What I would say instead, {self._chance.random()}.")


def main() -> int:
    """Open the window on a home."""
    home, ledger, seed = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    application = QApplication(sys.argv[:1])
    person = Person(Ledger(ledger), seed)
    person.setParent(application)
    return run(home)


if __name__ == "__main__":
    sys.exit(main())
