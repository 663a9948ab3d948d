"""What a mix was short of, in words of any language: its manifest tells it in English sentences."""

from __future__ import annotations

import re

from app.evaluation.page_words import group_name
from app.words import Words, later

# As the manifest writes them, and as a reader is told.
_TOLD = (
    (
        re.compile(r"No replay was asked for: .*"),
        later("No replay was mixed in, so nothing kept old abilities alive in this training."),
    ),
    (
        re.compile(r"Replay is short: (?P<count>\d+) approved replies wait .*"),
        later(
            "There was too little replay for all that you approved: {count} approved replies wait"
            " for a later month. Fill the groups on the page “Replay”."
        ),
    ),
    (
        re.compile(r"Replay is short: everything new was taken .*"),
        later("There was less replay than there should be: everything new was taken all the same."),
    ),
    (
        re.compile(r"(?P<count>\d+) replies in the persona's own words wait: .*"),
        later(
            "{count} replies that you approved unchanged wait for a later month: at most half of"
            " what is new may be the persona's own words. Correct some, and more of them count."
        ),
    ),
    (
        re.compile(r"Nothing shows whether these are forgotten: (?P<groups>.*)\."),
        later(
            "No replay was held out of these groups, so the exam could not test whether they were"
            " forgotten: {groups}."
        ),
    ),
)


def shortfall_words(said: str, words: Words) -> str:
    """A sentence of a manifest for a reader; one that nobody foresaw as it stands."""
    for pattern, told in _TOLD:
        found = pattern.fullmatch(said)
        if found:
            values = found.groupdict()
            if "groups" in values:
                names = (group_name(each, words) for each in values["groups"].split(", "))
                values["groups"] = ", ".join(names)
            return words(told, **values)
    return words(said)
