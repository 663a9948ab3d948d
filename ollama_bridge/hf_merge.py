"""A PEFT adapter merged into a Hugging Face folder, in 16-bit floats, a piece at a time."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ollama_bridge.drafts import draft_beside
from ollama_bridge.errors import AdapterMismatch, BridgeError, FolderUnusable
from ollama_bridge.peft_folder import Pair, PeftAdapter, read_adapter
from ollama_bridge.safetensors_files import StoredWeight, weights_in

# Hears of bytes written and bytes in all; what it raises ends the merge.
Progress = Callable[[int, int], None]

SHARD_BYTES = 2_000_000_000
WEIGHTS_AT_ONCE = 4 << 20

_CONFIG = "config.json"
_INDEX = "model.safetensors.index.json"
# Everything beside the weights that a program needs, and the terms that go with them.
_CARRIED = (
    "generation_config.json", "tokenizer*", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "*.model", "*.jinja", "chat_template.json",
    "LICEN[CS]E*", "NOTICE*", "USE_POLICY*",
)  # fmt: skip
_NAME = re.compile(r"^model\.layers\.(\d+)\.\w+\.(\w+)\.weight$")
_LARGEST = float(np.finfo(np.float16).max)
_BYTES = 2


@dataclass(frozen=True)
class _Update:
    """What is added to one weight: scale times B times A."""

    pair: Pair
    scale: float


def merge_folder(
    hf_base: Path,
    peft_folder: Path,
    out: Path,
    on_progress: Progress = lambda done, total: None,
) -> None:
    """Write base and adapter as one folder in FP16, whole or not at all."""
    weights = weights_in(hf_base)
    updates = _updates(weights, read_adapter(peft_folder))
    config = _config(hf_base)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BridgeError(
            f"{out} is there already.",
            "Choose another folder for the merged model.",
            kept="It was left as it is.",
            kind="merge_there",
        )
    total = sum(map(_size, weights.values()))
    with draft_beside(out, total) as draft:
        draft.mkdir()
        _write_weights(draft, weights, updates, lambda done: on_progress(done, total))
        _write_json(draft / _CONFIG, config)
        for path in {path for pattern in _CARRIED for path in hf_base.glob(pattern)}:
            if path.is_file():
                shutil.copyfile(path, draft / path.name)
        for path in draft.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        if out.exists():
            out.rmdir()


def _updates(weights: Mapping[str, StoredWeight], adapter: PeftAdapter) -> dict[str, _Update]:
    """The adapter's pairs by the weights that they change."""
    names = {(int(found[1]), found[2]): name for name in weights if (found := _NAME.match(name))}
    updates: dict[str, _Update] = {}
    for (block, projection), pair in adapter.pairs.items():
        name = names.get((block, projection), "")
        _check_place(weights.get(name), f"{projection} of block {block}", pair)
        updates[name] = _Update(pair, adapter.alpha / adapter.rank)
    return updates


def _check_place(weight: StoredWeight | None, what: str, pair: Pair) -> None:
    if weight is None or weight.shape != pair.shape:
        there = "is not there" if weight is None else f"has the shape {weight.shape}"
        raise AdapterMismatch(
            f"The adapter changes {what} of shape {pair.shape}, which in this base {there}.",
            "Use the adapter with the base that it was trained on.",
        )


def _config(folder: Path) -> dict[str, Any]:
    path = folder / _CONFIG
    try:
        return _halved(dict(json.loads(path.read_text("utf-8"))))
    except (OSError, ValueError, TypeError) as error:
        raise FolderUnusable(
            f"{path} cannot be read ({error}).",
            "Choose a folder with config.json and *.safetensors, or fetch the base again.",
        ) from error


def _halved(config: dict[str, Any]) -> dict[str, Any]:
    """The settings with the type under its old name and its new one; parts of them alike."""
    parts = {
        key: _halved(each)
        for key, each in config.items()
        if isinstance(each, dict) and {"dtype", "torch_dtype"} & set(each)
    }
    return {**config, **parts, "torch_dtype": "float16", "dtype": "float16"}


def _write_weights(
    folder: Path,
    weights: Mapping[str, StoredWeight],
    updates: Mapping[str, _Update],
    on_bytes: Callable[[int], None],
) -> None:
    shards = _shards(weights)
    places: dict[str, str] = {}
    before = 0
    for number, shard in enumerate(shards, 1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        if len(shards) == 1:
            name = "model.safetensors"
        places.update(dict.fromkeys(shard, name))
        with (folder / name).open("wb") as file:
            _write_header(file, shard)
            for key, weight in shard.items():
                for piece in _pieces(key, weight, updates.get(key)):
                    file.write(piece)
                    before += len(piece)
                    on_bytes(before)
    if len(shards) > 1:
        size = sum(map(_size, weights.values()))
        _write_json(folder / _INDEX, {"metadata": {"total_size": size}, "weight_map": places})


def _shards(weights: Mapping[str, StoredWeight]) -> list[dict[str, StoredWeight]]:
    """The weights in files of a size that every program and every disk takes."""
    shards: list[dict[str, StoredWeight]] = [{}]
    for name, weight in weights.items():
        if shards[-1] and sum(map(_size, shards[-1].values())) + _size(weight) > SHARD_BYTES:
            shards.append({})
        shards[-1][name] = weight
    return shards


def _size(weight: StoredWeight) -> int:
    return prod(weight.shape) * _BYTES


def _write_header(file: BinaryIO, weights: Mapping[str, StoredWeight]) -> None:
    rows: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, weight in weights.items():
        end = at + _size(weight)
        rows[name] = {"dtype": "F16", "shape": weight.shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(rows).encode()
    # The weights begin at a multiple of eight, as readers like to have them.
    text = text.ljust(-(-len(text) // 8) * 8)
    file.write(struct.pack("<Q", len(text)) + text)


def _pieces(name: str, weight: StoredWeight, update: _Update | None) -> Iterator[bytes]:
    """A weight in 16 bits, some rows at a time."""
    if not weight.shape:
        yield _half(name, weight.floats())
        return
    halves = None
    if update is not None:
        halves = update.pair.b, update.pair.a * np.float32(update.scale)
    columns = prod(weight.shape[1:])
    row_bytes = columns * (4 if weight.kind == "F32" else 2)
    at_once = max(1, WEIGHTS_AT_ONCE // max(1, columns))
    for first in range(0, weight.shape[0], at_once):
        count = min(at_once, weight.shape[0] - first)
        values = replace(
            weight,
            offset=weight.offset + first * row_bytes,
            shape=(count, *weight.shape[1:]),
        ).floats()
        if halves is not None:
            b, a = halves
            # What comes of values that are too large is told below.
            with np.errstate(over="ignore", invalid="ignore"):
                values = values + b[first : first + count] @ a
        yield _half(name, values)


def _half(name: str, values: NDArray[np.float32]) -> bytes:
    largest = float(np.abs(values).max(initial=0.0))
    if not largest <= _LARGEST:
        raise BridgeError(
            f"The merged {name} would hold {largest:.3g}, and 16-bit floats end at {_LARGEST:.0f}.",
            "Serve base and adapter beside one another, for which nothing needs to be merged.",
            kept="Base and adapter are as they were.",
            kind="merge_too_large",
        )
    return values.astype("<f2").tobytes()


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
