"""What is to be deployed, in values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Strategy = Literal["adapter", "registry", "merged"]
STRATEGIES: tuple[Strategy, ...] = ("adapter", "registry", "merged")

# Told of a model, it has the prompt written by our template and by nothing that the base's file
# brings along, and a reply is what the model wrote: as it was trained.
PARSER = "passthrough"

OnStep = Callable[[str, int, int], None]
"""What is being done, and how far it is."""


def no_steps(step: str, done: int, total: int) -> None:
    """For who does not want to know."""


@dataclass(frozen=True)
class ModelTexts:
    """What a model of Ollama holds beside its weights."""

    template: str
    system: str
    parameters: Mapping[str, Any]
    licences: tuple[str, ...] = ()
    parser: str = PARSER
    context_lowered_by: str = ""
    """What keeps `num_ctx` from being more: `base` or `memory`."""

    def body(self) -> dict[str, Any]:
        """The same as a request to `create` tells it."""
        return {
            "template": self.template,
            "system": self.system,
            "parameters": dict(self.parameters),
            "parser": self.parser,
            **({"license": list(self.licences)} if self.licences else {}),
        }


@dataclass(frozen=True)
class Plan:
    """One persona's adapter on its base, for one server."""

    name: str
    """What people call it, for instance perennial-sunny."""
    base: Path
    base_sha256: str
    adapter: Path
    adapter_sha256: str
    texts: ModelTexts
    work: Path = field(repr=False)
    """A folder for what has to be made on the way."""
    finer: bool = False
    """Whether a merged model takes more disk, so that it says more exactly what was trained."""
