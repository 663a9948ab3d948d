"""Somebody who never trained a model finds what a word of the window means."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.glossary_words import TERMS
from app.gui.glossary_dialog import GlossaryDialog, found_terms
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

ASKED_FOR = {
    "Base model", "Adapter", "Persona", "Replay", "Run", "Epoch", "Loss", "Validation", "Gate",
    "Verdict", "Retention", "Parity", "Quantisation", "Context length", "Token", "Temperature",
    "LoRA rank", "Learning rate", "Checkpoint", "Round", "Upkeep", "Rollback", "Near-duplicate",
    "Preference pair", "System prompt", "Ollama", "GGUF",
}  # fmt: skip


def test_every_word_that_the_window_uses_is_there_once() -> None:
    named = [term.word for term in TERMS]
    assert set(named) >= ASKED_FOR and len(named) == len(set(named))


def test_a_meaning_is_a_sentence_or_three_and_no_more() -> None:
    assert [term.word for term in TERMS if not 30 <= len(term.meaning) <= 220] == []
    assert [term.word for term in TERMS if not term.meaning.endswith(".")] == []


def test_a_word_is_found_by_itself_before_those_that_mention_it() -> None:
    found = [term.word for term in found_terms("adapter")]
    assert found[0] == "Adapter" and len(found) > 3


def test_a_word_is_looked_up_in_the_dialog(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    window.open_glossary()
    dialog = window.findChildren(GlossaryDialog)[-1]
    assert len(dialog.findChildren(QWidget, "glossary_term")) == len(TERMS)
    search = dialog.findChild(QLineEdit, "glossary_search")
    search.setText("quantis")
    wait_until(qtbot, lambda: 0 < len(dialog.findChildren(QWidget, "glossary_term")) < 4)
    search.setText("zzzz")
    wait_until(qtbot, lambda: dialog.findChild(QLabel, "glossary_nothing") is not None)
    dialog.close()


def test_a_word_of_a_page_leads_to_what_it_means(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    window.show_page("replay")
    find(window, QToolButton, "what_is_replay").click()
    dialog = window.findChildren(GlossaryDialog)[-1]
    assert dialog.findChild(QLineEdit, "glossary_search").text() == "Replay"
    first = dialog.findChildren(QWidget, "glossary_term")[0]
    assert "Replay" in [each.text() for each in first.findChildren(QLabel)]
    dialog.close()
