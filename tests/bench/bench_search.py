"""How soon one sees what is found while one types, in a store of 1,000,000 messages.

python -m tests.bench.bench_search FOLDER     (a folder that tests.bench.large_home fills)

Words are typed letter by letter. After each letter that is followed by a pause it is measured how
long it takes until what is found for it stands in the list.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication, QLineEdit, QListView

from app.gui.runtime_tools import RuntimeTools
from app.gui.search_dialog import SearchDialog
from app.gui.search_model import SearchModel
from app.gui.session import Session
from app.gui.theme import install_theme
from app.gui.window import MainWindow
from tests.bench.bench_stream import Speaker, rest, wait
from tests.bench.large_home import fill
from tests.bench.large_store import english_words, korean_stems, named_folder

LIMIT_MS = 100.0
WORDS = 60
PAUSE_S = 0.15


def typed() -> list[str]:
    """What people search for: common and rare words of both languages, also two of them."""
    random = Random(11)
    words = []
    for number in range(WORDS):
        known = (english_words(), korean_stems())[number % 2]
        word = random.choice(known[: 100 if number % 3 else 4_000])
        words.append(word if number % 5 else f"{word} {random.choice(known[:100])}")
    return words


def measure(folder: Path) -> dict[str, Any]:
    """Type each word into a search of its own."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    application.setStyle("Fusion")
    install_theme(application)
    home, speaker = fill(folder), Speaker(1, prose=True)
    session = Session(home, lambda: RuntimeTools(home, connect=lambda _root: speaker))  # type: ignore[arg-type,return-value]
    window = MainWindow(session)
    window.show()
    window.start()
    wait(application, lambda: session.progress is not None)
    found: list[tuple[float, str]] = []
    for word in typed():
        dialog = SearchDialog(session, window)
        dialog.open()
        found += [_one_letter(application, dialog, letter) for letter in word]
        dialog.close()
    window.leave()
    times = sorted((each[0] for each in found), reverse=True)
    return {
        "letters": len(times),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[len(times) // 20], 1),
        "slowest": [(round(each, 1), words) for each, words in sorted(found, reverse=True)[:8]],
        "over_limit": sum(each > LIMIT_MS for each in times),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _one_letter(application: QApplication, dialog: SearchDialog, letter: str) -> tuple[float, str]:
    field, view = dialog.findChild(QLineEdit, "search_text"), dialog.findChild(QListView)
    assert field is not None and view is not None
    finder = view.model()
    assert isinstance(finder, SearchModel)
    rest(application, PAUSE_S)
    began = time.perf_counter() * 1000
    field.insert(letter)
    asked = " ".join(field.text().split())
    wait(application, lambda: finder.query == asked and not finder.busy)
    application.processEvents()
    return time.perf_counter() * 1000 - began, field.text()


def main() -> int:
    found = measure(named_folder(str(__doc__)))
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0 if not found["over_limit"] else 1


if __name__ == "__main__":
    sys.exit(main())
