"""One line of a month file as a value, however it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from app.errors import MonthError
from app.importers.ratings import Verdict, middle_of, number_of, verdict_of


@dataclass(frozen=True)
class Said:
    """A message of a line with what was said of it."""

    role: Literal["user", "assistant"]
    content: str
    verdict: Verdict | None = None
    correction: str | None = None


@dataclass(frozen=True)
class Exchange:
    """A conversation of a month file."""

    external_id: str
    system_prompt: str
    messages: tuple[Said, ...]


class LineUnusable(ValueError):
    """Why a line cannot come in."""


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold something, with their numbers."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if text.strip():
                    yield number, text
    except OSError as error:
        raise MonthError(
            f"The file {path} cannot be read: {error.strerror or error}.",
            "Check the name and that you may read it, then import it again;"
            " what came in before is not taken twice.",
        ) from error


def parse_line(line: bytes) -> Mapping[str, Any]:
    """The JSON object of a line."""
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise LineUnusable("not UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise LineUnusable("not valid JSON") from error
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list):
        raise LineUnusable('no list of "messages"')
    return row


def rating_middle(path: Path) -> float:
    """The neutral value of the numbers that a file rates with."""
    return middle_of(_rating_numbers(path))


def _rating_numbers(path: Path) -> Iterator[float]:
    for _, line in read_lines(path):
        try:
            row = parse_line(line)
        except LineUnusable:
            continue
        for holder in (row, *row["messages"]):
            number = number_of(holder.get("rating")) if isinstance(holder, dict) else None
            if number is not None:
                yield number


def exchange_of(row: Mapping[str, Any], middle: float) -> Exchange:
    """The conversation of a line; raises LineUnusable or RatingUnknown with the reason."""
    system: list[str] = []
    messages: list[Said] = []
    for number, item in enumerate(row["messages"], 1):
        if not isinstance(item, dict):
            raise LineUnusable(f"message {number} is not an object")
        role = str(item.get("role", "")).strip().lower()
        content = _text(item.get("content"), f"message {number}")
        if role == "system" and not messages:
            system.append(content)
            continue
        if not content.strip():
            raise LineUnusable(f"message {number} is empty")
        if role == "user":
            messages.append(Said("user", content))
        elif role == "assistant":
            verdict = verdict_of(item.get("rating"), middle)
            messages.append(Said("assistant", content, verdict, _correction(item)))
        elif role == "system":
            raise LineUnusable(f"message {number} is a system message in the middle")
        else:
            raise LineUnusable(f"message {number} has the unknown role {role[:20]!r}")
    said = _rated_at_top(row, messages, middle)
    system_prompt = "\n\n".join(part for part in system if part.strip())
    return Exchange(_external_id(row, system_prompt, said), system_prompt, tuple(said))


def _rated_at_top(row: Mapping[str, Any], messages: list[Said], middle: float) -> list[Said]:
    """What stands at the top speaks of the last reply, unless that says something itself."""
    replies = [place for place, said in enumerate(messages) if said.role == "assistant"]
    if not replies:
        raise LineUnusable("no reply of the assistant")
    last = messages[replies[-1]]
    top = replace(
        last,
        verdict=last.verdict or verdict_of(row.get("rating"), middle),
        correction=last.correction or _correction(row),
    )
    return [top if place == replies[-1] else said for place, said in enumerate(messages)]


def _correction(holder: Mapping[str, Any]) -> str | None:
    value = holder.get("correction")
    if isinstance(value, dict):
        value = value.get("content")
    text = _text(value, "the correction")
    return text if text.strip() else None


def _text(value: object, what: str) -> str:
    """Text, also when it comes in parts; absent text is empty."""
    if value is None:
        return ""
    if isinstance(value, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in value]
        if not all(isinstance(part, str) for part in parts):
            raise LineUnusable(f"{what} holds something that is not text")
        value = "".join(str(part) for part in parts)
    if not isinstance(value, str):
        raise LineUnusable(f"{what} is not text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise LineUnusable(f"{what} is not valid Unicode") from error
    return value


def _external_id(row: Mapping[str, Any], system_prompt: str, messages: list[Said]) -> str:
    """The line's id with a digest of what was said.

    An id alone would not do: files number their lines from 1, and a second month would be taken
    for the first. Ratings stay out, so that a conversation rated anew is still the same one.
    """
    said = [
        system_prompt,
        *(part for message in messages for part in (message.role, message.content)),
    ]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]
    given = row.get("id")
    if isinstance(given, str | int) and not isinstance(given, bool):
        name = _text(str(given), "the id")[:80]
        return f"{name}#{digest}" if name else digest
    return digest
