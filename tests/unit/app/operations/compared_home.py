"""A home with a run that was examined, and a runtime that says who was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.home import Home
from app.store import Adapter, Persona, Store
from ollama_bridge.runtime.values import Delta, Sampling
from trainer.contract.folder import RunFolder

RUN, BEFORE = "2026-11-sunny-1", "2026-10-sunny-1"


class Runtime:
    """Answers with the name of who was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, list[Mapping[str, str]], int | None]] = []

    def chat(
        self, messages: Sequence[Mapping[str, str]], *, adapter: str | None, sampling: Sampling
    ) -> Iterator[Delta]:
        self.asked.append((adapter, list(messages), sampling.seed))
        yield Delta(f"{adapter or 'base'} says: ")
        yield Delta(messages[-1]["content"])
        yield Delta("", "stop")

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing is open."""


def add_persona(home: Home, store: Store) -> Persona:
    path = home.models / "tiny.gguf"
    path.write_bytes(b"weights")
    base = store.bases.add("tiny", "gguf", path, "d1", "llama", 7)
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


def add_run(
    home: Home, store: Store, persona: Persona, run_id: str, *, state: str = "undecided"
) -> Adapter:
    """A run with its adapter, grown from what is live."""
    assert persona.base_id is not None
    persona = store.personas.get(persona.id)
    store.runs.add(run_id, persona.id, persona.base_id or 0, persona.active_adapter_id, "auto", 7)
    store.runs.set_state(run_id, state, verdict=state)  # type: ignore[arg-type]
    folder = RunFolder(home.runs / run_id)
    folder.adapter.mkdir(parents=True)
    folder.adapter_gguf.write_bytes(b"adapter")
    return store.adapters.add(
        persona.id, persona.base_id or 0, run_id, persona.active_adapter_id,
        folder.adapter, folder.adapter_gguf, f"d-{run_id}",
    )  # fmt: skip


def put_live(store: Store, adapter: Adapter) -> None:
    store.deployments.put_live(
        adapter.persona_id, adapter.run_id, adapter.id, "runtime", "1", "scale", {}
    )


def write_data(home: Home, run_id: str, name: str, asked: Mapping[str, str]) -> None:
    """Conversations of a run's data, by their ids."""
    data = RunFolder(home.runs / run_id).data
    data.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = [
        {
            "id": row_id,
            "group": "new",
            "messages": [
                {"role": "system", "content": "Be sunny."},
                {"role": "user", "content": text},
                {"role": "assistant", "content": "Fine.", "weight": 1.0},
            ],
        }
        for row_id, text in asked.items()
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (data / name).write_text(text, "utf-8")


def say(store: Store, persona: Persona, text: str, *, never_train: bool = False) -> tuple[int, int]:
    """A conversation that begins with this; the ids of it and of its first message."""
    talk = store.conversations.add(
        persona.id, persona.system_prompt, text[:40], never_train=never_train
    )
    return talk.id, store.messages.add(talk.id, None, "user", text).id
