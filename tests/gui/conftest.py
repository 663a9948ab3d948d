"""A window on a home of its own, with a model that answers at once where none is under test."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.gui.keys import keys
from app.gui.runtime_tools import RuntimeTools
from app.gui.session import Session
from app.gui.theme import Choice, Theme, install_theme
from app.gui.translation import Language, use_language
from app.gui.window import MainWindow
from app.home import Home
from app.store import Base, Store, open_store
from ollama_bridge.errors import RuntimeLost
from ollama_bridge.runtime.values import Delta, RuntimeStatus, Served
from tests.gui import accepted
from tests.gui.audits import complaints
from tests.gui.homes import picture_folder
from tests.gui.waiting import activate, wait_until

SETTLE_MS = 5000
PICTURES_VARIABLE = "PERENNIAL_SCREENSHOTS"
LOOKS: list[tuple[Choice, Language]] = [
    ("light", "en"), ("dark", "en"), ("light", "ko"), ("dark", "ko"),
]  # fmt: skip
Picture = Callable[[QWidget, str], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with pictures are marked; what the offscreen platform says of dialogs is no warning."""
    for item in items:
        if "/gui/" in item.path.as_posix():
            if "picture" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.pictures)
            said = "does not support (propagateSizeHints|raise|grabbing)"
            item.add_marker(pytest.mark.qt_log_ignore(said))


@pytest.fixture(scope="session", autouse=True)
def _collect_only_what_tests_make() -> None:
    """The libraries' objects live as long as the session; each collection would walk them all."""
    gc.collect()
    gc.freeze()


class Model:
    """Stands where the runtime's client stands; says the words it is given."""

    def __init__(self) -> None:
        self.words = ["A short ", "reply.\n\n", "Next: ", "smile."]
        self.breaks_after: int | None = None
        self.go_on = threading.Event()
        self.go_on.set()
        self.asked: list[tuple[list[Mapping[str, str]], str | None]] = []
        self.served: list[tuple[Path, tuple[Served, ...]]] = []

    def serve(self, base: Path, adapters: Sequence[Served]) -> float:
        self.served.append((base, tuple(adapters)))
        return 0.0

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Any = None,
        slot: int | None = None,
    ) -> Iterator[Delta]:
        self.asked.append((list(messages), adapter))
        for number, word in enumerate(self.words):
            if number == self.breaks_after:
                raise RuntimeLost("The runtime ended in the middle of the reply.", "Ask again.")
            yield Delta(word)
            self.go_on.wait(10)
        yield Delta("", "stop")

    def status(self) -> RuntimeStatus:
        """As if a small model were in memory."""
        base, adapters = self.served[-1]
        return RuntimeStatus(
            base, tuple(each.path for each in adapters), 4, 2048, 1, 2, 412_000_000, 1,
            "xllamacpp", "", 0, 0, changing=False,
        )  # fmt: skip

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Callable[[Choice, Language], Theme]]:
    """The theme and the language of a test."""
    qapp.setStyle("Fusion")

    def choose(choice: Choice = "light", language: Language = "en") -> Theme:
        use_language(language)
        return install_theme(qapp, choice)

    yield choose
    use_language("en")
    keys().give_all_back()


def _a_base(home: Home, store: Store) -> Base:
    """In place of the download of the starter."""
    return store.bases.add("SmolLM2 135M", "gguf", home.models / "starter.gguf", "d1", "llama")


Opener = Callable[..., MainWindow]


@pytest.fixture
def open_window(
    qapp: QApplication,
    qtbot: QtBot,
    home: Home,
    store: Store,
    model: Model,
    look: Callable[..., Theme],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Opener]:
    """Opens the window as a person would find it."""
    opened: list[MainWindow] = []
    monkeypatch.setattr("app.operations.base.starter_base", _a_base)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")  # never the one of who runs the tests

    def open_it(choice: Choice = "light", language: Language = "en") -> MainWindow:
        store.settings.set("theme", choice)
        store.settings.set("language", language)
        look(choice, language)
        session = Session(
            home,
            lambda: RuntimeTools(home, connect=lambda _root: model),  # type: ignore[arg-type,return-value]
        )
        window = MainWindow(session)
        qtbot.addWidget(window)
        opened.append(window)
        window.show()
        activate(window, qtbot)
        window.start()
        # Settings that were read build the window anew, and Qt shows what is new a moment later.
        wait_until(qtbot, lambda: session.loaded and window.centralWidget().isVisible())
        if session.household.cards:
            wait_until(qtbot, lambda: session.progress is not None)
        return window

    yield open_it
    model.go_on.set()
    for window in opened:
        window.leave()
    opened.clear()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    # Widgets in cycles must not be left to a collector that runs in another test's thread.
    gc.collect()


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(look))
def shade(request: pytest.FixtureRequest) -> tuple[Choice, Language]:
    """Every page is looked at light and dark, in English and in Korean."""
    chosen: tuple[Choice, Language] = request.param
    return chosen


@pytest.fixture
def picture(qtbot: QtBot, tmp_path: Path) -> Picture:
    """Keeps a picture of a widget, and sees that something is on it."""
    folder = picture_folder(tmp_path / "pictures", os.environ.get(PICTURES_VARIABLE))

    def keep(widget: QWidget, name: str) -> Path:
        until = time.monotonic() + 0.25
        wait_until(qtbot, lambda: time.monotonic() > until)

        def wrong() -> list[str]:
            look = accepted.check(name, widget.grab().toImage())
            return [*complaints(widget), *([look] if look else [])]

        with suppress(qtbot.TimeoutError):  # A busy machine lays out late.
            qtbot.waitUntil(lambda: not wrong(), timeout=SETTLE_MS)
        taken = widget.grab()
        path = folder / f"{name}.png"
        assert taken.save(str(path))
        image = taken.toImage()
        places = range(0, image.width(), 20), range(0, image.height(), 20)
        colours = {image.pixel(x, y) for x in places[0] for y in places[1]}
        assert len(colours) > 3, f"{name} is empty"
        assert not wrong(), name
        return path

    return keep
