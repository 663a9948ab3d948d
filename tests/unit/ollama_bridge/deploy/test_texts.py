"""A context that does not fit would make Ollama fail, or swap, on the user's first message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ollama_bridge.base_gguf import BaseFacts, read_facts
from ollama_bridge.deploy.texts import Context, context_of
from tests.tiny_gguf import write_tiny_gguf

GIB = 1 << 30


@pytest.fixture
def facts(tmp_path: Path) -> BaseFacts:
    return read_facts(write_tiny_gguf(tmp_path / "base.gguf"))


def large(facts: BaseFacts) -> BaseFacts:
    """14 billion weights: 192 KiB of cache a token."""
    return replace(
        facts, size_bytes=9 * GIB, context_tokens=131_072, blocks=48, heads_kv=8, head_size=128
    )


def test_the_context_is_what_base_and_memory_bear(facts: BaseFacts) -> None:
    assert context_of(facts, 16 * GIB) == Context(2048, "base")
    assert context_of(large(facts), 64 * GIB) == Context(32_768)
    assert context_of(large(facts), 16 * GIB) == Context(18_432, "memory")
    assert context_of(large(facts), 8 * GIB) == Context(2048, "memory")
    assert context_of(replace(large(facts), context_tokens=0), 64 * GIB) == Context(32_768)
