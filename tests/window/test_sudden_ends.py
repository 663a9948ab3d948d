"""A window that is killed, and one too many: what was said and trained is kept all the same."""

from __future__ import annotations

import pytest

from app.home import Home
from app.store import Message, Store, open_store
from tests.tiny_month import processes_of
from tests.window.conftest import Opener
from tests.window.driven import DrivenWindow, wait_for
from tests.window.months import MUMBLED, SLOW, write_home
from trainer.contract.folder import RunFolder, read_rows

pytest.importorskip("torch")
pytestmark = [pytest.mark.window, pytest.mark.timeout(1800)]

QUESTION = "Say all that you know."
# The lease on the runtime is looked at every few seconds.
RUNTIME_LIMIT_S = 15.0
TRAINING_LIMIT_S = 700.0


def test_a_window_killed_again_and_again(home: Home, open_window: Opener) -> None:
    """While a reply streams and while a training runs: nothing is lost, nothing is left over."""
    write_home(home, usable=50, shape=SLOW, endless=True)
    with open_store(home) as store:
        killed_while_it_answers(open_window(home), store)
        window = open_window(home)
        window.see("message_text", "message_0", until=lambda seen: seen.text == QUESTION)
        window.see("message_text", "message_1", until=lambda seen: seen.text.startswith(MUMBLED))
        folder = killed_while_it_trains(window, store)
        found_again(open_window(home), store, folder)


def killed_while_it_answers(window: DrivenWindow, store: Store) -> None:
    window.press("ctrl+n")
    window.see("empty_chat")
    window.write("composer_text", QUESTION)
    window.hand.do("key", "Return")
    window.see("send", until=lambda seen: seen.tip == "Stop (Esc)")
    wait_for(lambda: streamed(store), "the first words in the store")
    first = window.see("message_text", "message_1").text
    window.see("message_text", "message_1", until=lambda seen: len(seen.text) > len(first))
    window.picture("20-streaming")
    window.kill()
    wait_for(lambda: not processes_of(window.home), "the end of the runtime", RUNTIME_LIMIT_S)
    reply = streamed(store)
    assert reply is not None and reply.finish == "error", "the window did not end amid the reply"
    assert store.messages.get(reply.parent_id or 0).content == QUESTION
    assert len(store.ratings.of(range(1, reply.id))) == 50


def killed_while_it_trains(window: DrivenWindow, store: Store) -> RunFolder:
    window.click("train_month")
    window.click("start_training")
    window.see("number_step", until=lambda seen: " / " in seen.text, limit_s=TRAINING_LIMIT_S)
    folder = RunFolder(window.home.runs / store.runs.unfinished()[0].id)
    window.kill()
    before = steps(folder)
    wait_for(lambda: steps(folder) > before, "a step without a window", TRAINING_LIMIT_S)
    return folder


def found_again(window: DrivenWindow, store: Store, folder: RunFolder) -> None:
    """The next window follows the run, and its buttons reach it."""
    window.see("page_train", until=lambda seen: "under way" in seen.text)
    window.press("ctrl+t")
    window.see("loss_chart", until=lambda seen: seen.points > 1)
    window.picture("21-found-again")
    window.click("stop_training")
    window.picture("22-stop")
    window.click("stop_discard")
    run_id = folder.root.name
    wait_for(lambda: store.runs.get(run_id).state == "stopped", "the stop", TRAINING_LIMIT_S)
    window.see("start_training", until=lambda seen: seen.enabled)
    window.press("ctrl+q")
    assert window.wait_closed() == 0, window.ending()
    wait_for(lambda: not processes_of(window.home), "the end of what ran", RUNTIME_LIMIT_S)


def test_a_second_window_points_to_the_first(home: Home, open_window: Opener) -> None:
    """Two windows on one home would take the words out of each other's mouths."""
    write_home(home, usable=1)
    first = open_window(home)
    first.press("ctrl+n")
    first.hand.take_keyboard_away()
    first.see("main_window", until=lambda seen: not seen.active)
    # X keeps the keyboard from a window that has heard of nothing since it lost it.
    first.hover("composer_text")
    before = first.activations()
    second = open_window(home)
    told = second.see("refusal")
    wait_for(lambda: first.activations() > before, "the first window before the others", 30)
    second.picture("23-second-window")
    second.hand.give_keyboard_to(told.window)
    second.hand.do("key", "Return")
    assert second.wait_closed() == 1
    assert "its window was brought forward" in second.ending()
    assert first.process.poll() is None
    first.press("ctrl+q")
    assert first.wait_closed() == 0, first.ending()


def streamed(store: Store) -> Message | None:
    """The reply to the question, once some of it is stored."""
    conversation = store.conversations.page(store.personas.all()[0].id, limit=1)[0]
    path = store.messages.path(conversation.id)
    asked = len(path) == 2 and path[0].content == QUESTION
    return path[1] if asked and len(path[1].content) > len(MUMBLED) else None


def steps(folder: RunFolder) -> int:
    return sum(row["kind"] == "step" for row in read_rows(folder.events))
