"""Whether a reply passes its case."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.evaluation.sandbox import parses, run_code
from app.evaluation.suite import Case, CodeCase
from replay.measures.echo import trouble

_FENCE = re.compile(r"```([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_PYTHON = ("python", "py", "python3")
TROUBLES = {
    "empty": "the reply is empty",
    "echo": "the reply only repeats the question",
    "loop": "the reply repeats itself without end",
}


@dataclass(frozen=True)
class Checked:
    """A verdict on one reply."""

    passed: bool
    why: str
    trouble: str | None = None


def check_reply(case: Case, reply: str) -> Checked:
    """An echo of the prompt is a failure whatever else it holds."""
    found = trouble(case.prompt, reply)
    if found in ("empty", "echo"):
        return Checked(False, TROUBLES[found], found)
    if isinstance(case, CodeCase):
        ran = run_code(code_of(reply), case.assertions)
        return Checked(ran.ok, ran.reason, None if ran.ok else found)
    for word in case.any:
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", reply, re.IGNORECASE):
            return Checked(True, f"it says {word}")
    return Checked(False, f"it says none of: {', '.join(case.any)}", found)


def code_of(reply: str) -> str:
    """The Python blocks of a reply, or the whole reply where it has no block at all.

    A block that names no language may show output, so it counts only when it is Python.
    """
    blocks = _FENCE.findall(reply)
    if not blocks:
        return reply
    return "\n\n".join(
        body
        for language, body in blocks
        if language.lower() in _PYTHON or (not language and parses(body))
    )
