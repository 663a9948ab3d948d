"""A full disk, a damaged file, a missing package: the window says so and loses nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app import starter
from app.cycle.errors import CycleError, NotEnough, PersonaBusy
from app.errors import Incomplete, PerennialError, StarterError, StoreError, SystemRefused
from app.evaluation.gate import judge
from app.gui import main
from app.gui.reasons import reason_words
from app.gui.session import Session
from app.gui.translation import use_language
from app.gui.trouble import Trouble, explain
from app.gui.window import MainWindow
from app.home import Home, open_home
from app.operations import base as bases
from app.operations import personas
from app.store import Base, Store, open_store
from ollama_bridge.errors import RuntimeLost, RuntimeStartError
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.test_chat import answered, find, say
from tests.gui.waiting import is_open, wait_until
from tests.integration.faults import mounted, read_only_view, unmount
from tests.unit.app.evaluation.test_gate import month

_LATIN_SENTENCE = re.compile(r"[A-Za-z]+ [a-z]+ [a-z]+")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home on a disk of its own, where that can be had."""
    disk = tmp_path / "disk"
    disk.mkdir()
    own = mounted("-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk))
    yield open_home(disk / "home")
    if own:
        unmount(disk)


def _fill(home: Home) -> Path:
    disk = home.root.parent
    if not disk.is_mount():
        pytest.skip("no disk of its own can be mounted here")
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def _trouble(window: MainWindow, qtbot: QtBot) -> str:
    """What the bar over the page says."""
    bar = find(window, QWidget, "trouble_bar")
    wait_until(qtbot, bar.isVisible)
    words = [find(window, QLabel, name).text() for name in ("trouble_text", "trouble_more")]
    return " ".join(words)


def test_what_finds_no_room_goes_back_to_where_it_was_written(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    ids = homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4)
    ballast = _fill(home)
    say(window, qtbot, "Hello there")
    assert "disk is full" in _trouble(window, qtbot)
    editor = find(window, QTextEdit, "composer_text")
    wait_until(qtbot, lambda: editor.toPlainText() == "Hello there")
    find(window, QWidget, "trouble_bar").hide()
    window.chat.judging.correct(ids[3], "Neither; both copy.")
    assert "disk is full" in _trouble(window, qtbot)
    assert len(window.chat.model.rows) == 4 and not window.chat.answering
    reply = find(window, QWidget, "message_3")
    corrected = find(reply, QPlainTextEdit, "correction_editor")
    assert corrected.toPlainText() == "Neither; both copy.", "also when the bar is closed"
    ballast.unlink()
    find(window, QPushButton, "trouble_action").click()
    wait_until(qtbot, lambda: _correction(store, ids[3]) == "Neither; both copy.")
    wait_until(qtbot, lambda: not isValid(corrected))
    editor.clear()
    say(window, qtbot, "Hello there")
    wait_until(qtbot, lambda: answered(window, 6))


def _correction(store: Store, message_id: int) -> str | None:
    rating = store.ratings.of([message_id]).get(message_id)
    return rating.correction if rating else None


def test_a_home_that_cannot_be_written_to(
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qapp: Any,
    look: Callable[..., object],
) -> None:
    said: list[str] = []

    def refuse(text: str, code: int) -> int:
        said.append(text)
        return code

    monkeypatch.setattr(main, "_refuse", refuse)
    with read_only_view(home.root, tmp_path / "view") as shown:
        if not shown:
            pytest.skip("nothing can be mounted read-only here")
        monkeypatch.setattr(main, "system_language", lambda: "en")
        assert main.run(tmp_path / "view") == 1
        monkeypatch.setattr(main, "system_language", lambda: "ko")
        assert main.run(tmp_path / "view") == 1
    english, korean = said
    assert "cannot be written to" in english and "Nothing in it was changed" in english
    assert "없습니다" in korean and not _LATIN_SENTENCE.search(korean)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_damaged_database(
    home: Home, qtbot: QtBot, look: Callable[..., object], language: Any
) -> None:
    with open_store(home) as store:
        homes.add_personas(store, "Sunny")
        backup = store.back_up()
    content = bytearray(home.database.read_bytes())
    content[:4096] = os.urandom(4096)
    home.database.write_bytes(content)
    look("light", language)
    window = MainWindow(Session(home))
    qtbot.addWidget(window)
    window.show()
    window.start()
    words = _trouble(window, qtbot)
    if language == "en":
        assert "damaged" in words and str(backup) in words
    else:
        assert "손상" in words and not _LATIN_SENTENCE.search(words)
    window.leave()
    assert home.database.read_bytes() == content


def test_a_damaged_starter_is_fetched_again_by_one_click(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = home.models / starter.FILE_NAME
    with place.open("wb") as file:
        file.truncate(starter.SIZE_BYTES)  # sparse: nothing of it takes room
    entered = store.bases.add("SmolLM2 135M", "gguf", place, starter.DIGEST, "llama")
    store.personas.add("Sunny", homes.SUNNY, base_id=entered.id)
    window = open_window()

    def fetch(_home: Home, _store: Store) -> Base:
        place.unlink()  # the model of these tests needs no file
        return entered

    monkeypatch.setattr(bases, "starter_base", fetch)
    assert "damaged" in _trouble(window, qtbot)
    assert window.session.runtime_state == "failed"
    assert find(window, QPushButton, "trouble_action").text() == "Get the model again"
    find(window, QPushButton, "trouble_action").click()
    wait_until(qtbot, lambda: window.session.runtime_state == "ready")


def test_a_persona_without_a_base_gets_one_after_a_failed_download(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_home: Home, _store: Store) -> Base:
        raise StarterError("The model could not be fetched.", "Try again.")

    store.personas.add("Sunny", homes.SUNNY)
    fetch = bases.starter_base
    monkeypatch.setattr(bases, "starter_base", fail)
    window = open_window()
    assert "could not be fetched" in _trouble(window, qtbot)
    find(window, QWidget, "trouble_bar").hide()
    say(window, qtbot, "Hello")
    assert "no base model" in _trouble(window, qtbot)
    action = find(window, QPushButton, "trouble_action")
    assert action.text() == "Get the starter model"
    monkeypatch.setattr(bases, "starter_base", fetch)
    action.click()
    wait_until(qtbot, lambda: window.session.runtime_state == "ready")
    find(window, QPushButton, "answer").click()
    wait_until(qtbot, lambda: answered(window, 2))


@pytest.mark.parametrize("first", [True, False])
def test_a_persona_that_could_not_be_stored_can_be_created_again(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    if not first:
        homes.add_personas(store, "Sunny")
    window = open_window()
    if not first:
        find(window, QPushButton, "new_persona").click()
    form = find(window, QWidget, "welcome_page" if first else "persona_dialog")
    find(form, QPushButton, "template_1").click()
    create = personas.create

    def fail(*_arguments: object) -> None:
        raise StoreError("The disk is full.", "Free some space.", kind="disk_full")

    monkeypatch.setattr(personas, "create", fail)
    find(form, QPushButton, "persona_create").click()
    trouble = find(form, QWidget, "persona_trouble")
    wait_until(qtbot, trouble.isVisible)
    assert find(trouble, QLabel, "trouble_text").text() == "The disk is full."
    monkeypatch.setattr(personas, "create", create)
    find(form, QPushButton, "persona_create").click()
    wait_until(qtbot, lambda: len(store.personas.all()) == (1 if first else 2))
    wait_until(qtbot, lambda: not is_open(form))


def test_a_bar_that_was_closed_stays_closed(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    window.session.tell(Trouble("The disk is full."))
    window.session.choose_theme("dark")
    bar = find(window.centralWidget(), QWidget, "trouble_bar")
    assert not bar.isHidden()
    find(bar, QToolButton, "trouble_close").click()
    window.session.choose_language("ko")
    assert find(window.centralWidget(), QWidget, "trouble_bar").isHidden()


@pytest.mark.parametrize(
    "error",
    [
        NotEnough("Sunny has 3 new usable replies; an adapter needs at least 30.", "Rate."),
        PersonaBusy("Sunny is being trained by another process.", "Wait for it."),
        CycleError("The extra is not installed: torch is missing.", "Run it.", kind="no_training"),
        CycleError("The disk is full.", "Free some space.", kind="disk_full"),
        SystemRefused("A file cannot be written to.", "Make it so.", kind="read_only"),
        StoreError("The database is busy.", "Wait for it.", kind="locked"),
        StoreError("The database is damaged here.", "Move it out.", kind="damaged"),
        Incomplete("The package httpx is not installed.", "Install it."),
        RuntimeLost("The runtime does not answer.", "Ask again."),
        RuntimeStartError("It is not installed whole.", "Install it.", kind="runtime_missing"),
        OSError(28, "No space left on device"),
    ],
    ids=lambda error: getattr(error, "kind", "system"),
)
def test_errors_are_told_in_korean(look: Callable[..., object], error: Exception) -> None:
    look("light", "ko")
    told = explain(error)
    assert re.search("[가-힣]", told.text) and re.search("[가-힣]", told.next_step)
    assert told.kept and not _LATIN_SENTENCE.search(told.whole.split("python3")[0])


def test_errors_in_english_keep_their_own_words() -> None:
    error = PerennialError("Sunny has 3 replies.", "Rate more.", kind="not_enough", kept="Kept.")
    assert explain(error).whole == "Sunny has 3 replies. Kept. Rate more."


def _verdicts() -> list[dict[str, Any]]:
    """Every reason that the gate can give, passed, not passed, and too little to tell."""
    good = {"coding": 28, "language.en": 30, "safety": 20}
    found = [
        month(had=good, parent=3.5, best=2.0),
        month(candidate=4.5, parent=3.0, retention=2.3, best=1.9, had=good, varied=0.2,
              right=dict.fromkeys(good, 2)),
        month(parent=3.1, noise=0.9, count=10),
        month(count=2),
    ]  # fmt: skip
    return [vars(reason) for each in found for reason in judge(each).reasons]


def test_the_gates_reasons_are_given_in_korean(qapp: QApplication) -> None:
    """The verdict is what a person waits hours for."""
    reasons = _verdicts()
    kinds = {(reason["kind"], reason["passed"]) for reason in reasons}
    assert len(kinds) == 15, kinds
    try:
        for reason in reasons:
            use_language("en")
            assert reason_words(reason) == reason["text"]
            assert reason_words({**reason, "values": {}}) == reason["text"]
            use_language("ko")
            words = reason_words(reason)
            assert re.search("[가-힣]", words) and not re.search("[A-Za-z]", words)
            for number in re.findall(r"\d+\.\d+", str(reason["text"])):
                assert number in words
    finally:
        use_language("en")
