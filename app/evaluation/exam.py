"""Asks every case of an exam over HTTP and checks the answers; what is known is not asked again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from app.evaluation.answer_cache import AnswerCache, Known
from app.evaluation.cases import Case
from app.evaluation.checks import About, Answer, check_reply
from replay.lessons import TERSE, VERBOSE

# As many as a server's slots: what is asked at once shares the reading of the weights.
PARALLEL = 8
TOO_LONG = "it is longer than what this model can read at once"
_STYLES = {"terse": TERSE, "verbose": VERBOSE}

Message = Mapping[str, str]
Progress = Callable[[int, int], None]
Asked = TypeVar("Asked")
Found = TypeVar("Found")


class TooLong(Exception):
    """A question that does not fit into the context."""


@dataclass(frozen=True)
class Said:
    """A reply, and how many tokens it has."""

    text: str
    tokens: int


class Asker(Protocol):
    """Whoever answers: a model behind a server, or a test's own."""

    def reply(
        self, messages: Sequence[Message], max_tokens: int, temperature: float, seed: int
    ) -> Said:
        """A reply; at a temperature of 0 the likeliest."""

    def likelihood(self, messages: Sequence[Message], reply: str) -> float:
        """Log-probability of a reply."""


@dataclass(frozen=True)
class CaseResult:
    """One case, answered and checked; `skipped` says why nobody could judge it.

    `bars` tells which bars it holds, `unjudged` why nobody could say so of the others.
    """

    id: str
    group: str
    passed: bool
    why: str
    trouble: str | None
    reply: str
    skipped: str = ""
    bars: Mapping[str, bool] = field(default_factory=dict)
    unjudged: Mapping[str, str] = field(default_factory=dict)


class Examinee:
    """Who is examined, under a prompt and after some exchanges; knows what it said before."""

    def __init__(
        self,
        asker: Asker,
        cache: AnswerCache,
        digests: tuple[str, str],
        system_prompt: str,
        exchanges: Sequence[Message] = (),
    ) -> None:
        self._asker, self._cache, self._digests = asker, cache, digests
        self._system_prompt, self._exchanges = system_prompt, tuple(exchanges)

    def messages(self, turns: Sequence[Message], system: str | None = None) -> list[Message]:
        """A conversation as a user of the persona would meet it."""
        prompt = self._system_prompt if system is None else system
        before = [{"role": "system", "content": prompt}] if prompt else []
        return [*before, *self._exchanges, *turns]

    def reply(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Said:
        """What it says, or said before to the same."""
        key = self._cache.key(self._digests, messages, (max_tokens, temperature, seed))
        known = self._cache.get(key)
        if known is None:
            said = self._asker.reply(messages, max_tokens, temperature, seed)
            self._cache.put(key, Known(said.text, said.tokens))
            return said
        return Said(known.text, known.tokens)

    def likelihood(self, messages: Sequence[Message], reply: str) -> float:
        """How likely a reply is for it."""
        key = self._cache.key(self._digests, messages, ("likelihood", reply))
        known = self._cache.get(key)
        if known is None:
            known = Known(value=self._asker.likelihood(messages, reply))
            self._cache.put(key, known)
        return known.value


def examine(
    examinee: Examinee,
    cases: Sequence[Case],
    about: About,
    *,
    parallel: int = PARALLEL,
    on_progress: Progress = lambda done, total: None,
) -> list[CaseResult]:
    """Answer and check all cases, several at once; a killed exam goes on from its cache."""

    def one(case: Case) -> CaseResult:
        try:
            answer = answer_to(examinee, case)
        except TooLong:
            unjudged = dict.fromkeys(case.bars, TOO_LONG)
            return CaseResult(
                case.id, case.group, False, TOO_LONG, None, "", TOO_LONG, unjudged=unjudged
            )
        checked = check_reply(case, answer, about)
        return CaseResult(
            case.id, case.group, checked.passed, checked.why, checked.trouble,
            answer.text, checked.skipped, checked.bars, checked.unjudged,
        )  # fmt: skip

    return side_by_side(cases, one, lambda case: case.max_tokens, parallel, on_progress)


def side_by_side(
    asked: Sequence[Asked],
    one: Callable[[Asked], Found],
    size: Callable[[Asked], int],
    parallel: int = PARALLEL,
    on_progress: Progress = lambda done, total: None,
) -> list[Found]:
    """Several at once, in their order; the longest first, so that none is waited for at the end."""
    done = 0
    lock = threading.Lock()

    def told(place: int) -> tuple[int, Found]:
        nonlocal done
        found = one(asked[place])
        with lock:
            done += 1
            on_progress(done, len(asked))
        return place, found

    order = sorted(range(len(asked)), key=lambda place: -size(asked[place]))
    with ThreadPoolExecutor(parallel, thread_name_prefix="exam") as pool:
        futures = [pool.submit(told, place) for place in order]
        try:
            made = dict(future.result() for future in futures)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [made[place] for place in range(len(asked))]


def answer_to(examinee: Examinee, case: Case) -> Answer:
    """A reply, two of them, or how likely each choice is."""
    if case.likelihood is not None:
        messages = examinee.messages(list(_turns(case, case.style)), case.system)
        # By letter of what they say, or a longer choice would seem less likely for its length.
        return Answer(
            "",
            likelihoods=tuple(
                examinee.likelihood(messages, choice) / len(choice.encode())
                for choice in case.likelihood.choices
            ),
        )
    if case.ratio is not None:
        terse, verbose = (
            examinee.reply(
                examinee.messages(list(_turns(case, style)), case.system), case.max_tokens
            )
            for style in _STYLES
        )
        return Answer(terse.text, terse.tokens, verbose.text, verbose.tokens)
    messages = examinee.messages(list(_turns(case, case.style)), case.system)
    said = examinee.reply(messages, case.max_tokens)
    return Answer(said.text, said.tokens)


def _turns(case: Case, style: str | None) -> Iterator[Message]:
    """The turns of a case, a style's tag before the last of them."""
    *before, last = case.turns
    for turn in before:
        yield {"role": turn.role, "content": turn.content}
    tag = f"{_STYLES[style]} " if style else ""
    yield {"role": last.role, "content": f"{tag}{last.content}"}
