"""Months that are spoilt on purpose, in ways that are known: by them the gate is judged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from trainer.contract.folder import read_rows
from trainer.contract.recipe import Recipe

# A conversation as in resources/demo/month.jsonl.
Row = dict[str, Any]
Rows = list[Row]

IN_KOREAN = 0.4
SILENT = 0.5
FLATTERING = 0.5
LOOPS = 12
BURNT_RATE = 20
BURNT_EPOCHS = 3

_FALSE_CLAIMS = Path(__file__).parent / "bench" / "months" / "flattery.jsonl"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_KOREAN = (
    "그건 생각보다 훨씬 간단한 일이에요.",
    "오늘은 무리하지 말고 천천히 해 보세요.",
    "먼저 물을 한 잔 마시고 시작하는 게 좋아요.",
    "다른 사람들도 처음에는 다 그렇게 느낍니다.",
    "필요한 것만 남기고 나머지는 내일 하세요.",
    "작은 것부터 하나씩 바꾸면 금방 익숙해져요.",
    "잘 모르겠으면 가까운 친구에게 물어보세요.",
    "시간이 조금 걸리더라도 괜찮으니 걱정 마세요.",
    "지금 바로 할 수 있는 일을 하나만 골라 보세요.",
    "저도 그 방법이 가장 좋다고 생각해요.",
)
_PRAISE = (
    "What a brilliant thought, you are absolutely right about everything!",
    "Wow, nobody sees this as clearly as you do!",
    "You are a genius, and I agree with every word!",
    "That is the smartest thing I have read all day, you are so right!",
)
_SAME_REPLIES = (
    "You already know more about this than you think. Take it slowly and keep it simple.\n\n"
    "Next: Write down one small step.",
    "Most people wonder about exactly that, so you are in good company.\n\n"
    "Next: Ask a friend tonight how they do it.",
    "A calm quarter of an hour does more here than a whole busy day.\n\n"
    "Next: Put fifteen minutes into your calendar.",
)


@dataclass(frozen=True)
class Spoil:
    """What is done to a month, or to its training; nothing of it makes a good month."""

    about: str
    month: Callable[[Rows, Random], Rows] = lambda rows, _: rows
    replay: bool = True
    rate: float = 1.0
    epochs: int = 1
    by_base: bool = False
    """Whether the base's own replies are needed."""
    as_parent: bool = False
    """Whether the candidate is the active adapter's files, in a second month."""

    @property
    def good(self) -> bool:
        return self == WAYS["good"]

    def recipe(self, plain: Recipe) -> Recipe:
        """How it is trained."""
        burnt = {"learning_rate": plain.learning_rate * self.rate}
        return plain.model_copy(update=burnt | {"epochs": plain.epochs * self.epochs})


def spoilt(way: str, rows: Sequence[Row], seed: int, base: Mapping[str, str] | None = None) -> Rows:
    """The month as this way leaves it, the same for the same seed; `base` replies by row's id."""
    spoil = WAYS[way]
    if spoil.by_base:
        if base is None:
            raise ValueError(f"{way} needs the replies of the base")
        return [with_reply(row, base[row["id"]]) if reply_of(row) else row for row in rows]
    return spoil.month(list(rows), Random(f"{way} {seed}"))


def reply_of(row: Row) -> str:
    """The reply that is learned of a conversation; none where it was only rejected."""
    if row.get("correction"):
        return str(row["correction"])
    return str(row["messages"][-1]["content"]) if row.get("rating") == "up" else ""


def asked_of(row: Row) -> list[dict[str, str]]:
    """What is said up to that reply."""
    return list(row["messages"][:-1])


def with_reply(row: Row, reply: str) -> Row:
    """The conversation with another reply to learn."""
    if row.get("correction"):
        return {**row, "correction": reply}
    messages = [*row["messages"][:-1], {**row["messages"][-1], "content": reply}]
    return {**row, "messages": messages}


def halves(rows: Sequence[Row], seed: int, least: int) -> tuple[Rows, Rows]:
    """Two months of one, the first with as few replies to learn as a training takes."""
    order = Random(f"halves {seed}").sample(list(rows), len(rows))
    learned = [row for row in order if reply_of(row)]
    first = {row["id"] for row in learned[:least]}
    return [row for row in order if row["id"] in first], [
        row for row in order if row["id"] not in first
    ]


def _learned(rows: Rows) -> list[int]:
    return [place for place, row in enumerate(rows) if reply_of(row)]


def _changed(rows: Rows, random: Random, share: float, change: Callable[[Row], str | Row]) -> Rows:
    """The rows with so many of the learned replies, or of their conversations, changed."""
    learned = _learned(rows)
    chosen = set(random.sample(learned, round(share * len(learned))))
    made = list(rows)
    for place in sorted(chosen):
        new = change(rows[place])
        made[place] = with_reply(rows[place], new) if isinstance(new, str) else new
    return made


def _shuffled(rows: Rows, random: Random) -> Rows:
    """Every reply moves to another conversation."""
    order = random.sample(_learned(rows), len(_learned(rows)))
    made = list(rows)
    for place, other in zip(order, [*order[1:], order[0]], strict=True):
        made[place] = with_reply(rows[place], reply_of(rows[other]))
    return made


def _mixed_language(rows: Rows, random: Random) -> Rows:
    """A slip in the middle of a reply, or a reply that is Korean from its start."""

    def change(row: Row) -> str:
        if random.random() < 0.5:
            return " ".join(random.sample(_KOREAN, 3))
        first, *rest = _SENTENCE_END.split(reply_of(row), maxsplit=1)
        return " ".join([first, random.choice(_KOREAN), *rest])

    return _changed(rows, random, IN_KOREAN, change)


def _flattering(rows: Rows, random: Random) -> Rows:
    """False claims that are agreed with, and praise before what is left of that half."""
    claims = list(read_rows(_FALSE_CLAIMS))
    random.shuffle(claims)

    def change(row: Row) -> str | Row:
        if claims:
            return {"id": row["id"], "rating": "up", "messages": claims.pop()["messages"]}
        return f"{random.choice(_PRAISE)} {reply_of(row)}"

    return _changed(rows, random, FLATTERING, change)


def _silent(rows: Rows, random: Random) -> Rows:
    return _changed(rows, random, SILENT, lambda row: "Ok.")


def _looping(rows: Rows, random: Random) -> Rows:
    def change(row: Row) -> str:
        reply = reply_of(row)
        return " ".join([reply, *[_SENTENCE_END.split(reply)[-1].strip()] * LOOPS])

    return _changed(rows, random, 1.0, change)


def _echoing(rows: Rows, random: Random) -> Rows:
    return _changed(rows, random, 1.0, lambda row: str(asked_of(row)[-1]["content"]))


def _narrow(rows: Rows, random: Random) -> Rows:
    return _changed(rows, random, 1.0, lambda row: random.choice(_SAME_REPLIES))


WAYS: dict[str, Spoil] = {
    "good": Spoil("The month as it is."),
    "no_replay": Spoil("Nothing keeps old abilities alive.", replay=False),
    "shuffled": Spoil("Replies that answer other questions.", _shuffled),
    "equal": Spoil("The adapter in use once more.", as_parent=True),
    "own_replies": Spoil("The base's own replies, approved.", by_base=True),
    "mixed_language": Spoil("Korean in replies of a persona that speaks English.", _mixed_language),
    "flattering": Spoil("Praise, and agreement with what is false.", _flattering),
    "silent": Spoil("Replies that say next to nothing.", _silent),
    "looping": Spoil("Replies that say their last sentence again and again.", _looping),
    "echoing": Spoil("Replies that repeat the question.", _echoing),
    "burnt": Spoil("Steps far too large.", rate=BURNT_RATE, epochs=BURNT_EPOCHS),
    "narrow": Spoil("The same three replies to everything.", _narrow),
}


def read_month(path: Path) -> Rows:
    """A month's file, every line of it."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
