"""Who asks the window to forget would be left with it, or without more, if these failed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.cycle.process import sign_in
from app.forgetting import journal
from app.forgetting.journal import Task
from app.gui.forget_dialog import ForgetDialog, Target
from app.gui.window import MainWindow
from app.home import Home
from app.operations import forgetting
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.test_chat import LEFT, find
from tests.gui.waiting import wait_until
from trainer.contract.folder import read_control

SECRET = "The spare key of zyxquork lies under the pot."


def _talks(store: Store) -> tuple[int, list[int]]:
    """A persona with a kept conversation, and then one with a secret."""
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    talk = store.conversations.add(sunny.id, homes.SUNNY, SECRET)
    asked = store.messages.add(talk.id, None, "user", SECRET)
    reply = store.messages.add(talk.id, asked.id, "assistant", "I see.", finish="stop")
    return talk.id, [asked.id, reply.id]


def _menu(words: str) -> None:
    """Choose an entry of the menu that is open."""
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next(each for each in menu.actions() if each.text() == words)
    action.trigger()
    menu.close()


def _dialog(window: MainWindow, qtbot: QtBot) -> ForgetDialog:
    """The question, once it knows what goes."""
    dialog = find(window, ForgetDialog, "forget_dialog")
    wait_until(qtbot, lambda: dialog._go.isEnabled())
    return dialog


def _ask_in_history(window: MainWindow, qtbot: QtBot, words: str) -> ForgetDialog:
    window._pages.chat._header.history.click()
    view = find(window, QListView, "history_list")
    wait_until(qtbot, lambda: view.model().rowCount() > 0)
    first = view.visualRect(view.model().index(0, 0)).center()
    view.customContextMenuRequested.emit(first)
    _menu(words)
    return _dialog(window, qtbot)


def test_conversation_is_forgotten_from_the_list(
    open_window: Opener, store: Store, qtbot: QtBot, home: Home
) -> None:
    talk, _ = _talks(store)
    window = open_window()
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 2)
    dialog = _ask_in_history(window, qtbot, "Forget this conversation…")
    assert "Messages: 2" in find(dialog, QLabel, "forget_what").text()
    assert not find(dialog, QPushButton, "forget_with_adapters").isVisible()
    qtbot.mouseClick(dialog._go, LEFT)
    wait_until(qtbot, lambda: find(dialog, QLabel, "forget_title").text() == "Forgotten.")
    left = store.conversations.page(1)
    assert talk not in [each.id for each in left] and len(left) == 1
    assert SECRET.encode() not in home.database.read_bytes()
    # The chat showed it; now it shows what is left, and so does the list.
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4)
    view = find(window, QListView, "history_list")
    wait_until(qtbot, lambda: view.model().rowCount() == 1)
    dialog.reject()


def test_keeping_it_changes_nothing(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    talk, ids = _talks(store)
    window = open_window()
    dialog = _ask_in_history(window, qtbot, "Forget this conversation…")
    qtbot.mouseClick(dialog._leave, LEFT)
    assert [each.id for each in store.messages.path(talk)] == ids


def test_reply_is_forgotten_from_its_menu(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    talk, ids = _talks(store)
    window = open_window()
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 2)
    qtbot.mouseClick(find(window, QToolButton, "more"), LEFT)
    _menu("Forget this reply…")
    dialog = _dialog(window, qtbot)
    qtbot.mouseClick(dialog._go, LEFT)
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 1)
    assert [each.id for each in store.messages.path(talk)] == ids[:1]
    dialog.reject()


def test_everything_said_to_a_persona_is_forgotten(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _talks(store)
    window = open_window()
    dialog = _ask_in_history(window, qtbot, "Forget everything said to Sunny…")
    qtbot.mouseClick(dialog._go, LEFT)
    wait_until(qtbot, lambda: store.conversations.page(1) == [])
    wait_until(qtbot, lambda: not window.chat.model.rows)
    assert [persona.name for persona in store.personas.all()] == ["Sunny"]
    dialog.reject()


def test_training_that_learns_it_is_stopped_from_the_question(
    open_window: Opener, store: Store, qtbot: QtBot, home: Home
) -> None:
    _, ids = _talks(store)
    folder = homes.add_run(store, home, store.personas.get(1))
    store.runs.use(homes.RUN_ID, ids)
    sign_in(folder, os.getpid())
    window = open_window()
    dialog = _ask_in_history(window, qtbot, "Forget this conversation…")
    qtbot.mouseClick(dialog._go, LEFT)
    action = dialog._trouble._action
    wait_until(qtbot, lambda: action.isVisible())
    assert action.text() == "Stop the training"
    qtbot.mouseClick(action, LEFT)
    wait_until(qtbot, lambda: read_control(folder) is not None)
    command = read_control(folder)
    assert command is not None and command.command == "discard"
    assert len(store.conversations.page(1)) == 2
    (folder.root / "cycle.json").unlink()
    wait_until(qtbot, lambda: dialog._go.isEnabled())
    qtbot.mouseClick(dialog._go, LEFT)
    wait_until(qtbot, lambda: len(store.conversations.page(1)) == 1)
    wait_until(qtbot, lambda: not dialog._working)
    dialog.reject()


def test_empty_place_of_the_list_has_no_menu(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _talks(store)
    window = open_window()
    window._pages.chat._header.history.click()
    view = find(window, QListView, "history_list")
    wait_until(qtbot, lambda: view.model().rowCount() > 0)
    view.customContextMenuRequested.emit(QPoint(5, view.viewport().height() - 2))
    assert QApplication.activePopupWidget() is None


@pytest.mark.parametrize(("choice", "language"), [("light", "en"), ("dark", "ko")])
def test_question_with_adapters_looks_as_it_should(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    home: Home,
    picture: Callable[[QWidget, str], Path],
    choice: str,
    language: str,
) -> None:
    _, ids = _talks(store)
    sunny = store.personas.get(1)
    folder = homes.add_run(store, home, sunny)
    store.runs.use(homes.RUN_ID, ids)
    folder.adapter.mkdir()
    assert sunny.base_id is not None
    adapter = store.adapters.add(
        sunny.id, sunny.base_id, homes.RUN_ID, None, folder.adapter, folder.adapter_gguf, "d"
    )
    store.deployments.put_live(sunny.id, homes.RUN_ID, adapter.id, "built-in", "1", "scale", {})
    window = open_window(choice, language)  # type: ignore[arg-type]
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 2)
    window.chat.forget_asked.emit(Target("conversation", 2))
    dialog = _dialog(window, qtbot)
    assert "v1" in find(dialog, QLabel, "forget_adapters").text()
    assert find(dialog, QPushButton, "forget_with_adapters").isVisible()
    picture(dialog, f"forget-{choice}-{language}")
    dialog.reject()


def test_forgetting_that_was_broken_off_ends_when_the_window_opens_next(
    open_window: Opener, store: Store, qtbot: QtBot, home: Home
) -> None:
    """Nobody would ask for it again: what it was about is out of sight already."""
    talk, _ = _talks(store)
    plan = forgetting.plan_conversations(home, store, [talk])

    def kill(step: str) -> None:
        if step == "database":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forgetting.forget(home, store, plan, tell=kill)
    assert journal.journal(home).exists()
    window = open_window()
    wait_until(qtbot, lambda: not journal.journal(home).exists())
    told = find(window, QLabel, "trouble_text")
    wait_until(qtbot, lambda: "was forgetting" in told.text())


def test_forgetting_that_cannot_be_ended_yet_is_tried_again_on_demand(
    open_window: Opener, store: Store, qtbot: QtBot, home: Home
) -> None:
    talk, _ = _talks(store)
    scope = forgetting.plan_conversations(home, store, [talk]).scope
    journal.write(home, Task(scope, (), False, True, store.forgetting.last_message()))
    with FileLock(home.root / "forgetting.lock"):
        window = open_window()
        again = find(window, QPushButton, "trouble_action")
        wait_until(qtbot, lambda: again.isVisible())
        assert talk in [each.id for each in store.conversations.page(1)]
    qtbot.mouseClick(again, LEFT)
    wait_until(qtbot, lambda: not journal.journal(home).exists())
    assert talk not in [each.id for each in store.conversations.page(1)]


def test_places_where_words_stay_are_told_in_the_language_of_the_window(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    talk, _ = _talks(store)
    rain = store.personas.add("Rain", "Be calm.")
    other = store.conversations.add(rain.id, "", f"On: {SECRET}")
    store.messages.add(other.id, None, "user", "How are the bees?")
    window = open_window("light", "ko")
    window.chat.forget_asked.emit(Target("conversation", talk))
    dialog = _dialog(window, qtbot)
    told = find(dialog, QLabel, "forget_elsewhere").text()
    assert told.endswith(f"“On: {SECRET}” 대화.") and "conversation" not in told
    dialog.reject()
