"""A home that goes away, another process that writes, and names that nobody should have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListView, QPushButton, QTextEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.window import WIDTH_PX, MainWindow
from app.home import Home
from app.operations import chat, rating
from app.store import Store, open_store
from app.store.persona_removal import remove_persona
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.test_chat import LEFT, answered, find, say
from tests.gui.waiting import wait_until

PAGES = ("chat", "review", "replay", "train", "personas", "settings")
MARKUP = '<script>alert(1)</script><img src="https://example.org/x.png"> & <b>bold</b>'


def trouble(window: MainWindow, qtbot: QtBot) -> str:
    """What the bar over the page says."""
    bar = find(window.centralWidget(), QWidget, "trouble_bar")
    wait_until(qtbot, bar.isVisible)
    return " ".join(find(bar, QLabel, name).text() for name in ("trouble_text", "trouble_more"))


def bar_is_closed(window: MainWindow) -> bool:
    return find(window.centralWidget(), QWidget, "trouble_bar").isHidden()


def again(window: MainWindow) -> None:
    find(window.centralWidget(), QPushButton, "trouble_action").click()


def test_a_home_that_vanishes_is_told_once_and_gone_on_with_when_it_is_back(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, tmp_path: Path
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: answered(window, 2))
    away = tmp_path / "away"
    home.root.rename(away)
    words = trouble(window, qtbot)
    assert "no longer where it was" in words and "move the folder back" in words
    say(window, qtbot, "Is anybody there?")
    editor = find(window.centralWidget(), QTextEdit, "composer_text")
    wait_until(qtbot, lambda: editor.toPlainText() == "Is anybody there?")
    assert not home.root.exists(), "no empty home may stand in its place"
    find(window.centralWidget(), QToolButton, "trouble_close").click()
    looked: list[bool] = []
    window.session._look_for_changes()
    window.session.ask(lambda _store: True, looked.append, lambda _error: looked.append(False))
    wait_until(qtbot, lambda: bool(looked))
    assert bar_is_closed(window), "it is told once"
    window.session._look_for_home()
    assert "no longer where it was" in trouble(window, qtbot)
    away.rename(home.root)
    again(window)
    wait_until(qtbot, lambda: bar_is_closed(window))
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: answered(window, 4))
    (talk,) = store.conversations.page(sunny.id)
    assert [message.content for message in store.messages.path(talk.id)][::2] == [
        "Hello",
        "Is anybody there?",
    ]


def test_a_home_that_comes_back_as_a_copy_is_opened_by_itself(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, tmp_path: Path
) -> None:
    """As from a backup, or on a disk that was plugged in anew."""
    homes.add_personas(store, "Sunny")
    window = open_window()
    away = tmp_path / "away"
    home.root.rename(away)
    assert "no longer where it was" in trouble(window, qtbot)
    home.root.mkdir()
    looked: list[object] = []
    window.session.ask(lambda _store: True, looked.append, looked.append)
    wait_until(qtbot, lambda: bool(looked))
    assert not home.database.exists()
    with open_store(Home(away)) as opened:
        opened.personas.add("Technical", homes.SUNNY)
    shutil.copytree(away, home.root, dirs_exist_ok=True)
    wait_until(qtbot, lambda: len(window.session.household.cards) == 2)
    wait_until(qtbot, lambda: bar_is_closed(window))


def test_what_another_process_adds_appears_without_a_restart(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    _, good, *_ = homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4)
    find(window.centralWidget(), QToolButton, "history").click()
    entries = find(window.centralWidget(), QListView, "history_list").model()
    wait_until(qtbot, lambda: entries.rowCount() == 1)
    store.personas.add("Technical", homes.SUNNY, base_id=sunny.base_id)
    rating.thumb_down(store, good)
    talk = store.conversations.add(sunny.id, homes.SUNNY, MARKUP)
    store.messages.add(talk.id, None, "user", "Said on the command line")
    wait_until(qtbot, lambda: len(window.session.household.cards) == 2)
    find(window.centralWidget(), QWidget, "persona_technical")

    def value() -> str | None:
        line = window.chat.model.rows[1].line
        return line.rating.value if line is not None and line.rating is not None else None

    wait_until(qtbot, lambda: value() == "down")
    wait_until(qtbot, lambda: entries.rowCount() == 2)
    assert MARKUP in [entries.index(row, 0).data() for row in range(2)]


def test_a_conversation_that_another_process_goes_on_with_is_read_on(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, last = homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4)
    talk = store.messages.get(last).conversation_id
    store.messages.add(talk, last, "user", "Said on the command line")
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 5)
    editor = find(window.centralWidget(), QTextEdit, "composer_text")
    qtbot.keyClicks(editor, "half a thought")
    rating.thumb_up(store, last)
    wait_until(
        qtbot, lambda: bool(window.chat.talk.lines[3].rating)
        and window.chat.talk.lines[3].rating.value == "up"
    )  # fmt: skip
    assert editor.toPlainText() == "half a thought"


def test_what_was_removed_meanwhile_is_told_and_the_next_one_shown(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4)
    window.session._watch.stop()
    remove_persona(store._database, sunny.id, sunny.created)
    reply = find(window.centralWidget(), QWidget, "message_3")
    qtbot.mouseClick(find(reply, QToolButton, "thumb_up"), LEFT)
    assert "removed" in trouble(window, qtbot) or "no longer" in trouble(window, qtbot)
    window.session._watch.start()
    wait_until(qtbot, lambda: window.session.household.current_id == technical.id)
    wait_until(qtbot, lambda: not window.chat.model.rows)
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: answered(window, 2))


@pytest.mark.parametrize(
    "name", ["W" * 500, "👩\u200d👩\u200d👧🌻" * 60, MARKUP, "\u202edrow\u202c"]
)
def test_no_name_of_a_persona_breaks_a_page(
    open_window: Opener, store: Store, qtbot: QtBot, name: str
) -> None:
    (sunny,) = homes.add_personas(store, name)
    homes.add_conversation(store, sunny)
    chat.ask(store, sunny, None, MARKUP)
    window = open_window()
    for page in PAGES:
        window.show_page(page)
        wait_until(qtbot, lambda each=page: window._pages.currentWidget().isVisible())  # type: ignore[misc]
        assert window.centralWidget().minimumSizeHint().width() <= WIDTH_PX, page
