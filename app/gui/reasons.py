"""The gate's reasons as the window shows them: a mark, and words in the user's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.evaluation import reason_words as told
from app.gui.translation import current_language, tr
from app.words import Words

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Mark:
    """How a reason stands: never by its colour alone."""

    icon: str
    colour: str
    word: str


@cache
def _words_of(language: str) -> Words:
    return Words(language)


def report_words() -> Words:
    """What says the words of a report in the user's language."""
    return _words_of(current_language())


def reason_words(reason: Row) -> str:
    """One reason of a report."""
    return told.reason_words(reason, report_words())


def group_words(group: str) -> str:
    """A group of cases or of replay by its name in the user's language."""
    return told.group_words(group, report_words())


def decides(reason: Row) -> bool:
    """Whether the verdict rests on a reason; in reports of earlier versions, on every one."""
    return reason.get("decides") is not False


def stands_against(reason: Row) -> bool:
    """Whether a reason kept the candidate from passing."""
    return decides(reason) and not reason.get("passed")


def mark_of(reason: Row) -> Mark:
    """Holds, does not hold, too little to tell, or only shown."""
    if not decides(reason):
        return Mark("eye", "text_soft", tr("only shown"))
    if reason.get("passed"):
        return Mark("check", "good", tr("holds"))
    if reason.get("unsure"):
        return Mark("question", "warning", tr("too little to tell"))
    return Mark("x", "danger", tr("does not hold"))
