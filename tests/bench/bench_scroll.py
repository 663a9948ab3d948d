"""Whether a conversation of 10,000 messages scrolls smoothly: the longest frame.

python -m tests.bench.bench_scroll [--messages 10000] [--frames 1500]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.gui.message_list import MessageList
from app.gui.runtime_tools import RuntimeTools
from app.gui.session import Session
from app.gui.theme import install_theme
from app.gui.window import MainWindow
from app.home import open_home
from tests.bench.bench_stream import Speaker, clocks_ms, fill, rest, wait

LIMIT_MS = 33.0
STEP_PX = 120
SETTLE_S = 1.5


def frames_of(application: QApplication, area: MessageList, count: int) -> list[float]:
    """How long each turn of the wheel takes until it is painted, other programs' time left out."""
    view, found = area.viewport(), []
    middle = QPointF(view.rect().center())
    for number in range(count):
        up = (number // 400) % 2 == 0
        turn = QPoint(0, STEP_PX if up else -STEP_PX)
        event = QWheelEvent(
            middle, QPointF(view.mapToGlobal(middle.toPoint())), turn, turn,
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        began, waited, _ = clocks_ms()
        application.sendEvent(view, event)
        application.processEvents()
        ended, waited_then, _ = clocks_ms()
        found.append(ended - began - (waited_then - waited))
    return found


def measure(messages: int, frames: int) -> dict[str, Any]:
    """Open the conversation and scroll up and down in it."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    application.setStyle("Fusion")
    install_theme(application)
    with tempfile.TemporaryDirectory() as name:
        home = open_home(Path(name) / "home")
        fill(home.root, messages)
        speaker = Speaker(1, prose=True)
        session = Session(home, lambda: RuntimeTools(home, connect=lambda _root: speaker))  # type: ignore[arg-type,return-value]
        window = MainWindow(session)
        window.show()
        window.start()
        wait(application, lambda: len(window.chat.model.rows) == messages)
        rest(application, SETTLE_S)
        area = window.findChild(MessageList, "message_list")
        assert area is not None
        found = frames_of(application, area, frames)
        window.leave()
    return {
        "messages": messages,
        "frames": frames,
        "median_ms": round(statistics.median(found), 1),
        "worst_ms": [round(each, 1) for each in sorted(found, reverse=True)[:5]],
        "over_limit": sum(each > LIMIT_MS for each in found),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--frames", type=int, default=1_500)
    options = parser.parse_args()
    found = measure(options.messages, options.frames)
    print(json.dumps(found, indent=2))
    return 0 if not found["over_limit"] else 1


if __name__ == "__main__":
    sys.exit(main())
