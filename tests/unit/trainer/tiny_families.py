"""Tiny models of every family, made by transformers and written as llama.cpp's converter does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import AutoModelForCausalLM, PreTrainedConfig
from transformers.models.gemma.configuration_gemma import GemmaConfig
from transformers.models.gemma2.configuration_gemma2 import Gemma2Config
from transformers.models.gemma3.configuration_gemma3 import Gemma3TextConfig
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.mistral.configuration_mistral import MistralConfig
from transformers.models.qwen2.configuration_qwen2 import Qwen2Config
from transformers.models.qwen3.configuration_qwen3 import Qwen3Config

from tests.tiny_gguf import MERGES, SPECIAL, TEMPLATE, byte_alphabet

VOCABULARY = [*SPECIAL, *byte_alphabet(), *(merge.replace(" ", "") for merge in MERGES)]
WINDOW = 6
SIZES: dict[str, Any] = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "pad_token_id": 2,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
CAPS = {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 1.5}
LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192, "rope_theta": 500_000.0,
}  # fmt: skip
YARN = {
    "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64,
    "rope_theta": 10_000.0,
}  # fmt: skip
LINEAR = {"rope_type": "linear", "factor": 4.0, "rope_theta": 10_000.0}


@dataclass(frozen=True)
class TinyFamily:
    """One kind of base: its configuration, and how llama.cpp writes it."""

    architecture: str
    config: Callable[..., PreTrainedConfig]
    options: dict[str, Any] = field(default_factory=dict)

    def model(self, seed: int = 0) -> Any:
        """A model of random weights that all matter: norms and biases too."""
        torch.manual_seed(seed)
        config = self.config(**{**SIZES, **self.options})
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if weight.dim() == 1:
                    weight.add_(torch.randn_like(weight) * 0.2)
                else:
                    weight.copy_(torch.randn_like(weight) * weight.shape[1] ** -0.5)
                if "embed" in name:
                    weight.mul_(2.0)
        return model


FAMILIES = {
    "llama": TinyFamily("llama", LlamaConfig),
    "llama tied": TinyFamily("llama", LlamaConfig, {"tie_word_embeddings": True}),
    "llama biased": TinyFamily("llama", LlamaConfig, {"attention_bias": True, "mlp_bias": True}),
    "llama 3.1": TinyFamily("llama", LlamaConfig, {"rope_parameters": LLAMA3}),
    "llama linear": TinyFamily("llama", LlamaConfig, {"rope_parameters": LINEAR}),
    "mistral": TinyFamily("llama", MistralConfig, {"sliding_window": None, "head_dim": 16}),
    "mistral windowed": TinyFamily("llama", MistralConfig, {"sliding_window": WINDOW}),
    "qwen2": TinyFamily("qwen2", Qwen2Config),
    "qwen2 yarn": TinyFamily("qwen2", Qwen2Config, {"rope_parameters": YARN}),
    "qwen3": TinyFamily("qwen3", Qwen3Config, {"head_dim": 16, "tie_word_embeddings": True}),
    "gemma": TinyFamily("gemma", GemmaConfig, {"head_dim": 16}),
    "gemma2": TinyFamily(
        "gemma2", Gemma2Config,
        {"head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": WINDOW, **CAPS},
    ),
    "gemma3": TinyFamily(
        "gemma3", Gemma3TextConfig,
        {
            "head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": WINDOW,
            "num_hidden_layers": 7,
            "rope_parameters": {
                "full_attention": {**LINEAR, "rope_theta": 1_000_000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
            },
        },
    ),
}  # fmt: skip


def write_family(path: Path, family: TinyFamily, model: Any) -> Path:
    """The model as a GGUF of 32 bits."""
    writer = gguf.GGUFWriter(path, family.architecture)
    describe(writer, model.config)
    add_vocabulary(writer)
    for name, values in stored_tensors(family, model).items():
        writer.add_tensor(name, values)
    finish(writer)
    return path


def stored_tensors(family: TinyFamily, model: Any) -> dict[str, Any]:
    """Every weight under llama.cpp's name, in its order and with its offsets."""
    config = model.config
    wanted = gguf.MODEL_ARCH_NAMES
    arch = next(arch for arch, name in wanted.items() if name == family.architecture)
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    made: dict[str, Any] = {}
    for name, parameter in model.named_parameters():
        values = parameter.detach().numpy().copy()
        if family.architecture == "llama" and ".q_proj." in name:
            values = in_llama_order(values, config.num_attention_heads)
        elif family.architecture == "llama" and ".k_proj." in name:
            values = in_llama_order(values, config.num_key_value_heads)
        elif family.architecture.startswith("gemma") and name.endswith("norm.weight"):
            values = values + 1
        made[names.get_name(name, (".weight", ".bias"))] = values.astype(np.float32)
    if config.rope_parameters.get("rope_type") == "llama3":
        plain = 500_000.0 ** (-np.arange(0, config.head_dim, 2) / config.head_dim)
        turned = model.model.rotary_emb.inv_freq.numpy()
        made["rope_freqs.weight"] = (plain / turned).astype(np.float32)
    return made


def in_llama_order(values: Any, heads: int) -> Any:
    """Rows of q and k as llama.cpp's rotary embedding wants them: halves become pairs."""
    size = len(values) // heads
    starts = [head * size + place for head in range(heads) for place in range(size // 2)]
    order = [start + half * size // 2 for start in starts for half in range(2)]
    return values[order]


def describe(writer: Any, config: Any) -> None:
    """The header that llama.cpp's converter writes for these families."""
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_key_length(size)
    writer.add_value_length(size)
    rope = config.rope_parameters.get("full_attention", config.rope_parameters)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    elif rope["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if getattr(config, "sliding_window", None):
        writer.add_sliding_window(config.sliding_window)
    if getattr(config, "attn_logit_softcapping", None):
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)


def add_vocabulary(writer: Any) -> None:
    """The starter's kind of tokenizer, cut down to bytes and a few merges."""
    kinds = [gguf.TokenType.CONTROL] * len(SPECIAL)
    kinds += [gguf.TokenType.NORMAL] * (len(VOCABULARY) - len(SPECIAL))
    writer.add_chat_template(TEMPLATE)
    writer.add_vocab_size(len(VOCABULARY))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(VOCABULARY)
    writer.add_token_types(kinds)
    writer.add_token_merges(list(MERGES))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)


def finish(writer: Any) -> None:
    """Write what was gathered."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
