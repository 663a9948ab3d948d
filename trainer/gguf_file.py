"""A GGUF file: its header read whole, its tensors some rows at a time.

`gguf.GGUFReader` makes several objects of every token of a vocabulary (seconds, and hundreds of
megabytes for a large one) and maps the weights, which then count as memory of the process.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

from trainer.errors import BaseDamaged, BaseMissing, BaseUnsupported

Floats = npt.NDArray[np.float32]

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32
MOST_DIMENSIONS = 4
READABLE = frozenset(
    {
        "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1",
        "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
    }
)  # fmt: skip

_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: "<u1", 1: "<i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", 7: "?",
    10: "<u8", 11: "<i8", 12: "<f8",
}  # fmt: skip


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies in the file; `shape` is rows first, as in torch."""

    name: str
    shape: tuple[int, ...]
    type: GGMLQuantizationType
    offset: int

    @property
    def columns(self) -> int:
        return self.shape[-1]

    @property
    def rows(self) -> int:
        return prod(self.shape[:-1])

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def row_bytes(self) -> int:
        block, size = GGML_QUANT_SIZES[self.type]
        return int(self.columns // block * size)


class GgufFile:
    """One base in a GGUF file, open for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        if not path.is_file():
            raise BaseMissing(
                f"The base's file {path} is not there.",
                "Fetch the base again, or say where it is with --base.",
            )
        try:
            with (
                path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
            ):
                self.fields, tensors = _header(_Cursor(data, path))
        except (ValueError, TypeError, struct.error, OverflowError) as error:
            raise damaged(path, str(error)) from error
        self.tensors = {tensor.name: tensor for tensor in tensors}
        self.architecture = str(self.get("general.architecture", "unknown"))
        self._check()

    def __enter__(self) -> GgufFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def get(self, key: str, default: Any = None) -> Any:
        """A value of the header."""
        return self.fields.get(key, default)

    def of_model(self, key: str, default: Any = None) -> Any:
        """A value of the header under the architecture's own name."""
        return self.get(f"{self.architecture}.{key}", default)

    def read(self, tensor: StoredTensor, start: int, stop: int) -> Floats:
        """Rows of a tensor in 32 bits."""
        if self._file is None:
            self._file = self.path.open("rb")
        size = tensor.row_bytes * (stop - start)
        self._file.seek(tensor.offset + tensor.row_bytes * start)
        raw = np.fromfile(self._file, np.uint8, size)
        if len(raw) != size:
            raise damaged(self.path, "it ends inside its weights")
        # One long row: the library would otherwise go through sixteen rows at a time.
        values = dequantize(raw[None], tensor.type).reshape(stop - start, tensor.columns)
        return np.ascontiguousarray(values, np.float32)

    def pieces(self, tensor: StoredTensor, rows: int) -> Iterator[Floats]:
        """All of a tensor, so many rows at a time."""
        for start in range(0, tensor.rows, rows):
            yield self.read(tensor, start, min(start + rows, tensor.rows))

    def _check(self) -> None:
        parts = self.get("split.count", 1)
        if isinstance(parts, int) and parts > 1:
            raise BaseUnsupported(
                f"The file {self.path} is one part of a base that was split into several.",
                "Join the parts with `llama-gguf-split --merge`, then choose the joined file.",
            )
        refused = {t.type.name for t in self.tensors.values()} - READABLE
        if refused:
            raise BaseUnsupported(
                f"This base is stored as {', '.join(sorted(refused))}, which cannot be read for"
                " training; chatting with it still works.",
                "Fetch the same base as Q4_K_M, Q8_0 or any other of the types"
                f" {', '.join(sorted(READABLE))}.",
            )
        for tensor in self.tensors.values():
            if tensor.columns % GGML_QUANT_SIZES[tensor.type][0]:
                raise damaged(self.path, f"the rows of {tensor.name} are no whole blocks")
        size = self.path.stat().st_size
        end = max((t.offset + t.rows * t.row_bytes for t in self.tensors.values()), default=0)
        if end > size:
            raise damaged(self.path, f"it is cut short: {size} of {end} bytes are there")


def damaged(path: Path, reason: str) -> BaseDamaged:
    """The error of a file that is not what it should be."""
    return BaseDamaged(
        f"The base's file {path} is damaged: {reason}.",
        "Fetch the base again; chatting may fail with this file too.",
    )


class _Cursor:
    def __init__(self, data: mmap.mmap, path: Path) -> None:
        self._data, self.path = data, path
        self.at = 0

    def number(self, form: str) -> int:
        value = struct.unpack_from(form, self._data, self.at)[0]
        self.at += struct.calcsize(form)
        return int(value)

    def text(self) -> str:
        return self._bytes(self.number("<Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self._scalars(kind, 1)[0]
        kind, size = self.number("<I"), self.number("<Q")
        if size > len(self._data):
            raise ValueError("a list is longer than the file")
        if kind == _STRING:
            return [self.text() for _ in range(size)]
        return self._scalars(kind, size)

    def _scalars(self, kind: int, count: int) -> list[Any]:
        if kind not in _SCALARS:
            raise ValueError(f"a value has the unknown kind {kind}")
        form = np.dtype(_SCALARS[kind])
        values: list[Any] = np.frombuffer(self._bytes(form.itemsize * count), form).tolist()
        return values

    def _bytes(self, size: int) -> bytes:
        if size > len(self._data) - self.at:
            raise ValueError("it ends inside its header")
        self.at += size
        return self._data[self.at - size : self.at]


def _header(cursor: _Cursor) -> tuple[dict[str, Any], list[StoredTensor]]:
    if struct.pack("<I", cursor.number("<I")) != MAGIC:
        raise ValueError("it does not begin as a GGUF file does")
    version = cursor.number("<I")
    if version not in VERSIONS:
        raise BaseUnsupported(
            f"The file {cursor.path} is written in a form of GGUF (version {version}, or for"
            " another kind of processor) that is not read here.",
            "Fetch a newer file of the same base.",
        )
    tensor_count, field_count = cursor.number("<Q"), cursor.number("<Q")
    fields: dict[str, Any] = {}
    for _ in range(field_count):
        key = cursor.text()
        fields[key] = cursor.value(cursor.number("<I"))
    found = [_stored(cursor) for _ in range(tensor_count)]
    alignment = int(fields.get("general.alignment", ALIGNMENT))
    if alignment <= 0:
        raise ValueError("its alignment is no number of bytes")
    start = -(-cursor.at // alignment) * alignment
    return fields, [StoredTensor(name, shape, kind, start + at) for name, shape, kind, at in found]


def _stored(cursor: _Cursor) -> tuple[str, tuple[int, ...], GGMLQuantizationType, int]:
    name, dimensions = cursor.text(), cursor.number("<I")
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise ValueError(f"{name} has {dimensions} dimensions")
    shape = tuple(reversed([cursor.number("<Q") for _ in range(dimensions)]))
    number, offset = cursor.number("<I"), cursor.number("<Q")
    if number not in GGMLQuantizationType._value2member_map_:
        raise BaseUnsupported(
            f"This base is stored in a form (type {number}) that is not known here; chatting with"
            " it may still work.",
            "Fetch the same base as Q4_K_M or Q8_0.",
        )
    return name, shape, GGMLQuantizationType(number), offset
