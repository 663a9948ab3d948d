"""A person could not see, leave out, fill or rehearse what keeps old abilities if these failed."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.errors import ReplayRefused, StoreError
from app.gui.message_body import Prose
from app.gui.replay_cards import GroupCard
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import past_replies, replay_groups
from app.store import Persona, Store
from tests.gui import homes
from tests.gui.conftest import Model, Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import is_open, wait_until

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def sunny(store: Store) -> Persona:
    (made,) = homes.add_personas(store, "Sunny")
    return store.personas.update(made.id, languages=("en", "ko"))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """Items of the test's own in place of the starter sets."""
    monkeypatch.setattr("app.operations.replaying.provide_starter_replay", lambda _store: None)
    homes.add_replay(store, 6)


def _targets(store: Store) -> dict[str, int]:
    return {group.name: group.target for group in store.replay.groups()}


def _open(window: MainWindow, qtbot: QtBot, group: str = "coding") -> QListView:
    window.show_page("replay")
    wait_until(qtbot, lambda: window.replay.overview is not None)
    wait_until(qtbot, lambda: window.findChild(GroupCard, f"replay_group_{group}") is not None)
    qtbot.mouseClick(find(window, GroupCard, f"replay_group_{group}"), LEFT)
    wait_until(qtbot, lambda: window.replay.group == group)
    return find(window, QListView, "replay_list")


def _rows(view: QListView) -> int:
    return view.model().rowCount()


def _words(window: MainWindow) -> list[str]:
    """The exchange as it is shown."""
    area = window.findChild(QScrollArea, "replay_exchange")
    return [each.toPlainText() for each in area.findChildren(Prose)] if area is not None else []


def _left_out(store: Store) -> list[str]:
    return [item.external_id for item in store.replay.all() if item.left_out]


def test_the_page_opens_by_key_and_shows_each_group_against_its_target(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    window = open_window()
    qtbot.keySequence(window, QKeySequence("Ctrl+R"))
    wait_until(qtbot, lambda: window.findChild(QLabel, "replay_count_general") is not None)
    shown = {
        name: find(window, QLabel, f"replay_count_{name}").text()
        for name in ("persona", "korean", "coding", "general")
    }
    assert shown["persona"] == "0 of 200" and shown["korean"] == "0 of 300"
    assert shown["coding"] == "300 of 300" and shown["general"] == "200 of 200"
    card = find(window, GroupCard, "replay_group_korean")
    assert "The base of Sunny does not speak this language." in card.accessibleName()


def test_the_space_bar_leaves_an_item_out_and_undo_takes_it_in_again(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    window = open_window()
    view = _open(window, qtbot)
    wait_until(qtbot, lambda: _rows(view) == 6)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    wait_until(qtbot, lambda: _left_out(store) == ["coding-1"])
    wait_until(qtbot, lambda: find(window, QLabel, "replay_state").text() == "left out")
    assert view.currentIndex().row() == 1, "the place in the list was lost"
    wait_until(qtbot, lambda: find(window, QWidget, "replay_told").isVisible())
    qtbot.keySequence(view, QKeySequence("Ctrl+Z"))
    wait_until(qtbot, lambda: _left_out(store) == [])


def test_a_click_on_the_box_switches_and_one_beside_it_only_chooses(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    window = open_window()
    view = _open(window, qtbot)
    wait_until(qtbot, lambda: _rows(view) == 6)
    place = view.visualRect(view.model().index(2, 0))
    qtbot.mouseClick(view.viewport(), LEFT, pos=place.center())
    wait_until(qtbot, lambda: view.currentIndex().row() == 2)
    assert _left_out(store) == []
    corner = place.topLeft()
    corner.setX(corner.x() + 14)
    corner.setY(corner.y() + 18)
    qtbot.mouseClick(view.viewport(), LEFT, pos=corner)
    wait_until(qtbot, lambda: _left_out(store) == ["coding-2"])


def test_the_whole_exchange_is_read_and_a_text_finds_it(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    window = open_window()
    view = _open(window, qtbot)
    wait_until(qtbot, lambda: _rows(view) == 6)
    find(window, QLineEdit, "replay_search").setText("number 4")
    wait_until(qtbot, lambda: _rows(view) == 1)
    wanted = ["What is coding matter number 4?", "The 4th of 6 coding matters."]
    wait_until(qtbot, lambda: _words(window) == wanted)
    find(window, QLineEdit, "replay_search").setText("nowhere")
    wait_until(qtbot, lambda: find(window, QLabel, "replay_empty").isVisible())


def test_words_of_an_item_are_never_markup(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    asked = "<b>bold</b> & <img src='file:///x'>?"
    replay_groups.add_item(store, sunny.id, "general", asked, "<i>no</i>")
    window = open_window()
    view = _open(window, qtbot, "general")
    wait_until(qtbot, lambda: _rows(view) == 7)
    view.setCurrentIndex(view.model().index(6, 0))
    wait_until(qtbot, lambda: _words(window) == [asked, "<i>no</i>"])


def test_a_word_that_is_longer_than_its_line_is_read_whole(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    address = f"https://example.com/{'part-of-it/' * 60}"
    replay_groups.add_item(store, sunny.id, "general", "Where does it stand?", address)
    window = open_window()
    view = _open(window, qtbot, "general")
    wait_until(qtbot, lambda: _rows(view) == 7)
    view.setCurrentIndex(view.model().index(6, 0))
    wait_until(qtbot, lambda: _words(window)[-1:] == [address])
    area = find(window, QScrollArea, "replay_exchange")
    wait_until(qtbot, lambda: area.widget().width() <= area.viewport().width())


def test_who_scrolls_down_is_not_brought_back_when_more_is_read(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    window = open_window()
    view = _open(window, qtbot)
    wait_until(qtbot, lambda: 0 < _rows(view) < 300)
    rows = _rows(view)
    bar = view.verticalScrollBar()
    place = bar.maximum()
    bar.setValue(place)
    wait_until(qtbot, lambda: _rows(view) > rows)
    assert bar.value() >= place


def test_the_line_that_tells_what_was_done_does_not_hide_the_item_it_was_done_to(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    window = open_window()
    view = _open(window, qtbot)
    wait_until(qtbot, lambda: _rows(view) >= 50)
    last = view.indexAt(QPoint(8, view.viewport().height() - 60)).row()
    view.setCurrentIndex(view.model().index(last, 0))
    high = view.viewport().height()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    wait_until(qtbot, lambda: view.viewport().height() < high)
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))


def test_the_keyboard_stays_at_the_button_that_leaves_an_item_out(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    window = open_window()
    view = _open(window, qtbot)
    wait_until(qtbot, lambda: _rows(view) == 6)
    wait_until(qtbot, lambda: window.findChild(QPushButton, "replay_leave_out") is not None)
    find(window, QPushButton, "replay_leave_out").setFocus()

    def at() -> str:
        place = QApplication.focusWidget()
        return place.text() if isinstance(place, QPushButton) else ""

    wait_until(qtbot, lambda: at() == "Leave out")
    for left_out, words in ((["coding-0"], "Take in again"), ([], "Leave out")):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
        wait_until(qtbot, lambda left_out=left_out: _left_out(store) == left_out)
        wait_until(qtbot, lambda words=words: at() == words)


def test_whoever_talks_does_not_wait_for_the_groups_to_be_counted(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    few: None,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With years of replies counting takes a second, and each rating counts anew."""
    window = open_window()
    _open(window, qtbot)
    go_on = threading.Event()
    monkeypatch.setattr("app.operations.replaying.overview", lambda *_asked: go_on.wait(30))
    monkeypatch.setattr(window.replay, "_on_overview_read", lambda _read: None)
    window.replay.refresh()
    answered: list[bool] = []
    window.session.ask(lambda _store: True, answered.append)
    wait_until(qtbot, lambda: bool(answered))
    assert not go_on.is_set()
    go_on.set()


def test_each_of_several_actions_is_taken_back_the_last_first(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    """A group that was removed would be gone for good once anything else was done."""
    replay_groups.add_group(store, "Recipes", 40)
    window = open_window()
    view = _open(window, qtbot, "Recipes")
    window.replay.remove_group("Recipes")
    wait_until(qtbot, lambda: len(store.replay.groups()) == 4)
    view = _open(window, qtbot)
    wait_until(qtbot, lambda: _rows(view) == 6)
    window.replay.leave_out(store.replay.all(["coding"])[0].id, True)
    wait_until(qtbot, lambda: _left_out(store) == ["coding-0"])
    wait_until(qtbot, lambda: "Left out" in find(window, QLabel, "replay_told_text").text())
    window.replay.undo()
    window.replay.undo()
    wait_until(qtbot, lambda: _left_out(store) == [] and len(store.replay.groups()) == 5)
    wait_until(qtbot, lambda: not find(window, QPushButton, "replay_undo").isVisible())


def test_a_target_is_changed_in_its_line(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    window = open_window()
    _open(window, qtbot)
    field = find(window, QLineEdit, "replay_target")
    field.selectAll()
    qtbot.keyClicks(field, "1,2")
    assert field.text() == "12", "a sign that is no figure would end in an error"
    field.selectAll()
    qtbot.keyClicks(field, "4")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: store.replay.groups()[2].target == 4)
    wait_until(qtbot, lambda: find(window, QLabel, "replay_count_coding").text() == "4 of 4")
    qtbot.mouseClick(find(window, QPushButton, "replay_undo"), LEFT)
    wait_until(qtbot, lambda: store.replay.groups()[2].target == 300)


def test_a_group_of_ones_own_is_made_filled_and_removed_with_a_way_back(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    window = open_window()
    _open(window, qtbot)
    qtbot.mouseClick(find(window, QPushButton, "replay_new_group"), LEFT)
    dialog = find(window, QWidget, "replay_group_dialog")
    qtbot.keyClicks(find(dialog, QLineEdit, "replay_group_name"), "coding")
    qtbot.mouseClick(find(dialog, QPushButton, "replay_group_save"), LEFT)
    wait_until(qtbot, lambda: find(dialog, QWidget, "replay_group_dialog_trouble").isVisible())
    find(dialog, QLineEdit, "replay_group_name").setText("Recipes")
    qtbot.mouseClick(find(dialog, QPushButton, "replay_group_save"), LEFT)
    wait_until(qtbot, lambda: window.findChild(GroupCard, "replay_group_Recipes") is not None)
    wait_until(qtbot, lambda: window.replay.group == "Recipes" and not is_open(dialog))
    qtbot.mouseClick(find(window, QToolButton, "replay_new_item"), LEFT)
    form = find(window, QWidget, "replay_item_dialog")
    find(form, QPlainTextEdit, "replay_item_question").setPlainText("Rice?")
    find(form, QPlainTextEdit, "replay_item_answer").setPlainText("Ten minutes.")
    qtbot.mouseClick(find(form, QPushButton, "replay_item_save"), LEFT)
    view = find(window, QListView, "replay_list")
    wait_until(qtbot, lambda: _rows(view) == 1)
    find(window, QToolButton, "replay_remove_group").click()
    wait_until(qtbot, lambda: len(store.replay.groups()) == 4)
    wait_until(qtbot, lambda: find(window, QPushButton, "replay_undo").isVisible())
    qtbot.mouseClick(find(window, QPushButton, "replay_undo"), LEFT)
    wait_until(qtbot, lambda: len(store.replay.all(["Recipes"])) == 1)


def test_undo_waits_for_what_is_still_being_stored(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    """Who changes something and undoes at once means that, not what was done before it."""
    window = open_window()
    _open(window, qtbot)
    stored = _targets(store)["coding"]
    window.replay.set_target("coding", stored + 1)
    wait_until(qtbot, lambda: find(window, QPushButton, "replay_undo").isVisible())
    window.replay.set_target("coding", stored + 2)
    window.replay.undo()
    wait_until(qtbot, lambda: "taken back" in find(window, QLabel, "replay_told_text").text())
    assert _targets(store)["coding"] == stored + 1
    window.replay.undo()
    wait_until(qtbot, lambda: _targets(store)["coding"] == stored)


def test_groups_that_could_not_be_read_are_read_again(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    few: None,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def damaged(*_arguments: object) -> None:
        raise StoreError("The disk is full.", "Free some space.", kind="disk_full")

    window = open_window()
    with monkeypatch.context() as patch:
        patch.setattr("app.operations.replaying.overview", damaged)
        window.show_page("replay")
        wait_until(qtbot, lambda: find(window, QWidget, "trouble_bar").isVisible())
    find(window, QPushButton, "trouble_action").click()
    wait_until(qtbot, lambda: window.findChild(GroupCard, "replay_group_coding") is not None)
    wait_until(qtbot, lambda: _rows(find(window, QListView, "replay_list")) == 6)


def test_an_item_that_is_being_written_outlives_a_change_of_the_theme(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    """A system that goes dark in the evening builds the pages anew."""
    window = open_window()
    _open(window, qtbot)
    find(window, QToolButton, "replay_new_item").click()
    find(window, QPlainTextEdit, "replay_item_question").setPlainText("How long does rice take?")
    window.session.choose_theme("dark")
    wait_until(qtbot, lambda: find(window.centralWidget(), QWidget, "replay_page").isVisible())
    form = find(window, QWidget, "replay_item_dialog")
    assert form.isVisible()
    find(form, QPlainTextEdit, "replay_item_answer").setPlainText("Ten minutes.")
    find(form, QPushButton, "replay_item_save").click()
    wait_until(qtbot, lambda: len(store.replay.all(["coding"])) == 7)


def test_filling_says_what_came_in(
    open_window: Opener, store: Store, home: Home, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    _learn(store, home, sunny, 8)
    window = open_window()
    _open(window, qtbot)
    qtbot.mouseClick(find(window, QPushButton, "replay_fill"), LEFT)
    wait_until(qtbot, lambda: len(store.replay.learned_by(sunny.id)) == 8)
    wait_until(qtbot, lambda: find(window, QLabel, "replay_told_text").text().startswith("Past"))
    about = find(window, QLabel, "replay_about")
    wait_until(qtbot, lambda: "builds anew from the base" in about.text())


def test_the_base_answers_while_somebody_talks_and_stops_when_told(
    open_window: Opener, store: Store, sunny: Persona, few: None, model: Model, qtbot: QtBot
) -> None:
    window = open_window()
    _open(window, qtbot)
    model.go_on.clear()
    model.words = ["An answer of the base.", " So it is."]
    asked_before = len(model.asked)
    qtbot.mouseClick(find(window, QPushButton, "replay_rehearse"), LEFT)
    wait_until(qtbot, lambda: len(model.asked) > asked_before)
    assert model.asked[-1] == (
        [{"role": "user", "content": "What is coding matter number 0?"}], None,
    )  # fmt: skip
    wait_until(qtbot, lambda: "0 of 6" in find(window, QLabel, "rehearsal_line").text())
    window.chat.say("Hello there")
    wait_until(qtbot, lambda: len(model.asked) == asked_before + 2)  # not queued behind it
    model.go_on.set()
    wait_until(qtbot, lambda: window.replay.progress is None)
    items = store.replay.all(["coding"])
    answered = [item for item in items if item.source == "rehearsed"]
    assert len(answered) == 6
    wait_until(qtbot, lambda: "answered 6" in find(window, QLabel, "replay_told_text").text())
    wait_until(qtbot, lambda: not find(window, QPushButton, "replay_rehearse").isEnabled())
    wait_until(qtbot, lambda: not window.chat.answering)


def test_a_rehearsal_that_is_stopped_keeps_what_was_answered(
    open_window: Opener, store: Store, sunny: Persona, few: None, model: Model, qtbot: QtBot
) -> None:
    window = open_window()
    _open(window, qtbot)
    model.go_on.clear()
    qtbot.mouseClick(find(window, QPushButton, "replay_rehearse"), LEFT)
    wait_until(qtbot, lambda: bool(model.asked))
    qtbot.mouseClick(find(window, QPushButton, "rehearsal_stop"), LEFT)
    model.go_on.set()
    wait_until(qtbot, lambda: window.replay.progress is None)
    wait_until(qtbot, lambda: "6 are left" in find(window, QLabel, "replay_told_text").text())
    assert find(window, QPushButton, "replay_rehearse").isEnabled()


def test_an_answer_that_comes_while_another_persona_is_read_is_no_error(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    few: None,
    model: Model,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    technical = homes.add_personas(store, "Technical")[0]
    window = open_window()
    _open(window, qtbot)
    model.go_on.clear()
    qtbot.mouseClick(find(window, QPushButton, "replay_rehearse"), LEFT)
    wait_until(qtbot, lambda: bool(model.asked))
    wait_until(qtbot, lambda: window.findChild(QWidget, "rehearsal_progress") is not None)
    monkeypatch.setattr(window.replay, "_on_overview_read", lambda _read: None)
    window.session.switch(technical.id)
    wait_until(qtbot, lambda: window.findChild(QWidget, "rehearsal_progress") is None)
    window.replay.progressed.emit()
    window.replay.stop()
    model.go_on.set()
    wait_until(qtbot, lambda: window.replay.progress is None)


def test_a_training_that_has_the_device_is_told_with_a_way_to_try_again(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    few: None,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(*_arguments: object) -> None:
        raise ReplayRefused("A training has the device.", "Wait.", kind="replay_busy")

    monkeypatch.setattr("app.gui.replay_session.check_possible", busy)
    window = open_window()
    _open(window, qtbot)
    qtbot.mouseClick(find(window, QPushButton, "replay_rehearse"), LEFT)
    wait_until(qtbot, lambda: find(window, QWidget, "trouble_bar").isVisible())
    assert find(window, QLabel, "trouble_text").text() == "A training has the device."
    assert window.replay.progress is None


def _learn(store: Store, home: Home, persona: Persona, replies: int) -> None:
    homes.add_usable(store, persona, replies, corrected=2)
    homes.put_live(store, home, persona, "2026-10-sunny-1")
    learned = [
        turn.message_id for talk in store.learnable(persona.id) for turn in talk.turns
        if turn.role == "assistant"
    ]  # fmt: skip
    store.runs.use("2026-10-sunny-1", learned)


def test_picture_of_filled_groups(
    open_window: Opener,
    store: Store,
    home: Home,
    sunny: Persona,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    _learn(store, home, sunny, 24)
    past_replies.fill_from_conversations(store, sunny)
    replay_groups.add_group(store, "Recipes from grandmother's kitchen book", 40)
    window = open_window(*shade)
    view = _open(window, qtbot)
    wait_until(qtbot, lambda: _rows(view) > 5)
    drawn = [item.id for item in store.replay.all(["coding"])[:4]]
    store.replay.mark_used(drawn, "2026-10-sunny-1")
    window.replay.leave_out(drawn[1], True)
    view.setCurrentIndex(view.model().index(8, 0))
    wait_until(qtbot, lambda: find(window, QWidget, "replay_told").isVisible())
    picture(window, f"replay-filled-{'-'.join(shade)}")
    _open(window, qtbot, "general")
    wait_until(qtbot, lambda: window.findChild(QLabel, "replay_group_on") is not None)
    window.resize(800, 560)
    picture(window, f"replay-small-{'-'.join(shade)}")


def test_picture_of_an_empty_group_and_a_rehearsal(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    model: Model,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    window = open_window(*shade)
    _open(window, qtbot)
    model.go_on.clear()
    find(window, QPushButton, "replay_rehearse").click()
    wait_until(qtbot, lambda: bool(model.asked))
    _open(window, qtbot, "persona")
    wait_until(qtbot, lambda: find(window, QLabel, "replay_empty").isVisible())
    picture(window, f"replay-empty-{'-'.join(shade)}")
    find(window, QPushButton, "replay_new_group").click()
    dialog = find(window, QWidget, "replay_group_dialog")
    picture(dialog, f"replay-group-dialog-{'-'.join(shade)}")
    dialog.close()
    window.replay.stop()
    model.go_on.set()
    wait_until(qtbot, lambda: window.replay.progress is None)


def test_picture_of_trouble(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    few: None,
    picture: Picture,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    shade: tuple[Choice, Language],
) -> None:
    def busy(*_arguments: object) -> None:
        raise ReplayRefused("A training has the device.", "Wait.", kind="replay_busy")

    monkeypatch.setattr("app.gui.replay_session.check_possible", busy)
    window = open_window(*shade)
    _open(window, qtbot)
    find(window, QPushButton, "replay_rehearse").click()
    wait_until(qtbot, lambda: find(window, QWidget, "trouble_bar").isVisible())
    picture(window, f"replay-trouble-{'-'.join(shade)}")


def test_another_language_keeps_the_page_and_its_group(
    open_window: Opener, store: Store, sunny: Persona, few: None, qtbot: QtBot
) -> None:
    window = open_window()
    _open(window, qtbot, "general")
    window.session.choose_language("ko")
    wait_until(qtbot, lambda: find(window.centralWidget(), QWidget, "replay_page").isVisible())

    def shown() -> str:
        page = find(window.centralWidget(), QWidget, "replay_page")
        made = page.findChild(QLabel, "replay_group_on")
        return made.text() if made is not None else ""

    wait_until(qtbot, lambda: shown() == "일반")
    view = find(window.centralWidget(), QListView, "replay_list")
    wait_until(qtbot, lambda: _rows(view) == 6)


class Slow(threading.Event):
    """A base that takes its time for each word."""

    def wait(self, timeout: float | None = None) -> bool:
        time.sleep(0.02)
        return True


def test_closing_the_window_ends_a_rehearsal_in_the_middle_of_an_answer(
    open_window: Opener, store: Store, sunny: Persona, few: None, model: Model, qtbot: QtBot
) -> None:
    window = open_window()
    _open(window, qtbot)
    model.words = [f"word {number} " for number in range(200)]
    model.go_on = Slow()
    qtbot.mouseClick(find(window, QPushButton, "replay_rehearse"), LEFT)
    wait_until(qtbot, lambda: bool(model.asked))
    window.close()
    wait_until(qtbot, lambda: not window.isVisible())
    assert "rehearsal" not in {thread.name for thread in threading.enumerate()}
    assert len(model.asked) == 1
    assert not [item for item in store.replay.all() if item.source == "rehearsed"]
