"""A base that lies with Ollama is read in place: the wrong file would train another model."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ollama_bridge import ollama_store
from ollama_bridge.errors import ModelUnknown, ModelUnusable
from ollama_bridge.ollama_store import folders, stored_model, stored_models

MODEL, OTHER, TEXT = ("a" * 64, "b" * 64, "c" * 64)


def put(place: Path, path: str, *layers: tuple[str, str]) -> Path:
    """A manifest of these layers, and a blob for each."""
    rows = []
    for kind, digest in layers:
        blob = place / "blobs" / f"sha256-{digest}"
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_text(f"{kind} {digest[:4]}", "utf-8")
        media = f"application/vnd.ollama.image.{kind}"
        rows.append({"mediaType": media, "digest": f"sha256:{digest}", "size": 9})
    manifest = place / "manifests" / path
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({"layers": rows}), "utf-8")
    return manifest


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setattr(ollama_store, "SERVICE_FOLDER", tmp_path / "no-service")
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "models"))
    made = tmp_path / "models"
    usual = "registry.ollama.ai/library"
    put(made, f"{usual}/qwen2.5/7b", ("model", MODEL), ("license", TEXT), ("params", "d" * 64))
    put(made, f"{usual}/tiny/latest", ("model", OTHER))
    put(made, "registry.ollama.ai/somebody/model/q4", ("model", OTHER), ("projector", "e" * 64))
    put(made, "hf.co/maker/model-GGUF/Q4_K_M", ("model", OTHER))
    put(made, "localhost:5000/a/b/c", ("model", OTHER))
    return made


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("qwen2.5:7b", "qwen2.5:7b"),
        ("library/qwen2.5:7b", "qwen2.5:7b"),
        ("registry.ollama.ai/library/qwen2.5:7b", "qwen2.5:7b"),
        ("tiny", "tiny:latest"),
        ("somebody/model:q4", "somebody/model:q4"),
        ("hf.co/maker/model-GGUF:Q4_K_M", "hf.co/maker/model-GGUF:Q4_K_M"),
        ("localhost:5000/a/b:c", "localhost:5000/a/b:c"),
    ],
)
def test_each_way_to_name_a_model_finds_it(asked: str, name: str, place: Path) -> None:
    found = stored_model(asked, folders())
    assert found.name == name and found.blob.is_file()
    assert found.blob == place / "blobs" / f"sha256-{found.digest}"


def test_the_licence_comes_along(place: Path) -> None:
    assert stored_model("qwen2.5:7b", folders()).licence == "license cccc"
    assert stored_model("tiny", folders()).licence == ""


@pytest.mark.parametrize(
    "name", ["nothing", "qwen2.5:14b", "../../qwen2.5:7b", "a/b/c/d:e", "", ":7b"]
)
def test_what_is_not_there_is_told(name: str, place: Path) -> None:
    with pytest.raises(ModelUnknown):
        stored_model(name, folders())


def test_all_of_them_are_listed_but_what_is_no_base(place: Path) -> None:
    usual = "registry.ollama.ai/library"
    put(place, f"{usual}/worn/latest", ("model", MODEL), ("adapter", OTHER))
    put(place, f"{usual}/pieces/latest", ("tensor", MODEL), ("tensor", OTHER))
    put(place, f"{usual}/torn/latest").write_text("{", "utf-8")
    put(place, f"{usual}/odd/latest").write_text('{"layers": [{"digest": "x"}]}', "utf-8")
    put(place, f"{usual}/.DS_Store/latest", ("model", MODEL))
    names = [model.name for model in stored_models(folders())]
    assert names == [
        "hf.co/maker/model-GGUF:Q4_K_M", "localhost:5000/a/b:c", "qwen2.5:7b",
        "somebody/model:q4", "tiny:latest",
    ]  # fmt: skip
    for name, words in (("worn", "adapter"), ("pieces", "one GGUF"), ("torn", "damaged"),
                        ("odd", "damaged")):  # fmt: skip
        with pytest.raises(ModelUnusable, match=words):
            stored_model(name, folders())


class Handler(BaseHTTPRequestHandler):
    """A server whose models lie where no variable says."""

    shown: dict[str, Any]

    def do_GET(self) -> None:
        self._answer({"models": [{"name": name} for name in self.shown]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.shown[body["model"]])

    def _answer(self, row: Any) -> None:
        body = json.dumps(row).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(place: Path) -> Iterator[str]:
    blob = place / "blobs" / f"sha256-{MODEL}"
    Handler.shown = {
        "cloud": {"modelfile": "FROM gpt:cloud\n"},
        "far": {"modelfile": f"FROM /elsewhere/blobs/sha256-{OTHER}\n"},
        "near": {"modelfile": f'# Modelfile\n# FROM near\n\nFROM "{blob}"\nTEMPLATE x\n'},
    }
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_server_tells_where_its_models_lie(
    address: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service runs with settings of its own, which the user's shell does not have."""
    monkeypatch.delenv("OLLAMA_MODELS")
    assert folders() == []
    assert folders(address) == [place]
    assert folders("http://127.0.0.1:9") == []
