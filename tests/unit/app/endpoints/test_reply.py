"""A reply ends where the program wants it to, however it comes in pieces."""

from __future__ import annotations

import pytest

from app.endpoints.reply import Reply
from ollama_bridge.runtime.values import Delta


@pytest.mark.parametrize(
    ("text", "stops", "left"),
    [
        ("one END two", ["END"], "one "),
        ("one EN two", ["END"], "one EN two"),
        ("one ENEND two", ["END"], "one EN"),
        ("aabaac", ["aac", "zz"], "aab"),
        ("a\nb", ["\n", "b"], "a"),
        ("END", ["END"], ""),
        ("ends with EN", ["END"], "ends with EN"),
        ("nothing", [], "nothing"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_a_stop_is_found_over_the_ends_of_pieces(
    text: str, stops: list[str], left: str, size: int
) -> None:
    deltas = [Delta(text[at : at + size]) for at in range(0, len(text), size)]
    reply = Reply(iter([*deltas, Delta("", "length")]), stops)
    assert "".join(reply.pieces()) == reply.text == left
    assert reply.done
    cut = any(stop in text for stop in stops)
    assert reply.finish == ("stop" if cut else "length")
