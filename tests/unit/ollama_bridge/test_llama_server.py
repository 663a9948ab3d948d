"""A card that lies idle, or a server that cannot do what a persona needs, costs every reply."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ollama_bridge.runtime import binary_server, llama_server
from ollama_bridge.runtime.llama_server import NEEDED, Binary, Device
from ollama_bridge.runtime.protocol import FileMark
from ollama_bridge.runtime.sizing import Size

MIB = 1 << 20
CARD = Device("CUDA0", "A card", 8192 * MIB, 8000 * MIB)
WITH_CARD = Binary("/opt/llama-server", flags=NEEDED, devices=(CARD,))
WITHOUT = replace(WITH_CARD, devices=())

LISTED = """ggml_vulkan: Found 2 Vulkan devices:
ggml_vulkan: 0 = Inside (Mesa driver) | uma: 1 | fp16: 1 |
ggml_vulkan: 1 = Beside (another driver) | uma: 0 | fp16: 1 |
Available devices:
  CUDA0: A card (8192 MiB, 8000 MiB free)
  BLAS: a maths library (0 MiB, 0 MiB free)
  Vulkan0: Inside (Mesa driver) (16000 MiB, 15000 MiB free)
  Vulkan1: Beside (4096 MiB, 4000 MiB free)
"""


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", "utf-8")
    path.chmod(0o755)
    return path


def test_the_cards_are_read_and_what_is_none_is_left_out() -> None:
    found = llama_server.devices(LISTED)
    assert [device.name for device in found] == ["CUDA0", "Vulkan1"]
    assert found[0] == CARD
    assert llama_server.devices("Available devices:\n") == ()


@pytest.mark.parametrize(
    ("binary", "told", "chosen"),
    [
        pytest.param(WITH_CARD, False, True, id="a card"),
        pytest.param(WITHOUT, False, False, id="the processor: xllamacpp is as good"),
        pytest.param(WITHOUT, True, True, id="the user's own choice"),
        pytest.param(replace(WITH_CARD, flags=frozenset()), True, False, id="too old"),
        pytest.param(
            replace(WITH_CARD, flags=NEEDED - {"--lora-init-without-apply"}), False, False,
            id="it would apply every adapter at once",
        ),
    ],
)  # fmt: skip
def test_only_a_better_server_than_the_own_one_is_used(
    binary: Binary, told: bool, chosen: bool
) -> None:
    assert llama_server.preferred(binary, told=told) is chosen


def test_nothing_is_looked_for_where_it_is_switched_off_or_metal_is_there() -> None:
    assert llama_server.find({llama_server.VARIABLE: llama_server.OFF}, "linux") is None
    assert llama_server.find({"PATH": os.environ["PATH"]}, "darwin") is None


def test_a_named_file_that_is_none_leaves_the_own_server(tmp_path: Path) -> None:
    environ = {llama_server.VARIABLE: str(tmp_path / "nothing")}
    assert llama_server.find(environ, sys.platform) is None


@pytest.mark.skipif(sys.platform == "win32", reason="a file is runnable by its mode")
def test_ollamas_own_server_is_found_beside_it(tmp_path: Path) -> None:
    own = put(tmp_path / "mine" / "llama-server")
    linked = tmp_path / "bin" / "ollama"
    put(tmp_path / "ollama" / "bin" / "ollama")
    linked.parent.mkdir()
    linked.symlink_to(tmp_path / "ollama" / "bin" / "ollama")
    beside = put(tmp_path / "ollama" / "lib" / "ollama" / "llama-server")
    installed = put(tmp_path / "usual" / "lib" / "ollama" / "llama-server")
    usual = [tmp_path / "usual" / "bin" / "ollama", tmp_path / "nowhere" / "bin" / "ollama"]
    path = os.pathsep.join([str(own.parent), str(linked.parent)])
    found = llama_server.candidates({"PATH": path}, "linux", usual)
    assert found == [own.resolve(), beside.resolve(), installed.resolve()]


def test_ollamas_gpu_code_is_found_in_its_own_folders(tmp_path: Path) -> None:
    server = put(tmp_path / "llama-server")
    for name in (
        "libggml-base.so", "cuda_v13/libggml-cuda.so", "cuda_v12/libggml-base.so",
        "cuda_v12/libggml-cuda.so", "vulkan/libggml-vulkan.so", "mlx_cuda_v13/libmlx.so",
        "rocm_v7/rocblas.so",
    ):  # fmt: skip
        put(tmp_path / name)
    ways = llama_server.ways(server)
    # The older CUDA first: it knows every card that the newer one knows.
    assert [Path(way.backend).parent.name if way.backend else None for way in ways] == [
        "cuda_v12", "cuda_v13", "vulkan", None,
    ]  # fmt: skip
    environment = ways[0].environment({"LD_LIBRARY_PATH": "/mine", "PATH": "/mine"})
    assert environment["GGML_BACKEND_PATH"] == ways[0].backend
    assert any(str(tmp_path / "cuda_v12") in value.split(os.pathsep) and "/mine" in value
               for name, value in environment.items() if name.endswith("PATH"))  # fmt: skip


def test_settings_of_the_users_own_server_are_not_this_ones() -> None:
    environ = {"LLAMA_ARG_TOOLS": "all", "LLAMA_ARG_CTX_SIZE": "64", "CUDA_VISIBLE_DEVICES": "1"}
    assert WITH_CARD.environment(environ) == {"CUDA_VISIBLE_DEVICES": "1"}


def test_an_adapter_in_a_path_with_a_comma_is_left_to_xllamacpp() -> None:
    assert llama_server.tellable([FileMark("/a b.gguf", 1, 1)])
    assert not llama_server.tellable([FileMark("/a,b.gguf", 1, 1)])


def test_the_model_server_is_told_what_was_found_whole() -> None:
    found = replace(WITH_CARD, backend="/opt/cuda_v12/libggml-cuda.so")
    assert Binary.from_json(found.to_json()) == found
    assert (WITH_CARD.gpu_bytes, WITHOUT.gpu_bytes) == (8000 * MIB, None)


def test_a_server_is_told_what_the_own_one_is_told_and_no_flag_it_does_not_know() -> None:
    load = {"base": "/base.gguf", "adapters": ["/a.gguf", "/b.gguf"], "key": "secret"}
    size = Size(3, 4096)
    old = binary_server.command(WITH_CARD, load, size, cores=4, port=5)
    assert "--no-kv-unified" not in old and "--cache-ram" not in old
    newer = replace(WITH_CARD, flags=NEEDED | {"--no-kv-unified", "--cache-ram"})
    told = binary_server.command(newer, load, size, cores=4, port=5)
    assert told[: len(old)] == old
    assert told[len(old) :] == ["--no-kv-unified", "--cache-ram", "0"]
    assert told[told.index("--ctx-size") + 1] == str(3 * 4096)
    assert told.count("--lora") == 2 and "--lora-init-without-apply" in told
    assert "secret" not in " ".join(told), "every user of the machine sees a command line"
