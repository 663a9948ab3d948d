"""The stages `converted` and `staged`: the adapter as GGUF, loaded under a name of its own."""

from __future__ import annotations

from pathlib import Path

from app.cycle.context import CycleContext
from app.cycle.errors import CycleError
from app.operations.served_texts import modelfile_for
from ollama_bridge.gguf_adapter import convert
from trainer.contract.folder import file_digest, write_atomically


def convert_adapter(context: CycleContext) -> None:
    """Write adapter.gguf beside the trained adapter, and enter the candidate."""
    folder = context.folder
    weights = folder.adapter / "adapter_model.safetensors"
    if not weights.is_file():
        raise CycleError(
            f"The trained adapter is not at {folder.adapter}.",
            "Start a new training; what it would have learned from is still there.",
            kind="run_unknown",
        )
    convert(folder.adapter, folder.adapter_gguf, context.base.path)
    context.store.adapters.add(
        context.run.persona_id,
        context.run.base_id,
        context.run.id,
        context.run.parent_adapter_id,
        folder.adapter,
        folder.adapter_gguf,
        file_digest(folder.adapter_gguf),
    )


def stage_candidate(context: CycleContext) -> None:
    """Load the candidate beside what is live, and write how another program would serve it."""
    client = context.staged()
    adapter = Path("./adapter.gguf")
    text = modelfile_for(client, context.base, context.persona, adapter)
    write_atomically(context.folder.adapter / "Modelfile", text)
