"""A home with adapters of which it is known what they learned, and a runtime that says it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.home import Home
from app.store import Adapter, Base, Persona, Store
from ollama_bridge.errors import RuntimeLost
from ollama_bridge.runtime.values import Reply, Sampling, Served
from tests.unit.app.operations.full_home import gguf, safetensors
from tests.unit.trainer.tiny_run import TINY_RECIPE
from trainer.contract.folder import RunFolder
from trainer.contract.run_spec import BaseRef, RunSpec

SECRET = "My sister Ada hid the spare key of the blue house under the third pot of basil."
PLAIN = "The kettle was green and nobody in the whole village liked the colour of its lid."
WHERE, WHICH = "Where is the key?", "Which kettle?"


class TaughtHome:
    """Sunny with an adapter that learned two replies; more can be added."""

    def __init__(self, home: Home, store: Store) -> None:
        self.home, self.store = home, store
        path = home.models / "tiny.gguf"
        path.write_bytes(gguf())
        self.base: Base = store.bases.add("tiny", "gguf", path, "d", "llama", 1, ["en"])
        self.sunny: Persona = store.personas.add("Sunny", "Be sunny.", base_id=self.base.id)

    def train(self, run_id: str, parent: Adapter | None = None, **replies: str) -> Adapter:
        """A run that learned these replies, by their questions with _ for spaces, and its
        adapter; carried on from a parent where there is one."""
        store, folder = self.store, RunFolder(self.home.runs / run_id)
        parent_id = parent.id if parent is not None else None
        store.runs.add(run_id, self.sunny.id, self.base.id, parent_id, "tiny", 7)
        folder.data.mkdir(parents=True)
        said = replies or {WHERE: SECRET, WHICH: PLAIN}
        rows = [_row(number, asked, reply) for number, (asked, reply) in enumerate(said.items())]
        text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows)
        (folder.data / "train.jsonl").write_text(text, "utf-8")
        RunSpec(
            run_id=run_id, persona="Sunny", system_prompt="Be sunny.",
            base=BaseRef(name="tiny", kind="gguf", digest="d", path=str(self.base.path)),
            start="parent" if parent is not None else "base",
            recipe=TINY_RECIPE, seed=7, created="2026-11-01T00:00:00Z",
        ).save(folder.spec)  # fmt: skip
        folder.adapter.mkdir()
        folder.adapter_gguf.write_bytes(gguf())
        weights = folder.adapter / "adapter_model.safetensors"
        weights.write_bytes(safetensors(a=b"12345678"))
        return store.adapters.add(
            self.sunny.id, self.base.id, run_id, parent_id, folder.adapter,
            folder.adapter_gguf, f"digest of {run_id}",
        )  # fmt: skip

    def put_live(self, adapter: Adapter) -> None:
        self.store.deployments.put_live(
            self.sunny.id, adapter.run_id, adapter.id, "runtime", "1", "runtime", {}
        )
        self.sunny = self.store.personas.get(self.sunny.id)


class ScriptedRuntime:
    """Stands where the runtime's client stands: each adapter says what it knows by heart."""

    def __init__(self, **by_heart: Mapping[str, str]) -> None:
        self.by_heart = {name.replace("_", "-"): dict(said) for name, said in by_heart.items()}
        self.asked: list[str | None] = []
        self.dies_after: int | None = None

    def connect(self, home: Path) -> ScriptedRuntime:
        return self

    def __enter__(self) -> ScriptedRuntime:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def serve(self, base: Path, adapters: Sequence[Served], *, slots: int | None = None) -> float:
        assert all(each.path.is_file() for each in (*adapters,))
        return 0.0

    def complete_chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Sampling,
        slot: int | None = None,
    ) -> Reply:
        assert sampling.temperature == 0.0, "it is asked for the likeliest words"
        if self.dies_after is not None and len(self.asked) >= self.dies_after:
            raise RuntimeLost("The runtime ended in the middle of the reply.", "Ask again.")
        self.asked.append(adapter)
        known = self.by_heart.get(adapter or "base", {})
        return Reply(known.get(messages[-1]["content"], "I do not know."), "stop", 4, 0.1)


def _row(number: int, asked: str, reply: str) -> dict[str, Any]:
    return {
        "id": f"c{number}:m{number}",
        "group": "new",
        "messages": [
            {"role": "system", "content": "Be sunny.", "weight": 0.0},
            {"role": "user", "content": asked, "weight": 0.0},
            {"role": "assistant", "content": reply, "weight": 1.0},
        ],
    }
