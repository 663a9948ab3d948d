"""Errors as the window tells them: what happened, what was kept, what to do next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from app.errors import PerennialError
from app.gui.translation import tr
from ollama_bridge.errors import BridgeError

_LOG = logging.getLogger("perennial")


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong, and the button that helps."""

    text: str
    kept: str = ""
    next_step: str = ""
    button: str = ""
    action: Callable[[], None] | None = None

    @property
    def whole(self) -> str:
        """All of it in one paragraph."""
        return " ".join(part for part in (self.text, self.kept, self.next_step) if part)


def explain(
    error: Exception, *, button: str = "", action: Callable[[], None] | None = None
) -> Trouble:
    """A known error in the user's language; anything else is a bug and goes to the log."""
    if isinstance(error, PerennialError | BridgeError):
        text, kept, next_step = _known(error.kind) or (error.text, error.kept, error.next_step)
        return Trouble(text, kept, next_step, button, action)
    _LOG.error("unexpected error", exc_info=error)
    return Trouble(
        tr("Something unexpected happened: {error}.", error=type(error).__name__),
        tr("Everything that was stored is still there."),
        tr("The log in the home's folder logs/ tells more."),
        button,
        action,
    )


def _known(kind: str) -> tuple[str, str, str] | None:
    """The words for the kinds that people meet most."""
    kept = tr("What was written so far is kept.")
    stored = tr("Everything that was stored is still there.")
    words = {
        "runtime_start": (
            tr("The model could not be started."),
            stored,
            tr("Try again; if it happens again, close other programs to free memory."),
        ),
        "runtime_lost": (
            tr("The model ended in the middle of the reply."),
            kept,
            tr("Ask again: it is started anew."),
        ),
        "runtime_unloaded": (
            tr("The model is not in memory now: a training may be using the device."),
            stored,
            tr("Wait for the training to end, or load the model beside it."),
        ),
        "context_too_long": (
            tr("This conversation has become longer than the model can read."),
            stored,
            tr("Begin a new conversation."),
        ),
        "disk_full": (
            tr("The disk is full."),
            stored,
            tr("Free some space, then try again."),
        ),
        "read_only": (
            tr("The home cannot be written to."),
            tr("Nothing in it was changed."),
            tr("Make the folder writable for your user, then try again."),
        ),
        "locked": (
            tr("Another program holds the database for long."),
            stored,
            tr("Try again in a moment."),
        ),
        "no_name": (
            tr("A persona needs a name."),
            "",
            tr("Write one and try again."),
        ),
    }
    return words.get(kind)
