"""A comparison by eye that tells names early, loses a vote or stops the window decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.gui import compare_dialog
from app.gui.compare_dialog import CompareDialog
from app.gui.compare_offer import CompareOffer
from app.gui.message_body import Prose
from app.gui.overruling_dialog import OverrulingDialog
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import comparing, comparison, training
from app.operations.comparison import Comparison, Pair
from app.store import Persona, RunState, Store
from ollama_bridge.errors import RuntimeLost
from ollama_bridge.runtime.values import Delta
from tests.gui import homes
from tests.gui.conftest import Model, Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton
BEFORE = "2026-10-sunny-1"
PAIR = Pair(homes.RUN_ID, BEFORE)
ASKED = {
    "en": ("How do I reverse a list in Python, and which way is better for a long one?",
           "I keep putting off my tax papers.", "What could I cook from two carrots?"),
    "ko": ("파이썬에서 리스트를 뒤집으려면 어떻게 하고, 긴 리스트에는 무엇이 좋아?",
           "세금 서류를 자꾸 미루게 돼.", "당근 두 개로 무엇을 요리할 수 있을까?"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _quick_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_dialog, "SETTLE_S", 0.0)


@pytest.fixture
def answers(model: Model, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Who was asked; the new one answers with code, the old one at length."""
    asked: list[str | None] = []

    def chat(
        messages: Sequence[Mapping[str, str]], *, adapter: str | None, sampling: Any
    ) -> Iterator[Delta]:
        asked.append(adapter)
        if model.breaks_after is not None:
            raise RuntimeLost("The runtime ended in the middle of the reply.", "Ask again.")
        model.go_on.wait(10)
        old = "There are **many ways** to look at it. " * 6
        yield Delta(homes.CODE_REPLY if adapter == homes.RUN_ID else old)
        yield Delta("", "stop")

    monkeypatch.setattr(model, "chat", chat)
    return asked


def add_month(
    store: Store, home: Home, state: RunState = "undecided", language: Language = "en"
) -> Persona:
    """A judged run on top of a live adapter, and three messages to compare on."""
    (sunny,) = homes.add_personas(store, "Sunny")
    for text in ASKED[language]:
        talk = store.conversations.add(sunny.id, homes.SUNNY, text)
        store.messages.add(talk.id, None, "user", text)
    homes.put_live(store, home, sunny, BEFORE)
    live = store.adapters.of_run(BEFORE)
    assert live is not None and sunny.base_id is not None
    store.runs.add(homes.RUN_ID, sunny.id, sunny.base_id, live.id, "starter", 7)
    for name in (BEFORE, homes.RUN_ID):
        folder = home.runs / name / "adapter"
        folder.mkdir(parents=True)
        (folder / "adapter.gguf").write_bytes(b"weights")
    store.adapters.add(
        sunny.id, sunny.base_id, homes.RUN_ID, live.id, folder, folder / "adapter.gguf", "d2"
    )
    verdict = "passed" if state == "waiting" else state
    store.runs.set_state(homes.RUN_ID, state, verdict=verdict)
    return sunny


def opened(window: MainWindow, qtbot: QtBot) -> CompareOffer:
    """The card as the page after a training has it."""
    wait_until(qtbot, lambda: window.train.run is not None)
    holder = QWidget()
    holder.setProperty("kind", "page")
    inside = QVBoxLayout(holder)
    offer = CompareOffer(window.session, window.train)
    inside.addWidget(offer)
    inside.addStretch()
    holder.resize(860, 160)
    holder.setParent(window, Qt.WindowType.Window)
    holder.show()
    wait_until(qtbot, offer.isVisible)
    return offer


def compare(offer: CompareOffer, qtbot: QtBot) -> CompareDialog:
    qtbot.mouseClick(find(offer, QPushButton, "compare_open"), LEFT)
    dialog = find(offer.window(), CompareDialog, "compare_dialog")
    wait_until(qtbot, lambda: dialog.compare.comparison is not None)
    return dialog


def judging(dialog: CompareDialog) -> bool:
    return find(dialog, QWidget, "compare_prompt").isVisible()


def press(dialog: CompareDialog, qtbot: QtBot, key: Qt.Key, place: str) -> None:
    """Judge the prompt that is shown at this place."""
    wait_until(qtbot, lambda: judging(dialog) and _place(dialog) == place)
    focused = QApplication.focusWidget() or dialog
    qtbot.keyClick(focused if dialog.isAncestorOf(focused) else dialog, key)


def _place(dialog: CompareDialog) -> str:
    return find(dialog, QLabel, "compare_place").text()


def stored(home: Home) -> Comparison:
    found = comparison.read(home, PAIR)
    assert found is not None
    return found


def test_keys_judge_one_after_the_other_and_the_names_come_last(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, answers: list[str | None]
) -> None:
    add_month(store, home)
    offer = opened(open_window(), qtbot)
    assert find(offer, QLabel, "compare_offer_title").text() == "Decide with your own eyes"
    dialog = compare(offer, qtbot)
    for place, key in (
        ("1 of 3", Qt.Key.Key_1), ("2 of 3", Qt.Key.Key_Right), ("3 of 3", Qt.Key.Key_3),
    ):  # fmt: skip
        press(dialog, qtbot, key, place)
        if place != "3 of 3":
            shown = [each.text() for each in dialog.findChildren(QLabel) if each.isVisible()]
            assert not any("v1" in text or "v2" in text for text in shown)
    wait_until(qtbot, lambda: dialog.findChild(QLabel, "compare_finding") is not None)
    votes = ["left", "right", "same"]
    wait_until(qtbot, lambda: [each.vote for each in stored(home).prompts] == votes)
    counts = [find(dialog, QLabel, f"compare_count_{each}").text() for each in ("new", "old")]
    better = [each.better for each in stored(home).prompts]
    assert counts == [str(better.count("new")), str(better.count("old"))]
    assert answers == [homes.RUN_ID, BEFORE] * 3
    dialog.reject()
    wait_until(qtbot, lambda: "names hidden" in find(offer, QLabel, "compare_offer_words").text())


def test_it_is_stopped_and_gone_on_with(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, answers: list[str | None]
) -> None:
    add_month(store, home)
    offer = opened(open_window(), qtbot)
    dialog = compare(offer, qtbot)
    press(dialog, qtbot, Qt.Key.Key_4, "1 of 3")
    wait_until(qtbot, lambda: judging(dialog) and _place(dialog) == "2 of 3")
    qtbot.mouseClick(find(dialog, QPushButton, "compare_leave"), LEFT)
    go_on = find(offer, QPushButton, "compare_open")
    wait_until(qtbot, lambda: go_on.text() == "Go on comparing")
    assert "2 messages are left" in find(offer, QLabel, "compare_offer_words").text()
    dialog = compare(offer, qtbot)
    press(dialog, qtbot, Qt.Key.Key_2, "2 of 3")
    wait_until(qtbot, lambda: [e.vote for e in stored(home).voted] == ["neither", "right"])
    dialog.reject()


def test_the_last_vote_can_be_given_again(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, answers: list[str | None]
) -> None:
    add_month(store, home)
    dialog = compare(opened(open_window(), qtbot), qtbot)
    press(dialog, qtbot, Qt.Key.Key_1, "1 of 3")
    press(dialog, qtbot, Qt.Key.Key_U, "2 of 3")
    press(dialog, qtbot, Qt.Key.Key_2, "1 of 3")
    wait_until(qtbot, lambda: [each.vote for each in stored(home).voted] == ["right"])
    dialog.reject()


def test_the_next_replies_are_written_while_one_reads(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, answers: list[str | None]
) -> None:
    """And not all of them: who stops after one prompt has not paid for twelve."""
    add_month(store, home)
    dialog = compare(opened(open_window(), qtbot), qtbot)
    wait_until(qtbot, lambda: sum(e.replies is not None for e in stored(home).prompts) == 2)
    assert len(answers) == 4
    dialog.reject()


def test_a_second_click_does_not_judge_what_nobody_saw(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    answers: list[str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_month(store, home)
    dialog = compare(opened(open_window(), qtbot), qtbot)
    wait_until(qtbot, lambda: sum(e.replies is not None for e in stored(home).prompts) == 2)
    better = find(dialog, QPushButton, "compare_left")
    wait_until(qtbot, lambda: judging(dialog))
    qtbot.mouseClick(better, LEFT)
    monkeypatch.setattr(compare_dialog, "SETTLE_S", 60.0)
    qtbot.mouseClick(better, LEFT)
    wait_until(qtbot, lambda: len(stored(home).voted) == 1)
    assert dialog.compare.number == 2
    dialog.reject()


def test_a_stop_in_the_middle_of_a_reply_keeps_the_window_free(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    model: Model,
    answers: list[str | None],
) -> None:
    add_month(store, home)
    offer = opened(open_window(), qtbot)
    model.go_on.clear()
    dialog = compare(offer, qtbot)
    wait_until(qtbot, lambda: bool(answers))
    assert find(dialog, QLabel, "compare_waiting").isVisible()
    dialog.reject()
    model.go_on.set()
    said: list[object] = []
    offer._session.ask_runtime(lambda _tools: None, said.append, said.append)
    wait_until(qtbot, lambda: bool(said))
    assert all(each.replies is None for each in stored(home).prompts)
    assert answers == [homes.RUN_ID]


def test_a_model_that_breaks_off_is_told_and_tried_again(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    model: Model,
    answers: list[str | None],
) -> None:
    add_month(store, home)
    model.breaks_after = 0
    dialog = compare(opened(open_window(), qtbot), qtbot)
    again = find(dialog, QPushButton, "trouble_action")
    wait_until(qtbot, again.isVisible)
    model.breaks_after = None
    qtbot.mouseClick(again, LEFT)
    wait_until(qtbot, lambda: judging(dialog))
    dialog.reject()


def _judge_all(home: Home, store: Store, side: str) -> None:
    for prompt in comparing.begin(home, store, PAIR).prompts:
        vote = "left" if prompt.left == side else "right"
        comparing.vote(home, PAIR, prompt.id, vote)  # type: ignore[arg-type]


def test_what_passed_is_used_from_the_result(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    answers: list[str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_month(store, home, "waiting")
    _judge_all(home, store, "new")
    used: list[str] = []
    monkeypatch.setattr(training, "use_candidate", lambda _home, run_id: used.append(run_id))
    dialog = compare(opened(open_window(), qtbot), qtbot)
    wait_until(qtbot, lambda: dialog.findChild(QPushButton, "compare_use") is not None)
    assert "nothing against" in find(dialog, QLabel, "compare_advice").text()
    qtbot.mouseClick(find(dialog, QPushButton, "compare_use"), LEFT)
    wait_until(qtbot, lambda: used == [homes.RUN_ID])


@pytest.mark.parametrize(("side", "offered"), [("new", True), ("old", False)])
def test_what_was_refused_is_used_for_a_reason(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    answers: list[str | None],
    side: str,
    offered: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: list[str] = []
    monkeypatch.setattr(
        training, "use_all_the_same", lambda _home, _run_id, because: used.append(because)
    )
    add_month(store, home, "refused")
    _judge_all(home, store, side)
    offer = opened(open_window(), qtbot)
    dialog = compare(offer, qtbot)
    wait_until(qtbot, lambda: dialog.findChild(QLabel, "compare_finding") is not None)
    use = dialog.findChild(QPushButton, "compare_use")
    assert (use is not None) is offered
    if use is None:
        dialog.reject()
        return
    qtbot.mouseClick(use, LEFT)
    asked = find(offer.window(), OverrulingDialog, "overruling_dialog")
    because = "3 of 3 for adapter v2: that may still be chance (12 %)."
    assert asked.reason.toPlainText() == because
    qtbot.mouseClick(find(asked, QPushButton, "overruling_use"), LEFT)
    wait_until(qtbot, lambda: used == [because])


def test_a_run_that_goes_on_or_lost_its_adapter_offers_nothing(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    add_month(store, home)
    (home.runs / homes.RUN_ID / "adapter" / "adapter.gguf").unlink()
    window = open_window()
    wait_until(qtbot, lambda: window.train.run is not None)
    offer = CompareOffer(window.session, window.train)
    qtbot.addWidget(offer)
    offer.refresh()
    read: list[object] = []
    window.session.ask(lambda _store: None, read.append)
    wait_until(qtbot, lambda: bool(read))
    assert offer.isHidden()


def test_pictures(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    answers: list[str | None],
    picture: Picture,
    shade: tuple[Choice, Language],
    model: Model,
) -> None:
    add_month(store, home, language=shade[1])
    name = "-".join(shade)
    offer = opened(open_window(*shade), qtbot)
    picture(offer.window(), f"compare-offer-{name}")
    model.go_on.clear()
    dialog = compare(offer, qtbot)
    picture(dialog, f"compare-waiting-{name}")
    model.go_on.set()
    wait_until(qtbot, lambda: judging(dialog))
    wait_until(qtbot, lambda: sum(e.replies is not None for e in stored(home).prompts) == 2)
    dialog.compare.vote("left")
    wait_until(qtbot, lambda: dialog.compare.number == 2 and judging(dialog))
    wait_until(qtbot, lambda: any(each.isVisible() for each in dialog.findChildren(Prose)))
    picture(dialog, f"compare-judging-{name}")
    dialog.resize(dialog.minimumSize())
    picture(dialog, f"compare-small-{name}")
    dialog.reject()
    wait_until(qtbot, lambda: offer._standing.result is not None)  # type: ignore[union-attr]
    picture(offer.window(), f"compare-offer-begun-{name}")
    _judge_all(home, store, "new")
    dialog = compare(offer, qtbot)
    wait_until(qtbot, lambda: dialog.findChild(QLabel, "compare_finding") is not None)
    picture(dialog, f"compare-result-{name}")
    dialog.resize(dialog.minimumSize())
    picture(dialog, f"compare-result-small-{name}")
    dialog.reject()
