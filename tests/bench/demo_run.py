"""A persona with the demo's month, its run drawn as the app draws it and trained no further."""

from __future__ import annotations

import json
import os
from pathlib import Path

import platformdirs

import resources
from app.cycle.context import CycleContext
from app.cycle.mixing import mix
from app.cycle.request import read_request
from app.cycle.telling import CycleTelling
from app.home import HOME_VARIABLE, open_home
from app.operations.base import starter_base
from app.operations.importing import import_files
from app.operations.training import prepare_run
from app.starter import VARIABLE, ensure_starter
from app.store import Traits, open_store
from trainer.contract.folder import RunFolder

_DEMO = Path(resources.__file__).parent / "demo"
SEED = 42


def users_starter() -> Path:
    """The starter model of the user's home, or where PERENNIAL_STARTER says."""
    given = os.environ.get(HOME_VARIABLE)
    return ensure_starter(Path(given or platformdirs.user_data_dir("perennial", appauthor=False)))


def draw_demo_run(root: Path) -> RunFolder:
    """The demo persona's month."""
    row = json.loads((_DEMO / "persona.json").read_text("utf-8"))
    return draw_run(
        root, row["name"], row["system_prompt"], row["languages"], Traits(**row["traits"])
    )


def draw_run(
    root: Path,
    name: str,
    system_prompt: str,
    languages: list[str],
    traits: Traits | None = None,
    *,
    recipe: str = "auto",
    seed: int = SEED,
) -> RunFolder:
    """The run in this home; called again, it is found as it was drawn, trained or not."""
    os.environ.setdefault(VARIABLE, str(users_starter()))
    home = open_home(root)
    with open_store(home) as store:
        persona = next(iter(store.personas.all()), None)
        if persona is None:
            base = starter_base(home, store, print)
            persona = store.personas.add(name, system_prompt, languages, traits, base_id=base.id)
            month = _DEMO / "month.jsonl"
            import_files(store, persona.id, [month], reviewed=True, source="demo")
        run = prepare_run(home, store, persona.id, recipe=recipe, seed=seed)
        folder = RunFolder(home.runs / run.id)
        if not folder.spec.exists():
            telling = CycleTelling(folder)
            context = CycleContext(home, store, run, read_request(folder), telling, yes=True)
            mix(context)
            context.close()
    return folder
