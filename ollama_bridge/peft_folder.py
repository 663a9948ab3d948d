"""A PEFT adapter folder, read without torch: its settings, and where its pairs of matrices lie."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ollama_bridge.errors import AdapterMismatch, AdapterUnsupported
from ollama_bridge.safetensors_files import StoredWeight, weights_of

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
    "target_parameters": "parameters named one by one (target_parameters)",
    "use_qalora": "pooled inputs (QALoRA)",
    "use_bdlora": "matrices of blocks (BD-LoRA)",
    "kasa_config": "a base of fewer singular values (KaSA)",
    "monteclora_config": "sampled weights (MonteCLoRA)",
    "arrow_config": "routing between adapters (Arrow)",
}
# Beginnings that change the base's own weights too, so that the adapter fits no other copy.
_CHANGING_THE_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")
_NEXT_STEP = "Train the adapter again with plain LoRA on the seven projections."


@dataclass(frozen=True)
class Pair:
    """One projection's update, B times A, as it lies on the disk."""

    stored_a: StoredWeight
    stored_b: StoredWeight

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of what it is added to."""
        return self.stored_b.shape[0], self.stored_a.shape[1]

    @property
    def a(self) -> Matrix:
        """Its A, read now."""
        return self.stored_a.floats()

    @property
    def b(self) -> Matrix:
        """Its B, read now."""
        return self.stored_b.floats()


@dataclass(frozen=True)
class PeftAdapter:
    """What a GGUF adapter needs of a PEFT folder; pairs by block and projection."""

    rank: int
    alpha: float
    pairs: dict[tuple[int, str], Pair]


def read_adapter(folder: Path) -> PeftAdapter:
    """Read a folder's descriptions, refusing by name what cannot be expressed."""
    config = _config(folder)
    rank = int(config["r"])
    alpha = float(config["lora_alpha"])
    if config.get("use_rslora"):
        # llama.cpp scales by alpha / rank, rank-stabilised LoRA by alpha / sqrt(rank).
        alpha *= math.sqrt(rank)
    return PeftAdapter(rank, alpha, _pairs(_weights(folder), rank))


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
    begun = str(config.get("init_lora_weights", "")).lower()
    if begun.startswith(_CHANGING_THE_BASE):
        raise AdapterUnsupported(
            f"The adapter was begun in a way ({begun}) that changes its base.", _NEXT_STEP
        )
    return dict(config)


def _weights(folder: Path) -> dict[str, StoredWeight]:
    try:
        return weights_of(folder / WEIGHTS_FILE)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise AdapterMismatch(
            f"The adapter's weights in {folder} cannot be read ({error}).", "Train it again."
        ) from error


def _pairs(weights: Mapping[str, StoredWeight], rank: int) -> dict[tuple[int, str], Pair]:
    halves: dict[tuple[int, str], dict[str, StoredWeight]] = {}
    for name, weight in weights.items():
        match = _NAME.match(name)
        if match is None:
            raise AdapterUnsupported(
                f"The adapter holds {name}, which a GGUF adapter cannot express.", _NEXT_STEP
            )
        block, projection, half = match.groups()
        if len(weight.shape) != 2 or weight.shape[0 if half == "A" else 1] != rank:
            raise AdapterMismatch(
                f"The tensor {name} has the shape {weight.shape}, which is not of rank {rank}.",
                "Train the adapter again.",
            )
        halves.setdefault((int(block), projection), {})[half] = weight
    for (block, projection), found in halves.items():
        if len(found) != 2:
            raise AdapterMismatch(
                f"The adapter holds only one half of {projection} in block {block}.",
                "Train the adapter again.",
            )
    if not halves:
        raise AdapterMismatch("The adapter holds no tensors.", "Train the adapter again.")
    return {key: Pair(found["A"], found["B"]) for key, found in sorted(halves.items())}
