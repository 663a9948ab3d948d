"""Wrong facts about a base would size its memory wrongly, or show another model's name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ollama_bridge.base_gguf import digest, read_facts
from ollama_bridge.errors import GgufUnreadable
from tests.tiny_gguf import TEMPLATE, Shape, write_tiny_gguf


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("base") / "base.gguf")


def test_the_header_is_read_without_the_model(base: Path) -> None:
    facts = read_facts(base)
    assert (facts.architecture, facts.name, facts.chat_template) == ("llama", "Tiny", TEMPLATE)
    assert (facts.context_tokens, facts.blocks) == (2048, 2)
    assert (facts.heads, facts.heads_kv, facts.head_size) == (4, 2, 16)
    assert facts.vocabulary == 3 + 256 + 12
    assert facts.size_bytes == base.stat().st_size
    assert facts.tensors["blk.1.ffn_up.weight"].shape == (128, 64)
    assert facts.cache_bytes_per_token == 2 * 2 * 2 * Shape().kv_rows


def test_the_digest_is_the_files_sha256_and_tells_its_progress(base: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = digest(base, lambda done, total: seen.append((done, total)))
    assert found == hashlib.sha256(base.read_bytes()).hexdigest()
    size = base.stat().st_size
    assert seen[-1] == (size, size)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GgufUnreadable, match="not there"):
        read_facts(tmp_path / "none.gguf")


@given(at=st.integers(0, 3000), byte=st.integers(0, 255), cut=st.integers(0, 3000))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_read_and_never_crashes(
    base: Path, tmp_path: Path, at: int, byte: int, cut: int
) -> None:
    data = bytearray(base.read_bytes()[:6000])
    data[at] = byte
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(data[: 6000 - cut])
    try:
        assert read_facts(damaged).size_bytes == 6000 - cut
    except GgufUnreadable as error:
        assert error.next_step
