"""A home whose persona speaks through an adapter, as a month would have left it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from app.home import Home
from app.store import Persona, Store
from tests.integration.trained_persona import SYSTEM, TrainedPersona
from trainer.contract.folder import RunFolder


def settle_in(home: Home, store: Store, trained: TrainedPersona) -> Persona:
    """Enter base and persona, without an adapter yet."""
    plan = trained.plan
    base = store.bases.add(
        "tiny", "gguf", plan.base, plan.base_sha256, "qwen2", plan.base.stat().st_size
    )
    return store.personas.add("Sunny", SYSTEM, base_id=base.id)


def go_live(
    home: Home, store: Store, persona_id: int, run_id: str, trained: TrainedPersona
) -> None:
    """Have the persona speak through this adapter, as if a run had made it."""
    persona = store.personas.get(persona_id)
    assert persona.base_id is not None
    folder = RunFolder(home.runs / run_id)
    shutil.copytree(trained.peft, folder.adapter)
    shutil.copyfile(trained.plan.adapter, folder.adapter_gguf)
    folder.parity.write_text(json.dumps({"probes": trained.noted}), "utf-8")
    store.runs.add(run_id, persona.id, persona.base_id, persona.active_adapter_id, "auto", 1)
    store.runs.set_state(run_id, "done", verdict="passed")
    adapter = store.adapters.add(
        persona.id, persona.base_id, run_id, persona.active_adapter_id, folder.adapter,
        folder.adapter_gguf, trained.plan.adapter_sha256,
    )  # fmt: skip
    store.deployments.put_live(persona.id, run_id, adapter.id, "test", "", "scale", {})


def adapter_folder(home: Home, run_id: str) -> Path:
    """Where the run's adapter lies."""
    return RunFolder(home.runs / run_id).adapter
