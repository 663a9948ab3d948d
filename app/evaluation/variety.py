"""The same asked several times, each with another seed: how varied the replies are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.evaluation.cases import Case
from app.evaluation.exam import PARALLEL, Examinee, Progress, side_by_side
from replay.measures.variety import variety

PROMPTS = 12
SAMPLES = 4
TOKENS = 40
TEMPERATURE = 0.7  # as personas are served


def asked_again(cases: Sequence[Case]) -> list[Case]:
    """The questions that are asked several times: those that any persona has an answer to."""
    return [case for case in cases if case.group == "persona" and case.quick][:PROMPTS]


def reply_again(
    examinee: Examinee,
    cases: Sequence[Case],
    *,
    parallel: int = PARALLEL,
    on_progress: Progress = lambda done, total: None,
) -> dict[str, list[str]]:
    """Several replies to each case, by its id."""
    asked = [(case, seed) for case in cases for seed in range(1, SAMPLES + 1)]

    def one(pair: tuple[Case, int]) -> str:
        case, seed = pair
        messages = examinee.messages([{"role": "user", "content": case.asked}])
        return examinee.reply(messages, TOKENS, TEMPERATURE, seed).text

    replies = side_by_side(asked, one, lambda pair: TOKENS, parallel, on_progress)
    return {
        case.id: replies[place * SAMPLES : (place + 1) * SAMPLES]
        for place, case in enumerate(cases)
    }


def varieties(again: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """How varied the replies to each case are."""
    return {name: round(variety(replies), 4) for name, replies in again.items()}
