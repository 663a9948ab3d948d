"""Who is examined in a month, and how they are asked on the runtime."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.cycle.context import patiently
from app.evaluation.answer_cache import AnswerCache
from app.evaluation.exam import PARALLEL, Examinee, Message, Said, TooLong
from ollama_bridge.errors import ContextTooLong
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import Sampling

ANSWERS = "answers.jsonl"


class Seats:
    """A slot for each thread that asks: there it finds what it has read before."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._next = itertools.count()

    def mine(self) -> int:
        """The slot of this thread; the model server counts round where it has fewer."""
        if not hasattr(self._mine, "slot"):
            self._mine.slot = next(self._next) % PARALLEL
        return int(self._mine.slot)


@dataclass(frozen=True)
class RuntimeAsker:
    """A base on the runtime, or an adapter by the name that it is served under."""

    client: RuntimeClient
    adapter: str | None
    seats: Seats = field(default_factory=Seats)

    def reply(
        self, messages: Sequence[Message], max_tokens: int, temperature: float, seed: int
    ) -> Said:
        sampling = Sampling(temperature=temperature, max_tokens=max_tokens, seed=seed)
        try:
            found = patiently(
                lambda: self.client.complete_chat(
                    messages, adapter=self.adapter, sampling=sampling, slot=self.seats.mine()
                )
            )
        except ContextTooLong as error:
            raise TooLong from error
        return Said(found.text, found.tokens)

    def likelihood(self, messages: Sequence[Message], reply: str) -> float:
        try:
            return patiently(
                lambda: self.client.likelihood(messages, reply, self.adapter, self.seats.mine())
            )
        except ContextTooLong as error:
            raise TooLong from error


@dataclass(frozen=True)
class Sitting:
    """What all who are examined have in common."""

    client: RuntimeClient
    cache: AnswerCache
    base_digest: str
    system_prompt: str

    def examinee(
        self, adapter: str | None, digest: str = "", exchanges: Sequence[Message] = ()
    ) -> Examinee:
        """The base, or an adapter by its name on the runtime."""
        asker = RuntimeAsker(self.client, adapter)
        digests = (self.base_digest, digest)
        return Examinee(asker, self.cache, digests, self.system_prompt, exchanges)


def best_exchanges(
    rows: Sequence[Mapping[str, object]], most: int, most_words: int
) -> list[dict[str, str]]:
    """The user's best exchanges as messages: what taught most comes first, then what is short."""
    found: list[tuple[float, int, str, str]] = []
    for row in rows:
        if row.get("group") != "new":
            continue
        messages = row["messages"]
        assert isinstance(messages, list)
        turns = [each for each in messages if each["role"] != "system"]
        if len(turns) != 2 or not turns[1].get("weight"):
            continue
        asked, said = str(turns[0]["content"]), str(turns[1]["content"])
        words = len(f"{asked} {said}".split())
        if words <= most_words:
            found.append((-float(turns[1]["weight"]), words, asked, said))
    return [
        {"role": role, "content": content}
        for _, _, asked, said in sorted(found)[:most]
        for role, content in (("user", asked), ("assistant", said))
    ]
