"""The run that learns how long to answer and then a domain, written as the app writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import resources
from replay.lessons import Lessons, domain_lessons, read_lessons, style_lessons
from tests.bench.demo_run import draw_run
from trainer.contract.folder import RunFolder

# It says nothing of how long to answer: that is what the tags are for.
PERSONA, SYSTEM_PROMPT = "Robin", "You are Robin, a calm and friendly assistant."
_RESOURCES = Path(resources.__file__).parent


@dataclass(frozen=True)
class HeldOut:
    """What a run of these lessons neither learned from nor was chosen by."""

    styles: Lessons
    domain: Lessons


def lessons() -> HeldOut:
    """The lessons in the split that every run has."""
    return HeldOut(
        style_lessons(read_lessons(_RESOURCES / "lessons" / "styles.jsonl"), SYSTEM_PROMPT),
        domain_lessons(
            read_lessons(_RESOURCES / "lessons" / "infrastructure.jsonl"), SYSTEM_PROMPT
        ),
    )


def make_run(root: Path, recipe: str, seed: int) -> RunFolder:
    """A persona with the demo's month begins a training with this recipe; it is drawn, no more."""
    return draw_run(root, PERSONA, SYSTEM_PROMPT, ["en"], recipe=recipe, seed=seed)
