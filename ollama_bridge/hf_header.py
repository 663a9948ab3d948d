"""What `config.json` says of a base, in the words of a GGUF header."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from ollama_bridge.errors import FolderUnusable

# The families by their names in transformers; Mistral computes as Llama does.
ARCHITECTURES = {
    "llama": "llama",
    "mistral": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3_text": "gemma3",
}
NAMES_FOR_PEOPLE = "llama, mistral, qwen2, qwen3, gemma, gemma2 and gemma3 (text alone)"
# Their files do not say by what attention is scaled: llama.cpp knows these by their size.
_SCALED_BY_SHARE = {"gemma2": 46, "gemma3": 62}
# llama.cpp computes the windowed blocks of Gemma 3 with this one alone.
_GEMMA3_LOCAL_BASE = 10_000.0


@dataclass(frozen=True)
class Description:
    """A base's sizes and settings, as a header keeps them."""

    architecture: str
    blocks: int
    hidden: int
    between: int
    heads: int
    heads_kv: int
    head_size: int
    context: int
    norm_epsilon: float
    tied: bool
    rope: Mapping[str, Any]
    rope_factors: NDArray[np.float32] | None
    window: int
    attention_cap: float
    final_cap: float

    def write(self, writer: gguf.GGUFWriter) -> None:
        """Put it into the header of a file."""
        writer.add_context_length(self.context)
        writer.add_embedding_length(self.hidden)
        writer.add_block_count(self.blocks)
        writer.add_feed_forward_length(self.between)
        writer.add_head_count(self.heads)
        writer.add_head_count_kv(self.heads_kv)
        writer.add_layer_norm_rms_eps(self.norm_epsilon)
        writer.add_key_length(self.head_size)
        writer.add_value_length(self.head_size)
        writer.add_rope_dimension_count(self.head_size)
        writer.add_rope_freq_base(float(self.rope.get("rope_theta", 10_000.0)))
        kind = self.rope["rope_type"]
        if kind in ("linear", "yarn"):
            writer.add_rope_scaling_type(gguf.RopeScalingType(kind))
            writer.add_rope_scaling_factor(float(self.rope["factor"]))
        if kind == "yarn":
            before = self.rope.get("original_max_position_embeddings", self.context)
            writer.add_rope_scaling_orig_ctx_len(int(before))
        if self.window:
            writer.add_sliding_window(self.window)
        if self.attention_cap:
            writer.add_attn_logit_softcapping(self.attention_cap)
        if self.final_cap:
            writer.add_final_logit_softcapping(self.final_cap)


def describe(config: Mapping[str, Any]) -> Description:
    """The description of a base; one that cannot be written is refused by what it is."""
    family = str(config.get("model_type", "missing"))
    architecture = ARCHITECTURES.get(family)
    if architecture is None or config.get("quantization_config"):
        kind = family if architecture is None else f"{family}, packed by another program"
        raise FolderUnusable(
            f"A base of the family {kind} cannot be used from its folder: that takes one of"
            f" {NAMES_FOR_PEOPLE} in 16 or 32 bits.",
            "Fetch the same base as a GGUF file, or choose another one.",
        )
    try:
        return _described(config, architecture)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise FolderUnusable(
            f"The base's config.json lacks a value or holds a wrong one ({error}).",
            "Fetch the base again.",
        ) from error


def _described(config: Mapping[str, Any], architecture: str) -> Description:
    heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
    blocks, gemma = int(config["num_hidden_layers"]), architecture.startswith("gemma")
    head_size = int(config.get("head_dim") or hidden // heads)
    if architecture in _SCALED_BY_SHARE:
        _check_scale(config, architecture, head_size)
    rope = _rope(config)
    return Description(
        architecture=architecture,
        blocks=blocks,
        hidden=hidden,
        between=int(config["intermediate_size"]),
        heads=heads,
        heads_kv=int(config.get("num_key_value_heads") or heads),
        head_size=head_size,
        context=int(config["max_position_embeddings"]),
        norm_epsilon=float(config["rms_norm_eps"]),
        # Gemma's own files leave this out.
        tied=bool(config.get("tie_word_embeddings", gemma)),
        rope=rope,
        rope_factors=_factors(rope, head_size) if rope["rope_type"] == "llama3" else None,
        # llama.cpp knows windows in Gemma alone; trained as served, the others have none.
        window=int(config.get("sliding_window") or 0) if architecture in _SCALED_BY_SHARE else 0,
        attention_cap=float(config.get("attn_logit_softcapping") or 0.0),
        final_cap=float(config.get("final_logit_softcapping") or 0.0),
    )


def _check_scale(config: Mapping[str, Any], architecture: str, head_size: int) -> None:
    blocks, heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
    by_share = blocks == _SCALED_BY_SHARE[architecture]
    served = int(config["hidden_size"]) // heads if by_share else head_size
    if float(config.get("query_pre_attn_scalar", served)) != served:
        raise FolderUnusable(
            "This base scales its attention in a way that it cannot be served with.",
            "Choose another base.",
        )


def _rope(config: Mapping[str, Any]) -> dict[str, Any]:
    """How positions are turned, in the words of newer and of older files."""
    found = config.get("rope_parameters") or config.get("rope_scaling") or {}
    local = config.get("rope_local_base_freq", _GEMMA3_LOCAL_BASE)
    if "full_attention" in found:
        local = found["sliding_attention"].get("rope_theta", local)
        found = found["full_attention"]
    rope = dict(found)
    rope["rope_type"] = rope.get("rope_type") or rope.get("type") or "default"
    rope.setdefault("rope_theta", config.get("rope_theta", 10_000.0))
    if rope["rope_type"] not in ("default", "linear", "yarn", "llama3"):
        raise FolderUnusable(
            f"This base stretches its positions in a way that is not known here"
            f" ({rope['rope_type']}).",
            "Fetch the same base as a GGUF file, or choose another one.",
        )
    if float(local) != _GEMMA3_LOCAL_BASE or float(rope.get("partial_rotary_factor", 1.0)) != 1.0:
        raise FolderUnusable(
            "This base turns its positions in a way that it cannot be served with.",
            "Choose another base.",
        )
    return rope


def _factors(rope: Mapping[str, Any], head_size: int) -> NDArray[np.float32]:
    """By how much each frequency is lower than its base, by Llama 3.1's rule."""
    factor, before = float(rope["factor"]), float(rope["original_max_position_embeddings"])
    low, high = float(rope["low_freq_factor"]), float(rope["high_freq_factor"])
    made = []
    for at in range(0, head_size, 2):
        wave = 2 * math.pi * float(rope["rope_theta"]) ** (at / head_size)
        share = min(max((before / wave - low) / (high - low), 0.0), 1.0)
        made.append(1 / ((1 - share) / factor + share))
    return np.array(made, np.float32)
