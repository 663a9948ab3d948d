"""A person chooses a base by this table: what it calls trainable must be, and here."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app import training_findings
from app.home import Home
from app.store import open_store
from app.training_table import (
    NOT_MEASURED,
    Machine,
    Model,
    machine_of,
    models_here,
    starter_recipe,
    table,
)
from ollama_bridge.installed import installed
from tests.tiny_gguf import write_tiny_gguf
from trainer.contract.fitting import Room, room_of
from trainer.contract.shape import BaseShape

SMALL = Model("small", "this home", BaseShape("llama", 576, 1536, 30, 9, 3, 64, 49_152, True))
EIGHT = Model(
    "qwen3:8b", "Ollama", BaseShape("qwen3", 4096, 12_288, 36, 32, 8, 128, 151_936, False)
)
FOURTEEN = Model(
    "qwen2.5:14b", "Ollama", BaseShape("qwen2", 5120, 13_824, 48, 40, 8, 128, 152_064, False)
)
EMBEDDER = Model("embedder", "Ollama", None, "its family (bert) is not known to the training")
ALL = [SMALL, EIGHT, FOURTEEN, EMBEDDER]
TAGS = [
    {
        "name": "qwen2:tiny",
        "size": 5,
        "digest": "d",
        "details": {"quantization_level": "Q4_K_M"},
    },
    {"name": "cloudy", "remote_model": "gpt", "details": None},
    {"name": "broken", "details": {"quantization_level": "Q4_0"}},
]
SHOWN = {
    "qwen2:tiny": {
        "general.architecture": "qwen2",
        "general.parameter_count": 60_000,
        "qwen2.embedding_length": 64,
        "qwen2.feed_forward_length": 128,
        "qwen2.block_count": 1,
        "qwen2.attention.head_count": 4,
        "qwen2.attention.head_count_kv": 2,
    }
}


class Ollama(BaseHTTPRequestHandler):
    """The two paths that list models, over a real connection."""

    def do_GET(self) -> None:
        self._answer(200, {"models": TAGS} if self.path == "/api/tags" else {"version": "0.34.1"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        shown = SHOWN.get(body["model"])
        self._answer(200 if shown else 404, {"model_info": shown} if shown else {})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Ollama) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def marked(machine: Machine) -> dict[str, bool]:
    return {row.model.name: row.trainable for row in table(ALL, machine, starter_recipe())}


@pytest.mark.parametrize(
    ("machine", "trainable"),
    [
        (Machine("cuda", True, room_of("cuda", 8_192, 7_900), 3e13), {"small", "qwen3:8b"}),
        (
            Machine("cuda", True, room_of("cuda", 24_576, 24_000), 1e14),
            {"small", "qwen3:8b", "qwen2.5:14b"},
        ),
        (Machine("mps", True, Room(16_384, 9_000, 1_638), 3e12), {"small"}),
        (
            Machine("mps", True, Room(65_536, 50_000, 4_096), 1e13),
            {"small", "qwen3:8b", "qwen2.5:14b"},
        ),
        (Machine("mps", False, Room(16_384, 12_000, 1_638), 3e12), {"small"}),
        (Machine("cpu", True, room_of("cpu", 8_192, 5_000), 2e11), {"small"}),
    ],
    ids=["cuda-8", "cuda-24", "mps-16", "mps-64", "mps-16-no-nf4", "cpu-8"],
)
def test_each_machine_trains_what_it_holds(machine: Machine, trainable: set[str]) -> None:
    assert {name for name, able in marked(machine).items() if able} == trainable


def test_chat_only_says_why_and_what_is_nearest() -> None:
    machine = Machine("cuda", True, room_of("cuda", 8_192, 7_900), 3e13)
    rows = {row.model.name: row for row in table(ALL, machine, starter_recipe())}
    assert "chat only" in rows["qwen2.5:14b"].words and rows["qwen2.5:14b"].sibling == "qwen3:8b"
    assert "bert" in rows["embedder"].words and rows["embedder"].sibling == "qwen3:8b"
    assert "min" in rows["small"].words or " h" in rows["small"].words
    assert "qwen3:8b (Ollama): trainable" in rows["qwen3:8b"].words


def test_what_nobody_measured_is_not_made_up() -> None:
    """Before torch is installed neither memory of the device nor its speed is known."""
    row = table([SMALL], machine_of(None), starter_recipe())[0]
    assert row.seconds is None and row.there_mb is None
    assert row.words.count(NOT_MEASURED) == 2


def test_models_of_a_server_come_with_their_sizes(server: str) -> None:
    found = {model.name: model for model in installed(server)}
    assert found["cloudy"].elsewhere and found["broken"].metadata == {}
    assert found["qwen2:tiny"].quantisation == "Q4_K_M"
    assert installed("http://127.0.0.1:9") == []


def test_bases_of_the_home_and_of_ollama_stand_together(
    home: Home, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server)
    gguf = write_tiny_gguf(home.models / "tiny.gguf")
    with open_store(home) as store:
        store.bases.add("Tiny", "gguf", gguf, "0" * 64, "llama", 1)
        store.bases.add("Gone", "gguf", home.models / "gone.gguf", "1" * 64, "llama", 1)
        store.bases.add("Folder", "hf", home.models, "2" * 64, "llama", 1)
    models = {model.name: model for model in models_here(home)}
    tiny = models["Tiny"].shape
    assert tiny is not None and not models["Tiny"].trouble
    assert (tiny.hidden, tiny.between, tiny.layers, tiny.keys) == (64, 128, 2, 32)
    assert "not there" in models["Gone"].trouble and "config.json" in models["Folder"].trouble
    assert models["cloudy"].trouble and models["broken"].trouble
    assert models["qwen2:tiny"].shape is not None and not models["qwen2:tiny"].trouble


def test_findings_name_kernels_memory_and_other_programs(tmp_path: Path) -> None:
    found = {
        "name": "a card", "driver": "581.1", "nf4_works": False, "nf4_trouble": "no kernel",
        "room": {"total_mb": 8192, "free_mb": 6000, "kept_free_mb": 328},
        "users": [{"words": "Ollama holds 2.0 GB; its models can be unloaded"}],
    }  # fmt: skip
    kernels, memory = training_findings.device(found)
    assert "581.1" in kernels.text and "no kernel" in kernels.text
    assert "5.5 GB of 8.0 GB" in memory.text and "Ollama holds 2.0 GB" in memory.text
