"""What every stage of a month works with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from app.cycle.errors import CycleError
from app.cycle.request import CycleRequest
from app.cycle.telling import CycleTelling
from app.home import Home
from app.operations.base_sources import check_source
from app.store import Adapter, Base, Persona, Run, RunState, Store
from ollama_bridge.errors import RuntimeLost
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import Served
from trainer.contract.folder import Control, RunFolder, read_control
from trainer.contract.run_spec import load_spec

STAGING = "staging-"
TRIES = 4
PAUSE_S = 1.0

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Ending:
    """A run ends here, or rests, for a reason that is not an error."""

    state: RunState
    reason: str
    verdict: str | None = None


class StopAsked(Exception):
    """The user stopped the run while the cycle itself was at work."""

    def __init__(self, control: Control) -> None:
        super().__init__(control.command)
        self.control = control


@dataclass
class CycleContext:
    """One run on its way; the runtime is leased when the first stage needs it."""

    home: Home
    store: Store
    run: Run
    request: CycleRequest
    telling: CycleTelling
    yes: bool
    free_ollama: bool = False
    """Whether the person agreed that Ollama lets go of its models for the training."""
    _client: RuntimeClient | None = field(default=None, repr=False)

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.home.runs / self.run.id)

    @property
    def persona(self) -> Persona:
        return self.store.personas.get(self.run.persona_id)

    @property
    def base(self) -> Base:
        return self.store.bases.get(self.run.base_id)

    @property
    def staging_name(self) -> str:
        """The candidate's name on the runtime until it goes live."""
        return f"{STAGING}{self.run.id}"

    @property
    def started_from_base(self) -> bool:
        """Whether the run was built anew, as its folder says."""
        return load_spec(self.folder.spec).start == "base"

    @property
    def parent(self) -> Adapter | None:
        """The adapter in use when the run began."""
        found = self.run.parent_adapter_id
        return None if found is None else self.store.adapters.get(found)

    def live_adapters(self) -> list[Served]:
        """Every adapter on the run's base that some persona speaks through."""
        live = {persona.active_adapter_id for persona in self.store.personas.all()}
        return [
            Served(adapter.run_id, adapter.gguf_path)
            for adapter in self.store.adapters.of_base(self.run.base_id)
            if adapter.id in live
        ]

    def staged(self) -> RuntimeClient:
        """The runtime with the base, all live adapters, and the candidate under its own name."""
        if self._client is None:
            self._client = RuntimeClient.connect(self.home.root)
            self.serve()
        return self._client

    def serve(self, slots: int | None = None) -> float:
        """Have served what is live now, and the candidate; the seconds of the gap."""
        if self._client is None:
            self._client = RuntimeClient.connect(self.home.root)
        candidate = Served(self.staging_name, self.folder.adapter_gguf)
        return self._client.serve(self.base.path, [*self.live_adapters(), candidate], slots=slots)

    def check_stop(self) -> None:
        """Raise when the user asked the run to stop."""
        control = read_control(self.folder)
        if control is not None and control.command in ("save-and-stop", "discard"):
            raise StopAsked(control)

    def close(self) -> None:
        """Give the runtime back."""
        if self._client is not None:
            self._client.close()
            self._client = None
        self.telling.close()


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask again when the runtime dies meanwhile: it is started anew with what this run needs."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except RuntimeLost:
            time.sleep(PAUSE_S)
    return ask()


def base_of(store: Store, persona: Persona) -> Base:
    """The base that a persona is trained on, or what is missing."""
    if persona.base_id is None:
        raise CycleError(
            f"{persona.name} has no base model yet.",
            "Give it one in the window, or run `python3 start.py` to fetch the starter model.",
            kind="no_base",
        )
    base = store.bases.get(persona.base_id)
    if base.kind != "gguf":
        raise CycleError(
            f"{base.name} is a Hugging Face folder, which the built-in runtime cannot serve.",
            "Take it in with `perennial base add FOLDER`: it becomes one file that can be served.",
            kind="base_not_served",
        )
    check_source(base)
    if not base.path.is_file():
        raise CycleError(
            f"The base {base.name} is not at {base.path}.",
            "Put the file back, or run `python3 start.py` to fetch the starter model again.",
            kind="no_base",
        )
    return base
