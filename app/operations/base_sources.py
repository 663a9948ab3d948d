"""Whether a base that lies with Ollama is still there, and still the one that was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.errors import BaseGone
from app.store import Base
from ollama_bridge import ollama_store
from ollama_bridge.errors import ModelUnknown, ModelUnusable

OLLAMA = "ollama:"

# `moved_on`: Ollama has another model under the name by now, and the old file is still there.
Standing = Literal["there", "missing", "removed", "pulled_anew", "moved_on"]


@dataclass(frozen=True)
class BaseStanding:
    """How it stands with a base's file, in words where something is the matter."""

    state: Standing
    text: str = ""
    next_step: str = ""

    @property
    def usable(self) -> bool:
        return self.state in ("there", "moved_on")


def standing_of(base: Base) -> BaseStanding:
    """Look at a base's place; of Ollama's models at the manifest too, without the server."""
    here = base.path.is_file() if base.kind == "gguf" else (base.path / "config.json").is_file()
    if not base.source.startswith(OLLAMA):
        if here:
            return BaseStanding("there")
        return BaseStanding(
            "missing",
            f"The base {base.name} is not at {base.path}.",
            "Put the file back, or choose another base.",
        )
    name = base.source.removeprefix(OLLAMA)
    found = _digest_now(base, name)
    if found == base.digest and here:
        return BaseStanding("there")
    if found in ("", base.digest):
        if here:
            return BaseStanding(
                "moved_on",
                f"Ollama no longer lists {name}; its file is still there, for how long is not"
                " known.",
                f"Keep it with: ollama pull {name}",
            )
        return BaseStanding(
            "removed",
            f"{name} was removed from Ollama, and {base.name} is that model.",
            f"Get it back with `ollama pull {name}` (if it is still the same there, all goes on"
            " as before), or choose another base.",
        )
    if here:
        return BaseStanding(
            "moved_on",
            f"Ollama has another model under the name {name} by now; the one that was chosen is"
            " still there and in use.",
            f"Add the new one with `perennial base add {OLLAMA}{name}` when you want it.",
        )
    return BaseStanding(
        "pulled_anew",
        f"{name} was pulled anew, and what Ollama has under this name now is another model than"
        f" the one that was chosen.",
        f"Add it with `perennial base add {OLLAMA}{name}` and choose it with `perennial base"
        " use`: adapters belong to the old one, and the next training builds one anew.",
    )


def check_source(base: Base) -> None:
    """Refuse a base of Ollama that is not there any more, in words of its own."""
    if not base.source.startswith(OLLAMA):
        return
    standing = standing_of(base)
    if not standing.usable:
        raise BaseGone(
            standing.text,
            standing.next_step,
            kind=f"base_{standing.state}",
            kept="Conversations, ratings and adapters are all there.",
        )


def _digest_now(base: Base, name: str) -> str:
    """What Ollama has under a name: its digest, or nothing."""
    # The base's own store first: the usual places may hold another Ollama's.
    places = dict.fromkeys([base.path.parent.parent, *ollama_store.folders()])
    try:
        return ollama_store.stored_model(name, list(places)).digest
    except (ModelUnknown, ModelUnusable):
        return ""
