"""What the schedule decided and what it will do, in plain words of any language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.operations.schedule_log import Entry
from app.operations.scheduling import Decision, Goes, Reason
from app.words import later

Say = Callable[..., str]
When = Callable[[str], str]

_MOMENTS = ("at", "until")
REASONS: Mapping[str, str] = {
    "off": later("The schedule is off."),
    "next": later("Nothing is due before {at}."),
    "begun_already": later("The training of this month was begun on {at}."),
    "prepared_already": later("The examples of this month were prepared on {at}."),
    "training": later("It waits for a training that is under way: {run}."),
    "candidate": later("The adapter of {run} waits for your word first."),
    "nothing": later("It waits for {missing} more usable replies."),
    "review": later("It waits for your review until {until}: {count} replies are not decided yet."),
    "hours": later("It waits for its hours, from {from_hour}:00 to {to_hour}:00."),
    "power": later("It waits for mains power."),
    "idle": later("It waits until nobody has used the computer for {minutes} minutes."),
    "busy": later("It waits until the computer has less to do; {percent} % of it is in use."),
    "temperature": later("It waits until it is cooler: {now_c} °C now, at most {most_c} °C."),
    "power_unknown": later("Mains power cannot be seen here, so it is not waited for."),
    "idle_unknown": later(
        "Nothing here tells whether the computer is in use, so that is no limit."
    ),
    "idle_by_load": later(
        "Nothing here tells when you used the computer last; that it has little to do stands in"
        " for it."
    ),
    "temperature_unknown": later("The temperature cannot be read here, so it is no limit."),
    "prepared": later(
        "The examples are prepared: {new} new, {replay} from replay. Not decided yet: {count}."
    ),
    "begun": later("The training {run} was begun."),
    "failed": later("It could not be done: {why}"),
}
PLANS: Mapping[Goes, str] = {
    "prepare": later("On {at} the examples of {who} are prepared, and you are asked to review."),
    "train": later(
        "On {at} the examples of {who} are prepared for your review, then trained; the adapter"
        " waits for your word."
    ),
    "live": later(
        "On {at} the examples of {who} are prepared for your review, then trained; an adapter that"
        " passes goes live."
    ),
}
_DUE: Mapping[str, str] = {
    "prepare": later("The examples are due, and are prepared with the next look."),
    "train": later("The training is due, and begins with the next look."),
}


def reason_words(reason: Reason, say: Say, when: When) -> str:
    """One reason."""
    values = {
        name: when(value) if name in _MOMENTS else value for name, value in reason.values.items()
    }
    text = REASONS.get(reason.kind)
    return say(text, **values) if text else reason.kind


def decision_words(decision: Decision, say: Say, when: When) -> str:
    """What comes next for a persona, or what is in the way, and what is not known."""
    said = [reason_words(each, say, when) for each in (*decision.reasons, *decision.notes)]
    if decision.state == "due":
        said.insert(0, say(_DUE[decision.action]))
    return " ".join(said)


def entry_words(entry: Entry, say: Say, when: When) -> str:
    """What a look came to."""
    return " ".join(reason_words(each, say, when) for each in (*entry.reasons, *entry.notes))


def plan_words(goes: Goes, names: Sequence[str], at: str, say: Say, when: When) -> str:
    """What happens next and when."""
    who = ", ".join(names) if names else say(later("all personas"))
    return say(PLANS[goes], at=when(at), who=who)
