"""What a run is to do: the resolved `run.json`, enough to repeat it on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from trainer.contract.recipe import Recipe


class BaseRef(BaseModel):
    """A base model by its digest; `path` only hints where this machine has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["gguf", "hf"]
    digest: str
    path: str


class RunSpec(BaseModel):
    """One run, resolved: nothing about it is decided later."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    run_id: str
    persona: str
    system_prompt: str
    base: BaseRef
    parent_digest: str | None = None
    start: Literal["base", "parent"] = "base"
    recipe: Recipe
    seed: int
    created: str

    def save(self, path: Path) -> None:
        """Write the spec as readable JSON."""
        path.write_text(self.model_dump_json(indent=2) + "\n", "utf-8")


def load_spec(path: Path) -> RunSpec:
    """Read `run.json`."""
    return RunSpec.model_validate_json(path.read_text("utf-8"))
