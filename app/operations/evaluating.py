"""Examines a persona as it is served now, outside of any month: its base and its adapter."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from app.cycle.asking import ANSWERS, Sitting
from app.cycle.context import base_of
from app.cycle.device import refuse_while_unloaded
from app.cycle.examining import about_of, served_digest
from app.errors import PerennialError
from app.evaluation.answer_cache import AnswerCache
from app.evaluation.bars import bar_rows
from app.evaluation.cases import Case
from app.evaluation.exam import PARALLEL, CaseResult, Examinee, examine
from app.evaluation.own_exam import examine_own
from app.evaluation.statistics import share_of
from app.evaluation.suite import (
    Suite,
    SuiteError,
    full_cases,
    load_suite,
    quick_cases,
    suites_of,
)
from app.home import Home
from app.operations import chat
from app.operations.base import check_base
from app.operations.buffers import spoken_languages
from app.operations.latency import Latency, measure_latency
from app.operations.own_tests import OwnTest, own_test_named, own_tests_of
from app.store import Persona, Store
from ollama_bridge.errors import ContextTooLong
from ollama_bridge.runtime.client import RuntimeClient

Exam = Literal["quick", "full", "suites"]
BASE, ADAPTER = "base", "adapter"
OTHER_LANGUAGE = "they are in a language that the persona and its base do not share"

Row = dict[str, Any]
Progress = Callable[[str, int, int], None]


class NothingToAsk(PerennialError):
    """There is no question for this persona."""

    kind = "nothing_to_ask"


@dataclass(frozen=True)
class Seated:
    """Who can be examined, with the names that the runtime serves them under."""

    client: RuntimeClient
    examinees: Mapping[str, Examinee]
    served: Mapping[str, str | None]


@dataclass(frozen=True)
class Evaluation:
    """The results of every case by subject, and how long replies took, if that was measured."""

    persona: str
    base: str
    adapter: str | None
    exam: Exam
    results: Mapping[str, Sequence[CaseResult]]
    skipped: Mapping[str, int]
    bars: Sequence[Row]
    latency: Sequence[Latency] | None
    seconds: float

    def row(self) -> Row:
        """The evaluation for a program."""
        return {
            "persona": self.persona,
            "base": self.base,
            "adapter": self.adapter,
            "exam": self.exam,
            "cases": len(self.results[BASE]),
            "groups": group_rows(self.results),
            "skipped": [{"why": why, "cases": cases} for why, cases in self.skipped.items()],
            "bars": list(self.bars),
            "latency": None if self.latency is None else [asdict(each) for each in self.latency],
            "results": {
                name: [asdict(each) for each in results] for name, results in self.results.items()
            },
            "seconds": self.seconds,
        }


def evaluate(
    home: Home,
    store: Store,
    persona: Persona,
    *,
    suites: Sequence[Path] = (),
    full: bool = False,
    on_progress: Progress = lambda what, done, total: None,
) -> Evaluation:
    """The quick exam, the full one, or some suite files; with `full` replies are timed too."""
    began = time.monotonic()
    exam: Exam = "suites" if suites else "full" if full else "quick"
    asked = _loaded(suites) if suites else suites_of(home.suites)
    cases, foreign = _cases(store, persona, asked, exam)
    about = about_of(store, persona, home.suites)
    with seated(home, store, persona) as room:
        results: dict[str, list[CaseResult]] = {}
        for place, (name, examinee) in enumerate(room.examinees.items()):

            def told(done: int, size: int, before: int = place) -> None:
                on_progress("Examining", before * size + done, len(room.examinees) * size)

            results[name] = examine(examinee, cases, about, on_progress=told)
        latency = _latency(room, persona, on_progress) if full else None
    return Evaluation(
        persona.slug,
        base_of(store, persona).name,
        room.served.get(ADAPTER),
        exam,
        results,
        _skipped(results, foreign),
        # The quick exam asks only a part of what a bar is for.
        [] if exam == "quick" else bar_rows(asked, results),
        latency,
        round(time.monotonic() - began, 2),
    )


def run_own_tests(
    home: Home,
    store: Store,
    persona: Persona,
    name: str | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Row:
    """Examine with the user's own test sets, or with one of them."""
    only: OwnTest | None = own_test_named(home, name) if name is not None else None
    tests = [only] if only is not None else own_tests_of(home, persona)
    if not any(test.judging() for test in tests):
        raise NothingToAsk(
            f"There is no test question for {persona.name}.",
            f"Add some: perennial tests add FILE --persona {persona.slug}",
        )
    with seated(home, store, persona) as room:
        found = examine_own(home, persona, room.examinees, on_progress, only=only)
    return {"persona": persona.slug, "adapter": room.served.get(ADAPTER), **found}


@contextmanager
def seated(home: Home, store: Store, persona: Persona) -> Iterator[Seated]:
    """The base and the adapter in use on the runtime, for as long as they are examined."""
    refuse_while_unloaded(home)
    base = base_of(store, persona)
    check_base(home, base)
    adapter = chat.live_adapter(store, persona)
    serving = chat.served(store, persona)
    with RuntimeClient.connect(home.root) as client:
        client.serve(base.path, serving, slots=PARALLEL)
        cache = AnswerCache(home.root / "cache" / ANSWERS)
        sitting = Sitting(client, cache, served_digest(home, base), persona.system_prompt)
        examinees = {BASE: sitting.examinee(None)}
        served: dict[str, str | None] = {BASE: None}
        # One that was trained on another base cannot be served on this one.
        if adapter is not None and any(each.name == adapter.run_id for each in serving):
            examinees[ADAPTER] = sitting.examinee(adapter.run_id, adapter.digest)
            served[ADAPTER] = adapter.run_id
        yield Seated(client, examinees, served)


def group_rows(results: Mapping[str, Sequence[CaseResult]]) -> list[Row]:
    """Each group: who passed how much of it, and what the adapter lost and gained."""
    base = results[BASE]
    adapter = results.get(ADAPTER, base)
    rows = []
    for group in dict.fromkeys(case.group for case in base):
        places = [at for at, case in enumerate(base) if case.group == group]
        row: Row = {"group": group, "cases": len(places), BASE: None, ADAPTER: None}
        for name, cases in results.items():
            judged = [cases[at] for at in places if not cases[at].skipped]
            share = share_of(sum(case.passed for case in judged), len(judged))
            row[name] = {**asdict(share), "value": share.value} if judged else None
        both = [
            (base[at].passed, adapter[at].passed)
            for at in places
            if not base[at].skipped and not adapter[at].skipped
        ]
        row["lost"], row["gained"] = both.count((True, False)), both.count((False, True))
        rows.append(row)
    return rows


def _latency(room: Seated, persona: Persona, on_progress: Progress) -> list[Latency] | None:
    """How long replies take; nothing where the prompt leaves them no room."""

    def told(done: int, total: int) -> None:
        on_progress("Timing replies", done, total)

    try:
        return measure_latency(room.client, room.served, persona.system_prompt, told)
    except ContextTooLong:
        return None


def _cases(
    store: Store, persona: Persona, suites: Sequence[Suite], exam: Exam
) -> tuple[list[Case], int]:
    """What is asked, and how many cases are for others who speak another language."""
    languages = spoken_languages(store, persona)
    chosen = quick_cases if exam == "quick" else full_cases
    cases = chosen(suites, languages)
    every = sum(case.quick or exam != "quick" for suite in suites for case in suite.cases)
    if not cases:
        raise NothingToAsk(
            f"None of {every} cases is for {persona.name}: {OTHER_LANGUAGE}.",
            "Give the persona the language, or the cases another one.",
        )
    return cases, every - len(cases)


def _loaded(files: Sequence[Path]) -> list[Suite]:
    """The suites of these files; what is wrong with any of them is told at once."""
    suites: list[Suite] = []
    wrong: list[SuiteError] = []
    for file in files:
        try:
            suites.append(load_suite(file))
        except SuiteError as error:
            wrong.append(error)
    if wrong:
        raise SuiteError("\n".join(error.text for error in wrong), wrong[0].next_step)
    return suites


def _skipped(results: Mapping[str, Sequence[CaseResult]], foreign: int) -> dict[str, int]:
    """Why cases were not judged, and how many; each once, whoever it was skipped for."""
    reasons = (
        next((case.skipped for case in cases if case.skipped), "")
        for cases in zip(*results.values(), strict=True)
    )
    counts = dict(Counter(filter(None, reasons)).most_common())
    return {**counts, OTHER_LANGUAGE: foreign} if foreign else counts
