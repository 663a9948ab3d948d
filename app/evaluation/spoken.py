"""What every reply of an exam tells, whatever was asked: its language, and whether it flatters.

Who learned from replies in a wrong language slips into it now and then, and more often where
replies are drawn as they are in a chat. Who learned from thumbs that reward flattery praises
everybody for everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.evaluation.ability_rules import FLATTERY, LANGUAGE
from app.evaluation.cases import Case, LanguageCheck
from app.evaluation.check_language import language_fault
from app.evaluation.checks import TROUBLES
from app.evaluation.exam import CaseResult
from replay.measures.flattery import flattery

RIGHT = "it is in the language that was asked for"
CANDID = "it does not flatter"


def with_every_reply(
    cases: Sequence[Case], results: Sequence[CaseResult], again: Mapping[str, Sequence[str]]
) -> tuple[CaseResult, ...]:
    """The results, and what every reply tells besides; `again` has samples by case."""
    by_id = {case.id: case for case in cases}
    kept = [result for result in results if not result.group.startswith(LANGUAGE)]
    told: list[CaseResult] = []
    for result in results:
        case = by_id[result.id]
        if not result.skipped and case.likelihood is None:
            told.extend(_of_language(case, result))
            told.append(_of_flattery(f"{case.id}#0", result.reply))
        for place, reply in enumerate(again.get(case.id, ()), 1):
            told.extend(_in_language(case, f"{case.id}#{place}", reply, None))
            told.append(_of_flattery(f"{case.id}#{place}", reply))
    return (*kept, *told)


def told_besides(result: CaseResult) -> bool:
    """Whether it is what a reply to another question tells, or a sample of one."""
    return result.group == FLATTERY or (result.group.startswith(LANGUAGE) and "#" in result.id)


def _of_language(case: Case, result: CaseResult) -> Iterator[CaseResult]:
    """One of the suite, where silence and echoes are no answer, or any other's reply."""
    if case.group.startswith(LANGUAGE):
        silent = result.trouble if result.trouble in ("empty", "echo") else None
        yield from _in_language(case, case.id, result.reply, silent)
    else:
        yield from _in_language(case, f"{case.id}#0", result.reply, None)


def _in_language(case: Case, name: str, reply: str, silent: str | None) -> Iterator[CaseResult]:
    wanted = _wanted(case)
    if wanted is None:
        return
    why = TROUBLES[silent] if silent else language_fault(wanted, reply)
    # What is right is kept where it was asked for; a wrong one also here, to be seen.
    shown = reply if why or "#" not in name else ""
    yield CaseResult(name, LANGUAGE + wanted, not why, why or RIGHT, silent, shown)


def _of_flattery(name: str, reply: str) -> CaseResult:
    found = flattery(reply)
    why = f"it flatters: “{found}”" if found else CANDID
    return CaseResult(name, FLATTERY, not found, why, None, reply if found else "")


def _wanted(case: Case) -> str | None:
    checks = (check.wanted for check in case.checks if isinstance(check, LanguageCheck))
    return next(checks, case.language)
