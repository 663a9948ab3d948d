"""The configuration of transformers, from the header of a GGUF file."""

from __future__ import annotations

from typing import Any

from trainer.errors import BaseUnsupported
from trainer.gguf_file import GgufFile, damaged
from trainer.gguf_names import Family, family_of
from trainer.gguf_rope import rope_parameters

# Gemma 2 27B and Gemma 3 27B scale attention by the width of a share, not of a head; nothing in
# their files says so, and llama.cpp too knows them by their number of blocks.
_SCALED_BY_SHARE = {"gemma2": 46, "gemma3": 62}
_GEMMA3_WINDOWED = 6
_GEMMA3_LOCAL_BASE = 10_000.0


def config_of(file: GgufFile) -> dict[str, Any]:
    """`config.json` of the base."""
    try:
        family = family_of(file.architecture, int(file.of_model("expert_count", 0)))
        config = _shared(file, family)
        _check_sizes(file, config)
        config["rope_parameters"] = rope_parameters(file, config["head_dim"])
        if file.architecture == "llama":
            _describe_llama(file, config)
        elif file.architecture.startswith("gemma"):
            _describe_gemma(file, config)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise damaged(file.path, f"its header lacks a value or holds a wrong one ({error})") from (
            error
        )
    return config


def _number(file: GgufFile, key: str) -> int:
    value = file.of_model(key)
    if isinstance(value, list):
        if len(set(value)) > 1:
            raise BaseUnsupported(
                f"The blocks of this base differ from each other ({key}), which cannot be trained"
                " here; chatting with it still works.",
                "Choose another base for the persona.",
            )
        value = value[0]
    if value is None:
        raise KeyError(f"{file.architecture}.{key}")
    return int(value)


def _shared(file: GgufFile, family: Family) -> dict[str, Any]:
    heads, hidden = _number(file, "attention.head_count"), _number(file, "embedding_length")
    embedding = file.tensors.get("token_embd.weight")
    if embedding is None:
        raise KeyError("token_embd.weight")
    head_size = int(file.of_model("attention.key_length", hidden // heads))
    if file.of_model("attention.value_length", head_size) != head_size:
        raise BaseUnsupported(
            "The keys and values of this base differ in size, which cannot be trained here;"
            " chatting with it still works.",
            "Choose another base for the persona.",
        )
    kv_given = file.of_model("attention.head_count_kv") is not None
    config: dict[str, Any] = {
        "architectures": [family.model_class],
        "model_type": family.model_type,
        "hidden_size": hidden,
        "intermediate_size": _number(file, "feed_forward_length"),
        "num_hidden_layers": _number(file, "block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": _number(file, "attention.head_count_kv") if kv_given else heads,
        "head_dim": head_size,
        "max_position_embeddings": _number(file, "context_length"),
        "rms_norm_eps": float(file.of_model("attention.layer_norm_rms_epsilon", 1e-6)),
        "vocab_size": embedding.rows,
        "tie_word_embeddings": "output.weight" not in file.tensors,
        "dtype": "bfloat16",
    }
    for name, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding")):
        config[f"{name}_token_id"] = file.get(f"tokenizer.ggml.{key}_token_id")
    return config


def _check_sizes(file: GgufFile, config: dict[str, Any]) -> None:
    """Whether header and weights speak of the same base: a wrong number can ask for any memory."""
    blocks = {name.split(".")[1] for name in file.tensors if name.startswith("blk.")}
    embedding, first = file.tensors["token_embd.weight"], "blk.0."
    size = config["head_dim"]
    for name, said, there in (
        ("blocks", config["num_hidden_layers"], len(blocks)),
        ("width", config["hidden_size"], embedding.columns),
        ("heads", config["num_attention_heads"] * size, _rows(file, f"{first}attn_q")),
        ("keys", config["num_key_value_heads"] * size, _rows(file, f"{first}attn_k")),
        ("feed-forward part", config["intermediate_size"], _rows(file, f"{first}ffn_up")),
    ):
        if said != there:
            raise damaged(file.path, f"its header says {said} for its {name}, it has {there}")


def _rows(file: GgufFile, part: str) -> int:
    return file.tensors[f"{part}.weight"].rows


def _describe_llama(file: GgufFile, config: dict[str, Any]) -> None:
    """Llama and what calls itself so: Mistral, with a window or without."""
    biased = {
        part for part in ("attn_q", "attn_k", "attn_v", "attn_output")
        if f"blk.0.{part}.bias" in file.tensors
    }  # fmt: skip
    if biased and len(biased) < 4:
        raise BaseUnsupported(
            "Only some of this base's projections have a bias, which its family does not know.",
            "Choose another base for the persona; chatting with this one still works.",
        )
    window = int(file.of_model("attention.sliding_window", 0))
    if window and not biased:
        config |= {
            "architectures": ["MistralForCausalLM"],
            "model_type": "mistral",
            "sliding_window": window,
        }
        return
    config["attention_bias"] = bool(biased)
    config["mlp_bias"] = "blk.0.ffn_gate.bias" in file.tensors


def _describe_gemma(file: GgufFile, config: dict[str, Any]) -> None:
    """Soft caps and windows of Gemma 2 and 3; Gemma 1 has neither."""
    if file.architecture == "gemma":
        config["hidden_act"] = "gelu_pytorch_tanh"
        return
    config["hidden_activation"] = "gelu_pytorch_tanh"
    layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
    by_share = layers == _SCALED_BY_SHARE[file.architecture]
    config["query_pre_attn_scalar"] = (
        config["hidden_size"] // heads if by_share else config["head_dim"]
    )
    second = file.architecture == "gemma2"
    for name, stored, usual in (
        ("attn_logit_softcapping", "attn_logit_softcapping", 50.0),
        ("final_logit_softcapping", "final_logit_softcapping", 30.0),
    ):
        cap = float(file.of_model(stored, usual if second else 0.0))
        config[name] = cap or None
    config["sliding_window"] = int(file.of_model("attention.sliding_window", 4096))
    every = 2 if second else _GEMMA3_WINDOWED
    config["layer_types"] = [
        "full_attention" if (layer + 1) % every == 0 else "sliding_attention"
        for layer in range(layers)
    ]
    if not second:
        local = float(
            file.of_model(
                "rope.freq_base_swa", file.of_model("rope.local.freq_base", _GEMMA3_LOCAL_BASE)
            )
        )
        config["rope_parameters"] = {
            "full_attention": config["rope_parameters"],
            "sliding_attention": {"rope_type": "default", "rope_theta": local},
        }
