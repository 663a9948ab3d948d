"""Looking at one reply: what it is about, what a person should see of it, and its signature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from replay.measures.breakage import breakage, truncation
from replay.measures.code import unparsable
from replay.measures.language import mixed_scripts, wrong_language
from replay.measures.length import length_fault, word_count
from replay.measures.manner import SURE_REPLIES, Manner, differences
from replay.measures.near import signature
from replay.measures.personal_data import personal_data
from replay.measures.refusals import is_refusal
from replay.measures.topics import Topic, topic_of

LOOK_VERSION = 3  # one more with every change of the rules or of the signatures

FlagKind = Literal[
    "too_short", "too_long", "near_duplicate", "wrong_language", "mixed_scripts",
    "not_like_persona", "bad_code", "personal_data", "refusal", "broken", "truncated",
]  # fmt: skip
FLAG_KINDS: tuple[FlagKind, ...] = get_args(FlagKind)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with the question that it answers and how its writing ended."""

    question: str
    text: str
    finish: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person should see, with its details; never with words of the text itself."""

    kind: FlagKind
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What was found."""

    topic: Topic
    flags: tuple[Flag, ...]
    signature: bytes


def look_at(reply: Reply, manner: Manner | None = None) -> Look:
    """Everything that one reply shows by itself; near-duplicates need the others."""
    return Look(
        topic_of(reply.question, reply.text),
        tuple(_flags(reply, manner)),
        signature(f"{reply.question}\n{reply.text}"),
    )


def look_version(manner: Manner | None) -> int:
    """Grows with the rules, and when enough is approved to know the persona's manner (better)."""
    known = 0 if manner is None else 1 if manner.replies < SURE_REPLIES else 2
    return LOOK_VERSION * 10 + known


def _flags(reply: Reply, manner: Manner | None) -> Iterator[Flag]:
    yield from _personal_data(reply)
    broken = breakage(reply.question, reply.text)
    if broken is not None:
        yield Flag("broken", {"why": broken})
    cut = truncation(reply.text, reply.finish)
    if cut is not None:
        yield Flag("truncated", {"why": cut})
    if broken in ("empty", "echo", "loop", "mojibake"):
        return  # nothing else can be said of it
    length = length_fault(reply.text, manner.words if manner else 0)
    if length is not None:
        usual = {"usual": manner.words} if manner else {}
        yield Flag(length, {"words": word_count(reply.text), **usual})
    yield from _language(reply)
    if is_refusal(reply.text):
        yield Flag("refusal", {})
    code = unparsable(reply.text)
    if code is not None:
        yield Flag("bad_code", {"language": code[0], "line": code[1]})
    unlike = differences(manner, reply.text) if manner else ()
    if unlike:
        yield Flag("not_like_persona", {"features": list(unlike)})


def _language(reply: Reply) -> Iterator[Flag]:
    other = wrong_language(reply.question, reply.text)
    if other is not None:
        yield Flag("wrong_language", {"asked": other[0], "found": other[1]})
        return
    stray = mixed_scripts(reply.question, reply.text)
    if stray is not None:
        yield Flag("mixed_scripts", {"script": stray})


def _personal_data(reply: Reply) -> Iterator[Flag]:
    places = {"question": reply.question, "reply": reply.text}
    found = {
        place: Counter(span.kind for span in personal_data(text)) for place, text in places.items()
    }
    if any(found.values()):
        yield Flag("personal_data", {place: dict(kinds) for place, kinds in found.items() if kinds})
