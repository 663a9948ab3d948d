"""Switching among twenty personas in the window: until the other one is shown, and until it speaks.

python -m tests.bench.bench_switch_window
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.gui.runtime_tools import RuntimeTools
from app.gui.session import Session
from app.gui.theme import install_theme
from app.gui.window import MainWindow
from app.home import Home, open_home
from app.operations.base import starter_base
from app.store import open_store
from tests.bench.random_adapters import random_adapter
from tests.gui import homes

PERSONAS = 20
ROUNDS = 3
DEADLINE_S = 120.0
# What people take as at once.
SHOWN_LIMIT_MS = 100.0


def fill(home: Home) -> None:
    """Twenty personas on the starter model, each with an adapter and a conversation."""
    names = [f"Persona {number}" for number in range(PERSONAS)]
    with open_store(home) as store:
        base = starter_base(home, store, lambda _line: None)
        for seed, name in enumerate(names):
            persona = store.personas.add(name, f"You are {name}. Be short.", base_id=base.id)
            run_id = f"2026-10-{persona.slug}-1"
            homes.put_live(store, home, persona, run_id)
            place = home.runs / run_id / "adapter"
            place.mkdir(parents=True)
            made = random_adapter(base.path, home.root / "adapters", seed)
            made.replace(place / "adapter.gguf")
            homes.add_conversation(store, persona)


def wait(app: QApplication, holds: Callable[[], bool]) -> float:
    """Let the window work until something holds; the milliseconds of that."""
    began = time.perf_counter()
    while not holds():
        app.processEvents()
        if time.perf_counter() - began > DEADLINE_S:
            raise SystemExit("It took too long.")
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure on a home of its own."""
    app = QApplication([])
    app.setStyle("Fusion")
    install_theme(app, "light")
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder) / "home")
        fill(home)
        session = Session(home, lambda: RuntimeTools(home))
        window = MainWindow(session)
        window.resize(1200, 800)
        window.show()
        window.start()
        wait(app, lambda: session.loaded)
        shown, spoke, stayed = rounds(app, window)
        window.leave()
    print(
        f"shown after {statistics.median(shown):.0f} ms in the middle, {max(shown):.0f} at most;"
        f" first word {statistics.median(spoke):.0f} ms after the question in the middle,"
        f" {max(spoke):.0f} at most; without a switch {statistics.median(stayed):.0f} in the middle"
        f" ({len(shown)} switches)"
    )
    assert statistics.median(shown) < SHOWN_LIMIT_MS


def rounds(app: QApplication, window: MainWindow) -> tuple[list[float], ...]:
    """Switch to each persona in turn and ask it something."""
    session, shown, spoke, stayed = window.session, [], [], []
    ids = [card.persona.id for card in session.household.cards]
    for number in range(ROUNDS):
        for persona_id in ids:
            session.switch(persona_id)
            shown.append(wait(app, lambda each=persona_id: shows(window, each)))
            took = [first_word(app, window, f"What is {number} and {each}?") for each in (1, 2)]
            if number:
                spoke.append(took[0])
                stayed.append(took[1])
    return shown, spoke, stayed


def first_word(app: QApplication, window: MainWindow, question: str) -> float:
    """Milliseconds from a question in a new conversation to the reply's first word."""
    window.chat.begin_anew()
    wait(app, lambda: not window.chat.model.rows)
    window.chat.say(question)
    took = wait(app, lambda: speaks(window))
    window.chat.stop()
    wait(app, lambda: not window.chat.answering)
    return took


def shows(window: MainWindow, persona_id: int) -> bool:
    talk = window.chat.talk.conversation
    here = talk is not None and talk.persona_id == persona_id and bool(window.chat.model.rows)
    return here and window.session.household.current_id == persona_id


def speaks(window: MainWindow) -> bool:
    rows = window.chat.model.rows
    return len(rows) == 2 and bool(rows[-1].text)


if __name__ == "__main__":
    main()
