"""The demo persona's month as a run that is drawn as the app draws it, and trained no further."""

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


def draw_demo_run(root: Path) -> RunFolder:
    """The run in this home; called again, it is found as it was drawn, trained or not."""
    given = os.environ.get(HOME_VARIABLE)
    users = Path(given or platformdirs.user_data_dir("perennial", appauthor=False))
    os.environ.setdefault(VARIABLE, str(ensure_starter(users)))
    home = open_home(root)
    with open_store(home) as store:
        persona = next(iter(store.personas.all()), None)
        if persona is None:
            base = starter_base(home, store, print)
            row = json.loads((_DEMO / "persona.json").read_text("utf-8"))
            persona = store.personas.add(
                row["name"], row["system_prompt"], row["languages"], Traits(**row["traits"]),
                base_id=base.id,
            )  # fmt: skip
            month = _DEMO / "month.jsonl"
            import_files(store, persona.id, [month], reviewed=True, source="demo")
        run = prepare_run(home, store, persona.id, seed=SEED)
        folder = RunFolder(home.runs / run.id)
        if not folder.spec.exists():
            known = store.runs.get(run.id)
            telling = CycleTelling(folder)
            context = CycleContext(home, store, known, read_request(folder), telling, yes=True)
            mix(context)
            context.close()
    return folder
