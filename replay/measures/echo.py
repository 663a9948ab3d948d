"""Replies that are none: empty ones, echoes of the prompt, and loops."""

from __future__ import annotations

import re

SHARE_OF_PROMPT = 0.9
REPEATS, SENTENCE_REPEATS = 4, 3
LONGEST_PHRASE, LONGEST_SENTENCE = 12, 40
WORDS_COMPARED = 300
_PASTED = 15
_ASKED = 3


def trouble(prompt: str, reply: str) -> str | None:
    """Why a reply is no answer, or nothing when it is one."""
    said, asked = _words(reply), _words(prompt)
    if not said:
        return "empty"
    if is_echo(said, asked):
        return "echo"
    if is_loop(said):
        return "loop"
    return None


def is_echo(said: list[str], asked: list[str]) -> bool:
    """Whether the reply is the prompt again, once or several times, and hardly a word more."""
    if len(asked) < 3 or len(said) < 0.6 * len(asked):
        return False
    known = set(asked)
    if sum(map(known.__contains__, said)) < SHARE_OF_PROMPT * len(said):
        return False
    said = said[:WORDS_COMPARED]  # the time goes with the square of the length
    again = (asked * -(-len(said) // len(asked)))[: 2 * WORDS_COMPARED]
    return _common_in_order(said, again) >= SHARE_OF_PROMPT * len(said)


def gives_back(prompt: str, reply: str) -> bool:
    """Whether a reply is what was pasted without what was asked of it: code that was mended, a
    text that was proofread."""
    asked = _words(prompt)
    order = {*asked[:_ASKED], *asked[-_ASKED:]}
    return len(asked) >= _PASTED and not order <= set(_words(reply))


def is_loop(said: list[str]) -> bool:
    """Whether the reply ends in the same words again and again."""
    for size in range(1, LONGEST_SENTENCE + 1):
        repeats = 2 * REPEATS if size <= 2 else REPEATS
        length = _repeated(said, size)
        # Rounds that were asked for end; a long sentence that breaks off in its next round loops.
        broken_off = size > LONGEST_PHRASE and length % size and length > SENTENCE_REPEATS * size
        if length >= repeats * size or broken_off:
            return True
    return False


def _repeated(said: list[str], size: int) -> int:
    """How many words at the end are the same ones again, so many at a time."""
    length = size
    while length < len(said) and said[-length - 1] == said[size - length - 1]:
        length += 1
    return length if len(said) >= size else 0


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _common_in_order(said: list[str], asked: list[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(asked) + 1)
    for word in said:
        before = 0
        for index, other in enumerate(asked, 1):
            here = row[index]
            row[index] = before + 1 if word == other else max(row[index], row[index - 1])
            before = here
    return row[-1]
