"""The stage `examined`: base and candidate answer the same questions, as a user would put them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.cycle.context import CycleContext, patiently
from app.cycle.deploying import candidate_of
from app.evaluation.exam import AnswerCache, CaseResult, Examinee, examine
from app.evaluation.suite import built_in_suites
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import ANY_SLOT, Sampling
from trainer.contract.folder import read_rows, write_atomically

EXAMINATION_FILE = "examination.json"
REPLIES_SHOWN = 3
REPLY_TOKENS = 200


@dataclass(frozen=True)
class Examination:
    """What was answered, and what was right of it."""

    base_cases: tuple[CaseResult, ...]
    candidate_cases: tuple[CaseResult, ...]
    replies: tuple[dict[str, str], ...]


def examine_candidate(context: CycleContext) -> None:
    """Have the frozen suites and some held-out prompts answered by base and candidate."""
    client = context.staged()
    cases = [case for suite in built_in_suites() for case in suite.cases]
    cache = AnswerCache(context.home.root / "cache" / "answers.jsonl")
    held_out = list(read_rows(context.folder.data / "test.jsonl"))[:REPLIES_SHOWN]
    subjects = _subjects(context)
    total = 2 * len(cases) + len(subjects) * len(held_out)

    def progress_from(start: int) -> Callable[[int, int], None]:
        def told(done: int, _total: int) -> None:
            context.telling.progress("examined", start + done, total)
            context.check_stop()

        return told

    results = []
    for place, (digest, name) in enumerate(
        (("", None), (candidate_of(context).digest, context.staging_name))
    ):
        examinee = Examinee(
            context.base.digest, digest, context.persona.system_prompt, _asker(client, name)
        )
        told = progress_from(place * len(cases))
        results.append(tuple(examine(examinee, cases, cache, on_progress=told)))
    told = progress_from(2 * len(cases))
    replies = _replies(client, subjects, held_out, told)
    write_examination(context, Examination(results[0], results[1], replies))


def write_examination(context: CycleContext, examination: Examination) -> None:
    text = json.dumps(asdict(examination), ensure_ascii=False, indent=1)
    write_atomically(context.folder.root / EXAMINATION_FILE, text + "\n")


def read_examination(folder: Path) -> Examination:
    """What the stage before the gate wrote."""
    row = json.loads((folder / EXAMINATION_FILE).read_text("utf-8"))
    return Examination(
        tuple(CaseResult(**each) for each in row["base_cases"]),
        tuple(CaseResult(**each) for each in row["candidate_cases"]),
        tuple(row["replies"]),
    )


def _subjects(context: CycleContext) -> dict[str, str | None]:
    """Who answers the held-out prompts, by the names on the runtime."""
    parent = context.parent
    serving = {served.name for served in context.live_adapters()}
    subjects: dict[str, str | None] = {"base": None}
    if parent is not None and parent.run_id in serving:
        subjects["parent"] = parent.run_id
    return subjects | {"candidate": context.staging_name}


def _asker(
    client: RuntimeClient, adapter: str | None
) -> Callable[[list[dict[str, str]], int], str]:
    def ask(messages: list[dict[str, str]], max_tokens: int) -> str:
        sampling = Sampling(temperature=0.0, max_tokens=max_tokens)
        return patiently(
            lambda: (
                client.complete_chat(
                    messages, adapter=adapter, sampling=sampling, slot=ANY_SLOT
                ).text
            )
        )

    return ask


def _replies(
    client: RuntimeClient,
    subjects: dict[str, str | None],
    held_out: Sequence[dict[str, Any]],
    on_progress: Callable[[int, int], None],
) -> tuple[dict[str, str], ...]:
    """Conversations that nobody learned from, up to their first question."""
    made = []
    done = 0
    for row in held_out:
        messages = row["messages"]
        first = next(i for i, message in enumerate(messages) if message["role"] == "assistant")
        asked = [{"role": m["role"], "content": m["content"]} for m in messages[:first]]
        reply = {"prompt": asked[-1]["content"]}
        for subject, name in subjects.items():
            reply[subject] = _asker(client, name)(asked, REPLY_TOKENS)
            done += 1
            on_progress(done, 0)
        made.append(reply)
    return tuple(made)
