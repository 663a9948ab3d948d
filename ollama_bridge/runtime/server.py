"""The model server: llama.cpp in a process of its own, ended by the end of its stdin.

It reads one JSON line (what to load), writes one JSON line (where it listens, or why not), and
then waits. The supervisor's death closes the pipe, on every platform and whatever killed it.
The engine is `xllamacpp` in this process, or a `llama-server` binary that this process watches.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import psutil

from ollama_bridge.base_gguf import BaseFacts, read_facts
from ollama_bridge.errors import GgufUnreadable
from ollama_bridge.runtime import binary_server
from ollama_bridge.runtime.binary_server import PR_SET_PDEATHSIG, BinaryFailed, BinaryServer
from ollama_bridge.runtime.llama_server import Binary
from ollama_bridge.runtime.sizing import Asked, Size, available_bytes, cache_bytes, fit

# Errors alone: at the levels above, each request leaves lines.
LOG_VERBOSITY = 1
# It serves for as long as somebody refers to it.
_SERVING: list[Any] = []


def _cores() -> int:
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdecimal() and int(told):
        return int(told)  # whoever runs several side by side knows why
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if sys.platform == "linux":
        return min(physical, len(os.sched_getaffinity(0)))
    return physical


def device() -> str:
    """The card that xllamacpp computes on, if any."""
    import xllamacpp

    kinds = xllamacpp.ggml_backend_dev_type
    cards = (kinds.GGML_BACKEND_DEVICE_TYPE_GPU, kinds.GGML_BACKEND_DEVICE_TYPE_IGPU)
    found = [each["description"] for each in xllamacpp.get_device_info() if each["type"] in cards]
    return ", ".join(found)


def parameters(load: dict[str, Any], size: Size) -> Any:
    """llama.cpp's parameters for one base and its adapters, none of them applied by itself."""
    import xllamacpp

    chosen = xllamacpp.CommonParams()
    chosen.model.path = load["base"]
    chosen.model_alias = {"base"}
    chosen.hostnames = ["127.0.0.1"]
    chosen.port = 0
    chosen.api_keys = [load["key"]]
    cores = _cores()
    # A token alone goes at the pace of the slowest thread: one core stays free for the rest of
    # the machine. Prompts and replies side by side use them all.
    chosen.cpuparams.n_threads = max(1, cores - 1)
    chosen.cpuparams_batch.n_threads = cores
    # A thread that waits asleep leaves its core to whoever has the next request ready.
    chosen.cpuparams.poll = chosen.cpuparams_batch.poll = 0
    chosen.n_parallel = size.slots
    chosen.n_ctx = size.slots * size.context_tokens
    chosen.kv_unified = False
    # The prompt cache beside the slots does not know which adapter a prompt was evaluated with.
    chosen.cache_ram_mib = 0
    # What it fits to a card's memory takes a second look at the whole file.
    chosen.fit_params = bool(device())
    chosen.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(path, 0.0) for path in load["adapters"]]
    chosen.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    chosen.ui = False
    chosen.verbosity = LOG_VERBOSITY
    return chosen


def _first_line() -> bytes:
    # Byte by byte: a buffered reader would take from the watch below what comes later.
    line = bytearray()
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return bytes(line)


def _end_with_stdin(binary: BinaryServer) -> None:
    while os.read(0, 4096):
        pass
    binary.end()
    # Nothing here has to be saved, and an orderly end waits for replies that nobody reads.
    os._exit(0)


def _die_with_supervisor() -> None:
    # Loading holds the interpreter's lock, so the watch on stdin only sees its end afterwards.
    # Elsewhere the process ends then. The signal follows the thread that started this process:
    # the supervisor's only one that starts any.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _size(facts: BaseFacts, load: dict[str, Any], gpu_bytes: int | None) -> Size:
    asked = Asked(
        len(load["adapters"]),
        load["adapters_bytes"],
        load["slots"],
        load["context_tokens"],
        load["roomy"],
        load["memory_budget_mb"],
    )
    weights = facts.size_bytes + asked.adapters_bytes
    return fit(facts, available_bytes(psutil.virtual_memory().available, gpu_bytes, weights), asked)


def _serve_inside(facts: BaseFacts, load: dict[str, Any]) -> dict[str, Any]:
    # Here, so that a broken installation is reported like everything else.
    import xllamacpp

    size = _size(facts, load, None)
    server = xllamacpp.Server(parameters(load, size))
    _SERVING.append(server)
    return {
        "address": server.listening_address,
        "pid": os.getpid(),
        "engine": "xllamacpp",
        "device": device(),
        **_sizes(facts, size),
    }


def _serve_by(
    server: BinaryServer, binary: Binary, facts: BaseFacts, load: dict[str, Any]
) -> dict[str, Any]:
    port = binary_server.free_port()
    asked = _size(facts, load, binary.gpu_bytes)
    line = binary_server.command(binary, load, asked, _cores(), port)
    pid = server.start(binary, line, load["key"])
    size = server.ready(port, load["key"])
    return {
        "address": f"http://127.0.0.1:{port}",
        "pid": pid,
        "engine": "llama-server",
        "device": ", ".join(device.description for device in binary.devices),
        **_sizes(facts, size),
    }


def _sizes(facts: BaseFacts, size: Size) -> dict[str, int]:
    return {
        "slots": size.slots,
        "context_tokens": size.context_tokens,
        "cache_bytes": cache_bytes(facts, size),
    }


def main() -> None:
    """Load, report, and wait for the end of stdin."""
    _die_with_supervisor()
    load = json.loads(_first_line())
    # llama.cpp's own prints must not get between the supervisor and the report.
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    binary = Binary.from_json(load["binary"]) if load["binary"] else None
    server = BinaryServer()
    watch = threading.Thread(
        target=_end_with_stdin, args=(server,), name="end-with-stdin", daemon=True
    )
    watch.start()
    try:
        facts = read_facts(Path(load["base"]))
        if binary is None:
            answer = _serve_inside(facts, load)
        else:
            answer = _serve_by(server, binary, facts, load)
    except (
        ImportError, GgufUnreadable, BinaryFailed, RuntimeError, ValueError, MemoryError
    ) as error:  # fmt: skip
        kind = "missing" if isinstance(error, ImportError) else "failed"
        text = error.text if isinstance(error, GgufUnreadable) else str(error)
        report.write(json.dumps({"error": text, "kind": kind}) + "\n")
        report.flush()
        raise SystemExit(1) from None
    report.write(json.dumps(answer) + "\n")
    report.flush()
    if binary is None:
        watch.join()
    raise SystemExit(server.wait())


if __name__ == "__main__":
    main()
