"""How far a base's positions are stretched, from GGUF to the words of transformers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trainer.errors import BaseUnsupported
from trainer.gguf_file import Floats, GgufFile, damaged
from trainer.gguf_names import ROPE_FREQUENCIES

# What Llama 3.1 and later use; their files keep only what follows from it.
_LOW, _HIGH, _ORIGINAL = 1.0, 4.0, 8192
_USUAL_BASE = 10_000.0


def rope_parameters(file: GgufFile, head_size: int) -> dict[str, Any]:
    """`rope_parameters` of the configuration; what transformers cannot do is refused."""
    turned = int(file.of_model("rope.dimension_count", head_size))
    if turned != head_size:
        raise BaseUnsupported(
            f"This base turns only {turned} of {head_size} places of each head with the position,"
            " which its family does not know here.",
            "Choose another base for the persona; chatting with this one still works.",
        )
    # Ollama's library calls it so in Gemma 3, which has another one for its windowed blocks.
    usual = file.of_model("rope.global.freq_base", _USUAL_BASE)
    base = float(file.of_model("rope.freq_base", usual))
    context = int(file.of_model("context_length"))
    named = _by_name(file, context)
    if ROPE_FREQUENCIES not in file.tensors:
        return {**named, "rope_theta": base}
    if named["rope_type"] != "default":
        raise _missed("in two ways at once")
    return {**_by_factors(file, base, head_size, context), "rope_theta": base}


def _missed(how: str) -> BaseUnsupported:
    return BaseUnsupported(
        f"This base stretches its context {how}; a training here would miss it.",
        "Choose the variant of this base without a stretched context.",
    )


def _by_name(file: GgufFile, context: int) -> dict[str, Any]:
    scaling = str(file.of_model("rope.scaling.type", "none"))
    # Files of before 2024 name only the factor.
    factor = float(file.of_model("rope.scaling.factor", file.of_model("rope.scale_linear", 1.0)))
    if scaling == "none" and file.of_model("rope.scale_linear") is not None:
        scaling = "linear"
    if scaling == "none" or (scaling == "linear" and factor in (0.0, 1.0)):
        return {"rope_type": "default"}
    if scaling == "linear":
        return {"rope_type": "linear", "factor": factor}
    if scaling == "yarn":
        return _yarn(file, factor, context)
    raise _missed(f"in a way that is not known here ({scaling})")


def _yarn(file: GgufFile, factor: float, context: int) -> dict[str, Any]:
    original = int(file.of_model("rope.scaling.original_context_length", 0))
    scale = 1.0 + 0.1 * math.log(factor) if factor > 1 else 1.0
    for key in ("attn_factor", "yarn_attn_factor"):
        scale *= float(file.of_model(f"rope.scaling.{key}", 1.0))
    own = file.of_model("rope.scaling.yarn_log_multiplier") is not None
    if own or float(file.of_model("rope.scaling.yarn_ext_factor", 1.0)) != 1.0:
        raise _missed("with numbers of its own")
    return {
        "rope_type": "yarn",
        "factor": factor,
        "original_max_position_embeddings": original or round(context / factor),
        "attention_factor": scale,
        "beta_fast": float(file.of_model("rope.scaling.yarn_beta_fast", 32.0)),
        "beta_slow": float(file.of_model("rope.scaling.yarn_beta_slow", 1.0)),
    }


def _by_factors(file: GgufFile, base: float, head_size: int, context: int) -> dict[str, Any]:
    """The frequencies divided one by one, as Llama 3.1's rule makes them or otherwise."""
    with file:
        found = file.read(file.tensors[ROPE_FREQUENCIES], 0, 1)[0]
    if len(found) != head_size // 2 or not np.all(found > 0):
        raise damaged(file.path, "its rotary frequencies do not fit its heads")
    largest = float(found.max())
    rule = {
        "rope_type": "llama3",
        "factor": largest,
        "low_freq_factor": _LOW,
        "high_freq_factor": _HIGH,
        "original_max_position_embeddings": _ORIGINAL,
    }
    if np.allclose(found, _llama3_factors(largest, base, head_size), rtol=1e-3):
        return rule
    if np.all(found == 1):
        return {"rope_type": "default"}
    each = [float(value) for value in found]
    return {
        "rope_type": "longrope",
        "short_factor": each,
        "long_factor": each,
        "attention_factor": 1.0,
        "original_max_position_embeddings": context,
    }


def _llama3_factors(factor: float, base: float, head_size: int) -> Floats:
    frequencies = base ** (-np.arange(0, head_size, 2, dtype=np.float64) / head_size)
    waves = 2 * np.pi / frequencies
    smooth = (_ORIGINAL / waves - _LOW) / (_HIGH - _LOW)
    between = 1 / ((1 - smooth) / factor + smooth)
    factors = np.where(waves > _ORIGINAL / _LOW, factor, between)
    factors = np.where(waves < _ORIGINAL / _HIGH, 1.0, factors)
    return factors.astype(np.float32)
