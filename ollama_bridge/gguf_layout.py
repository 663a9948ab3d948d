"""How the tensors of a GGUF file lie in it, and its header where some change their type."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize
from numpy.typing import NDArray

from ollama_bridge.base_gguf import ALIGNMENT, BaseFacts, TensorFacts, read_facts
from ollama_bridge.errors import GgufUnreadable

Floats = NDArray[np.float32]

_NUMBERS = {2: "<H", 4: "<I", 10: "<Q"}


@dataclass(frozen=True)
class Part:
    """A tensor and where it lies in its file; `shape` is rows first, as in numpy."""

    name: str
    shape: tuple[int, ...]
    type: GGMLQuantizationType
    offset: int

    @property
    def rows(self) -> int:
        return prod(self.shape[:-1])

    @property
    def row_bytes(self) -> int:
        block, size = GGML_QUANT_SIZES[self.type]
        return int(self.shape[-1] // block * size)

    @property
    def size_bytes(self) -> int:
        return self.rows * self.row_bytes

    def raw(self, file: BinaryIO, first: int, count: int) -> bytes:
        """Rows as they are stored."""
        file.seek(self.offset + first * self.row_bytes)
        found = file.read(count * self.row_bytes)
        if len(found) != count * self.row_bytes:
            raise _damaged(Path(file.name), "it ends inside its weights")
        return found

    def floats(self, file: BinaryIO, first: int, count: int) -> Floats:
        """Rows in 32 bits."""
        stored = np.frombuffer(self.raw(file, first, count), np.uint8)
        values = dequantize(stored.reshape(count, self.row_bytes), self.type)
        return np.asarray(values, np.float32).reshape(count, self.shape[-1])


@dataclass(frozen=True)
class Layout:
    """A GGUF file's header as it is stored, and its tensors in the order of the file."""

    facts: BaseFacts
    header: bytes
    parts: Mapping[str, Part]
    size_bytes: int

    def number(self, key: str, default: int) -> int:
        """A whole number among the metadata."""
        found = self._place_of(key)
        return default if found is None else int(struct.unpack_from(*found)[0])

    def with_number(self, key: str, number: int) -> Layout:
        """The same file with another number under a key, if it has that key."""
        header = bytearray(self.header)
        found = self._place_of(key)
        if found is not None:
            form, _, at = found
            struct.pack_into(form, header, at, number)
        return replace(self, header=bytes(header))

    def _place_of(self, key: str) -> tuple[str, bytes, int] | None:
        """How and where a number is stored in the header."""
        entry = _text(key)
        at = self.header.find(entry)
        if at < 0:
            return None
        (kind,) = struct.unpack_from("<I", self.header, at + len(entry))
        if kind not in _NUMBERS:
            raise _damaged(self.facts.path, f"{key} is no whole number")
        return _NUMBERS[kind], self.header, at + len(entry) + 4

    def retyped(self, types: Mapping[str, GGMLQuantizationType]) -> Layout:
        """The same file with some tensors in other types, and all moved to where there is room."""
        alignment = self.number("general.alignment", ALIGNMENT)
        at = self.facts.data_start
        parts: dict[str, Part] = {}
        for part in self.parts.values():
            parts[part.name] = replace(part, type=types.get(part.name, part.type), offset=at)
            at += -(-parts[part.name].size_bytes // alignment) * alignment
        entries = _entries(self.parts, self.facts.data_start)
        start = self.header.rindex(entries)
        header = self.header[:start] + _entries(parts, self.facts.data_start)
        return Layout(self.facts, header + self.header[len(header) :], parts, at)


def read_layout(path: Path) -> Layout:
    """Look through a file; a damaged one, or one of several that belong together, is refused."""
    facts = read_facts(path)
    with path.open("rb") as file:
        header = file.read(facts.data_start)
    parts = {name: _part(facts, name, each) for name, each in facts.tensors.items()}
    layout = Layout(facts, header, parts, facts.size_bytes)
    if layout.number("split.count", 1) > 1:
        raise GgufUnreadable(
            f"The file {path} is one part of a model that was split into several.",
            "Join the parts with `llama-gguf-split --merge`, then choose the joined file.",
        )
    if header.rfind(_entries(parts, facts.data_start)) < 0:
        raise _damaged(path, "its list of tensors is not in order")
    spans = sorted((part.offset, part.offset + part.size_bytes) for part in parts.values())
    if any(one[1] > other[0] for one, other in pairwise([*spans, (facts.size_bytes, 0)])):
        raise _damaged(path, "it is cut short, or its tensors lie over one another")
    return layout


def _part(facts: BaseFacts, name: str, found: TensorFacts) -> Part:
    if found.ggml_type not in GGMLQuantizationType._value2member_map_:
        raise GgufUnreadable(
            f"{facts.path} stores {name} as type {found.ggml_type}, which is not known here.",
            "Fetch the same model as Q8_0 or Q4_K_M.",
        )
    kind = GGMLQuantizationType(found.ggml_type)
    if not found.shape or found.shape[-1] % GGML_QUANT_SIZES[kind][0]:
        raise _damaged(facts.path, f"the rows of {name} are no whole blocks")
    return Part(name, found.shape, kind, facts.data_start + found.offset)


def _entries(parts: Mapping[str, Part], data_start: int) -> bytes:
    """The list of tensors at the header's end; as long for every choice of types."""
    return b"".join(
        _text(part.name)
        + struct.pack(
            f"<I{len(part.shape)}QIQ",
            len(part.shape),
            *reversed(part.shape),
            part.type,
            part.offset - data_start,
        )
        for part in parts.values()
    )


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _damaged(path: Path, reason: str) -> GgufUnreadable:
    return GgufUnreadable(
        f"The file {path} is damaged: {reason}.", "Fetch the model again, or choose another one."
    )
