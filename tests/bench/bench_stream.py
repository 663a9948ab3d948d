"""Whether the window stays at hand while a reply streams: the longest gap in its event loop.

python -m tests.bench.bench_stream [--words 300] [--messages 60] [--prose]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.gui.runtime_tools import RuntimeTools
from app.gui.session import Session
from app.gui.theme import install_theme
from app.gui.window import MainWindow
from app.home import open_home
from app.store import open_store
from ollama_bridge.runtime.values import Delta, Served
from tests.gui import homes

LIMIT_MS = 50.0
HEARTBEAT_MS = 5
WORD_EVERY_S = 0.02
DEADLINE_S = 120.0
SETTLE_S = 1.0
# A reply with all that Markdown has: heads, lists, emphasis, code inside and in blocks; and one
# in a single piece, which is read anew with every word.
_MIXED = (
    "## Part {number}\n\nThe `items[::-1]` slice gives you a **reversed copy** of the list, and"
    " that is *often* what one wants, for a list that others still read.\n\n"
    "1. Try the slice first.\n2. Keep `reverse()` for long lists.\n\n"
    "```python\nitems = [1, 2, 3]\nprint(items[::-1])  # a copy\nitems.reverse()\n```\n\n"
)


_PROSE = (
    "This is **paragraph {number}** of a long answer that never comes to a block of code, and it"
    " goes on with *some* emphasis, a `name` in between, and one more plain sentence for you.\n\n"
    "- first of {number}\n- second of {number}\n\n"
)


class Speaker:
    """Stands where the runtime's client stands; says its words at the pace of a fast model."""

    def __init__(self, words: int, *, prose: bool) -> None:
        piece = _PROSE if prose else _MIXED
        text = "".join(piece.format(number=number) for number in range(1, words // 20 + 2))
        self._words = [f"{word} " for word in text.split(" ")][:words]

    def serve(self, base: Path, adapters: Sequence[Served]) -> float:
        return 0.0

    def chat(
        self, messages: Sequence[Mapping[str, str]], *, adapter: str | None, sampling: Any = None
    ) -> Iterator[Delta]:
        for word in self._words:
            time.sleep(WORD_EVERY_S)
            yield Delta(word)
        yield Delta("", "stop")

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Gap:
    """How long the event loop did not come round, and how much of that the machine is to blame
    for (other programs had the processors), and how much was work of this thread."""

    whole_ms: float
    waited_ms: float
    work_ms: float

    @property
    def own_ms(self) -> float:
        return self.whole_ms - self.waited_ms


class Heartbeat:
    """Records every turn of the event loop."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self._at = self._waited_at = self._worked_at = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(HEARTBEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._at, self._waited_at, self._worked_at = _clocks_ms()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        at, waited_at, worked_at = _clocks_ms()
        self.gaps.append(
            Gap(at - self._at, waited_at - self._waited_at, worked_at - self._worked_at)
        )
        self._at, self._waited_at, self._worked_at = at, waited_at, worked_at


def _clocks_ms() -> tuple[float, float, float]:
    return time.perf_counter() * 1000, _waited_ms(), time.thread_time() * 1000


def _waited_ms() -> float:
    """How long this thread could have run and was not let; known on Linux alone."""
    try:
        words = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text("ascii")
    except OSError:
        return 0.0
    return int(words.split()[1]) / 1e6


def fill(home_path: Path, messages: int) -> None:
    """A persona with one conversation of so many messages."""
    with open_store(open_home(home_path)) as store:
        (sunny,) = homes.add_personas(store, "Sunny")
        talk = store.conversations.add(sunny.id, homes.SUNNY, "Lists")
        last: int | None = None
        for number in range(messages):
            asked = number % 2 == 0
            text = f"And what of matter {number}?" if asked else homes.CODE_REPLY
            role = "user" if asked else "assistant"
            last = store.messages.add(talk.id, last, role, text, finish="stop").id


def measure(words: int, messages: int, *, prose: bool) -> dict[str, Any]:
    """Stream one reply below a conversation and watch the event loop."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    application.setStyle("Fusion")
    install_theme(application)
    with tempfile.TemporaryDirectory() as name:
        home = open_home(Path(name) / "home")
        fill(home.root, messages)
        speaker = Speaker(words, prose=prose)
        session = Session(home, lambda: RuntimeTools(home, connect=lambda _root: speaker))  # type: ignore[arg-type,return-value]
        window = MainWindow(session)
        window.show()
        window.start()
        _wait(application, lambda: len(window.chat.model.rows) == messages)
        _rest(application, SETTLE_S)
        heartbeat = Heartbeat()
        heartbeat.start()
        window.chat.say("Tell me everything about reversing lists.")
        _wait(application, lambda: window.chat.answering)
        _wait(application, lambda: not window.chat.answering)
        _rest(application, SETTLE_S)
        heartbeat.stop()
        window.leave()
    return _found(heartbeat.gaps, words, messages)


def _found(gaps: list[Gap], words: int, messages: int) -> dict[str, Any]:
    worst = sorted(gaps, key=lambda gap: gap.own_ms, reverse=True)
    return {
        "words": words,
        "messages": messages,
        "worst_gap_ms": round(worst[0].own_ms, 1),
        "most_work_ms": round(max(gap.work_ms for gap in gaps), 1),
        "longest_gaps_ms": [round(gap.own_ms, 1) for gap in worst[:5]],
        "worst_gap_with_waiting_ms": round(max(gap.whole_ms for gap in gaps), 1),
        "gaps_over_limit": sum(gap.own_ms > LIMIT_MS for gap in gaps),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _wait(application: QApplication, true: Callable[[], bool]) -> None:
    until = time.monotonic() + DEADLINE_S
    while not true():
        if time.monotonic() > until:
            raise SystemExit("The window did not come that far.")
        application.processEvents()
        time.sleep(0.0005)


def _rest(application: QApplication, seconds: float) -> None:
    until = time.monotonic() + seconds
    _wait(application, lambda: time.monotonic() > until)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--messages", type=int, default=60)
    parser.add_argument("--prose", action="store_true", help="a reply without blocks of code")
    options = parser.parse_args()
    found = measure(options.words, options.messages, prose=options.prose)
    print(json.dumps(found, indent=2))
    return 0 if found["worst_gap_ms"] <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
