"""A persona for other programs: one merged model, or what vLLM needs to serve its adapter."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.cycle.context import base_of
from app.errors import ExportRefused, StoreError
from app.operations.chat import live_adapter
from app.store import Adapter, Base, Persona, Store
from ollama_bridge.gguf_merge import merge, merged_size
from ollama_bridge.hf_merge import merge_folder
from ollama_bridge.serving_files import ServedPersona, write_vllm_files

ElsewhereFormat = Literal["gguf", "huggingface", "vllm"]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class ServedElsewhere:
    """What was written, and for whom."""

    path: Path
    format: ElsewhereFormat
    personas: tuple[str, ...]


def default_place(persona: Persona, format: ElsewhereFormat) -> Path:
    """What it is called when nothing was said."""
    return Path(f"{persona.slug}.gguf" if format == "gguf" else f"{persona.slug}-{format}")


def size_beforehand(store: Store, persona: Persona) -> int:
    """How large the merged model will be."""
    return merged_size(base_of(store, persona).path, _adapter(store, persona).gguf_path, finer=True)


def write_elsewhere(
    store: Store,
    persona: Persona,
    format: ElsewhereFormat,
    out: Path,
    *,
    hf_base: str = "",
    on_progress: OnProgress = lambda done, total: None,
) -> ServedElsewhere:
    """Write it whole or not at all; `hf_base` is the base as a Hugging Face folder or hub id."""
    base, adapter = base_of(store, persona), _adapter(store, persona)
    if out.exists():
        raise ExportRefused(
            f"There is something at {out} already.",
            "Choose another place with --out.",
            kind="export_there",
            kept="It was left as it is.",
        )
    if format == "gguf":
        merge(base.path, adapter.gguf_path, out, on_progress, finer=True)
        return ServedElsewhere(out, format, (persona.slug,))
    place = hf_base or _place_of(base, format)
    if format == "huggingface":
        merge_folder(Path(place), adapter.peft_path, out, on_progress)
        return ServedElsewhere(out, format, (persona.slug,))
    served = _served_on(store, base)
    write_vllm_files(out, place, served)
    return ServedElsewhere(out, format, tuple(each.slug for each in served))


def _served_on(store: Store, base: Base) -> list[ServedPersona]:
    """Every persona that speaks through an adapter on this base."""
    found = []
    for persona in store.personas.all():
        adapter = live_adapter(store, persona)
        if adapter is not None and adapter.base_id == base.id:
            found.append(ServedPersona(persona.slug, adapter.peft_path, _rank(adapter)))
    return found


def _rank(adapter: Adapter) -> int:
    config = json.loads((adapter.peft_path / "adapter_config.json").read_text("utf-8"))
    return int(config["r"])


def _adapter(store: Store, persona: Persona) -> Adapter:
    adapter = live_adapter(store, persona)
    if adapter is None:
        raise StoreError(
            f"{persona.name} has no adapter yet: the base alone would be written.",
            "Train one first.",
            kind="missing",
            kept="Nothing was written.",
        )
    return adapter


def _place_of(base: Base, format: ElsewhereFormat) -> str:
    """Where the base came from, if that serves as a Hugging Face model."""
    kind, _, source = base.source.partition(":")
    if kind == "folder" and (Path(source) / "config.json").is_file():
        return source
    if kind == "hub" and format == "vllm":
        return source.partition("@")[0]
    raise ExportRefused(
        f"The base {base.name} is a GGUF file; this format needs it as a Hugging Face folder.",
        "Say where that is with --base, or write the persona as GGUF.",
        kind="export_what",
    )
