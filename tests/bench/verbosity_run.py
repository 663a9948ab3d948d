"""The run that learns how long to answer and then a domain, written as the app writes it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

import resources
from app.cycle.context import CycleContext
from app.cycle.mixing import mix
from app.cycle.request import read_request
from app.cycle.telling import CycleTelling
from app.home import HOME_VARIABLE, Home, open_home
from app.operations.base import starter_base
from app.operations.importing import import_files
from app.operations.training import prepare_run
from app.starter import VARIABLE, ensure_starter
from app.store import Store, open_store
from replay.lessons import Lessons, domain_lessons, read_lessons, style_lessons
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
    """A persona with the demo's month begins a training with this recipe; it is drawn, no more.

    Called again, it finds the run as it was drawn before, trained or not.
    """
    given = os.environ.get(HOME_VARIABLE)
    users = Path(given or platformdirs.user_data_dir("perennial", appauthor=False))
    os.environ.setdefault(VARIABLE, str(ensure_starter(users)))
    home = open_home(root)
    with open_store(home) as store:
        persona = next(iter(store.personas.all()), None)
        if persona is None:
            base = starter_base(home, store, print)
            persona = store.personas.add(PERSONA, SYSTEM_PROMPT, ["en"], base_id=base.id)
            import_files(
                store, persona.id, [_RESOURCES / "demo" / "month.jsonl"], reviewed=True,
                source="demo",
            )  # fmt: skip
        run = prepare_run(home, store, persona.id, recipe=recipe, seed=seed)
        folder = RunFolder(home.runs / run.id)
        if not folder.spec.exists():
            _draw(home, store, folder)
    return folder


def _draw(home: Home, store: Store, folder: RunFolder) -> None:
    run = store.runs.get(folder.root.name)
    context = CycleContext(home, store, run, read_request(folder), CycleTelling(folder), yes=True)
    mix(context)
    context.close()
