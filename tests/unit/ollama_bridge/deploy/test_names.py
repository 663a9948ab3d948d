"""A wrong name would overwrite a model of somebody else, or leave one behind."""

from __future__ import annotations

import pytest

from ollama_bridge.deploy.names import (
    Names,
    Standing,
    check_free,
    check_name,
    usual_name,
)
from ollama_bridge.errors import NameTaken, OllamaError


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("sunny", "perennial-sunny"),
        ("Sunny Day!", "perennial-sunny-day"),
        ("써니", "perennial-persona"),
        ("../../etc", "perennial-etc"),
        ("a" * 300, "perennial-" + "a" * 60),
        ("é", "perennial-e"),
    ],
)
def test_every_persona_has_a_name_that_ollama_takes(slug: str, name: str) -> None:
    assert usual_name(slug) == check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        "a/b/c/d",
        "a/../b/c",
        "a:b:c",
        "sunny\nFROM x",
        "써니",
        "-a",
        "a" * 100,
        "sunny:cloud",
        "sunny:7b-Cloud",
        "sunny:local",
        "library/sunny",
    ],
)
def test_a_name_that_ollama_refuses_is_refused_at_once(name: str) -> None:
    with pytest.raises(OllamaError, match="no name that Ollama takes"):
        check_name(name)


@pytest.mark.parametrize(
    ("live", "staging", "previous"),
    [
        ("perennial-sunny", "perennial-sunny:staging", "perennial-sunny:previous"),
        ("llama3.2", "llama3.2:staging", "llama3.2:previous"),
        ("qwen3:4b", "qwen3:4b-staging", "qwen3:4b-previous"),
        ("me/mine:latest", "me/mine:staging", "me/mine:previous"),
        ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b:staging", "127.0.0.1:5000/a/b:previous"),
    ],
)
def test_what_is_checked_and_what_was_before_stand_beside(
    live: str, staging: str, previous: str
) -> None:
    assert (Names(live).staging, Names(live).previous) == (staging, previous)


def test_a_name_of_somebody_else_is_asked_for() -> None:
    names = Names("llama3.2")
    theirs, ours = Standing("a", None, None), Standing("b", None, None)
    with pytest.raises(NameTaken):
        check_free(theirs, names, frozenset({"b"}), replace=False)
    check_free(theirs, names, frozenset({"b"}), replace=True)
    check_free(ours, names, frozenset({"b"}), replace=False)
    check_free(Standing(None, None, None), names, frozenset(), replace=False)
