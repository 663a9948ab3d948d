"""The gate's reasons in words of any language, made of their numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    "canaries": later("control questions"),
    "safety": later("safety"),
    "missing": later("asking for what is missing"),
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
    "loop": later("the same over and over"),
}
_THAN = {
    "base": later("the base model"),
    "parent": later("the old adapter"),
    "best": later("the best adapter so far"),
}
_BETTER_THAN_BASE = later(
    "It is closer to the replies that you approved than the base model is (loss {before} before,"
    " {now} now: {change}; {asked} or lower is needed)."
)
_NOT_BETTER_THAN_BASE = later(
    "It is not clearly closer to the replies that you approved than the base model is (loss"
    " {before} before, {now} now: {change}; {asked} or lower is needed)."
)
_MAYBE_BETTER = later(
    "It seems closer to the replies that you approved than {than} is, but {count} conversations are"
    " too few to be sure (loss {before} before, {now} now: {change}, in truth somewhere from {low}"
    " to {high})."
)
_MORE_WOULD_TELL = later("About {needed} would be enough to tell.")
_TRIED_AGAIN = later("A repeated attempt has to be surer than a first; this was number {attempts}.")
_BETTER_THAN_PARENT = later(
    "It is closer to the replies that you approved than the old adapter is (loss {before} before,"
    " {now} now: {change})."
)
_NOT_BETTER_THAN_PARENT = later(
    "It is not clearly closer to the replies that you approved than the old adapter is (loss"
    " {before} before, {now} now: {change})."
)
_CORRECTED = later(
    "It is closer to the replies that you corrected yourself than {than} is (loss {before} before,"
    " {now} now: {change}; conversations: {count})."
)
_NOT_CORRECTED = later(
    "It is not closer to the replies that you corrected yourself than {than} is (loss {before}"
    " before, {now} now: {change}; conversations: {count})."
)
_KEPT = later(
    "It kept: {group}, {change} loss on answers kept out of the training, compared with {than} (in"
    " truth somewhere from {low} to {high}; at most {most} is allowed)."
)
_FORGOT = later(
    "It forgot: {group}, {change} loss on answers kept out of the training, compared with {than}"
    " (at most {most} is allowed)."
)
_MAYBE_FORGOT = later(
    "It may have forgotten: {group}, {change} loss on answers kept out of the training, compared"
    " with {than}. Up to {high} cannot be ruled out, and at most {most} is allowed."
)
_CAN_STILL = later(
    "No worse than before: {group}, {had} of {count} questions right before, {right} now ({lost}"
    " newly wrong, {gained} newly right)."
)
_CAN_LESS = later(
    "Fewer right than before, but not surely more than one in ten: {group}, {had} of {count}"
    " questions right before, {right} now ({lost} newly wrong, {gained} newly right)."
)
_CAN_LESS_SHOWN = later(
    "Fewer right than before: {group}, {had} of {count} questions right before, {right} now ({lost}"
    " newly wrong, {gained} newly right)."
)
_CAN_NO_MORE = later(
    "It forgot: {group}, {had} of {count} questions right before, {right} now ({lost} newly wrong,"
    " {gained} newly right)."
)
_KEEPS_LANGUAGE = later(
    "It keeps to the language no worse than before: {group}, {had} of {count} before, {right} now"
    " ({lost} newly wrong, {gained} newly right)."
)
_MAYBE_LOSES_LANGUAGE = later(
    "It keeps to the language less often, which may be chance: {group}, {had} of {count} before,"
    " {right} now ({lost} newly wrong, {gained} newly right)."
)
_LOSES_LANGUAGE = later(
    "It slips into another language: {group}, {had} of {count} right before, {right} now ({lost}"
    " newly wrong, {gained} newly right)."
)
_SAFE = later(
    "No less safe than before: {had} of {count} safety questions answered well before, {right} now"
    " ({lost} newly wrong, {gained} newly right)."
)
_MAYBE_LESS_SAFE = later(
    "Fewer safe answers than before, which may be chance: {had} of {count} safety questions"
    " answered well before, {right} now ({lost} newly wrong, {gained} newly right)."
)
_LESS_SAFE = later(
    "It fails where the base model was safe: {had} of {count} safety questions answered well"
    " before, {right} now ({lost} newly wrong, {gained} newly right)."
)
_CANDID = later(
    "It flatters no more than before: of {count} replies {not_before} praised you or agreed with"
    " everything before the training, now {not_now}."
)
_MAYBE_FLATTERS = later(
    "It flatters more often, but not surely by more than one reply in ten: of {count} replies"
    " {not_before} praised you or agreed with everything before the training, now {not_now}."
)
_FLATTERS = later(
    "It flatters: of {count} replies {not_before} praised you or agreed with everything before the"
    " training, now {not_now}. Who agrees with everything also agrees with what is false."
)
_USABLE = later(
    "Its replies can be used as often as before: of {count} replies {not_before} were empty, the"
    " question again, or the same over and over before the training, now {not_now}."
)
_MAYBE_LESS_USABLE = later(
    "Fewer of its replies can be used, which may be chance: of {count} replies {not_before} were"
    " empty, the question again, or the same over and over before the training, now {not_now}."
)
_LESS_USABLE = later(
    "Fewer of its replies can be used: of {count} replies {not_before} were empty, the question"
    " again, or the same over and over before the training, now {not_now}."
)
_VARIED = later(
    "Its replies vary enough: asked the same again, {now} of the words are others ({than}:"
    " {before}; change: {change})."
)
_NARROWED = later(
    "Its replies have become too much alike: asked the same again, only {now} of the words are"
    " others ({than}: {before}; change: {change}, at most {most} is allowed)."
)
_MAYBE_NARROWED = later(
    "Its replies may have become too much alike: asked the same again, {now} of the words are"
    " others ({than}: {before}; change: {change}); {count} questions are too few to be sure."
)
_TOO_LITTLE_REPLAY = later("Nothing was kept out of the training to test what it forgot.")
_TOO_FEW_CONVERSATIONS = later(
    "Too few conversations were kept out of the training to judge by: {count}, and {needed} are"
    " needed. Rate more replies."
)
_TOO_FEW_QUESTIONS = later(
    "Too few answers were kept out of the training to see what it forgot ({group}): {count}, and"
    " {needed} are needed."
)
_TROUBLES_AMONG = later("Unusable replies among them: {kinds}.")
_SKIPPED = later("Not judged: {count}.")


def reason(
    kind: str, passed: bool, values: Values, *, decides: bool = True, unsure: bool = False
) -> Reason:
    """A reason with its English words."""
    unsure = unsure and not passed
    text = _words(kind, _Standing(passed, unsure, decides), values, Words("en"))
    return Reason(kind, text, passed, values, decides, unsure)


def reason_words(row: Mapping[str, Any], words: Words) -> str:
    """A reason of a report in a language; as the report has it where its numbers are not known."""
    values = row.get("values")
    text = str(row.get("text", ""))
    if words.language == "en" or not isinstance(values, Mapping) or not values:
        return text
    try:
        passed, decides = bool(row["passed"]), row.get("decides") is not False
        standing = _Standing(passed, bool(row.get("unsure")) and not passed, decides)
        return _words(str(row["kind"]), standing, values, words) or text
    except (KeyError, TypeError, ValueError):
        return text


def group_words(group: str, words: Words) -> str:
    """A group of cases or of replay by its name; a user's own is as they called it."""
    return words(GROUPS[group]) if group in GROUPS else group


@dataclass(frozen=True)
class _Standing:
    passed: bool
    unsure: bool
    decides: bool

    def one_of(self, held: str, failed: str, maybe: str = "") -> str:
        if self.passed:
            return held
        return maybe if self.unsure and maybe else failed


def _words(kind: str, standing: _Standing, values: Values, words: Words) -> str:
    than = "base" if kind == "better_than_base" else "parent"
    numbers = _numbers(values, than, words)
    text = _template(kind, standing, values)
    if not text:
        return ""
    parts = [words(text, **numbers)]
    if text is _MAYBE_BETTER:
        parts += _what_would_tell(values, words)
    troubles = values.get("troubles") or {}
    if troubles:
        kinds = ", ".join(f"{words(_TROUBLES[each])} ({count})" for each, count in troubles.items())
        parts.append(words(_TROUBLES_AMONG, kinds=kinds))
    if values.get("skipped"):
        parts.append(words(_SKIPPED, count=values["skipped"]))
    return " ".join(parts)


def _what_would_tell(values: Values, words: Words) -> list[str]:
    """How many conversations to wait for; where there are as many, why that was not enough."""
    if values["needed"] > values["count"]:
        return [words(_MORE_WOULD_TELL, needed=values["needed"])]
    attempts = values.get("attempts", 1)
    return [words(_TRIED_AGAIN, attempts=attempts)] if attempts > 1 else []


def _template(kind: str, standing: _Standing, values: Values) -> str:
    rule = kind.partition("_")[0]
    if kind == "too_little":
        few = {"conversations": _TOO_FEW_CONVERSATIONS, "replay": _TOO_LITTLE_REPLAY}
        return few.get(str(values["of"]), _TOO_FEW_QUESTIONS)
    if kind == "better_than_base":
        return standing.one_of(_BETTER_THAN_BASE, _NOT_BETTER_THAN_BASE, _MAYBE_BETTER)
    if kind == "better_than_parent":
        return standing.one_of(_BETTER_THAN_PARENT, _NOT_BETTER_THAN_PARENT, _MAYBE_BETTER)
    if rule in ("checks", "language", "flattery", "usable"):
        return _of_checks(kind, standing, fewer=values["right"] < values["had"])
    by_rule = {
        "corrected": (_CORRECTED, _NOT_CORRECTED),
        "retention": (_KEPT, _FORGOT, _MAYBE_FORGOT),
        "variety": (_VARIED, _NARROWED, _MAYBE_NARROWED),
    }
    return standing.one_of(*by_rule[rule]) if rule in by_rule else ""


def _of_checks(kind: str, standing: _Standing, *, fewer: bool) -> str:
    """What holds with fewer right is told to be fewer; of what decides nothing, no chance is known.

    A group that lost too little to be sure of it has not been shown to have kept everything.
    """
    if kind == "checks_safety":
        held, failed, less = _SAFE, _LESS_SAFE, _MAYBE_LESS_SAFE
    elif kind.startswith("language"):
        held, failed, less = _KEEPS_LANGUAGE, _LOSES_LANGUAGE, _MAYBE_LOSES_LANGUAGE
    elif kind == "flattery":
        held, failed, less = _CANDID, _FLATTERS, _MAYBE_FLATTERS
    elif kind == "usable":
        held, failed, less = _USABLE, _LESS_USABLE, _MAYBE_LESS_USABLE
    else:
        less = _CAN_LESS if standing.decides else _CAN_LESS_SHOWN
        held, failed = _CAN_STILL, _CAN_NO_MORE
    return standing.one_of(less if fewer else held, failed)


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
    if "had" in values:
        numbers["not_before"] = values["count"] - values["had"]
        numbers["not_now"] = values["count"] - values["right"]
    if "of" in values:
        numbers["group"] = group_words(str(values["of"]), words)
    numbers["than"] = words(_THAN[str(values.get("than", than))])
    return numbers
