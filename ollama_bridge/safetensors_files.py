"""Safetensors files: headers read, weights taken one at a time.

The package's own reader for numpy knows no bfloat16, in which most bases come.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ollama_bridge.errors import FolderUnusable

_SIZES = {"F32": 4, "F16": 2, "BF16": 2}
_LONGEST_HEADER = 100 << 20


@dataclass(frozen=True)
class StoredWeight:
    """Where a weight lies, with its shape and its type (F32, F16 or BF16)."""

    path: Path
    offset: int
    shape: tuple[int, ...]
    kind: str

    def floats(self) -> NDArray[np.float32]:
        """The weight in 32 bits."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            raw = np.fromfile(file, np.uint8, prod(self.shape) * _SIZES[self.kind])
        if self.kind == "BF16":
            # The upper half of a float32.
            flat = (raw.view("<u2").astype("<u4") << 16).view("<f4")
        else:
            flat = raw.view("<f4" if self.kind == "F32" else "<f2").astype("<f4")
        return np.asarray(flat.reshape(self.shape), np.float32)


def weights_in(folder: Path) -> dict[str, StoredWeight]:
    """Every weight of a folder by its name; files that are cut short or not all there are told."""
    found: dict[str, StoredWeight] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            found.update(weights_of(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
            raise FolderUnusable(
                f"The file {path} is damaged: {error}.", "Fetch the base again."
            ) from error
    missing = sorted(set(_indexed(folder)) - set(found))
    if missing:
        raise FolderUnusable(
            f"The base in {folder} is not whole: {missing[0]} and {len(missing) - 1} more of its"
            " weights are in files that are not there.",
            "Fetch the base again; what is there need not come twice.",
        )
    if not found:
        raise FolderUnusable(
            f"There are no weights in safetensors in {folder}.",
            "Choose a folder with config.json and *.safetensors, as the hub has them.",
        )
    return found


def _indexed(folder: Path) -> list[str]:
    """The weights that the folder says it is made of, where it has several files."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return []
    try:
        return list(json.loads(index.read_text("utf-8"))["weight_map"])
    except (ValueError, KeyError, TypeError) as error:
        raise FolderUnusable(f"{index} is damaged.", "Fetch the base again.") from error


def weights_of(path: Path) -> dict[str, StoredWeight]:
    """Every weight of one file by its name; ValueError and its like where it is damaged."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        if length > min(size - 8, _LONGEST_HEADER):
            raise ValueError("it is cut short inside its header")
        rows = json.loads(file.read(length))
    rows.pop("__metadata__", None)
    found: dict[str, StoredWeight] = {}
    for name, row in rows.items():
        shape, kind = tuple(int(each) for each in row["shape"]), str(row["dtype"])
        start, end = row["data_offsets"]
        if kind not in _SIZES:
            raise ValueError(f"{name} is stored as {kind}, which is not read here")
        if end - start != prod(shape) * _SIZES[kind]:
            raise ValueError(f"{name} has another size than its shape says")
        if 8 + length + end > size:
            raise ValueError(f"it is cut short: {size} of {8 + length + end} bytes are there")
        found[name] = StoredWeight(path, 8 + length + start, shape, kind)
    return found
