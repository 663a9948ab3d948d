"""The runtime by a `llama-server` binary, played by a script over the same engine."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import psutil
import pytest

from ollama_bridge.errors import RuntimeStartError
from ollama_bridge.gguf_adapter import convert
from ollama_bridge.runtime import llama_server
from ollama_bridge.runtime.client import RuntimeClient, Sampling, Served
from ollama_bridge.runtime.protocol import LOG_FILE, read_runtime_file
from tests.integration.llama_server_script import DEVICES
from tests.integration.test_runtime import eventually, gone
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the binary is a shell script")

SCRIPT = Path(__file__).with_name("llama_server_script.py")
CARD = "CUDA0: A card (8192 MiB, 8000 MiB free)"
GREEDY = Sampling(temperature=0.0, max_tokens=12)
PROMPT = [{"role": "user", "content": "hello the world"}]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base and two adapters."""
    folder = tmp_path_factory.mktemp("models")
    base = write_tiny_gguf(folder / "base.gguf")
    for seed, name in enumerate("ab"):
        convert(write_tiny_adapter(folder / name, seed=seed), folder / f"{name}.gguf", base)
    return folder


def install(folder: Path, first: str = "") -> Path:
    """A `llama-server` in a folder; `first` is what its process does before it is one."""
    path = folder / "llama-server"
    folder.mkdir(parents=True, exist_ok=True)
    line = shlex.join([sys.executable, str(SCRIPT)])
    path.write_text(f'#!/bin/sh\n{first}\nexec {line} "$@"\n', "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `llama-server` with a card, first in the search path."""
    path = install(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")
    monkeypatch.setenv(DEVICES, CARD)
    monkeypatch.delenv(llama_server.VARIABLE, raising=False)
    return path


def served(models: Path) -> list[Served]:
    return [Served(name, models / f"{name}.gguf") for name in "ab"]


def replies(client: RuntimeClient) -> list[str]:
    return [
        client.complete_chat(PROMPT, adapter=name, sampling=GREEDY).text for name in (None, *"ab")
    ]


def test_personas_answer_the_same_by_a_server_with_a_card(
    tmp_path: Path, models: Path, binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RuntimeClient.connect(tmp_path / "one") as client:
        client.serve(models / "base.gguf", served(models))
        status = client.status()
        assert status.served_by == "llama-server (A card)"
        assert (status.slots, status.context_tokens) == (3, 2048)
        assert status.memory_bytes > 10_000_000, "the memory of the wrong process"
        by_card = replies(client)
        command = psutil.Process(status.server_pid).cmdline()
        key = read_runtime_file(tmp_path / "one")
        assert key is not None and key.key not in " ".join(command)
    assert eventually(lambda: gone(status.server_pid)), "it stayed in memory"
    monkeypatch.setenv(llama_server.VARIABLE, llama_server.OFF)
    with RuntimeClient.connect(tmp_path / "two") as client:
        client.serve(models / "base.gguf", served(models))
        assert client.status().served_by == "xllamacpp"
        assert replies(client) == by_card
    assert len(set(by_card)) == 3


@pytest.mark.usefixtures("binary")
def test_a_server_with_a_card_that_dies_is_started_again_and_then_done_without(
    tmp_path: Path, models: Path
) -> None:
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(models / "base.gguf", served(models))
        engines = []
        for _ in range(3):
            status = client.status()
            engines.append(status.engine)
            psutil.Process(status.server_pid).kill()
            assert client.complete_chat(PROMPT, adapter="a", sampling=GREEDY).tokens > 0
        assert engines == ["llama-server", "llama-server", "xllamacpp"]


@pytest.mark.usefixtures("binary")
def test_a_killed_supervisor_leaves_no_server_on_the_card(tmp_path: Path, models: Path) -> None:
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(models / "base.gguf", served(models))
        status = client.status()
        psutil.Process(status.pid).kill()
        assert eventually(lambda: gone(status.server_pid)), "the card stays full"


@pytest.mark.usefixtures("binary")
def test_a_killed_watcher_leaves_no_server_on_the_card(tmp_path: Path, models: Path) -> None:
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(models / "base.gguf", [])
        status = client.status()
        parent = psutil.Process(status.server_pid).parent()
        assert parent is not None and parent.pid != status.pid
        parent.kill()
        assert eventually(lambda: gone(status.server_pid))
        assert client.complete_chat(PROMPT, adapter=None, sampling=GREEDY).tokens > 0


def test_a_server_that_cannot_load_is_replaced_by_the_own_one(
    tmp_path: Path, models: Path, binary: Path
) -> None:
    """As one whose card is taken by a game."""
    install(binary.parent, 'case "$*" in *--model*) echo "out of memory" >&2; exit 1;; esac')
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(models / "base.gguf", served(models))
        assert client.status().served_by == "xllamacpp"
        assert len(set(replies(client))) == 3
    assert "out of memory" in (tmp_path / LOG_FILE).read_text("utf-8")


def test_a_server_without_a_card_is_used_only_where_it_is_named(
    tmp_path: Path, models: Path, binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DEVICES, "")
    with RuntimeClient.connect(tmp_path / "one") as client:
        client.serve(models / "base.gguf", [])
        assert client.status().engine == "xllamacpp"
    monkeypatch.setenv(llama_server.VARIABLE, str(binary))
    with RuntimeClient.connect(tmp_path / "two") as client:
        client.serve(models / "base.gguf", [])
        assert client.status().served_by == "llama-server"


@pytest.mark.usefixtures("binary")
def test_a_broken_adapter_is_not_blamed_on_the_server_with_a_card(
    tmp_path: Path, models: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF and then nothing")
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(models / "base.gguf", served(models))
        with pytest.raises(RuntimeStartError, match="adapter"):
            client.serve(models / "base.gguf", [Served("broken", broken)])
        assert client.status().engine == "llama-server"
