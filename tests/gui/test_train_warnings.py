"""What a training warns of reaches people in their own language, with its advice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.gui.run_state import Notice, RunState, fold
from app.gui.train_warnings import notice_words
from app.gui.translation import use_language
from app.home import Home
from app.operations import training
from app.store import Store
from app.warning_words import WARNINGS
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until
from trainer.advice import ADVICE as SIGNS
from trainer.contract.folder import EventWriter
from trainer.data_advice import DATA_ADVICE
from trainer.preference_advice import PREFERENCE_ADVICE

ADVICE = {**SIGNS, **PREFERENCE_ADVICE, **DATA_ADVICE}

VALUES = {
    "best": 1.42, "best_step": 40, "now": 1.61, "done": 60, "base": 2.5, "before": 1.1,
    "group": "coding", "prompt": "뭐 하지?", "reply": "Go for a walk.", "step": 44, "norm": 31.0,
    "hours": 20, "unusable": 3, "all": 200, "too_long": 1, "empty": 1, "same": 1, "no_question": 0,
    "damaged": 0, "cut": 2, "pairs": 4, "up": 5, "down": 6, "trouble": "no module", "rise": 2.4,
    "accuracy": 48.5, "max_length": 1024, "conversations": 3, "left_out": 1, "replies": 4,
    "use": 40, "expected": 80,
}  # fmt: skip


@pytest.fixture
def korean(qapp: QApplication) -> Iterator[None]:
    use_language("ko")
    yield
    use_language("en")


def told(warning: str) -> dict[str, object]:
    """A sign as the trainer writes it."""
    values = {name: value for name, value in VALUES.items() if f"{{{name}}}" in ADVICE[warning]}
    advice = ADVICE[warning].format(**values)
    return {"kind": "warning", "warning": warning, "advice": advice, "values": values}


def test_each_sign_of_the_trainer_has_the_same_words_here() -> None:
    """A translation is looked up by the English; other words would show as English."""
    assert {kind: WARNINGS.get(kind) for kind in ADVICE} == dict(ADVICE)


@pytest.mark.parametrize("warning", ADVICE)
def test_each_sign_is_said_in_both_languages(warning: str, korean: None) -> None:
    state = fold(RunState(), [told(warning)])
    words = notice_words(state.warnings[0])
    assert any("가" <= letter <= "힣" for letter in words) and "{" not in words
    if warning == "forgetting":
        assert "코딩" in words and "coding" not in words
    use_language("en")
    assert notice_words(state.warnings[0]) == ADVICE[warning].format(**VALUES)


def test_warnings_of_an_earlier_version_and_of_a_later_one_are_shown_too(korean: None) -> None:
    early = Notice("overfitting", "They stopped getting better; step 4 is kept.")
    assert "일찍 마쳤습니다" in notice_words(early)
    assert notice_words(Notice("weather", "It rains.")) == "It rains."
    assert notice_words(Notice("forgetting", "It forgets.", {"of": "x"})) == "It forgets."


def test_the_page_shows_warnings_perplexity_and_how_it_speaks(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    (sunny,) = homes.add_personas(store, "Sunny")
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=20, of=90)
    events = EventWriter(folder.events)
    look = {"kind": "eval", "step": 20, "loss": 1.5, "base_loss": 2.7, "best": True}
    events.write(look | {"perplexity": 4.48, "groups": {"new": 1.5}})
    for step, reply in ((0, "I am a model."), (20, "Start with the sea")):
        sample = {"kind": "sample", "step": step, "prompt": "What now?", "reply": reply}
        events.write(sample | {"expected": "Start.", "cut": step == 20})
    events.write(told("language_mixing"))
    events.close()
    window = open_window()
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QWidget, "warning_language_mixing") is not None)
    words = find(window, QLabel, "warning_words").text()
    assert "another language" in words and "system prompt" in words
    assert find(window, QLabel, "number_perplexity").text() == "4.5"
    assert "below 2" in find(window, QLabel, "train_guides").text()
    shown = [each.text() for each in find(window, QWidget, "samples_card").findChildren(QLabel)]
    assert "Start with the sea…" in shown and "I am a model." not in shown
