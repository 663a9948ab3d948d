"""A model server that keeps dying, and one that dies while it loads."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from ollama_bridge.errors import RuntimeStartError
from ollama_bridge.runtime import holder
from ollama_bridge.runtime.client import RuntimeClient, Sampling
from tests.tiny_gguf import write_tiny_gguf

PROMPT = [{"role": "user", "content": "hello the world"}]
REPLY = Sampling(temperature=0.0, max_tokens=4)


def test_a_reply_comes_however_often_the_server_died_before(tmp_path: Path) -> None:
    """Else *Ask again* would fail until the window is closed."""
    base = write_tiny_gguf(tmp_path / "base.gguf")
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(base, [])
        for _ in range(len(holder.RESTART_DELAYS_S) + 1):
            server = client.status().server_pid
            assert server is not None
            psutil.Process(server).kill()
            assert client.complete_chat(PROMPT, adapter=None, sampling=REPLY).tokens > 0


def test_a_base_that_is_gone_is_tried_once_for_each_question(tmp_path: Path) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf")
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(base, [])
        kept = base.read_bytes()
        base.unlink()
        server = client.status().server_pid
        assert server is not None
        psutil.Process(server).kill()
        for _ in range(2):
            with pytest.raises(RuntimeStartError):
                client.complete_chat(PROMPT, adapter=None, sampling=REPLY)
        base.write_bytes(kept)
        assert client.complete_chat(PROMPT, adapter=None, sampling=REPLY).tokens > 0
