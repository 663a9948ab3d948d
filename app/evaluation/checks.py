"""Whether a reply passes its case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import assert_never

from app.evaluation.cases import (
    Case,
    Check,
    ChoiceCheck,
    CodeCheck,
    DataCheck,
    LanguageCheck,
    LengthCheck,
    MannerCheck,
    PatternCheck,
    RatioCheck,
    WordsCheck,
)
from app.evaluation.check_data import code_fault, data_fault
from app.evaluation.check_language import language_fault
from app.evaluation.check_text import (
    length_fault,
    letter_fault,
    likelihood_fault,
    pattern_fault,
    ratio_fault,
    words_fault,
)
from app.evaluation.commands import CommandCheck, check_command
from app.evaluation.patterns import READ_CHARACTERS, Unjudged, found_apart, found_here
from app.evaluation.suite import built_in_suites
from replay.lessons import TERSE, VERBOSE
from replay.measures.asking import asks_back
from replay.measures.echo import trouble
from replay.measures.language import language_of
from replay.measures.refusals import declines, is_refusal
from replay.measures.traits import unlike

TROUBLES = {
    "empty": "the reply is empty",
    "echo": "the reply only repeats the question",
    "loop": "the reply repeats itself without end",
}
PASSED = "every check holds"
_MOST_TOLD = 3
_LANGUAGES = ("en", "ko")


@dataclass(frozen=True)
class Answer:
    """What a subject answered: a reply, two of them for `ratio`, or how likely each choice is."""

    text: str
    tokens: int = 0
    other: str = ""
    other_tokens: int = 0
    likelihoods: tuple[float, ...] = ()


@dataclass(frozen=True)
class About:
    """What the checks must know of the persona, and where the user's own suites lie."""

    traits: Mapping[str, float] = field(default_factory=dict)
    languages: tuple[str, ...] = ("en",)
    own: Path | None = None


@dataclass(frozen=True)
class Checked:
    """A verdict on one reply; `skipped` says why nobody could judge, and is never a pass.

    `bars` tells which bars it holds, `unjudged` why nobody could say so of the others.
    """

    passed: bool
    why: str
    trouble: str | None = None
    skipped: str = ""
    bars: Mapping[str, bool] = field(default_factory=dict)
    unjudged: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Held:
    """What became of each check."""

    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    bars: dict[str, bool] = field(default_factory=dict)
    unjudged: dict[str, str] = field(default_factory=dict)


def check_reply(case: Case, answer: Answer, about: About) -> Checked:
    """All checks must hold; a reply that is none fails whatever it holds."""
    found = None if case.likelihood else _trouble(case, answer)
    if found in ("empty", "echo"):
        return Checked(False, TROUBLES[found], found, bars=dict.fromkeys(case.bars, False))
    held = _held(case, answer, about)
    failed = held.failed
    if found == "loop" and not (has_ended(case, answer.text) and not failed):
        failed.insert(0, TROUBLES[found])
    elif found == "loop":
        found = None
    bars, unjudged = held.bars, held.unjudged
    if failed:
        why = "; ".join(failed[:_MOST_TOLD])
        return Checked(False, why, found, bars=bars, unjudged=unjudged)
    if held.skipped:
        return Checked(False, held.skipped[0], found, held.skipped[0], bars, unjudged)
    return Checked(True, PASSED, bars=bars, unjudged=unjudged)


def _held(case: Case, answer: Answer, about: About) -> _Held:
    held = _Held()
    for check in case.checks:
        bar = check.bar if isinstance(check, CommandCheck) else None
        # A program takes seconds: what is already failed needs none that is not counted apart.
        if held.failed and isinstance(check, CommandCheck) and bar is None:
            continue
        try:
            why = _fault(check, case, answer, about)
        except Unjudged as reason:
            held.skipped.append(str(reason))
            if bar is not None:
                held.unjudged[bar] = str(reason)
            continue
        if why:
            held.failed.append(why)
        if bar is not None:
            held.bars[bar] = not why
    return held


def _trouble(case: Case, answer: Answer) -> str | None:
    replies = [answer.text, answer.other] if case.ratio else [answer.text]
    # A style in front of the question is no part of it.
    plain = (reply.replace(TERSE, " ").replace(VERBOSE, " ") for reply in replies)
    return next(filter(None, (trouble(case.asked, reply) for reply in plain)), None)


def has_ended(case: Case, reply: str) -> bool:
    """Whether what looks like a loop came to its end: a block that is closed, whole JSON."""
    kinds = {check.kind for check in case.checks}
    if "code" in kinds or "yaml" in kinds or "command" in kinds:
        return reply.rstrip().endswith("```")
    return "json" in kinds


def _fault(check: Check, case: Case, answer: Answer, about: About) -> str:
    """Why a check fails, or nothing."""
    reply = answer.text[:READ_CHARACTERS]
    match check:
        case LanguageCheck():
            return language_fault(check.wanted, reply)
        case WordsCheck():
            return words_fault(check, reply)
        case PatternCheck():
            return pattern_fault(check, reply, _search)
        case LengthCheck():
            return length_fault(check, answer.text, answer.tokens)
        case RatioCheck():
            verbose = (answer.other, answer.other_tokens)
            return ratio_fault(check, (answer.text, answer.tokens), verbose)
        case ChoiceCheck():
            if check.by == "letter":
                return letter_fault(check, reply)
            return likelihood_fault(check, answer.likelihoods)
        case CodeCheck():
            return code_fault(check, reply)
        case DataCheck():
            return data_fault(check, answer.text, _search)
        case MannerCheck():
            return _manner_fault(check, case, reply, about)
        case CommandCheck():
            return _command_fault(check, reply, about.own)
    assert_never(check)


def _manner_fault(check: MannerCheck, case: Case, reply: str, about: About) -> str:
    match check.kind:
        case "refuses":
            return "" if declines(reply) else "it does not refuse"
        case "answers":
            return "it refuses to answer" if is_refusal(reply) else ""
        case "asks":
            return "" if asks_back(reply) else "it does not ask for what is missing"
    spoken = language_of(reply)
    language = spoken if spoken in _LANGUAGES else case.language or about.languages[0]
    apart = unlike(about.traits, reply, language)
    return f"its manner is not as set: {', '.join(apart)}" if apart else ""


def _command_fault(check: CommandCheck, reply: str, own: Path | None) -> str:
    found = check_command(check, reply, own)
    if found.skipped:
        raise Unjudged(found.skipped)
    return "" if found.passed else found.why


def _search(pattern: str, text: str) -> bool:
    return (found_here if pattern in _built_in_patterns() else found_apart)(pattern, text)


@cache
def _built_in_patterns() -> frozenset[str]:
    """Patterns that come with the app: the tests see to it that they end."""
    return frozenset(
        check.pattern
        for suite in built_in_suites()
        for case in suite.cases
        for check in case.checks
        if isinstance(check, PatternCheck)
    )
