"""Errors as the window tells them: what happened, what was kept, what to do next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from app.errors import known_error
from app.gui.bug_reports import bug_reports
from app.gui.translation import current_language, tr
from app.gui.trouble_words import words_beside_english, words_for
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
    known = error if isinstance(error, BridgeError) else known_error(error)
    if known is not None:
        words = explain_kind(known.kind, known.text, known.kept, known.next_step)
        return Trouble(*words, button, action)
    _LOG.error("unexpected error", exc_info=error)
    reported = bug_reports().keep(error) is not None
    return Trouble(
        tr("Something unexpected happened: {error}.", error=type(error).__name__),
        tr("Everything that was stored is still there."),
        tr("A report of it lies in this home and goes nowhere; see Settings, Help and diagnostics.")
        if reported
        else tr("The log in the home's folder logs/ tells more."),
        button,
        action,
    )


def explain_kind(kind: str, text: str, kept: str, next_step: str) -> tuple[str, str, str]:
    """What happened, what was kept and what to do, in the user's language.

    In English an error's own words stand, unless they are about what a person never sees.
    """
    words = words_for(kind) if current_language() == "en" else words_beside_english(kind)
    return words or (tr(text), tr(kept), tr(next_step))
