"""Rows and files that are wrong in every way, made quickly from rows of the real shape."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

STRINGS = (
    "", " ", "\0", "a\0b", "\ud800", "\udfff!", "x" * 3000, "<script>alert(1)</script>",
    "'; DROP TABLE messages; --", "{{char}}", "{0} %s ${HOME}", "../../etc/passwd", "C:\\nul",
    "\u202e\u0000\ufeff", "<think>", "<details type=\"reasoning\"", "1e999", "-1", "true", "한글",
    "root", "q", "a1", "\r\n", "user", "assistant", "system", "tool",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, -(10**400), 1e308, float("inf"), float("nan"), [], {}, [[]],
    [None], {"": {}}, [{"type": "text", "text": 7}], [{"type": "image"}], ["a", ["b"]], [7],
    {"role": "user"}, {"content": {"parts": [None]}}, {"rating": {"x": 1}}, list(range(50)),
)  # fmt: skip
BYTES = (
    b"\xff", b"\xc3", b"\xed\xa0\x80", b"\0", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\",
    b"\\u", b"\\ud800", b"\t", b"\x1f", b"1" * 5000, b"[" * 2000, b"\xef\xbb\xbf", b"NaN", b"//",
)  # fmt: skip


def wrong_value(random: Random) -> Any:
    """Something that nobody expects."""
    return random.choice(STRINGS) if random.random() < 0.5 else copy.deepcopy(random.choice(VALUES))


def wrong_row(row: Any, random: Random) -> Any:
    """A row with up to four places changed, left out, doubled or moved."""
    row = copy.deepcopy(row)
    for _ in range(random.randint(1, 4)):
        holder, key = _somewhere(row, random)
        if holder is None:
            return wrong_value(random)
        _change(holder, key, random)
    return row


def wrong_bytes(line: bytes, random: Random) -> bytes:
    """A line with a place cut, doubled, or with bytes put into it; it stays one line."""
    at = random.randrange(len(line) + 1)
    how = random.randrange(4)
    if how == 0:
        return line[:at]
    if how == 1:
        return line[:at] + line[at + random.randint(1, 9) :]
    if how == 2:
        return line[:at] + line[max(0, at - 9) : at] + line[at:]
    return line[:at] + random.choice(BYTES) + line[at:]


def wrong_line(row: Any, random: Random) -> bytes:
    """A line of a file: a wrong row, or a right one with wrong bytes."""
    if random.random() < 0.3:
        line = wrong_bytes(json.dumps(row).encode(), random)
    else:
        line = json.dumps(wrong_row(row, random), ensure_ascii=random.random() < 0.7).encode(
            "utf-8", "surrogatepass"
        )
    return line.replace(b"\n", b" ")


def _somewhere(row: Any, random: Random) -> tuple[Any, Any]:
    """A random place within a value: what holds it, and its key."""
    holder, key = None, None
    here = row
    while isinstance(here, dict | list) and here and (holder is None or random.random() < 0.75):
        holder = here
        key = random.choice(list(here)) if isinstance(here, dict) else random.randrange(len(here))
        here = here[key]
    return holder, key


def _change(holder: Any, key: Any, random: Random) -> None:
    how = random.randrange(6)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[random.choice(STRINGS)] = holder.pop(key)
    elif how == 2:
        holder[key] = [holder[key]]
    elif how == 3 and isinstance(holder, list):
        holder.insert(0, copy.deepcopy(holder[key]))
    elif how == 4 and isinstance(holder, dict):
        holder[key] = copy.deepcopy(random.choice(list(holder.values())))
    else:
        holder[key] = wrong_value(random)
