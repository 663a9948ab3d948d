"""A whole first month, with real mouse and key events on a screen of its own.

Whoever opens the window for the first time gets through its first month: the welcome, talk that
is rated and corrected, chats of another program, a training, its verdict, the changed reply, and
the way back. Once with the window in English, once in Korean; the base speaks English in both.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from app.gui.translation import LANGUAGES, Language
from app.home import Home
from app.operations.month import month_progress
from app.store import Store, open_store
from tests.tiny_month import processes_of
from tests.window.app_words import HANGUL
from tests.window.conftest import Opener
from tests.window.driven import wait_for
from tests.window.months import BASE, LEARNED, MUMBLED, write_chats, write_first_home
from tests.window.person import SYSTEMS, Person

pytest.importorskip("torch")
pytestmark = [pytest.mark.window, pytest.mark.timeout(1800)]

NAME = "Sunny"
QUESTION = "Say the moon."
# Letters that stand in nothing else, so that a trace of them is one of what was said.
SECRET = "qzxvkj"
MINIMUM = 50
DOWNLOADS, CHATS = "Downloads", "chats.jsonl"
# Good ones and a corrected one; of the persona's own words as many count as of other ones.
GOOD, CORRECTED = 2, 1
BROUGHT = MINIMUM - GOOD - CORRECTED
TRAINING_LIMIT_S = 700.0


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_whole_first_month_by_mouse_and_keyboard(
    home: Home, open_window: Opener, tmp_path: Path, language: Language
) -> None:
    """From an empty home to the changed reply and back: nothing of it may be missing."""
    write_first_home(home)
    write_chats(tmp_path / DOWNLOADS / CHATS, BROUGHT)
    system = next(each for each in SYSTEMS if each != language)
    person = Person(open_window(home, SYSTEMS[system]), language)
    welcome(person)
    rate_and_correct(person)
    say_off_the_record(person)
    bring_along(person)
    review(person)
    train(person)
    assert person.asks(QUESTION) == MUMBLED, "nothing is used before the word was given"
    use_it(person)
    learned = person.asks(QUESTION)
    person.looks("18-new-reply")
    assert "joy" in learned, learned
    roll_back(person)
    assert person.asks(QUESTION) == MUMBLED
    person.looks("20-old-reply")
    person.window.press("ctrl+q")
    assert person.window.wait_closed() == 0, person.window.ending()
    wait_for(lambda: not processes_of(home), "the end of everything that ran for the home", 30)
    see_that_nothing_holds(home, SECRET)
    with open_store(home) as store:
        see_what_is_stored(store, language)


def welcome(person: Person) -> None:
    """The language, the computer, a base, a persona; then the chat suggests the first words."""
    window, words = person.window, person.words
    window.see("welcome_page")
    window.click(f"welcome_language_{words.language}")
    person.reads("welcome_step_1", "Step {step} of {steps}", step=1, steps=3)
    month = words.like("A persona's month takes {time} here with the starter model.")
    window.see("welcome_month", until=lambda seen: month.fullmatch(seen.text))
    assert window.see("welcome_computer").text
    assert window.see("welcome_recommended").text == words("Recommended for this computer")
    window.see("welcome_base_1", until=lambda seen: seen.text == BASE)
    window.click("welcome_base_1")
    window.see("welcome_base_1", until=lambda seen: seen.checked)
    person.looks("01-welcome")
    person.clicks("welcome_next", "Next")
    person.reads("welcome_step_2", "Step {step} of {steps}", step=2, steps=3)
    window.click("template_0")
    window.see("persona_name", until=lambda seen: seen.text == NAME)
    person.looks("02-persona")
    person.clicks("persona_create", "Create persona")
    first = window.see("first_words_0").text
    person.looks("03-first-words")
    window.click("first_words_0")
    assert person.hears(first, row=0) == MUMBLED
    person.looks("04-first-reply")


def rate_and_correct(person: Person) -> None:
    """Good ones by mouse and by key, one corrected, one rejected with a reason."""
    window = person.window
    assert window.see("month_count").text == f"0 / {MINIMUM}"
    assert not window.see("train_month").enabled
    person.types("Say the sun.")
    window.hand.do("key", "Return")
    assert person.hears("Say the sun.", row=2) == MUMBLED
    window.press("alt+Up")
    window.see("thumb_up", "message_3", until=lambda seen: seen.checked)
    window.click("thumb_up", "message_1")
    window.see("thumb_up", "message_1", until=lambda seen: seen.checked)
    own = "{n} more replies in {name}'s own words wait: correct some, and they count."
    person.reads("month_own", own, n=GOOD, name=NAME)
    assert person.says("Say the stars.", row=4) == MUMBLED
    window.click("correct", "message_5")
    window.write("correction_editor", LEARNED, "message_5")
    person.looks("05-correcting")
    person.clicks("save_correction", "Keep correction", "message_5")
    window.see("message_text", "message_5", until=lambda seen: seen.text == LEARNED)
    person.reads("message_note", "Corrected by you", "message_5")
    person.reads("month_own", own, n=GOOD - CORRECTED, name=NAME)
    assert window.see("month_count").text == f"{2 * CORRECTED} / {MINIMUM}"
    person.looks("06-corrected")
    assert person.asks(QUESTION) == MUMBLED
    window.click("thumb_down", "message_1")
    person.clicks("reason_not_like_persona", "not like {name}", "message_1", name=NAME)
    window.see("reason_not_like_persona", "message_1", until=lambda seen: seen.checked)
    window.write("comment", "Too dull", "message_1")
    window.hand.do("key", "Return")
    person.looks("07-rejected")


def say_off_the_record(person: Person) -> None:
    window = person.window
    window.click("off_record")
    window.see("off_record_notice")
    window.see("empty_chat")
    window.write("composer_text", SECRET)
    window.click("send")
    window.see("message_text", "message_1", until=lambda seen: seen.text == MUMBLED)
    person.is_quiet()
    person.looks("08-off-the-record")
    window.click("off_record")
    window.see("message_text", "message_0", until=lambda seen: seen.text == QUESTION)


def bring_along(person: Person) -> None:
    """Chats of another program, by the name of their file among the downloads."""
    window = person.window
    window.press("ctrl+i")
    person.clicks("import_files_choose", "Choose files…")
    window.write("fileNameEdit", CHATS)
    window.picture(f"{person.words.language}-09-file")
    korean = HANGUL.search(window.see("fileNameLabel").text)
    assert bool(korean) == (person.words.language == "ko"), "Qt's own words"
    window.hand.do("key", "Return")
    coming = "New conversations: {conversations}, with replies: {replies}"
    person.reads("import_coming", coming, conversations=BROUGHT, replies=BROUGHT)
    person.looks("10-import")
    person.clicks("import_go", "Import conversations: {count}", count=BROUGHT)
    came = "Conversations that came in: {conversations}, with replies: {replies}"
    person.reads("import_done_title", came, conversations=BROUGHT, replies=BROUGHT)
    person.looks("11-imported")
    person.clicks("import_review", "Review them")


def review(person: Person) -> None:
    """One by its button, one by its key, then all that is left at once."""
    window = person.window
    person.reads("review_left", "{count} left", count=BROUGHT)
    window.see("review_reply", until=lambda seen: seen.text == LEARNED)
    person.looks("12-review")
    window.click("review_keep")
    person.reads("review_left", "{count} left", count=BROUGHT - 1)
    window.press("1")
    person.reads("done_words", "Kept.")
    person.reads("review_left", "{count} left", count=BROUGHT - 2)
    window.press("a")
    window.see("review_all_menu")
    window.hand.do("key", "1")
    rest = BROUGHT - 2
    person.reads("review_bulk_yes", "Keep {count}", count=rest)
    person.looks("13-keep-all")
    window.press("Return", "review_bulk_dialog")
    person.reads("done_words", "{count} replies kept.", count=rest)
    person.reads("review_left", "{count} left", count=0)
    window.see("month_count", until=lambda seen: seen.text == f"{MINIMUM} / 500")


def train(person: Person) -> None:
    """Press the button, watch it train, read the verdict."""
    window, words = person.window, person.words
    person.reads("train_month", "Train this month's adapter")
    window.click("train_month")
    window.see("number_usable", until=lambda seen: seen.text == str(MINIMUM))
    assert window.see("number_corrected").text == str(CORRECTED)
    assert int(window.see("number_replay").text) > 0
    person.looks("14-preflight")
    person.clicks("start_training", "Start training")
    person.reads("train_title", "Training {name}'s adapter", name=NAME)
    window.see("loss_chart", until=lambda seen: seen.points > 1, limit_s=TRAINING_LIMIT_S)
    assert window.see("train_percent").text not in ("", "0 %")
    assert " / " in window.see("number_step").text
    assert float(window.see("number_loss").text) > 0
    assert window.see("train_doing").text
    person.looks("15-training")
    verdict = window.see("verdict", limit_s=TRAINING_LIMIT_S).text
    assert verdict == words("The new adapter passed. Use it?")
    waits = f"{words('Train')}  ·  {words('your word')}"
    window.see("page_train", until=lambda seen: seen.text.strip() == waits)
    person.looks("16-verdict")


def use_it(person: Person) -> None:
    window = person.window
    window.press("ctrl+t")
    person.clicks("use_it", "Use it")
    window.see("live_card", limit_s=TRAINING_LIMIT_S)
    person.reads("verdict", "{name} speaks through the new adapter now.", name=NAME)
    person.looks("17-live")


def roll_back(person: Person) -> None:
    window = person.window
    window.press("ctrl+t")
    person.clicks("roll_back", "Roll back")
    window.see("month_count", until=lambda seen: seen.text == f"{MINIMUM} / 500")
    wait_for(lambda: window.find("live_card") is None, "the end of the adapter")
    told = "The new adapter was rolled back. {name} speaks as before."
    person.reads("verdict", told, name=NAME)
    person.looks("19-rolled-back")


def see_that_nothing_holds(home: Home, words: str) -> None:
    """No file of the home has these words in it."""
    files = [each for each in home.root.rglob("*") if each.is_file()]
    assert any(each.name == "perennial.db" for each in files)
    assert not [each for each in files if words.encode() in each.read_bytes()]


def see_what_is_stored(store: Store, language: Language) -> None:
    """Every word that was given, the adapter that came and went, and the month as new again."""
    assert store.settings.get("language") == language
    (persona,) = store.personas.all()
    assert (persona.name, persona.languages) == (NAME, ("en",))
    assert persona.base_id is not None and store.bases.get(persona.base_id).name == BASE
    messages = [
        message
        for conversation in store.conversations.page(persona.id, limit=MINIMUM + 10)
        for message in store.messages.path(conversation.id)
    ]
    asked = [message.content for message in messages if message.role == "user"]
    assert set(asked) >= {"Say the sun.", "Say the stars.", QUESTION}
    ratings = list(store.ratings.of(message.id for message in messages).values())
    assert [each.correction for each in ratings if each.correction] == [LEARNED]
    assert sum(each.value == "up" for each in ratings) == GOOD
    assert sum(each.value == "kept" for each in ratings) == BROUGHT
    rejected = [(each.reasons, each.comment) for each in ratings if each.value == "down"]
    assert rejected == [(("not_like_persona",), "Too dull")]
    run = store.runs.of_persona(persona.id)[0]
    adapter = store.adapters.of_run(run.id)
    assert (run.state, run.verdict) == ("done", "passed")
    assert adapter is not None and adapter.status == "rolled_back"
    assert persona.active_adapter_id is None
    assert month_progress(store, persona.id).usable == MINIMUM
