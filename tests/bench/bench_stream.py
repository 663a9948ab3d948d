"""Whether the window stays at hand while a reply streams: the longest gap in its event loop.

python -m tests.bench.bench_stream [--words 2000] [--messages 60] [--prose] [--page train]
    [--home FOLDER]

Meanwhile a run tells 100 events each second. The folder is filled by tests.bench.large_home.
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
from PySide6.QtWidgets import QApplication, QWidget

from app.cycle.stages import DISCARDED
from app.gui.runtime_tools import RuntimeTools
from app.gui.session import Session
from app.gui.theme import install_theme
from app.gui.window import MainWindow
from app.home import Home, open_home
from app.operations import personas, training
from app.store import open_store
from ollama_bridge.runtime.values import Delta, Served
from tests.bench import large_home
from tests.bench.large_home import LONG_TALK, add_long_talk
from tests.gui import homes
from trainer.contract.folder import EventWriter, RunFolder

LIMIT_MS = 50.0
HEARTBEAT_MS = 5
STEPS = 100_000
WORDS_PER_S = 200
EVENTS_PER_S = 100
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
        began = time.monotonic()
        for number, word in enumerate(self._words):
            time.sleep(max(0.0, began + number / WORDS_PER_S - time.monotonic()))
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
        self._at, self._waited_at, self._worked_at = clocks_ms()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        at, waited_at, worked_at = clocks_ms()
        self.gaps.append(
            Gap(at - self._at, waited_at - self._waited_at, worked_at - self._worked_at)
        )
        self._at, self._waited_at, self._worked_at = at, waited_at, worked_at


def clocks_ms() -> tuple[float, float, float]:
    """The clock, this thread's waiting for a processor, and its work."""
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
        add_long_talk(store, sunny, messages)


class Training:
    """Stands where a trainer's process stands: writes down so many events each second."""

    def __init__(self, home: Home) -> None:
        with open_store(home) as store:
            found = personas.household(store)
            persona = next(
                each.persona for each in found.cards if each.persona.id == found.current_id
            )
            assert persona.base_id is not None
            self._id, self._home = f"bench-{time.time_ns()}", home
            store.runs.add(self._id, persona.id, persona.base_id, None, "starter", 1)
        self._folder = RunFolder(home.runs / self._id)
        self._folder.root.mkdir(parents=True)
        homes.write_making(self._folder, steps=10, of=STEPS)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()
        with open_store(self._home) as store:
            store.runs.set_state(self._id, "stopped", reason=DISCARDED)

    def _tell(self) -> None:
        writer, began = EventWriter(self._folder.events), time.monotonic()
        for step in range(11, STEPS):
            writer.write(homes.step_event(step, STEPS))
            if self._ended.wait(max(0.0, began + (step - 10) / EVENTS_PER_S - time.monotonic())):
                break
        writer.close()


def measure(
    words: int, messages: int, page: str, folder: Path | None, *, prose: bool
) -> dict[str, Any]:
    """Stream one reply below a conversation beside a run, and watch the event loop."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    application.setStyle("Fusion")
    install_theme(application)
    # Whether a process is alive is asked of the system; this run's writer is a thread.
    training.run_alive = lambda _home, _run_id: True
    with tempfile.TemporaryDirectory() as name:
        if folder is None:
            home = open_home(Path(name) / "home")
            fill(home.root, messages)
        else:
            home, messages = large_home.fill(folder), LONG_TALK
        speaker = Speaker(words, prose=prose)
        session = Session(home, lambda: RuntimeTools(home, connect=lambda _root: speaker))  # type: ignore[arg-type,return-value]
        with Training(home):
            window = MainWindow(session)
            window.show()
            window.start()
            wait(application, lambda: len(window.chat.model.rows) >= messages)
            window.show_page(page)
            wait(application, lambda: window.train.state.step > 0)
            if page == "train":
                wait(application, lambda: window.findChild(QWidget, "loss_chart") is not None)
            rest(application, SETTLE_S)
            told = window.train.state.step
            heartbeat = Heartbeat()
            heartbeat.start()
            window.chat.say("Tell me everything about reversing lists.")
            wait(application, lambda: window.chat.answering)
            wait(application, lambda: not window.chat.answering)
            rest(application, SETTLE_S)
            heartbeat.stop()
            told = window.train.state.step - told
            window.leave()
    return {**_found(heartbeat.gaps, words, messages), "events": told, "page": page}


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


def wait(application: QApplication, true: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    until = time.monotonic() + DEADLINE_S
    while not true():
        if time.monotonic() > until:
            raise SystemExit("The window did not come that far.")
        application.processEvents()
        time.sleep(0.0005)


def rest(application: QApplication, seconds: float) -> None:
    """Let the window live for so long."""
    until = time.monotonic() + seconds
    wait(application, lambda: time.monotonic() > until)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=2_000)
    parser.add_argument("--messages", type=int, default=60)
    parser.add_argument("--prose", action="store_true", help="a reply without blocks of code")
    parser.add_argument("--page", choices=("chat", "train"), default="chat")
    parser.add_argument("--home", type=Path, help="a folder that large_home fills")
    options = parser.parse_args()
    found = measure(
        options.words, options.messages, options.page, options.home, prose=options.prose
    )
    print(json.dumps(found, indent=2))
    return 0 if found["worst_gap_ms"] <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
