"""A registry that serves more than it must, to whom it must not, would open the disk to others."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from ollama_bridge.deploy.layers import Content, ModelDetails, manifest_of
from ollama_bridge.deploy.plan import ModelTexts
from ollama_bridge.deploy.registry import LoopbackRegistry

TEXTS = ModelTexts("{{ .Prompt }}", "You are Sunny.", {"top_k": 40}, ("MIT",))
DETAILS = ModelDetails("llama", ("llama",), "135M", "Q4_1")


@pytest.fixture
def adapter(tmp_path: Path) -> Content:
    path = tmp_path / "adapter.gguf"
    path.write_bytes(bytes(range(256)) * 16)
    return Content.of_file(path, Content.of(path.read_bytes()).digest.removeprefix("sha256:"))


def get(address: str, **headers: str) -> httpx.Response:
    return httpx.get(address, headers=headers, trust_env=False, follow_redirects=False)


def test_a_client_gets_what_the_manifest_names_and_nothing_else(adapter: Content) -> None:
    manifest, blobs = manifest_of(Content.of(b"base"), adapter, TEXTS, DETAILS)
    with LoopbackRegistry(manifest, blobs) as registry:
        host, secret, _ = registry.name.split("/")
        place = f"http://{host}/v2/{secret}/persona"
        assert get(f"{place}/manifests/latest").content == manifest
        for digest, content in blobs.items():
            assert httpx.head(f"{place}/blobs/{digest}", trust_env=False).headers[
                "Content-Length"
            ] == str(content.size_bytes)
            sent_on = get(f"{place}/blobs/{digest}")
            assert sent_on.status_code == 307
            with content.open() as file:
                assert get(sent_on.headers["Location"]).content == file.read()
        moved = get(f"{place}/blobs/{adapter.digest}").headers["Location"]
        assert moved.startswith("http://localhost:")
        part = get(moved, Range="bytes=16-31")
        assert (part.status_code, part.content) == (206, bytes(range(16, 32)))
        assert part.headers["Content-Range"] == f"bytes 16-31/{adapter.size_bytes}"
        assert get(moved, Range=f"bytes={adapter.size_bytes}-").status_code == 416
        assert get(f"{place}/blobs/sha256:{'0' * 64}").status_code == 404
        assert get(f"{place}/manifests/other").status_code == 404
        assert get(f"http://{host}/v2/").status_code == 404
        assert get(f"http://{host}/v2/{'0' * 32}/persona/manifests/latest").status_code == 404
        assert get(f"http://{host}/{secret}/../../../etc/passwd").status_code == 404


def test_it_is_gone_afterwards_and_never_the_same_twice(adapter: Content) -> None:
    names = []
    for _ in range(2):
        with LoopbackRegistry(b"{}", {adapter.digest: adapter}) as registry:
            names.append(registry.name)
        host, _, port = registry.name.partition("/")[0].partition(":")
        with socket.socket() as closed, pytest.raises(OSError, match="refused"):
            closed.connect((host, int(port)))
    assert names[0].split("/")[1] != names[1].split("/")[1]


def test_it_listens_on_this_computer_alone(adapter: Content) -> None:
    with LoopbackRegistry(b"{}", {}) as registry:
        assert registry.name.startswith("127.0.0.1:")
