"""The gate's reasons in the user's language, made of the numbers in the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.gui.translation import current_language, tr

Values = Mapping[str, Any]


def group_words(group: str) -> str:
    """A replay group by its name in the user's language."""
    words = {
        "persona": tr("persona"),
        "korean": tr("Korean"),
        "coding": tr("coding"),
        "general": tr("general knowledge"),
    }
    return words.get(group, group)


def reason_words(reason: Mapping[str, Any]) -> str:
    """One reason of the report; as the gate wrote it in English, and in reports without numbers."""
    text = str(reason.get("text", ""))
    values = reason.get("values")
    if current_language() == "en" or not isinstance(values, Mapping) or not values:
        return text
    try:
        return _words(str(reason["kind"]), bool(reason["passed"]), values) or text
    except (KeyError, TypeError, ValueError):
        return text


def _words(kind: str, passed: bool, values: Values) -> str:
    if kind == "too_little":
        return _too_little(values)
    if kind in ("better_than_base", "better_than_parent"):
        return _better(kind, passed, values)
    if kind.startswith("retention_"):
        return _retention(passed, values)
    return _checks(passed, values) if kind.startswith("checks_") else ""


def _too_little(values: Values) -> str:
    if values["of"] == "replay":
        return tr("Nothing is held out to see what was forgotten.")
    if values["of"] == "conversations":
        return tr(
            "Only {count} held-out conversations to judge by; {needed} are needed. Rate more"
            " replies.",
            count=values["count"],
            needed=values["needed"],
        )
    return tr(
        "Only {count} held-out questions ({group}) to see what was forgotten; {needed} are needed.",
        count=values["count"],
        group=group_words(str(values["of"])),
        needed=values["needed"],
    )


def _better(kind: str, passed: bool, values: Values) -> str:
    numbers = {
        "before": f"{values['before']:.2f}",
        "now": f"{values['now']:.2f}",
        "change": f"{values['change']:+.0%}",
    }
    if kind == "better_than_base":
        asked = f"{values['asked']:.0%}"
        if values["change"] < 0:
            return tr(
                "It predicts your approved replies better than the base: loss {before} to {now}"
                " ({change}; at least {asked} is asked for).",
                asked=asked,
                **numbers,
            )
        return tr(
            "It predicts your approved replies worse than the base: loss {before} to {now}"
            " ({change}; at least {asked} is asked for).",
            asked=asked,
            **numbers,
        )
    if passed:
        return tr(
            "It is better than the adapter in use: loss {before} to {now} ({change}).", **numbers
        )
    return tr(
        "It is not surely better than the adapter in use: loss {before} to {now} ({change}).",
        **numbers,
    )


def _retention(passed: bool, values: Values) -> str:
    numbers = {
        "group": group_words(str(values["of"])),
        "change": f"{values['change']:+.0%}",
        "most": f"{values['most']:+.0%}",
    }
    if passed:
        return tr(
            "It kept: {group}, {change} loss on held-out answers (at most {most}).", **numbers
        )
    return tr("It forgot: {group}, {change} loss on held-out answers (at most {most}).", **numbers)


def _checks(passed: bool, values: Values) -> str:
    numbers = {name: values[name] for name in ("had", "count", "right", "lost", "gained")}
    group = group_words(str(values["of"]))
    if passed:
        words = tr(
            "It can still do: {group} checks {had} of {count} before, {right} now ({lost} lost,"
            " {gained} gained).",
            group=group,
            **numbers,
        )
    else:
        words = tr(
            "It forgot: {group} checks {had} of {count} before, {right} now ({lost} lost,"
            " {gained} gained).",
            group=group,
            **numbers,
        )
    return " ".join([words, *_troubles(values["troubles"])])


def _troubles(troubles: Mapping[str, int]) -> list[str]:
    words = {
        "empty": tr("empty"),
        "echo": tr("repeating the question"),
        "loop": tr("loops"),
    }
    kinds = ", ".join(f"{words.get(kind, kind)} {count}" for kind, count in troubles.items())
    return [tr("Failed replies among them: {kinds}.", kinds=kinds)] if kinds else []
