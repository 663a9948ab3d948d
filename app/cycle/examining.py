"""The stage `examined`: the same questions for base, adapter in use and candidate, as served."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.cycle.asking import ANSWERS, Sitting, best_exchanges
from app.cycle.context import CycleContext
from app.cycle.deploying import candidate_of
from app.evaluation.answer_cache import AnswerCache
from app.evaluation.cases import Case
from app.evaluation.checks import About
from app.evaluation.exam import PARALLEL, CaseResult, Examinee, Progress, examine, side_by_side
from app.evaluation.own_exam import examine_own, write_own
from app.evaluation.spoken import with_every_reply
from app.evaluation.suite import quick_cases, suites_of
from app.evaluation.variety import SAMPLES, asked_again, reply_again, varieties
from app.home import Home
from app.operations.buffers import spoken_languages
from app.operations.own_tests import own_tests_of
from app.store import Base, Persona, Store
from ollama_bridge.runtime import twin
from trainer.contract.folder import read_rows, write_atomically

EXAMINATION_FILE = "examination.json"
REPLIES_SHOWN = 20
REPLY_TOKENS = 100
EXCHANGES, EXCHANGE_WORDS = 3, 80
# Nobody is served with examples in the prompt: how varied that would be says nothing.
VARIED = ("base", "parent", "candidate")


@dataclass(frozen=True)
class Examination:
    """What was answered, and what was right of it, by subject; replies to held-out prompts."""

    kind: str
    cases: Mapping[str, tuple[CaseResult, ...]]
    replies: tuple[dict[str, str], ...]
    variety: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class _Counting:
    """One count over all that is asked; every step is a place to stop."""

    context: CycleContext
    total: int
    before: int = 0

    def part(self, size: int) -> Progress:
        """Progress of the next part."""
        start = self.before
        self.before += size

        def told(done: int, _total: int) -> None:
            self.context.telling.progress("examined", start + done, self.total)
            self.context.check_stop()

        return told


def examine_candidate(context: CycleContext) -> None:
    """Put the quick exam, and some held-out prompts, to everyone whom the gate compares."""
    began = time.monotonic()
    # Here, where hundreds of replies repay the making and nobody waits for a first word.
    twin.ensure_twin(context.base.path, twin.folder_in(context.home.root))
    context.staged()
    context.serve(slots=PARALLEL)
    cases = cases_for(context)
    again = asked_again(cases)
    held_out = list(read_rows(context.folder.data / "test.jsonl"))[:REPLIES_SHOWN]
    subjects = examinees(context)
    varied = [name for name in subjects if name in VARIED]
    # Many questions of one's own take long: examples in the prompt are left out there.
    taught = {name: each for name, each in subjects.items() if name != "prompted"}
    own = sum(len(each.judging()) for each in own_tests_of(context.home, context.persona))
    counting = _Counting(
        context,
        len(subjects) * (len(cases) + len(held_out))
        + len(taught) * own
        + len(varied) * len(again) * SAMPLES,
    )
    about = about_of(context.store, context.persona, context.home.suites)
    results = {
        name: tuple(examine(examinee, cases, about, on_progress=counting.part(len(cases))))
        for name, examinee in subjects.items()
    }
    said_again = {
        name: reply_again(subjects[name], again, on_progress=counting.part(len(again) * SAMPLES))
        for name in varied
    }
    replies = _replies(subjects, held_out, counting)
    counted = counting.part(len(taught) * own)
    write_own(context.folder.root, examine_own(context.home, context.persona, taught, counted))
    seconds = round(time.monotonic() - began, 2)
    spoken = {
        name: with_every_reply(cases, found, said_again.get(name, {}))
        for name, found in results.items()
    }
    variety = {name: varieties(said) for name, said in said_again.items()}
    write_examination(context, Examination("quick", spoken, replies, variety, seconds))


def cases_for(context: CycleContext) -> list[Case]:
    """The quick exam in the languages that persona and base share."""
    suites = suites_of(context.home.suites)
    return quick_cases(suites, spoken_languages(context.store, context.persona))


def about_of(store: Store, persona: Persona, own_suites: Path) -> About:
    """What the checks must know of a persona."""
    languages = spoken_languages(store, persona) or ("en",)
    return About(asdict(persona.traits), languages, own_suites)


def served_digest(home: Home, base: Base) -> str:
    """What answers are kept under: a base and its twin may answer differently."""
    served = twin.served_file(base.path, twin.folder_in(home.root))
    return base.digest if served == base.path else f"{base.digest}-q8_0"


def examinees(context: CycleContext) -> dict[str, Examinee]:
    """Base, base with examples, adapter in use, and candidate, by the names on the runtime."""
    sitting = Sitting(
        context.staged(),
        AnswerCache(context.home.root / "cache" / ANSWERS),
        served_digest(context.home, context.base),
        context.persona.system_prompt,
    )
    found = {"base": sitting.examinee(None)}
    taught = list(read_rows(context.folder.data / "train.jsonl"))
    exchanges = best_exchanges(taught, EXCHANGES, EXCHANGE_WORDS)
    if exchanges:
        found["prompted"] = sitting.examinee(None, exchanges=exchanges)
    parent = context.parent
    if parent is not None and any(each.name == parent.run_id for each in context.live_adapters()):
        found["parent"] = sitting.examinee(parent.run_id, parent.digest)
    candidate = candidate_of(context).digest
    return found | {"candidate": sitting.examinee(context.staging_name, candidate)}


def write_examination(context: CycleContext, examination: Examination) -> None:
    text = json.dumps(asdict(examination), ensure_ascii=False, indent=1)
    write_atomically(context.folder.root / EXAMINATION_FILE, text + "\n")


def read_examination(folder: Path) -> Examination:
    """What the stage before the gate wrote."""
    row = json.loads((folder / EXAMINATION_FILE).read_text("utf-8"))
    cases = {
        name: tuple(CaseResult(**each) for each in results)
        for name, results in row["cases"].items()
    }
    return Examination(row["kind"], cases, tuple(row["replies"]), row["variety"], row["seconds"])


def _replies(
    subjects: Mapping[str, Examinee], held_out: Sequence[Mapping[str, Any]], counting: _Counting
) -> tuple[dict[str, str], ...]:
    """Conversations that nobody learned from, up to their first question, and what was wanted."""
    made: list[dict[str, str]] = []
    asked: list[list[dict[str, str]]] = []
    for row in held_out:
        messages = [
            {"role": each["role"], "content": each["content"]}
            for each in row["messages"]
            if each["role"] != "system"
        ]
        first = next(at for at, each in enumerate(messages) if each["role"] == "assistant")
        asked.append(messages[:first])
        made.append(
            {
                "id": str(row["id"]),
                "prompt": messages[first - 1]["content"],
                "wanted": messages[first]["content"],
            }
        )
    for name, examinee in subjects.items():

        def one(turns: list[dict[str, str]], who: Examinee = examinee) -> str:
            return who.reply(who.messages(turns), REPLY_TOKENS).text

        said = side_by_side(
            asked, one, lambda turns: REPLY_TOKENS, on_progress=counting.part(len(asked))
        )
        for reply, text in zip(made, said, strict=True):
            reply[name] = text
    return tuple(made)
