"""Words for other programs that talk to the personas, and for what goes wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.gui.dates import day
from app.gui.translation import later, tr

if TYPE_CHECKING:
    from app.endpoints.request_log import RequestLine
    from app.gui.programs_server import Standing
    from app.store.programs import Program

_UNCHANGED = later("Nothing was changed.")

OF_PROGRAMS: dict[str, tuple[str, str, str]] = {
    "port_taken": (
        later("This port is taken by another program."),
        _UNCHANGED,
        later("Choose another one."),
    ),
    "program_name": (
        later("A program needs a name of 1 to 60 characters."),
        _UNCHANGED,
        later("Write one, like Open WebUI, and try again."),
    ),
    "program_known": (
        later("There is a program of this name already."),
        _UNCHANGED,
        later("Choose another name; for a new key take that program out of the list first."),
    ),
    "program_unknown": (
        later("There is no program of this name any more."),
        _UNCHANGED,
        later("Look at the list again."),
    ),
}

_ASKED = {
    "models": later("asked which personas there are"),
    "model": later("asked about a persona"),
    "version": later("asked for the version"),
}
_KEPT = {
    "": later("not collected"),
    "collected": later("collected for review"),
    "here_already": later("collected before"),
    "forgotten": later("not collected: it was forgotten here"),
    "no_talk": later("not collected: a task of the program's own"),
}
_NOT_STORED = "NOT collected"  # how such a trouble begins: the reply was given all the same
_TROUBLES = {
    "invalid_api_key": later("no key that opens"),
    "forbidden": later("it came from a web page, or called this computer by another name"),
    "client_gone": later("the program left before the end"),
    "model_not_found": later("there is no such persona for it"),
    "unsupported": later("it asked for more than plain text"),
    "context_length_exceeded": later("the conversation is longer than the model can read"),
    "runtime_unloaded": later("a training has the model out of memory"),
}


def standing_words(standing: Standing | None, *, on: bool, busy: bool) -> tuple[str, str, str]:
    """An icon, its colour and a sentence: who answers programs now."""
    changing = standing is None or on != standing.open
    if (busy and changing) or (standing is None and not on):
        return "circle", "text_soft", tr("Getting ready…") if on else tr("One moment…")
    if standing is None:
        return "warning", "warning", tr("No program can reach your personas now.")
    if standing.answers == "window":
        words = tr("Your personas answer programs on this computer while this window is open.")
        return "check-circle", "good", words
    if standing.answers == "elsewhere":
        words = tr(
            "Another Perennial answers at port {port} already, as “perennial serve” does in a"
            " terminal. If it is for these personas, there is nothing to do; else choose another"
            " port.",
            port=standing.port,
        )
        return "info", "accent_text", words
    if on:
        return "warning", "warning", tr("No program can reach your personas now.")
    return "circle", "text_soft", tr("No program can reach your personas while this is off.")


def used_words(program: Program, persona: str) -> str:
    """Whom a program may talk to, and how much it did."""
    whom = persona or tr("every persona")
    if not program.last_used:
        return f"{whom} · {tr('not used yet')}"
    used = tr(
        "replies: {count}, the last on {date}",
        count=f"{program.requests:,}",
        date=day(program.last_used),
    )
    return f"{whom} · {used}"


def request_words(line: RequestLine, names: Mapping[str, str]) -> str:
    """What a program asked for and what came of it; `names` of the personas by their slugs."""
    stored = not line.trouble.startswith(_NOT_STORED)
    if line.trouble and stored:
        reason = _TROUBLES.get(line.trouble)
        return tr("not answered: {reason}", reason=tr(reason) if reason else line.trouble)
    if not line.persona:
        return tr(_ASKED.get(line.what, later("had a model loaded")))
    name = names.get(line.persona, line.persona)
    kept = tr(_KEPT[line.kept]) if stored else tr("not collected: it could not be stored")
    return tr("{name} answered; {kept}", name=name, kept=kept)


def short_words(line: RequestLine, names: Mapping[str, str]) -> str:
    """The same for the sidebar; empty for what no persona was asked."""
    if not line.program:
        return ""
    if line.trouble:
        return f"{line.program}: {request_words(line, names)}"
    if not line.persona:
        return ""
    name = names.get(line.persona, line.persona)
    return tr("{name} answered {program}", name=name, program=line.program)
