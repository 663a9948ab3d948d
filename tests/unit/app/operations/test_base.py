"""A base that cannot be trained is told of before a month is drawn, not after a night."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from app.errors import BaseRefused
from app.operations.base import check_trainable
from app.store import Base
from tests.tiny_gguf import TEMPLATE, Shape, write_tiny_gguf

FAMILIES = ("llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3")


def base_at(path: Path) -> Base:
    return Base(1, "Odd", "gguf", path, "0" * 64, "", 1, ("en",))


def write_foreign(path: Path, architecture: str, parts: tuple[str, ...]) -> Path:
    """A base of another family, as far as its header goes."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_chat_template(TEMPLATE)
    writer.add_head_count(2)
    for part in parts:
        writer.add_tensor(f"blk.0.{part}.weight", np.ones((32, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize("architecture", FAMILIES)
def test_the_families_that_can_be_served_can_be_trained(architecture: str, tmp_path: Path) -> None:
    shape = Shape(architecture=architecture)
    check_trainable(base_at(write_tiny_gguf(tmp_path / "base.gguf", shape=shape)))


@pytest.mark.parametrize(
    ("architecture", "parts", "reason"),
    [
        ("phi3", ("attn_qkv", "ffn_up"), "phi3"),
        ("mamba", ("ssm_in", "ssm_out"), "mamba"),
        ("gpt-oss", ("attn_q", "ffn_up_exps"), "gpt-oss"),
        ("qwen3moe", ("attn_q", "ffn_up_exps"), "qwen3moe"),
        ("llama", ("attn_q", "ffn_up_exps"), "its blocks"),
    ],
)
def test_other_families_are_refused_before_a_training(
    architecture: str, parts: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    path = write_foreign(tmp_path / "base.gguf", architecture, parts)
    with pytest.raises(BaseRefused, match=reason) as caught:
        check_trainable(base_at(path))
    assert caught.value.kind == "base_unsupported" and caught.value.next_step
