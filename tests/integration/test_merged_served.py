"""A merged model speaks as base and adapter did side by side."""

from __future__ import annotations

from pathlib import Path

import gguf
import pytest

from ollama_bridge.gguf_adapter import convert
from ollama_bridge.gguf_merge import merge
from ollama_bridge.runtime.client import RuntimeClient, Served
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf

PROMPT = [{"role": "user", "content": "hello the world"}]
EVERY_TOKEN = 271


def likelihoods(client: RuntimeClient, adapter: str | None) -> dict[int, float]:
    return client.next_token_logprobs(client.tokenize(client.render(PROMPT)), adapter, EVERY_TOKEN)


def test_the_merged_model_says_what_the_persona_said(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf", stored=gguf.LlamaFileType.ALL_F32)
    adapter, merged = tmp_path / "adapter.gguf", tmp_path / "merged.gguf"
    # A stronger one makes more of what the cache in 16 bits rounds away than the test allows.
    convert(write_tiny_adapter(tmp_path / "peft", scale=0.1), adapter, base, precision="f32")
    merge(base, adapter, merged)
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(base, [Served("mine", adapter)])
        plain, persona = likelihoods(client, None), likelihoods(client, "mine")
        client.serve(merged, [])
        found = likelihoods(client, None)
    assert found == pytest.approx(persona, abs=1e-3)
    apart = max(abs(found[token] - plain[token]) for token in found)
    assert apart > 1, "nothing would be noticed"
