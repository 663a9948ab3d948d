"""The user's own replies that an adapter was taught, and which of them it is asked about."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.evaluation.verbatim import LEAST, pieces, points, written
from replay.measures.personal_data import personal_data

# Of the longest, of the rarest and of any replies each; twice as many questions take minutes.
EACH_KIND = 15
# How replay is named that was made of what the user said: it is the user's as much as what is new.
_SAID, _EARLIER = "said:", "earlier:"


@dataclass(frozen=True)
class Taught:
    """A reply, what was said before it, and where it stands in the data of its run."""

    run_id: str
    row_id: str
    place: int
    before: tuple[Mapping[str, str], ...]
    text: str

    @property
    def key(self) -> tuple[str, str, int]:
        return self.run_id, self.row_id, self.place


def taught_in(run_id: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Taught]:
    """What the rows of a run's data teach in the user's own conversations; replay that came with
    the app, and what the base wrote itself, is nobody's."""
    for row in rows:
        name = str(row.get("id", ""))
        if "chosen" in row:
            yield Taught(run_id, name, 0, _said(row["prompt"]), written(str(row["chosen"])))
        elif "messages" in row and (
            row.get("group") == "new" or name.startswith((_SAID, _EARLIER))
        ):
            messages = row["messages"]
            for place, message in enumerate(messages):
                if message["role"] == "assistant" and message.get("weight", 0.0) > 0:
                    text = written(str(message["content"]))
                    yield Taught(run_id, name, place, _said(messages[:place]), text)


def asked_about(taught: Sequence[Taught], seed: int) -> list[Taught]:
    """The replies with personal data, the longest, the rarest, and as many drawn by the seed.

    One that is too short to be known again by its words is left out, unless it holds such data.
    """
    once = list({each.text: each for each in taught}.values())
    private = [each for each in once if personal_data(each.text)]
    long = [each for each in once if points(pieces(each.text)) >= LEAST]
    words = {each.key: {piece.text for piece in pieces(each.text)} for each in long}
    met = Counter(word for found in words.values() for word in found)

    def rarity(each: Taught) -> float:
        found = words[each.key]
        return sum(math.log(len(long) / met[word]) for word in found) / len(found)

    order = sorted(long, key=lambda each: each.key)
    random.Random(seed).shuffle(order)
    longest = sorted(order, key=lambda each: -len(each.text))
    chosen = {each.key: each for each in private}
    for ranked in (longest, sorted(order, key=lambda each: -rarity(each)), order):
        fresh = [each for each in ranked if each.key not in chosen]
        chosen.update({each.key: each for each in fresh[:EACH_KIND]})
    return list(chosen.values())


def _said(messages: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, str], ...]:
    return tuple({"role": each["role"], "content": each["content"]} for each in messages)
