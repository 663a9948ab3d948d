"""Pictures of the review for a person to look at: light and dark, English and Korean."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.errors import StoreError
from app.gui import examining
from app.gui.examining import Progress
from app.gui.theme import Choice
from app.gui.translation import Language
from app.home import Home
from app.operations import reviewing
from app.operations.examining import examine
from app.store import Persona, Store
from app.store.review import ReviewFilter
from tests.gui import homes, review_home
from tests.gui.conftest import Opener, Picture
from tests.gui.review_keyboard import Keyboard
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

KEY = Qt.Key


@pytest.fixture
def sunny(store: Store) -> Persona:
    (made,) = homes.add_personas(store, "Sunny")
    return made


@pytest.fixture
def filled(store: Store, home: Home, sunny: Persona) -> list[int]:
    """A month with faults, half of it decided."""
    ids = review_home.add_flagged(store, home, sunny, 46)
    review_home.say(
        store,
        sunny,
        "제 전화번호는 010-2345-6789예요. 예약은 어디로 하나요?",
        "예약은 anna@firma.com으로 메일을 보내시거나 02-345-6789로 전화 주세요.\n\n내일까지는"
        " 자리가 있어요. 인원과 시간을 꼭 적어 주세요.",
        title="저녁 예약",
    )
    examine(home, store, sunny.id)
    reviewing.keep(store, sunny.id, ids[20:36])
    return ids


def test_picture_of_the_queue(
    open_window: Opener,
    qtbot: QtBot,
    picture: Picture,
    filled: list[int],
    shade: tuple[Choice, Language],
) -> None:
    keys = Keyboard(open_window(*shade), qtbot)
    wait_until(qtbot, lambda: keys.window.review.numbers is not None)
    picture(keys.window, f"review-queue-{'-'.join(shade)}")
    keys.press("j", KEY.Key_1)
    keys.settle()
    picture(keys.window, f"review-code-{'-'.join(shade)}")
    keys.press("t")
    menu = QApplication.activePopupWidget()
    assert menu is not None
    picture(menu, f"review-topics-{'-'.join(shade)}")
    menu.close()
    keys.press(KEY.Key_2)
    picture(keys.window, f"review-correct-{'-'.join(shade)}")
    find(keys.card, QPushButton, "cancel_correction").click()
    keys.window.resize(800, 560)
    picture(keys.window, f"review-small-{'-'.join(shade)}")


def test_picture_of_the_dialogs(
    open_window: Opener,
    qtbot: QtBot,
    picture: Picture,
    filled: list[int],
    shade: tuple[Choice, Language],
) -> None:
    keys = Keyboard(open_window(*shade), qtbot)
    keys.press(KEY.Key_Space)
    wait_until(qtbot, lambda: keys.window.findChild(QPlainTextEdit, "review_around") is not None)
    around = find(keys.window, QWidget, "review_around_dialog")
    picture(around, f"review-around-{'-'.join(shade)}")
    around.close()
    keys.press(KEY.Key_Question)
    told = find(keys.window, QWidget, "review_keys_dialog")
    picture(told, f"review-keys-{'-'.join(shade)}")
    told.close()
    keys.press("a", KEY.Key_3)
    wait_until(qtbot, lambda: keys.window.findChild(QWidget, "review_bulk_dialog") is not None)
    asked = find(keys.window, QWidget, "review_bulk_dialog")
    picture(asked, f"review-bulk-{'-'.join(shade)}")
    asked.close()


def test_picture_of_a_copy_while_more_is_looked_at(
    open_window: Opener,
    store: Store,
    home: Home,
    sunny: Persona,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
) -> None:
    review_home.say(store, sunny, "How do I keep bread?", review_home.BREAD)
    review_home.say(store, sunny, "How do I keep my bread?", f"{review_home.BREAD} Buy a bag.")
    examine(home, store, sunny.id)
    keys = Keyboard(open_window(*shade), qtbot)
    looking = keys.window.session.examining
    looking.progress = Progress(sunny.id, 4_200, 12_000)
    looking.changed.emit()
    wait_until(qtbot, lambda: find(keys.card, QWidget, "review_twin").isVisible())
    picture(keys.window, f"review-copy-{'-'.join(shade)}")


def test_picture_of_nothing_left_and_of_trouble(
    open_window: Opener,
    store: Store,
    home: Home,
    sunny: Persona,
    qtbot: QtBot,
    picture: Picture,
    monkeypatch: pytest.MonkeyPatch,
    shade: tuple[Choice, Language],
) -> None:
    monkeypatch.setattr(examining, "FIRST_AFTER_MS", 0)
    window = open_window(*shade)
    keys = Keyboard(window, qtbot)
    wait_until(qtbot, lambda: window.review.numbers is not None)
    picture(window, f"review-empty-{'-'.join(shade)}")
    review_home.add_plain(store, sunny, 120, source="export.json")
    reviewing.draw_sample(store, sunny.id)
    review_home.say(store, sunny, "Where does the lamp belong?", "On the desk beside the window.")
    window.review.refresh()
    wait_until(qtbot, lambda: window.review.numbers.counts.sample == 100)
    picture(window, f"review-nothing-flagged-{'-'.join(shade)}")

    def damaged(*_arguments: object) -> None:
        raise StoreError("The disk is full.", "Free some space.", kind="disk_full")

    monkeypatch.setattr(reviewing, "queue", damaged)
    window.show_review(ReviewFilter("unrated"))
    wait_until(qtbot, lambda: find(window, QWidget, "trouble_bar").isVisible())
    keys.settle()
    picture(window, f"review-trouble-{'-'.join(shade)}")
