"""Somebody who reads Korean would meet English words in the window if these failed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from PySide6.QtWidgets import QApplication

import app.evaluation
import app.gui
import app.operations
from app.gui.translation import read_catalogue, tr, use_language
from app.operations.personas import templates
from replay.meaning import MEANINGS

_WORDY_IN_APP = ("warning", "deploy", "glossary", "storage")
_WORDY_VERBS = (
    "comparing_words", "schedule_words", "first_start", "editing_personas", "sharing",
)  # fmt: skip
_WORDY = ("page*.py", "numbers.py", "reason_words.py")
SOURCES = sorted(
    [
        *Path(app.gui.__file__).parent.glob("*.py"),
        *(Path(app.__file__).parent / f"{name}_words.py" for name in _WORDY_IN_APP),
        *(Path(app.operations.__file__).parent / f"{name}.py" for name in _WORDY_VERBS),
        *(path for name in _WORDY for path in Path(app.evaluation.__file__).parent.glob(name)),
    ]
)
_SHOWN_AS_THEY_ARE = {"Perennial", "Ollama", "–", "—", " "}
_WIDGETS = (
    "label", "button", "tool", "setText", "setToolTip", "setPlaceholderText", "setWindowTitle",
)  # fmt: skip


def _calls(name: str) -> list[ast.Call]:
    return [
        node
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _name(node) == name
    ]


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _texts() -> set[str]:
    texts = {
        call.args[0].value
        for call in [*_calls("tr"), *_calls("later"), *_calls("words")]
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }
    shown = {template.about for template in templates()} | {each.why for each in MEANINGS}
    return texts | shown


def _fields(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_every_text_has_its_korean() -> None:
    catalogue = read_catalogue("ko")
    assert _texts() - set(catalogue) == set()
    assert {text for text, words in catalogue.items() if not words.strip()} == set()


def test_no_translation_is_left_over() -> None:
    assert set(read_catalogue("ko")) - _texts() == set()


def test_translations_fill_in_the_same_names() -> None:
    catalogue = read_catalogue("ko")
    assert {text for text in catalogue if _fields(text) != _fields(catalogue[text])} == set()


def test_no_widget_shows_a_text_that_cannot_be_translated() -> None:
    bare = set()
    for name in _WIDGETS:
        for call in _calls(name):
            place = 1 if name == "button" else 2 if name == "tool" else 0
            argument = call.args[place] if len(call.args) > place else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                bare.add(argument.value)
    assert {text for text in bare if text} - _SHOWN_AS_THEY_ARE == set()


def test_language_changes_at_once(qapp: QApplication) -> None:
    use_language("ko")
    assert tr("Write to {name}…", name="Sunny") == "Sunny에게 쓰기…"
    use_language("en")
    assert tr("Write to {name}…", name="Sunny") == "Write to Sunny…"
