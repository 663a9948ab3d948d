"""A month as a person lives it: with the real app on a real screen, by mouse and keyboard alone."""

from __future__ import annotations

import pytest

from app.home import Home
from app.operations.month import month_progress
from app.store import Store, open_store
from tests.tiny_month import processes_of
from tests.window.conftest import Opener
from tests.window.driven import DrivenWindow, wait_for
from tests.window.months import LEARNED, MUMBLED, write_home

pytest.importorskip("torch")
pytestmark = [pytest.mark.window, pytest.mark.timeout(1800)]

QUESTION = "Say the moon."
MINIMUM = 50
BEFORE = MINIMUM - 2
TRAINING_LIMIT_S = 700.0


def test_a_whole_month_by_mouse_and_keyboard(home: Home, open_window: Opener) -> None:
    """Chat, rate, correct, train, use it, hear it, take it back: nothing of it may be missing."""
    write_home(home, usable=BEFORE)
    window = open_window(home)
    rate_and_correct(window)
    train(window)
    window.picture("08-verdict")
    assert ask(window, QUESTION) == MUMBLED, "nothing is used before the word was given"
    use_it(window)
    learned = ask(window, QUESTION)
    window.picture("10-new-reply")
    assert "joy" in learned, learned
    roll_back(window)
    assert ask(window, QUESTION) == MUMBLED
    window.picture("12-old-reply")
    window.press("ctrl+q")
    assert window.wait_closed() == 0, window.ending()
    wait_for(lambda: not processes_of(home), "the end of everything that ran for the home", 30)
    with open_store(home) as store:
        see_what_is_stored(store)


def rate_and_correct(window: DrivenWindow) -> None:
    """The last replies that the month needs: one approved, one corrected; and one rejected."""
    window.see("month_count", until=lambda seen: seen.text == f"{BEFORE} / {MINIMUM}")
    assert not window.see("train_month").enabled
    window.picture("01-first-window")
    assert ask(window, "Say the sun.") == MUMBLED
    window.picture("02-answered")
    window.click("thumb_up", "message_1")
    window.see("thumb_up", "message_1", until=lambda seen: seen.checked)
    window.see("month_count", until=lambda seen: seen.text == f"{BEFORE + 1} / {MINIMUM}")
    assert say(window, "Say the stars.", row=2) == MUMBLED
    window.click("correct", "message_3")
    window.write("correction_editor", LEARNED, "message_3")
    window.picture("03-correcting")
    window.click("save_correction", "message_3")
    window.see("message_text", "message_3", until=lambda seen: seen.text == LEARNED)
    window.see("message_note", "message_3", until=lambda seen: "Corrected" in seen.text)
    window.picture("04-corrected")
    assert ask(window, QUESTION) == MUMBLED
    window.click("thumb_down", "message_1")
    window.click("reason_not_like_persona", "message_1")
    window.see("reason_not_like_persona", "message_1", until=lambda seen: seen.checked)
    window.write("comment", "Too dull", "message_1")
    window.hand.do("key", "Return")
    window.picture("05-rejected")
    window.see("train_month", until=lambda seen: seen.enabled)
    assert window.see("month_count").text == f"{MINIMUM} / 500"


def train(window: DrivenWindow) -> None:
    """Press the button, watch it train, read the verdict."""
    window.click("train_month")
    window.see("number_usable", until=lambda seen: seen.text == str(MINIMUM))
    assert window.see("number_corrected").text == "1"
    window.picture("06-preflight")
    window.click("start_training")
    window.see("train_percent", until=lambda seen: seen.text not in ("", "0 %"))
    window.see("loss_chart", until=lambda seen: seen.points > 1)
    assert " / " in window.see("number_step").text
    assert window.see("train_doing").text
    window.picture("07-training")
    verdict = window.see("verdict", limit_s=TRAINING_LIMIT_S).text
    assert verdict == "The new adapter passed. Use it?"
    window.see("page_train", until=lambda seen: "your word" in seen.text)


def use_it(window: DrivenWindow) -> None:
    window.press("ctrl+t")
    window.click("use_it")
    speaks = "Sunny speaks through the new adapter now."
    window.see("verdict", until=lambda seen: seen.text == speaks, limit_s=TRAINING_LIMIT_S)
    window.see("live_card")
    window.picture("09-live")


def roll_back(window: DrivenWindow) -> None:
    window.press("ctrl+t")
    window.click("roll_back")
    window.see("month_count", until=lambda seen: seen.text == f"{MINIMUM} / 500")
    wait_for(lambda: window.find("live_card") is None, "the end of the adapter")
    told = "The new adapter was rolled back. Sunny speaks as before."
    window.see("verdict", until=lambda seen: seen.text == told)
    window.picture("11-rolled-back")


def ask(window: DrivenWindow, question: str) -> str:
    """Say something in a new conversation; the whole reply."""
    window.press("ctrl+l")
    window.press("ctrl+n")
    window.see("empty_chat")
    return say(window, question, row=0)


def say(window: DrivenWindow, text: str, *, row: int) -> str:
    """Say something as the message of this row; the reply once it is rateable."""
    window.write("composer_text", text)
    window.click("send")
    window.see("message_text", f"message_{row}", until=lambda seen: seen.text == text)
    window.see("thumb_up", f"message_{row + 1}", until=lambda seen: seen.enabled)
    window.see("send", until=lambda seen: seen.tip == "Send (Enter)")
    return window.see("message_text", f"message_{row + 1}").text


def see_what_is_stored(store: Store) -> None:
    """Every word that was given, the adapter that came and went, and the month as new again."""
    persona = store.personas.all()[0]
    messages = [
        message
        for conversation in store.conversations.page(persona.id, limit=5)
        for message in store.messages.path(conversation.id)
    ]
    asked = {message.content for message in messages if message.role == "user"}
    assert asked >= {"Say the sun.", "Say the stars.", QUESTION}
    ratings = store.ratings.of(message.id for message in messages)
    corrected = [rating for rating in ratings.values() if rating.correction]
    assert [rating.correction for rating in corrected] == [LEARNED]
    rejected = [rating for rating in ratings.values() if rating.value == "down"]
    assert [(each.reasons, each.comment) for each in rejected] == [
        (("not_like_persona",), "Too dull")
    ]
    run = store.runs.of_persona(persona.id)[0]
    adapter = store.adapters.of_run(run.id)
    assert (run.state, run.verdict) == ("done", "passed")
    assert adapter is not None and adapter.status == "rolled_back"
    assert persona.active_adapter_id is None
    assert month_progress(store, persona.id).usable == MINIMUM
