"""What a training told of itself before its first step, in short lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trainer.contract.fitting import gigabytes

# A part of the memory that is worth a word.
_LARGE_SHARE = 0.15
# Said with the memory already; the same words twice would look like two things.
SAID_WITH_MEMORY = frozenset({"memory_changes"})


def preflight_lines(event: Mapping[str, Any]) -> Iterator[str]:
    """Device and why, size and time, memory, disk, what differs; what is not known is left out."""
    reason = event.get("precision_reason")
    yield f"on {event['device']}, base in {event['precision']}" + (f": {reason}" if reason else "")
    seconds = float(event.get("seconds") or 0.0)
    yield (
        f"{event['examples']} examples, {event['trained_tokens']} tokens to learn,"
        f" {event['steps']} steps" + (f", {about(seconds)}" if seconds else "")
    )
    if event.get("needed_mb"):
        yield _memory(event)
    if event.get("disk_needed_mb"):
        needed, free = gigabytes(event["disk_needed_mb"]), gigabytes(event["disk_free_mb"])
        yield f"disk: {needed} will be written, {free} are free"
    if event.get("checkpoints_kept"):
        yield f"checkpoints: {event['checkpoints_kept']}"
    yield from (f"to fit: {words}" for words in event.get("changes") or ())
    yield from (f"not as in the recipe: {words}" for words in event.get("differences") or ())
    if event.get("changes") or _is_short(event):
        yield from (f"beside it: {words}" for words in event.get("others") or ())


def about(seconds: float) -> str:
    """A time that was reckoned, no more exact than it is."""
    if seconds < 90:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def _memory(event: Mapping[str, Any]) -> str:
    needed = float(event["needed_mb"])
    parts = sorted((event.get("parts_mb") or {}).items(), key=lambda part: -part[1])
    large = [f"{name} {gigabytes(mb)}" for name, mb in parts if mb >= _LARGE_SHARE * needed]
    inside = f" ({', '.join(large)})" if large else ""
    there = gigabytes(float(event.get("there_mb") or 0.0))
    return f"memory: {gigabytes(needed)} of {there} free for it{inside}"


def _is_short(event: Mapping[str, Any]) -> bool:
    return float(event.get("needed_mb") or 0.0) > float(event.get("there_mb") or 0.0)
