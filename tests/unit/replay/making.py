"""Conversations and examples for the tests of the mix."""

from __future__ import annotations

from collections.abc import Mapping

from replay.example import Example, Message


def single(number: int, question: str = "", group: str = "new", replies: int = 1) -> Example:
    """A conversation about its own number, with so many approved replies."""
    messages = []
    for turn in range(replies):
        asked = question if question and turn == 0 else f"question {number} turn {turn} of {group}"
        messages += [Message("user", asked), Message("assistant", f"reply {number}", 1.0)]
    name = f"{group}-{number}"
    ids = tuple(number * 100 + turn for turn in range(replies))
    return Example(name, group, tuple(messages), name, "", ids)


def month(count: int, replies: int = 1) -> list[Example]:
    return [single(number, replies=replies) for number in range(count)]


def buffers(sizes: Mapping[str, int]) -> dict[str, list[Example]]:
    return {
        group: [single(number, group=group) for number in range(size)]
        for group, size in sizes.items()
    }
