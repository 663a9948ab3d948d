"""An error of Ollama that has no words would meet a Korean reader in English."""

from __future__ import annotations

import re
from pathlib import Path

import app
import ollama_bridge
from app.gui.ollama_words import OF_OLLAMA, OF_SERVING
from ollama_bridge import errors

_KIND = re.compile(r'kind="((?:ollama|merge|serving)_\w+)"')


def told() -> set[str]:
    """The kinds that the sources name."""
    folders = (Path(ollama_bridge.__file__).parent, Path(app.__file__).parent)
    found = set()
    for folder in folders:
        for path in folder.rglob("*.py"):
            found |= set(_KIND.findall(path.read_text("utf-8")))
    return found


def classes() -> set[str]:
    each = [errors.OllamaError]
    for one in each:
        each += one.__subclasses__()
    return {one.kind for one in each}


def test_every_kind_has_words() -> None:
    assert (told() | classes()) - set(OF_OLLAMA) - set(OF_SERVING) == set()


def test_no_words_are_left_over() -> None:
    # These two are told by the programs that serve a persona outside of Perennial.
    of_programs = {"serving_none", "serving_name"}
    assert (set(OF_OLLAMA) | set(OF_SERVING)) - told() - classes() - of_programs == set()


def test_each_says_what_happened_and_what_to_do() -> None:
    for words in (*OF_OLLAMA.values(), *OF_SERVING.values()):
        assert words[0].endswith(".") and words[2].endswith(".")
