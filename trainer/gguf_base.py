"""Turns a GGUF base into a Hugging Face folder once, so that a training starts in seconds."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from trainer.errors import BaseUnsupported

CONVERTER_VERSION = 1

_LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN2_SPLIT = _LLAMA3_SPLIT.replace(r"\p{N}{1,3}", r"\p{N}")

_BLOCK_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_TOP_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_CONTROL_TOKEN = 3
_USER_TOKEN = 4


class _Metadata:
    """The key-value part of a GGUF file, read once and by need."""

    def __init__(self, reader: GGUFReader) -> None:
        self._fields = reader.fields
        self.architecture = str(self.get("general.architecture"))

    def get(self, key: str, default: Any = None) -> Any:
        field = self._fields.get(key)
        return default if field is None else field.contents()

    def of_model(self, key: str, default: Any = None) -> Any:
        return self.get(f"{self.architecture}.{key}", default)


def _config(meta: _Metadata, tied: bool, vocab_size: int) -> dict[str, Any]:
    heads = int(meta.of_model("attention.head_count"))
    hidden = int(meta.of_model("embedding_length"))
    names = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}
    if meta.architecture not in names:
        raise BaseUnsupported(
            f"This base is of the family {meta.architecture}; a persona can be trained on"
            " llama and qwen2 bases.",
            "Choose another base for the persona; chatting with this one still works.",
        )
    if meta.of_model("rope.scaling.type") not in (None, "none"):
        raise BaseUnsupported(
            "This base stretches its context (rope scaling), which a training here would miss.",
            "Choose the variant of this base without a stretched context.",
        )
    config: dict[str, Any] = {
        "architectures": [names[meta.architecture]],
        "model_type": meta.architecture,
        "hidden_size": hidden,
        "intermediate_size": int(meta.of_model("feed_forward_length")),
        "num_hidden_layers": int(meta.of_model("block_count")),
        "num_attention_heads": heads,
        "num_key_value_heads": int(meta.of_model("attention.head_count_kv", heads)),
        "max_position_embeddings": int(meta.of_model("context_length")),
        "rms_norm_eps": float(meta.of_model("attention.layer_norm_rms_epsilon")),
        "rope_theta": float(meta.of_model("rope.freq_base", 10000.0)),
        "vocab_size": vocab_size,
        "tie_word_embeddings": tied,
        "hidden_act": "silu",
        "dtype": "bfloat16",
    }
    if meta.architecture == "llama":
        config["head_dim"] = int(meta.of_model("attention.key_length", hidden // heads))
    for name in ("bos", "eos"):
        config[f"{name}_token_id"] = meta.get(f"tokenizer.ggml.{name}_token_id")
    return config


def _hf_name(name: str) -> str:
    if name in _TOP_NAMES:
        return _TOP_NAMES[name]
    match = re.fullmatch(r"blk\.(\d+)\.(\w+)\.(weight|bias)", name)
    if match is None or match[2] not in _BLOCK_NAMES:
        raise BaseUnsupported(
            f"This base has a part that is not known here ({name}).",
            "Choose another base for the persona; chatting with this one still works.",
        )
    return f"model.layers.{match[1]}.{_BLOCK_NAMES[match[2]]}.{match[3]}"


def _unpermuted(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Undo the order in which llama.cpp keeps the rows of q and k for its rotary embedding."""
    rows = weight.shape[0]
    shape = (heads, rows // heads // 2, 2, *weight.shape[1:])
    return weight.reshape(shape).swapaxes(1, 2).reshape(weight.shape)


def _weights(
    reader: GGUFReader, config: dict[str, Any], on_progress: Callable[[int, int], None]
) -> dict[str, torch.Tensor]:
    llama = config["model_type"] == "llama"
    weights: dict[str, torch.Tensor] = {}
    for index, tensor in enumerate(reader.tensors):
        if tensor.name == "rope_freqs.weight":
            raise BaseUnsupported(
                "This base scales its rotary frequencies, which a training here would miss.",
                "Choose another base for the persona; chatting with this one still works.",
            )
        weight = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy())
        if llama and ".attn_q." in tensor.name:
            weight = _unpermuted(weight, config["num_attention_heads"])
        elif llama and ".attn_k." in tensor.name:
            weight = _unpermuted(weight, config["num_key_value_heads"])
        weights[_hf_name(tensor.name)] = weight.to(torch.bfloat16).contiguous()
        on_progress(index + 1, len(reader.tensors))
    return weights


def _tokenizer(meta: _Metadata) -> Tokenizer:
    if meta.get("tokenizer.ggml.model") != "gpt2":
        raise BaseUnsupported(
            "This base splits text in a way (SentencePiece) that is not read from GGUF here.",
            "Use the base's Hugging Face folder instead of the GGUF file.",
        )
    tokens: list[str] = meta.get("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ", 1)) for merge in meta.get("tokenizer.ggml.merges")]
    tokenizer = Tokenizer(
        models.BPE({token: i for i, token in enumerate(tokens)}, merges, fuse_unk=False)
    )
    pre = str(meta.get("tokenizer.ggml.pre", "default"))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    plain_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    if pre in ("smollm", "starcoder", "refact", "command-r"):
        steps: list[Any] = [pre_tokenizers.Digits(individual_digits=True), byte_level]
    elif pre in ("qwen2", "deepseek-r1-qwen"):
        tokenizer.normalizer = normalizers.NFC()
        steps = [pre_tokenizers.Split(Regex(_QWEN2_SPLIT), "isolated"), plain_bytes]
    elif pre in ("llama-bpe", "llama3", "llama-v3"):
        steps = [pre_tokenizers.Split(Regex(_LLAMA3_SPLIT), "isolated"), plain_bytes]
    elif pre in ("gpt-2", "default"):
        steps = [byte_level]
    else:
        raise BaseUnsupported(
            f"This base splits text in a way that is not known here ({pre}).",
            "Use the base's Hugging Face folder instead of the GGUF file.",
        )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    kinds = meta.get("tokenizer.ggml.token_type", [])
    tokenizer.add_special_tokens(
        [
            AddedToken(tokens[i], special=kind == _CONTROL_TOKEN, normalized=False)
            for i, kind in enumerate(kinds)
            if kind in (_CONTROL_TOKEN, _USER_TOKEN)
        ]
    )
    return tokenizer


def _tokenizer_config(meta: _Metadata) -> dict[str, Any]:
    tokens: list[str] = meta.get("tokenizer.ggml.tokens")
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": meta.get("tokenizer.chat_template"),
        "clean_up_tokenization_spaces": False,
        "model_max_length": int(meta.of_model("context_length")),
    }
    for name, key in (("bos_token", "bos"), ("eos_token", "eos"), ("pad_token", "padding")):
        index = meta.get(f"tokenizer.ggml.{key}_token_id")
        if index is not None:
            config[name] = tokens[index]
    return config


def convert(
    gguf: Path, out: Path, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Write the base as a Hugging Face folder, whole or not at all."""
    reader = GGUFReader(gguf)
    meta = _Metadata(reader)
    names = {tensor.name for tensor in reader.tensors}
    vocab_size = len(reader.fields["tokenizer.ggml.tokens"].data)
    config = _config(meta, "output.weight" not in names, vocab_size)
    tokenizer = _tokenizer(meta)
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    save_file(_weights(reader, config, on_progress), part / "model.safetensors", {"format": "pt"})
    tokenizer.save(str(part / "tokenizer.json"))
    for name, content in (
        ("config.json", config),
        ("tokenizer_config.json", _tokenizer_config(meta)),
    ):
        (part / name).write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
