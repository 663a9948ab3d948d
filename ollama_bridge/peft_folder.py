"""A PEFT adapter folder, read without torch: its settings, and its pairs of matrices."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from ollama_bridge.errors import AdapterMismatch, AdapterUnsupported

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"

Matrix = NDArray[np.float32]

_NAME = re.compile(
    r"^base_model\.model\.model\.layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)\.lora_([AB])\.weight$"
)
# Settings that change what the adapter computes in a way that a GGUF adapter has no room for.
_INEXPRESSIBLE = {
    "use_dora": "DoRA",
    "modules_to_save": "modules saved whole (modules_to_save)",
    "lora_bias": "a bias in the adapter (lora_bias)",
    "rank_pattern": "ranks by pattern (rank_pattern)",
    "alpha_pattern": "alphas by pattern (alpha_pattern)",
    "fan_in_fan_out": "transposed weights (fan_in_fan_out)",
    "trainable_token_indices": "trained token embeddings (trainable_token_indices)",
    "layer_replication": "replicated layers (layer_replication)",
    "megatron_config": "Megatron layers (megatron_config)",
    "alora_invocation_tokens": "activation by tokens (aLoRA)",
}
# Raw bytes, because the package's own numpy reader knows no bfloat16.
_DESERIALIZE: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = deserialize
_NEXT_STEP = "Train the adapter again with plain LoRA on the seven projections."


@dataclass(frozen=True)
class Pair:
    """One projection's update, B times A."""

    a: Matrix
    b: Matrix


@dataclass(frozen=True)
class PeftAdapter:
    """What a GGUF adapter needs of a PEFT folder; pairs by block and projection."""

    rank: int
    alpha: float
    pairs: dict[tuple[int, str], Pair]


def read_adapter(folder: Path) -> PeftAdapter:
    """Read a folder, refusing by name what cannot be expressed."""
    config = _config(folder)
    rank = int(config["r"])
    alpha = float(config["lora_alpha"])
    if config.get("use_rslora"):
        # llama.cpp scales by alpha / rank, rank-stabilised LoRA by alpha / sqrt(rank).
        alpha *= math.sqrt(rank)
    return PeftAdapter(rank, alpha, _pairs(_tensors(folder), rank))


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
        kind, _ = config["peft_type"], (int(config["r"]), float(config["lora_alpha"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AdapterMismatch(
            f"The folder {folder} holds no readable PEFT adapter ({error}).", "Train it again."
        ) from error
    if kind != "LORA":
        raise AdapterUnsupported(f"The adapter is of the kind {kind}, not LoRA.", _NEXT_STEP)
    for key, name in _INEXPRESSIBLE.items():
        if config.get(key):
            raise AdapterUnsupported(f"The adapter uses {name}.", _NEXT_STEP)
    if config.get("bias", "none") != "none":
        raise AdapterUnsupported(f"The adapter trains biases ({config['bias']}).", _NEXT_STEP)
    return dict(config)


def _tensors(folder: Path) -> dict[str, Matrix]:
    try:
        found = _DESERIALIZE((folder / WEIGHTS_FILE).read_bytes())
    except (OSError, SafetensorError) as error:
        raise AdapterMismatch(
            f"The adapter's weights in {folder} cannot be read ({error}).", "Train it again."
        ) from error
    return {name: _floats(name, each) for name, each in found}


def _floats(name: str, found: dict[str, Any]) -> Matrix:
    raw, kind = bytes(found["data"]), found["dtype"]
    if kind == "BF16":
        # The upper half of a float32.
        flat = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    elif kind in ("F32", "F16"):
        flat = np.frombuffer(raw, "<f4" if kind == "F32" else "<f2").astype("<f4")
    else:
        raise AdapterUnsupported(f"The tensor {name} has the type {kind}.", _NEXT_STEP)
    return np.asarray(flat.reshape(found["shape"]), np.float32)


def _pairs(tensors: dict[str, Matrix], rank: int) -> dict[tuple[int, str], Pair]:
    halves: dict[tuple[int, str], dict[str, Matrix]] = {}
    for name, tensor in tensors.items():
        match = _NAME.match(name)
        if match is None:
            raise AdapterUnsupported(
                f"The adapter holds {name}, which a GGUF adapter cannot express.", _NEXT_STEP
            )
        block, projection, half = match.groups()
        if tensor.ndim != 2 or tensor.shape[0 if half == "A" else 1] != rank:
            raise AdapterMismatch(
                f"The tensor {name} has the shape {tensor.shape}, which is not of rank {rank}.",
                "Train the adapter again.",
            )
        halves.setdefault((int(block), projection), {})[half] = tensor
    for (block, projection), found in halves.items():
        if len(found) != 2:
            raise AdapterMismatch(
                f"The adapter holds only one half of {projection} in block {block}.",
                "Train the adapter again.",
            )
    if not halves:
        raise AdapterMismatch("The adapter holds no tensors.", "Train the adapter again.")
    return {key: Pair(found["A"], found["B"]) for key, found in sorted(halves.items())}
