"""A PEFT adapter as a GGUF adapter, for bases of the llama, qwen and gemma families."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import gguf
import numpy as np
from numpy.typing import NDArray

from ollama_bridge.base_gguf import BaseFacts, read_facts
from ollama_bridge.errors import AdapterMismatch, AdapterUnsupported
from ollama_bridge.peft_folder import Matrix, Pair, read_adapter
from ollama_bridge.safetensors_files import StoredWeight

Precision = Literal["f16", "f32"]

# Mistral's files say llama.
ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3")
PROJECTIONS = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}


@dataclass(frozen=True)
class _Planned:
    """A tensor under llama.cpp's name; `heads` says how many its rows are reordered within."""

    name: str
    weight: StoredWeight
    heads: int = 0

    def values(self, kind: type[np.floating]) -> NDArray[np.floating]:
        """Its numbers, read from the disk now."""
        found = self.weight.floats()
        if not np.all(np.abs(found) <= np.finfo(kind).max):
            raise AdapterMismatch(
                f"The adapter's {self.name} holds values that are not finite, or too large.",
                "The training diverged: train again with a lower learning rate.",
            )
        return (permute(found, self.heads) if self.heads else found).astype(kind)


def convert(peft_folder: Path, out: Path, base: Path, *, precision: Precision = "f16") -> None:
    """Write the adapter of a PEFT folder as a GGUF file for this base, one tensor at a time."""
    facts = read_facts(base)
    if facts.architecture not in ARCHITECTURES:
        raise AdapterUnsupported(
            f"Adapters for bases of the family {facts.architecture} cannot be converted yet.",
            f"Choose a base of one of these families: {', '.join(ARCHITECTURES)}.",
        )
    adapter = read_adapter(peft_folder)
    planned = [
        tensor
        for (block, projection), pair in adapter.pairs.items()
        for tensor in _plan(facts, block, projection, pair)
    ]
    _write(out, facts.architecture, adapter.alpha, planned, precision)


def _plan(facts: BaseFacts, block: int, projection: str, pair: Pair) -> tuple[_Planned, _Planned]:
    if projection not in PROJECTIONS:
        raise AdapterUnsupported(
            f"The adapter changes {projection}, which is not one of the seven projections.",
            "Train the adapter again on the seven projections.",
        )
    name = f"blk.{block}.{PROJECTIONS[projection]}.weight"
    tensor = facts.tensors.get(name)
    if tensor is None or tensor.shape != pair.shape:
        there = "is not there" if tensor is None else f"has the shape {tensor.shape}"
        raise AdapterMismatch(
            f"The adapter changes {name} of shape {pair.shape}, which in {facts.name} {there}.",
            "Convert the adapter with the base that it was trained on.",
        )
    heads = 0
    if facts.architecture == "llama" and projection in ("q_proj", "k_proj"):
        heads = facts.heads if projection == "q_proj" else facts.heads_kv
    return _Planned(f"{name}.lora_a", pair.stored_a), _Planned(
        f"{name}.lora_b", pair.stored_b, heads
    )


def permute(rows: Matrix, heads: int) -> Matrix:
    """Rows of the Hugging Face rotary layout (two halves a head) in llama.cpp's (pairs).

    The base's own rows were reordered so when it was converted to GGUF (llama only).
    """
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, rows.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))


def _write(
    out: Path, architecture: str, alpha: float, planned: Sequence[_Planned], precision: Precision
) -> None:
    kind = np.float16 if precision == "f16" else np.float32
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f"{out.name}.{secrets.token_hex(4)}")
    writer = gguf.GGUFWriter(draft, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    stored = np.dtype(kind)
    for each in planned:
        size_bytes = math.prod(each.weight.shape) * stored.itemsize
        writer.add_tensor_info(each.name, each.weight.shape, stored, size_bytes)
    try:
        try:
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            for each in planned:
                writer.write_tensor_data(each.values(kind))
        finally:
            writer.close()
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
