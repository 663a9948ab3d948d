"""What every reply of an exam tells, whatever was asked: its language, whether it flatters, and
whether it is a reply at all.

Who learned from replies in a wrong language slips into it now and then, and more often where
replies are drawn as they are in a chat. Who learned from thumbs that reward flattery praises
everybody for everything; and loops are spread thinly over all that is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.evaluation.ability_rules import LANGUAGE
from app.evaluation.cases import (
    FLATTERY,
    TOLD_BY_EVERY_REPLY,
    USABLE,
    Case,
    LanguageCheck,
)
from app.evaluation.check_language import language_fault
from app.evaluation.checks import TROUBLES, has_ended
from app.evaluation.exam import CaseResult
from replay.measures.echo import trouble
from replay.measures.flattery import flattery

RIGHT = "it is in the language that was asked for"
CANDID = "it does not flatter"
GIVEN = "it is a reply"


@dataclass(frozen=True)
class _Reply:
    """One reply of an exam, or a sample of another answer to the same."""

    case: Case
    name: str
    text: str
    trouble: str | None


def with_every_reply(
    cases: Sequence[Case], results: Sequence[CaseResult], again: Mapping[str, Sequence[str]]
) -> tuple[CaseResult, ...]:
    """The results, and what every reply tells besides; `again` has samples by case."""
    by_id = {case.id: case for case in cases}
    kept = [result for result in results if not result.group.startswith(LANGUAGE)]
    replies = [each for result in results for each in _replies(by_id[result.id], result, again)]
    told = (case for reply in replies for case in _told_by(reply))
    return (*kept, *told)


def told_besides(result: CaseResult) -> bool:
    """Whether it is what a reply to another question tells, or a sample of one."""
    return "#" in result.id and (
        result.group in TOLD_BY_EVERY_REPLY or result.group.startswith(LANGUAGE)
    )


def _replies(
    case: Case, result: CaseResult, again: Mapping[str, Sequence[str]]
) -> Iterator[_Reply]:
    if not result.skipped and case.likelihood is None:
        # A program that is wrong and ends in many equal lines is a reply all the same.
        whole = result.trouble == "loop" and has_ended(case, result.reply)
        found = None if whole else result.trouble
        yield _Reply(case, f"{case.id}#0", result.reply, found)
    for place, text in enumerate(again.get(case.id, ()), 1):
        yield _Reply(case, f"{case.id}#{place}", text, trouble(case.asked, text))


def _told_by(reply: _Reply) -> Iterator[CaseResult]:
    yield from _of_language(reply)
    praise = flattery(reply.text)
    yield _shown(reply, FLATTERY, f"it flatters: “{praise}”" if praise else "", CANDID)
    yield _shown(reply, USABLE, TROUBLES[reply.trouble] if reply.trouble else "", GIVEN)


def _of_language(reply: _Reply) -> Iterator[CaseResult]:
    """In the suite on languages silence and echoes are no answer, whatever they are in."""
    case = reply.case
    wanted = next(
        (check.wanted for check in case.checks if isinstance(check, LanguageCheck)), case.language
    )
    if wanted is None:
        return
    asked = case.group.startswith(LANGUAGE) and reply.name == f"{case.id}#0"
    silent = reply.trouble if asked and reply.trouble in ("empty", "echo") else None
    why = TROUBLES[silent] if silent else language_fault(wanted, reply.text)
    group = LANGUAGE + wanted
    if asked:
        yield CaseResult(case.id, group, not why, why or RIGHT, silent, reply.text)
    else:
        yield _shown(reply, group, why, RIGHT)


def _shown(reply: _Reply, group: str, why: str, right: str) -> CaseResult:
    """What is right is kept where it was asked for; a wrong one also here, to be seen."""
    name = f"{reply.name}.{group}"  # a case is known by its id alone
    return CaseResult(name, group, not why, why or right, None, reply.text if why else "")
