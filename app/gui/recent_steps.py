"""What was done in the window last, for reports of bugs.

By names of the program's own code, pages and keys alone: names of controls may hold a persona's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial

MOST_STEPS = 30
_STEPS: deque[str] = deque(maxlen=MOST_STEPS)


def take_step(kind: str, what: str | Callable[..., object]) -> None:
    """Remember that a page was opened, a key was pressed, a button was clicked."""
    name = what if isinstance(what, str) else _of(what)
    _STEPS.append(f"{datetime.now():%H:%M:%S} {kind} {name}")


def recent_steps() -> tuple[str, ...]:
    """The last one at the end."""
    return tuple(_STEPS)


def _of(done: Callable[..., object]) -> str:
    """A function by its place in the code."""
    while isinstance(done, partial):
        done = done.func
    return str(getattr(done, "__qualname__", type(done).__qualname__))
