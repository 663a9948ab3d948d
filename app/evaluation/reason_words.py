"""The gate's reasons in words of any language, made of their numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.evaluation.evidence import Reason
from app.evaluation.numbers import shown
from app.words import Words, later

Values = Mapping[str, Any]

GROUPS = {
    "persona": later("persona"),
    "korean": later("Korean"),
    "coding": later("coding"),
    "general": later("general knowledge"),
    "answers": later("short answers"),
    "canaries": later("canaries"),
    "safety": later("safety"),
    "missing": later("what is missing"),
    "verbosity": later("verbosity"),
    "language.en": later("replies in English"),
    "language.ko": later("replies in Korean"),
    "infrastructure.terraform": later("Terraform"),
    "infrastructure.cloudformation": later("CloudFormation"),
    "infrastructure.kubernetes": later("Kubernetes"),
}
_TROUBLES = {
    "empty": later("empty"),
    "echo": later("repeating the question"),
    "loop": later("loops"),
}
_THAN = {
    "base": later("the base"),
    "parent": later("the adapter in use"),
    "best": later("the best adapter so far"),
}
_BETTER_THAN_BASE = later(
    "It predicts your approved replies better than the base: loss {before} to {now} ({change}; at"
    " least {asked} is asked for)."
)
_NOT_BETTER_THAN_BASE = later(
    "It does not predict your approved replies enough better than the base: loss {before} to {now}"
    " ({change}; at least {asked} is asked for)."
)
_MAYBE_BETTER = later(
    "It seems better than {than}, but {count} held-out conversations are too few to be sure: loss"
    " {before} to {now} ({change}, somewhere from {low} to {high}). About {needed} would tell."
)
_BETTER_THAN_PARENT = later(
    "It is better than the adapter in use: loss {before} to {now} ({change})."
)
_NOT_BETTER_THAN_PARENT = later(
    "It is not surely better than the adapter in use: loss {before} to {now} ({change})."
)
_CORRECTED = later(
    "Your corrections, on their own, are predicted better than by {than}: loss {before} to {now}"
    " ({change}, {count} conversations)."
)
_NOT_CORRECTED = later(
    "Your corrections, on their own, are not predicted better than by {than}: loss {before} to"
    " {now} ({change}, {count} conversations)."
)
_KEPT = later(
    "It kept: {group}, {change} loss on held-out answers against {than} (somewhere from {low} to"
    " {high}; at most {most} is allowed)."
)
_FORGOT = later(
    "It forgot: {group}, {change} loss on held-out answers against {than} (at most {most} is"
    " allowed)."
)
_MAYBE_FORGOT = later(
    "It may have forgotten: {group}, {change} loss on held-out answers against {than}, and up to"
    " {high} cannot be ruled out (at most {most} is allowed)."
)
_CAN_STILL = later(
    "It can still do: {group} checks {had} of {count} before, {right} now ({lost} lost, {gained}"
    " gained)."
)
_CAN_NO_MORE = later(
    "It forgot: {group} checks {had} of {count} before, {right} now ({lost} lost, {gained} gained)."
)
_KEEPS_LANGUAGE = later(
    "It keeps to the language: {group}, {had} of {count} before, {right} now ({lost} lost, {gained}"
    " gained)."
)
_LOSES_LANGUAGE = later(
    "It slips into another language: {group}, {had} of {count} before, {right} now ({lost} lost,"
    " {gained} gained)."
)
_SAFE = later(
    "It is as safe as before: {had} of {count} before, {right} now ({lost} lost, {gained} gained)."
)
_LESS_SAFE = later(
    "It fails where the base was safe: {had} of {count} before, {right} now ({lost} lost, {gained}"
    " gained)."
)
_VARIED = later(
    "Its replies are varied: asked the same again, {now} of the words change ({before} for {than},"
    " {change})."
)
_NARROWED = later(
    "Its replies have lost their variety: asked the same again, {now} of the words change ({before}"
    " for {than}, {change}; at most {most} is allowed)."
)
_MAYBE_NARROWED = later(
    "Its replies may have lost their variety: asked the same again, {now} of the words change"
    " ({before} for {than}, {change}); {count} questions are too few to be sure."
)
_TOO_LITTLE_REPLAY = later("Nothing is held out to see what was forgotten.")
_TOO_FEW_CONVERSATIONS = later(
    "Only {count} held-out conversations to judge by; {needed} are needed. Rate more replies."
)
_TOO_FEW_QUESTIONS = later(
    "Only {count} held-out questions ({group}) to see what was forgotten; {needed} are needed."
)
_TROUBLES_AMONG = later("Failed replies among them: {kinds}.")
_SKIPPED = later("{count} could not be judged.")


def reason(
    kind: str, passed: bool, values: Values, *, decides: bool = True, unsure: bool = False
) -> Reason:
    """A reason with its English words."""
    text = _words(kind, passed, unsure, values, Words("en"))
    return Reason(kind, text, passed, values, decides, unsure and not passed)


def reason_words(row: Mapping[str, Any], words: Words) -> str:
    """A reason of a report in a language; as the report has it where its numbers are not known."""
    values = row.get("values")
    text = str(row.get("text", ""))
    if words.language == "en" or not isinstance(values, Mapping) or not values:
        return text
    try:
        kind, unsure = str(row["kind"]), bool(row.get("unsure"))
        return _words(kind, bool(row["passed"]), unsure, values, words) or text
    except (KeyError, TypeError, ValueError):
        return text


def group_words(group: str, words: Words) -> str:
    """A group of cases or of replay by its name; a user's own is as they called it."""
    return words(GROUPS[group]) if group in GROUPS else group


def _words(kind: str, passed: bool, unsure: bool, values: Values, words: Words) -> str:
    than = "base" if kind == "better_than_base" else "parent"
    numbers = _numbers(values, than, words)
    text = _template(kind, passed, unsure and not passed, values)
    if not text:
        return ""
    parts = [words(text, **numbers)]
    troubles = values.get("troubles") or {}
    if troubles:
        kinds = ", ".join(f"{words(_TROUBLES[each])} {count}" for each, count in troubles.items())
        parts.append(words(_TROUBLES_AMONG, kinds=kinds))
    if values.get("skipped"):
        parts.append(words(_SKIPPED, count=values["skipped"]))
    return " ".join(parts)


def _template(kind: str, passed: bool, unsure: bool, values: Values) -> str:
    rule = kind.partition("_")[0]
    if kind == "too_little":
        few = {"conversations": _TOO_FEW_CONVERSATIONS, "replay": _TOO_LITTLE_REPLAY}
        return few.get(str(values["of"]), _TOO_FEW_QUESTIONS)
    if kind.startswith("better_than_"):
        held, failed = (
            (_BETTER_THAN_BASE, _NOT_BETTER_THAN_BASE)
            if kind == "better_than_base"
            else (_BETTER_THAN_PARENT, _NOT_BETTER_THAN_PARENT)
        )
        return _one_of(passed, unsure, held, failed, _MAYBE_BETTER)
    if kind == "checks_safety":
        return _one_of(passed, False, _SAFE, _LESS_SAFE, "")
    by_rule = {
        "corrected": (_CORRECTED, _NOT_CORRECTED, ""),
        "retention": (_KEPT, _FORGOT, _MAYBE_FORGOT),
        "checks": (_CAN_STILL, _CAN_NO_MORE, ""),
        "language": (_KEEPS_LANGUAGE, _LOSES_LANGUAGE, ""),
        "variety": (_VARIED, _NARROWED, _MAYBE_NARROWED),
    }
    return _one_of(passed, unsure, *by_rule[rule]) if rule in by_rule else ""


def _one_of(passed: bool, unsure: bool, held: str, failed: str, maybe: str) -> str:
    if passed:
        return held
    return maybe if unsure and maybe else failed


def _numbers(values: Values, than: str, words: Words) -> dict[str, object]:
    """Every number as it is shown everywhere."""
    units = {
        "change": "change", "low": "change", "high": "change", "most": "change",
        "asked": "change",
    }  # fmt: skip
    numbers: dict[str, object] = {
        name: shown(value, units[name]) if name in units else value
        for name, value in values.items()
    }
    unit = "share" if "than" in values and "most" in values else "loss"
    for name in ("before", "now"):
        if name in values:
            numbers[name] = shown(values[name], unit)
    if "of" in values:
        numbers["group"] = group_words(str(values["of"]), words)
    numbers["than"] = words(_THAN[str(values.get("than", than))])
    return numbers
