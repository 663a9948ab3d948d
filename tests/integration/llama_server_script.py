#!/usr/bin/env python3
"""A `llama-server` for tests: its command line, its HTTP interface, no binary.

The engine is xllamacpp's, which is llama.cpp's own server; only the command line is ours, with
the names, values and refusals of llama.cpp b10864 (the one inside Ollama 0.34.1). A flag that is
not listed here is refused, so that a test sees a misspelt one. It serves until SIGTERM.

A machine with a GPU is played by the environment: LLAMA_SERVER_SCRIPT_DEVICES holds what
`--list-devices` tells, one device a line (`CUDA0: A card (8192 MiB, 8000 MiB free)`).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

DEVICES = "LLAMA_SERVER_SCRIPT_DEVICES"
VERSION = 10864
DEFAULT_PORT = 8080
AUTO_SLOTS = 4

# Taken and without effect: on another machine, on a window in the browser, or on the log's looks.
WITHOUT_EFFECT = (
    "--no-webui", "--no-ui", "--offline", "--no-log-prefix", "--no-log-timestamps",
    "--log-disable", "--no-warmup",
)  # fmt: skip
NUMBERS = {
    ("-c", "--ctx-size"): "n_ctx",
    ("-np", "--parallel"): "n_parallel",
    ("-ngl", "--gpu-layers", "--n-gpu-layers"): "n_gpu_layers",
    ("-b", "--batch-size"): "n_batch",
    ("-ub", "--ubatch-size"): "n_ubatch",
    ("-mg", "--main-gpu"): "main_gpu",
    ("-cram", "--cache-ram"): "cache_ram_mib",
    ("-lv", "--verbosity", "--log-verbosity"): "verbosity",
    ("--keep",): "n_keep",
}
SWITCHES = {
    ("--embedding", "--embeddings"): ("embedding", True),
    ("--jinja",): ("use_jinja", True),
    ("--no-jinja",): ("use_jinja", False),
    ("--context-shift",): ("ctx_shift", True),
    ("--no-context-shift",): ("ctx_shift", False),
    ("-kvu", "--kv-unified"): ("kv_unified", True),
    ("-no-kvu", "--no-kv-unified"): ("kv_unified", False),
    ("--slots",): ("endpoint_slots", True),
    ("--no-slots",): ("endpoint_slots", False),
    ("--metrics",): ("endpoint_metrics", True),
    ("--lora-init-without-apply",): ("lora_init_without_apply", True),
}
CHOICES = {
    ("-fa", "--flash-attn"): (
        "flash_attn_type",
        "llama_flash_attn_type",
        {
            "on": "LLAMA_FLASH_ATTN_TYPE_ENABLED",
            "off": "LLAMA_FLASH_ATTN_TYPE_DISABLED",
            "auto": "LLAMA_FLASH_ATTN_TYPE_AUTO",
        },
    ),
    ("-lm", "--load-mode"): (
        "load_mode",
        "llama_load_mode",
        {
            "none": "LLAMA_LOAD_MODE_NONE",
            "mmap": "LLAMA_LOAD_MODE_MMAP",
            "mlock": "LLAMA_LOAD_MODE_MLOCK",
            "dio": "LLAMA_LOAD_MODE_DIRECT_IO",
        },
    ),
    ("-sm", "--split-mode"): (
        "split_mode",
        "llama_split_mode",
        {
            "none": "LLAMA_SPLIT_MODE_NONE",
            "layer": "LLAMA_SPLIT_MODE_LAYER",
            "row": "LLAMA_SPLIT_MODE_ROW",
        },
    ),
    ("--reasoning-format",): (
        "reasoning_format",
        "common_reasoning_format",
        {
            "none": "COMMON_REASONING_FORMAT_NONE",
            "auto": "COMMON_REASONING_FORMAT_AUTO",
            "deepseek": "COMMON_REASONING_FORMAT_DEEPSEEK",
            "deepseek-legacy": "COMMON_REASONING_FORMAT_DEEPSEEK_LEGACY",
        },
    ),
}
CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "iq4_nl")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Refuse as llama-server does."""
        _say(f"error: {message}")
        raise SystemExit(1)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="llama-server", add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", "--usage", dest="help", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--list-devices", action="store_true")
    parser.add_argument("-m", "--model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("-a", "--alias")
    parser.add_argument("--api-key", action="append", default=[], help="(env: LLAMA_API_KEY)")
    parser.add_argument("--api-key-file", type=Path)
    parser.add_argument("--lora", action="append", default=[], metavar="FNAME,...")
    parser.add_argument("--lora-scaled", action="append", nargs="+", default=[])
    parser.add_argument("--chat-template")
    parser.add_argument("-t", "--threads", type=int)
    parser.add_argument("-tb", "--threads-batch", type=int)
    parser.add_argument("--poll", type=int)
    parser.add_argument("--poll-batch", type=int)
    parser.add_argument("-fit", "--fit", choices=("on", "off"))
    parser.add_argument("-ctk", "--cache-type-k", choices=CACHE_TYPES)
    parser.add_argument("-ctv", "--cache-type-v", choices=CACHE_TYPES)
    parser.add_argument("--no-mmap", action="store_true")
    parser.add_argument("-v", "--verbose", "--log-verbose", dest="verbose", action="store_true")
    for names, field in NUMBERS.items():
        parser.add_argument(*names, dest=field, type=int)
    for names, (field, value) in SWITCHES.items():
        parser.add_argument(*names, dest=field, action="store_const", const=value)
    for names, (field, _, values) in CHOICES.items():
        parser.add_argument(*names, dest=field, choices=values)
    for name in WITHOUT_EFFECT:
        parser.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    return parser


def _adapters(told: argparse.Namespace, unapplied: bool) -> list[tuple[str, float]]:
    """The adapters with their scales; `--lora-scaled` in its new form and in its old one."""
    found = [(path, 1.0) for each in told.lora for path in each.split(",")]
    for values in told.lora_scaled:
        if len(values) == 2:
            found.append((values[0], float(values[1])))
            continue
        for each in ",".join(values).split(","):
            path, _, scale = each.partition(":")
            found.append((path, float(scale)))
    return [(path, 0.0 if unapplied else scale) for path, scale in found]


def _keys(told: argparse.Namespace) -> list[str]:
    keys = [*told.api_key, *os.environ.get("LLAMA_API_KEY", "").split(",")]
    if told.api_key_file:
        keys += told.api_key_file.read_text("utf-8").splitlines()
    return [key for key in keys if key]


def parameters(told: argparse.Namespace) -> Any:
    """What the command line says, as the engine's parameters."""
    import xllamacpp

    chosen = xllamacpp.CommonParams()
    chosen.model.path = told.model
    chosen.hostnames, chosen.port = [told.host], told.port
    chosen.api_keys = _keys(told)
    chosen.ui = False
    if told.alias:
        chosen.model_alias = {told.alias}
    fields = [*NUMBERS.values(), *(field for field, _ in SWITCHES.values())]
    for field in fields:
        if getattr(told, field) is not None:
            setattr(chosen, field, getattr(told, field))
    for field, kind, values in CHOICES.values():
        if getattr(told, field) is not None:
            setattr(chosen, field, getattr(xllamacpp, kind)[values[getattr(told, field)]])
    if told.n_parallel is None or told.n_parallel < 0:
        chosen.n_parallel, chosen.kv_unified = AUTO_SLOTS, told.kv_unified is not False
    if told.no_mmap:
        chosen.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    if told.chat_template:
        chosen.chat_template = told.chat_template
    if told.fit:
        chosen.fit_params = told.fit == "on"
    for letter in "kv":
        kind = getattr(told, f"cache_type_{letter}")
        if kind:
            stored = xllamacpp.ggml_type[f"GGML_TYPE_{kind.upper()}"]
            setattr(chosen, f"cache_type_{letter}", stored)
    _set_threads(chosen, told)
    chosen.lora_adapters = [
        xllamacpp.CommonAdapterLoraInfo(path, scale)
        for path, scale in _adapters(told, bool(told.lora_init_without_apply))
    ]
    if told.verbose:
        chosen.verbosity = 5
    return chosen


def _set_threads(chosen: Any, told: argparse.Namespace) -> None:
    if told.threads is not None:
        chosen.cpuparams.n_threads = chosen.cpuparams_batch.n_threads = told.threads
    if told.threads_batch is not None:
        chosen.cpuparams_batch.n_threads = told.threads_batch
    if told.poll is not None:
        chosen.cpuparams.poll = chosen.cpuparams_batch.poll = told.poll
    if told.poll_batch is not None:
        chosen.cpuparams_batch.poll = told.poll_batch


def _tell(told: argparse.Namespace, parser: argparse.ArgumentParser) -> bool:
    """Answer a question that needs no model; whether there was one."""
    if told.help:
        sys.stdout.write(parser.format_help())
    elif told.version:
        _say(f"version: {VERSION} (script)\nbuilt with Python for tests")
    elif told.list_devices:
        devices = filter(None, os.environ.get(DEVICES, "").splitlines())
        sys.stdout.write("\n  ".join(["Available devices:", *devices]) + "\n")
    return bool(told.help or told.version or told.list_devices)


def main() -> None:
    """Answer a question, or serve until SIGTERM."""
    parser = _parser()
    told = parser.parse_args()
    if _tell(told, parser):
        return
    import xllamacpp

    if told.model is None:
        # Ollama reads this line, and ends a server without a model then.
        _say(f"system_info: {xllamacpp.get_system_info()}")
    else:
        try:
            server = xllamacpp.Server(parameters(told))
        except (RuntimeError, ValueError, OSError) as error:
            _say(f"error: {error}")
            raise SystemExit(1) from None
        _say(f"server is listening on {server.listening_address}")
    # An orderly end would wait for replies that nobody reads.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Event().wait()


if __name__ == "__main__":
    main()
