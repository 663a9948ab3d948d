"""Pictures of every page for a person to look at: light and dark, English and Korean."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.theme import Choice
from app.gui.translation import Language, tr
from app.gui.trouble import explain
from app.gui.window import MainWindow
from app.home import Home
from app.operations import first_start, preferring, training
from app.store import Store
from ollama_bridge.errors import RuntimeLost
from tests.gui import homes
from tests.gui.conftest import Model, Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until
from tests.unit.app.operations.test_first_start import TWELVE, looked


def test_first_start(
    open_window: Opener,
    picture: Picture,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    shade: tuple[Choice, Language],
) -> None:
    monkeypatch.setattr(first_start, "look", lambda _home, _store: looked(TWELVE))
    window = open_window(*shade)
    wait_until(qtbot, lambda: window.findChild(QWidget, "welcome_page") is not None)
    find(window, QPushButton, "welcome_next").click()
    window.findChild(QPushButton, "template_0").click()
    picture(window, f"welcome-{'-'.join(shade)}")


def test_empty_chat(
    open_window: Opener, store: Store, picture: Picture, shade: tuple[Choice, Language]
) -> None:
    homes.add_personas(store, "Sunny", "Technical")
    picture(open_window(*shade), f"chat-empty-{'-'.join(shade)}")


def test_filled_chat(
    open_window: Opener, store: Store, home: Home, picture: Picture, shade: tuple[Choice, Language]
) -> None:
    sunny, technical, _ = homes.add_personas(store, "Sunny", "Technical", "Professional")
    homes.add_usable(store, sunny, 41, corrected=6)
    homes.wait_a_moment()
    homes.add_conversation(store, sunny)
    homes.put_live(store, home, technical, "2026-10-technical-1")
    picture(open_window(*shade), f"chat-filled-{'-'.join(shade)}")


def test_chat_with_trouble_and_history(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 12)
    homes.wait_a_moment()
    homes.add_conversation(store, sunny)
    window = open_window(*shade)
    window.session.tell(
        explain(RuntimeLost("It ended.", "Ask again."), button=tr("Ask again"), action=lambda: None)
    )
    window.findChild(QToolButton, "history").click()
    wait_until(qtbot, lambda: window.findChild(QWidget, "history_list").model().rowCount() == 13)
    window.findChild(QWidget, "message_3").findChild(QToolButton, "correct").click()
    picture(window, f"chat-trouble-{'-'.join(shade)}")


def test_streaming_reply(
    open_window: Opener,
    store: Store,
    model: Model,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window(*shade)
    model.words = [homes.CODE_REPLY[:120], homes.CODE_REPLY[120:]]
    model.go_on.clear()
    window.chat.say("How do I reverse a list in Python?")
    wait_until(qtbot, lambda: any("items" in row.text for row in window.chat.model.rows))
    picture(window, f"chat-streaming-{'-'.join(shade)}")
    model.go_on.set()
    wait_until(qtbot, lambda: not window.chat.answering)


def _open_train(window: MainWindow, qtbot: QtBot, face: str) -> None:
    window.show_page("train")
    wait_until(qtbot, lambda: window.train.contents is not None)
    wait_until(qtbot, lambda: window.findChild(QWidget, face) is not None)


@pytest.mark.parametrize("usable", [12, 64])
def test_train_before(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
    usable: int,
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, usable, corrected=9)
    homes.add_replay(store, 60)
    if usable > 50:
        homes.put_live(store, home, sunny, "2026-10-sunny-1")
    window = open_window(*shade)
    _open_train(window, qtbot, "train_before")
    picture(window, f"train-before-{usable}-{'-'.join(shade)}")


def test_train_without_torch(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.training_environment.is_ready", lambda: False)
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 64)
    window = open_window()
    _open_train(window, qtbot, "train_before")
    assert window.findChild(QPushButton, "install_training").isEnabled()
    assert not window.findChild(QPushButton, "start_training").isEnabled()
    picture(window, "train-install")


def test_train_during(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    shade: tuple[Choice, Language],
) -> None:
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 64)
    homes.write_making(homes.add_run(store, home, sunny), steps=43, of=90)
    window = open_window(*shade)
    _open_train(window, qtbot, "train_during")
    wait_until(qtbot, lambda: window.train.state.step == 43)
    wait_until(qtbot, lambda: window.findChild(QWidget, "loss_chart") is not None)
    picture(window, f"train-during-{'-'.join(shade)}")
    window.findChild(QPushButton, "stop_training").click()
    dialog = window.findChild(QWidget, "stop_dialog")
    picture(dialog, f"train-stop-{'-'.join(shade)}")
    dialog.close()


@pytest.mark.parametrize("verdict", ["passed", "refused"])
def test_train_after(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
    verdict: str,
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 64)
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=90, of=90, until="gated")
    homes.write_report(store, folder, verdict)
    store.runs.set_state(
        homes.RUN_ID, "waiting" if verdict == "passed" else "refused", verdict=verdict
    )
    window = open_window(*shade)
    _open_train(window, qtbot, "train_after")
    wait_until(qtbot, lambda: window.findChild(QWidget, "replies_card") is not None)
    picture(window, f"train-after-{verdict}-{'-'.join(shade)}")


def test_train_failed(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=43, of=90)
    homes.write_failure(folder)
    store.runs.set_state(homes.RUN_ID, "failed", reason="memory")
    window = open_window(*shade)
    _open_train(window, qtbot, "train_failed")
    wait_until(qtbot, lambda: window.train.state.failure is not None)
    picture(window, f"train-failed-{'-'.join(shade)}")


def test_new_persona(
    open_window: Opener, store: Store, picture: Picture, shade: tuple[Choice, Language]
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window(*shade)
    window.findChild(QPushButton, "new_persona").click()
    dialog = window.findChild(QWidget, "persona_dialog")
    picture(dialog, f"persona-dialog-{'-'.join(shade)}")
    dialog.close()


def test_judged_chat(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 5)
    homes.wait_a_moment()
    _, good, _, bad = homes.add_conversation(store, sunny)
    preferring.prefer(store, good)
    store.ratings.undo(good)
    store.ratings.rate(good, "up", origin="import")
    window = open_window(*shade)
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    window.findChild(QToolButton, "history").click()
    window.chat.judging.delete(store.conversations.page(sunny.id)[2].id)
    wait_until(qtbot, lambda: bool(window.findChild(QLabel, "done_words").text()))
    picture(window, f"chat-judged-{'-'.join(shade)}")
    window.findChild(QToolButton, "history_deleted").click()
    wait_until(qtbot, lambda: window.findChild(QWidget, "history_list").model().rowCount() == 1)
    window.resize(800, 560)
    picture(window, f"chat-judged-small-{'-'.join(shade)}")
    window.findChild(QToolButton, "what_counts").click()
    dialog = window.findChild(QWidget, "what_counts_dialog")
    picture(dialog, f"what-counts-{'-'.join(shade)}")
    dialog.close()
    window.chat.judging.thumb(bad, True)
    wait_until(qtbot, lambda: store.ratings.of([bad])[bad].value == "up")
