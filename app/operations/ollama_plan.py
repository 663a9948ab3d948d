"""What of a persona goes to Ollama, and what the training noted to hold it against."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from app.cycle.context import base_of
from app.cycle.device import refuse_while_unloaded
from app.errors import StoreError
from app.home import Home
from app.operations.chat import served
from app.operations.served_texts import texts_for
from app.store import Adapter, Persona, Store
from ollama_bridge.deploy.parity import TextProbe, text_probes
from ollama_bridge.deploy.plan import Plan
from ollama_bridge.runtime.client import RuntimeClient
from trainer.contract.folder import RunFolder

WORK_FOLDER = "merged"

Connect = Callable[[], RuntimeClient]


def plan_for(
    home: Home,
    store: Store,
    persona: Persona,
    adapter: Adapter,
    name: str,
    connect: Connect | None,
) -> tuple[Plan, list[TextProbe]]:
    """The plan and the probes; `connect` gives a runtime that serves the persona already."""
    base = base_of(store, persona)
    if connect is None:
        refuse_while_unloaded(home)
    client = connect() if connect is not None else RuntimeClient.connect(home.root)
    try:
        if connect is None:
            client.serve(base.path, served(store, persona))
        texts = texts_for(client, base, persona)
        probes = text_probes(client, _probes(home, adapter))
    finally:
        if connect is None:
            client.close()
    plan = Plan(
        name, base.path, base.digest, adapter.gguf_path, adapter.digest, texts,
        home.models / WORK_FOLDER,
    )  # fmt: skip
    return plan, probes


def _probes(home: Home, adapter: Adapter) -> list[dict[str, Any]]:
    path = RunFolder(home.runs / adapter.run_id).parity
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["probes"]
        return found
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"What the training noted for the comparison is not at {path}.",
            "Train the persona again, then deploy it.",
            kind="missing",
            kept="The persona answers in this window as before.",
        ) from error
