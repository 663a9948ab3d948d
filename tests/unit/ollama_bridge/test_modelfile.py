"""A system prompt that breaks out of its quotes would change the model, or lose the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ollama_bridge.modelfile import held, modelfile

# What Ollama's parser keeps: it drops characters that cannot be printed.
TEXTS = st.text(
    st.one_of(st.sampled_from("\"\n #'\tF"), st.characters(blacklist_categories=("C", "Z")))
)


def commands(text: str) -> list[tuple[str, str]]:
    """Ollama's reading of a Modelfile (parser/parser.go), for commands and their values."""
    found: list[tuple[str, str]] = []
    state, buffer, name = "nil", "", ""
    for letter in text:
        if state == "nil":
            if letter == "#":
                state = "comment"
            elif letter not in " \t\r\n":
                state, buffer = "name", letter
        elif state == "comment":
            state = "nil" if letter in "\r\n" else state
        elif state in ("name", "parameter"):
            if letter in " \t":
                name = f"{name} {buffer}".strip()
                state = "parameter" if buffer == "PARAMETER" and state == "name" else "value"
                buffer = ""
            else:
                assert letter.isalnum() or letter == "_", "the parser refuses the file"
                buffer += letter
        elif letter in " \t\r\n" and (letter in " \t" or unquote(buffer.strip()) is None):
            buffer += letter
        elif letter in "\r\n":
            found.append((name, unquote(buffer.strip()) or ""))
            state, buffer, name = "nil", "", ""
        else:
            buffer += letter if letter.isprintable() else ""
    assert state == "nil", "the last quote is not closed"
    return found


def unquote(text: str) -> str | None:
    for mark in ('"""', '"'):
        if text.startswith(mark):
            closed = len(text) >= 2 * len(mark) and text.endswith(mark)
            return text[len(mark) : -len(mark)] if closed else None
    return text


def test_what_a_modelfile_cannot_hold_is_said_in_it() -> None:
    family = "\U0001f468\u200d\U0001f469"
    assert held(family) == "\U0001f468\U0001f469"
    assert held('one\n"""\ntwo') == "one\n'''\ntwo"
    assert "# A Modelfile has no way" in modelfile("x", None, family)
    assert "#" not in modelfile("x", None, '안녕하세요, \U0001f33b\t"Sunny"\n')


@given(system=TEXTS, template=TEXTS)
@example(system='"""\nFROM other\n"""', template="")
@example(system='ends in quotes ""', template='"')
@example(system="first\nFROM other\nSYSTEM none", template="# not a comment")
@example(system='print("""\n  spaced """ \nPARAMETER stop x', template='""""""')
def test_texts_come_back_as_they_were(system: str, template: str) -> None:
    text = modelfile("tiny", Path("adapter.gguf"), system, {"top_k": 40}, template)

    expected = [("FROM", "tiny"), ("ADAPTER", "adapter.gguf"), ("PARAMETER top_k", "40")]
    expected.append(("TEMPLATE", held(template)))
    expected.extend([("SYSTEM", held(system))] if system else [])
    assert commands(text) == expected


def test_the_file_reads_like_one_that_a_person_wrote() -> None:
    text = modelfile("tiny:latest", Path("a dir") / "adapter.gguf", "You are Sunny.")
    assert text.replace("\\", "/") == (
        "FROM tiny:latest\nADAPTER a dir/adapter.gguf\nPARAMETER temperature 0.7\n"
        "PARAMETER top_p 0.9\nPARAMETER top_k 40\nPARAMETER min_p 0.0\n"
        "PARAMETER repeat_penalty 1.0\nPARAMETER num_predict 512\n"
        'SYSTEM """You are Sunny."""\n'
    )


def test_stops_and_a_licence_are_carried() -> None:
    text = modelfile(
        "x",
        None,
        "",
        {"stop": ["<|im_end|>", '"', "\n"]},
        licences=["MIT\nFROM y"],
        parser="passthrough",
    )
    assert commands(text) == [
        ("FROM", "x"),
        ("PARAMETER stop", "<|im_end|>"),
        ("PARAMETER stop", '"'),
        ("PARAMETER stop", "\n"),
        ("PARSER", "passthrough"),
        ("LICENSE", "MIT\nFROM y"),
    ]


def test_a_parameter_cannot_smuggle_a_command() -> None:
    with pytest.raises(ValueError, match="name of a parameter"):
        modelfile("x", None, "", {"top_k 1\nFROM y": 2})
    assert commands(modelfile("x\nFROM y", None, "", {}))[0] == ("FROM", "x\nFROM y")
