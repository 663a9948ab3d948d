"""Random adapters of a base's shape, too weak to change what it says much."""

from __future__ import annotations

from pathlib import Path

from ollama_bridge.base_gguf import read_facts
from ollama_bridge.gguf_adapter import convert
from tests.tiny_gguf import Shape, write_tiny_adapter


def random_adapter(base: Path, folder: Path, seed: int) -> Path:
    """One of rank 16 on all seven projections, as GGUF."""
    facts = read_facts(base)
    feed_forward = facts.tensors["blk.0.ffn_up.weight"].shape[0]
    shape = Shape(
        facts.architecture, facts.blocks, facts.embedding, facts.heads, facts.heads_kv, feed_forward
    )
    peft = write_tiny_adapter(folder / str(seed), seed=seed, shape=shape, rank=16, scale=0.01)
    path = folder / f"{seed}.gguf"
    convert(peft, path, base)
    return path
