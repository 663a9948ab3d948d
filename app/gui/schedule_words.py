"""Words of the schedule in the window: its errors, its timer, moments, and what it decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.gui.dates import day
from app.gui.translation import later, tr
from app.operations.schedule_words import decision_words, plan_words, reason_words
from app.operations.scheduling import LAST, Decision, Goes, Schedule

_UNCHANGED = later("Nothing was changed.")
OF_SCHEDULE: dict[str, tuple[str, str, str]] = {
    "timer_refused": (
        later("The system did not take the timer, or did not let go of it."),
        _UNCHANGED,
        later("Try again, or have a timer of your own run “perennial schedule tick” every hour."),
    ),
    "timer_path": (
        later("The name of this home holds signs that no timer of the system can be given."),
        _UNCHANGED,
        later("Use a home whose name is plain text."),
    ),
    "schedule_wrong": (
        later("The schedule cannot be so."),
        later("The schedule was left as it was."),
        later("Correct it, then try again."),
    ),
}
TIMERS: Mapping[str, tuple[str, str, str]] = {
    "in_place": (
        "check-circle",
        "good",
        later("The timer of the system is in place. It looks every hour while you are logged in."),
    ),
    "next_login": (
        "check-circle",
        "good",
        later("The login item is in place. It looks every hour, from your next login on."),
    ),
    "other": (
        "warning",
        "warning",
        later("The timer of the system was changed, or starts another installation of Perennial."),
    ),
    "missing": (
        "warning",
        "warning",
        later("The timer of the system is missing, so nothing happens by itself."),
    ),
}
STATES: Mapping[str, tuple[str, str]] = {
    "not_due": ("check-circle", "good"),
    "waits": ("hourglass", "text_soft"),
    "due": ("play-circle", "accent_text"),
}
GOES_WORDS: Mapping[Goes, tuple[str, str]] = {
    "prepare": (
        later("Prepare the examples and tell me"),
        later("You review them, and start the training yourself."),
    ),
    "train": (
        later("Train too"),
        later(
            "Once nothing is left to review, or after 3 days. The new adapter waits for your word."
        ),
    ),
    "live": (
        later("Train, and use the new adapter if it passes"),
        later("It passes when it is better and forgot nothing. You can go back at any time."),
    ),
}


def moment_words(moment: str) -> str:
    """A stored time; midnight is left out, which nobody chose."""
    then = datetime.fromisoformat(moment).astimezone()
    return day(moment) if (then.hour, then.minute) == (0, 0) else exact_words(moment)


def exact_words(moment: str) -> str:
    """A stored time to the minute."""
    then = datetime.fromisoformat(moment).astimezone()
    return tr("{day} at {time}", day=day(moment), time=f"{then:%H:%M}")


def day_words(chosen: int | str) -> str:
    """A day of the month."""
    return tr("the last day") if chosen == LAST else tr("day {number}", number=chosen)


def next_words(schedule: Schedule, names: Sequence[str], at: datetime) -> str:
    """What happens next and when, in one sentence."""
    if not schedule.on:
        return tr("Nothing happens by itself. You start each training on its page.")
    return plan_words(schedule.goes, names, at.isoformat(), tr, moment_words)


def decision_line(decision: Decision) -> str:
    """What comes next for a persona, or what is in the way; the plan says the next day itself."""
    told = [each for each in decision.reasons if each.kind != "next"] or decision.reasons
    return decision_words(replace(decision, reasons=tuple(told), notes=()), tr, moment_words)


def notes_line(decisions: Sequence[Decision]) -> str:
    """What is not known of the machine, once for all personas."""
    notes = {each.kind: each for decision in decisions for each in decision.notes}
    return " ".join(reason_words(each, tr, moment_words) for each in notes.values())
