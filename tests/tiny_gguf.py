"""A model of some 100,000 random parameters that llama.cpp serves and transformers loads.

Its tokenizer is the starter's kind cut down to the byte alphabet and a few merges; its chat
template is the starter's. Its replies are noise, but the same noise each time; they go on to the
limit of their tokens, or end after a few where `ends_soon` says so; bytes that are no character of
their own are left out where `in_letters` does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import quantize
from numpy.typing import NDArray
from safetensors.numpy import save_file

TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a test.<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END = 2
# What every token puts into the first place of the model's state, which no block writes to, and
# how much more the end of a turn asks for there.
WRITING = ("attn_output.weight", "ffn_down.weight")
STATE, ENDING = 2.0, 6.0
# What a family has in each block beside the seven projections and the two norms that all have.
HEAD_NORMS = ("attn_q_norm", "attn_k_norm")
AFTER_NORMS = ("post_attention_norm", "post_ffw_norm")
OWN_NORMS = {"qwen3": HEAD_NORMS, "gemma2": AFTER_NORMS, "gemma3": (*HEAD_NORMS, *AFTER_NORMS)}
MERGES = ("t h", "th e", "i n", "e r", "a n", "an d", "o u", "o r", "e s", "Ġ t", "Ġ a", "Ġ the")


@dataclass(frozen=True)
class Shape:
    """The sizes of the tiny model; divisible by 64, so that it can be quantised too."""

    architecture: str = "llama"
    blocks: int = 2
    embedding: int = 64
    heads: int = 4
    heads_kv: int = 2
    feed_forward: int = 128
    context: int = 2048
    # Nothing said: the embedding shared out between the heads.
    head_size: int | None = None

    @property
    def head(self) -> int:
        """The size of one head."""
        return self.head_size or self.embedding // self.heads

    @property
    def kv_rows(self) -> int:
        """Rows of the key and value projections."""
        return self.head * self.heads_kv

    def projections(self) -> dict[str, tuple[int, int]]:
        """The seven projections of a block with their shapes, by their names in PEFT."""
        wide, tall, turned = self.embedding, self.feed_forward, self.head * self.heads
        return {
            "self_attn.q_proj": (turned, wide),
            "self_attn.k_proj": (self.kv_rows, wide),
            "self_attn.v_proj": (self.kv_rows, wide),
            "self_attn.o_proj": (wide, turned),
            "mlp.gate_proj": (tall, wide),
            "mlp.up_proj": (tall, wide),
            "mlp.down_proj": (wide, tall),
        }


GGUF_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def byte_alphabet() -> list[str]:
    """GPT-2's letter for each byte: printable ones themselves, the rest from 256 upwards."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _q4_k(random: np.random.Generator, rows: int, columns: int) -> NDArray[np.uint8]:
    """Random weights in a type that nothing in Python writes, about as large as the others."""
    block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType.Q4_K]
    raw = random.integers(0, 256, (rows, columns // block, size), np.uint8)
    # A weight is scale x 0..63 x 0..15 less smallest x 0..63: the two even each other out.
    scale = np.full((rows, columns // block, 1), columns**-0.5 / 140, np.float16)
    raw[..., :2] = scale.view(np.uint8)
    raw[..., 2:4] = (scale * np.float16(7.5)).view(np.uint8)
    return raw.reshape(rows, -1)


def _is_letter(token: int) -> bool:
    """Whether a token is more than a byte that cannot be printed, or one of the special ones."""
    byte = token - len(SPECIAL)
    return byte >= 256 or 32 < byte < 127


def write_tiny_gguf(
    path: Path,
    *,
    seed: int = 0,
    shape: Shape | None = None,
    ends_soon: bool = False,
    in_letters: bool = False,
    stored: gguf.LlamaFileType = gguf.LlamaFileType.ALL_F32,
    template: str = TEMPLATE,
) -> Path:
    """Write the model, its matrices in one form; the same seed gives the same file."""
    shape = shape or Shape()
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, shape.architecture)
    _describe(writer, shape, stored, template)
    vocabulary = _tokenizer(writer, shape)
    random = np.random.default_rng(seed)

    def add(name: str, values: NDArray[np.float32]) -> None:
        k_quant = stored == gguf.LlamaFileType.MOSTLY_Q4_K_M
        if stored == gguf.LlamaFileType.ALL_F32 or (k_quant and name == "token_embd.weight"):
            writer.add_tensor(name, values)
        elif k_quant:
            kind = gguf.GGMLQuantizationType.Q4_K
            writer.add_tensor(name, _q4_k(random, *values.shape), raw_dtype=kind)
        else:
            kind = gguf.GGMLQuantizationType[stored.name.removeprefix("MOSTLY_")]
            writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)

    def matrix(name: str, rows: int, columns: int) -> None:
        values = random.normal(0, columns**-0.5, (rows, columns)).astype(np.float32)
        if ends_soon and name.endswith(WRITING):
            values[0] = 0
        add(name, values)

    ones = np.ones(shape.embedding, np.float32)
    tokens = random.normal(0, 0.3, (vocabulary, shape.embedding)).astype(np.float32)
    if ends_soon:
        tokens[:, 0] = STATE
        tokens[END, 0] += ENDING
    if in_letters:
        # What is never likely is never said: the rest of a noise is letters that everybody tells.
        tokens[[each for each in range(vocabulary) if not _is_letter(each)]] = 0
    add("token_embd.weight", tokens)
    writer.add_tensor("output_norm.weight", ones)
    for block in range(shape.blocks):
        writer.add_tensor(f"blk.{block}.attn_norm.weight", ones)
        writer.add_tensor(f"blk.{block}.ffn_norm.weight", ones)
        for name in OWN_NORMS.get(shape.architecture, ()):
            size = shape.head if name in HEAD_NORMS else shape.embedding
            writer.add_tensor(f"blk.{block}.{name}.weight", ones[:1].repeat(size))
        for name, (rows, columns) in shape.projections().items():
            matrix(f"blk.{block}.{GGUF_NAMES[name]}.weight", rows, columns)
        if shape.architecture == "qwen2":
            for name in ("q_proj", "k_proj", "v_proj"):
                rows = shape.projections()[f"self_attn.{name}"][0]
                bias = random.normal(0, 0.1, rows).astype(np.float32)
                writer.add_tensor(f"blk.{block}.attn_{name[0]}.bias", bias)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(
    writer: gguf.GGUFWriter, shape: Shape, stored: gguf.LlamaFileType, template: str
) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("Tiny")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.embedding)
    writer.add_block_count(shape.blocks)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads_kv)
    writer.add_rope_freq_base(10_000.0)
    if shape.head_size is not None:
        writer.add_key_length(shape.head)
        writer.add_value_length(shape.head)
    writer.add_rope_dimension_count(shape.head)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(stored)
    writer.add_chat_template(template)


def _tokenizer(writer: gguf.GGUFWriter, shape: Shape) -> int:
    merged = [merge.replace(" ", "") for merge in MERGES]
    tokens = [*SPECIAL, *byte_alphabet(), *merged]
    kinds = [gguf.TokenType.CONTROL] * len(SPECIAL)
    kinds += [gguf.TokenType.NORMAL] * (len(tokens) - len(SPECIAL))
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2" if shape.architecture.startswith("qwen") else "smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(list(MERGES))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    return len(tokens)


def write_tiny_adapter(
    folder: Path,
    *,
    seed: int = 0,
    shape: Shape | None = None,
    rank: int = 4,
    alpha: float = 8.0,
    scale: float = 0.3,
    **settings: Any,
) -> Path:
    """Write a random PEFT adapter for the tiny model, as PEFT would save it."""
    shape = shape or Shape()
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    tensors: dict[str, Any] = {}
    for block in range(shape.blocks):
        for name, (rows, columns) in shape.projections().items():
            key = f"base_model.model.model.layers.{block}.{name}"
            a = random.normal(0, scale, (rank, columns))
            b = random.normal(0, scale, (rows, rank))
            tensors[f"{key}.lora_A.weight"] = a.astype(np.float32)
            tensors[f"{key}.lora_B.weight"] = b.astype(np.float32)
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": rank,
        "lora_alpha": alpha,
        "target_modules": [name.split(".")[1] for name in shape.projections()],
        "bias": "none",
        **settings,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    return folder
