"""The month's mix: what a persona would learn from now, with replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import resources
from app.operations.month import month_progress
from app.store import Persona, Store
from replay.example import Conversation, Example, Turn, example_of, replay_example
from replay.mix import Mix, MixPlan, draw_mix
from trainer.contract.folder import read_rows

ROUND_RULE = (
    "An early round trains from the base on everything usable, so what earlier adapters learned"
    " is drawn again; only what no adapter learned counts towards the start of a training."
)


@dataclass(frozen=True)
class DrawnMonth:
    """A mix with the round that it is drawn for."""

    mix: Mix
    never_learned: int
    learned_before: int

    def manifest(self) -> dict[str, Any]:
        """The numbers of the mix, each with its reason."""
        return {**self.mix.manifest.to_dict(), "round": self.round()}

    def round(self) -> dict[str, Any]:
        """What the round draws from."""
        return {
            "never_learned": self.never_learned,
            "learned_before": self.learned_before,
            "why": ROUND_RULE,
        }

    def replay_ids(self) -> set[str]:
        """The replay items that are learned from."""
        learned = (*self.mix.train, *self.mix.valid)
        return {example.id for example in learned if example.group != "new"}


def draw_month(store: Store, persona: Persona, *, seed: int, replay: bool = True) -> DrawnMonth:
    """Draw a persona's mix from everything usable; the same for the same seed."""
    provide_starter_replay(store)
    plan = MixPlan(
        seed=seed,
        system_prompt=persona.system_prompt,
        languages=persona.languages,
        replay=replay,
    )
    new = [example for each in _learnable(store, persona) if (example := example_of(each))]
    mix = draw_mix(new, _replay_groups(store), plan)
    progress = month_progress(store, persona.id)
    return DrawnMonth(mix, progress.usable, progress.learned)


def provide_starter_replay(store: Store) -> None:
    """Give a home that has no replay the sets that come with the app."""
    if store.replay.all():
        return
    for file in sorted((Path(resources.__file__).parent / "replay").glob("*.jsonl")):
        store.replay.add_all(read_rows(file), "starter")


def mix_counts(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest in four numbers and a line a group, all in approved replies."""
    train = manifest["train"]
    return {
        "new": train["new"]["replies"],
        "replay": train["replay"]["replies"],
        "groups": {name: each["train"] for name, each in manifest["groups"].items()},
        "ratio_new": manifest["ratio_new_got"]["train"],
        "valid": manifest["valid"]["new"]["replies"] + manifest["valid"]["replay"]["replies"],
        "test": manifest["test"]["replies"],
        "replay_test": manifest["replay_test"]["replies"],
        "shortfalls": list(manifest["shortfalls"]),
    }


def _learnable(store: Store, persona: Persona) -> Iterator[Conversation]:
    for found in store.learnable(persona.id):
        turns = [
            Turn(turn.message_id, turn.role, turn.content, turn.rating, turn.correction)
            for turn in found.turns
        ]
        # What came in without a prompt is learned under the persona's, as it will be met.
        prompt = found.system_prompt or persona.system_prompt
        yield Conversation(found.conversation_id, prompt, turns)


def _replay_groups(store: Store) -> dict[str, list[Example]]:
    groups: dict[str, list[Example]] = {}
    for item in store.replay.all():
        if not item.left_out:
            example = replay_example(item.external_id, item.group, item.messages, item.language)
            groups.setdefault(item.group, []).append(example)
    return groups
