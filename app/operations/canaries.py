"""What no replay ever contains, answered well: how likely it stays shows what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from app.evaluation.suite import Suite
from replay.example import Example, replay_example


def kept_examples(
    suites: Sequence[Suite], languages: Sequence[str], system_prompt: str
) -> Iterator[Example]:
    """The cases that come with a good reply, in the languages of persona and base."""
    for suite in suites:
        for case in suite.cases:
            if not case.reply or case.language not in (None, *languages):
                continue
            messages: list[dict[str, Any]] = [
                *(
                    {"role": turn.role, "content": turn.content, "weight": 0.0}
                    for turn in case.turns
                ),
                {"role": "assistant", "content": case.reply},
            ]
            prompt = system_prompt if case.system is None else case.system
            yield replay_example(
                case.id, case.group, messages, case.language or "", judges=True
            ).under(prompt)
