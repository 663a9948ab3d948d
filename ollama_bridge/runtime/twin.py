"""A base's twin: the same weights in Q8_0, for processors that read the base's own form slowly.

llama.cpp has no fast kernel for Q4_1, Q5_0 and Q5_1 on x86. Of the starter model on two cores the
twin reads prompts 1.5 times as fast, writes eight replies side by side 1.35 times and one reply
1.2 times as fast, for 145 MB of disk. No weight moves by more than half a percent of the largest
of its 32 neighbours.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import os
import platform
import re
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from ollama_bridge.base_gguf import ALIGNMENT, BaseFacts, TensorFacts, read_facts
from ollama_bridge.errors import GgufUnreadable
from ollama_bridge.runtime.protocol import FileMark

# GGML's numbers of Q4_1, Q5_0 and Q5_1.
SLOW_TYPES = frozenset({3, 6, 7})
Q8_0 = 8
FILE_TYPE_Q8_0 = 7
LARGEST_BYTES = 600_000_000
# A convenience must not be what fills a disk.
LEFT_FREE_BYTES = 1_000_000_000
OTHER_MAKER_S = 120.0

_WEIGHTS_AT_ONCE = 1 << 21
_PART = ".part"
_UINT32 = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Stored:
    """A tensor in the base, and where and how the twin has it."""

    name: str
    facts: TensorFacts
    size_bytes: int
    twin: TensorFacts


@dataclass(frozen=True)
class _Plan:
    """A twin before it is written: its header, and its tensors in the order of the file."""

    header: bytes
    tensors: tuple[_Stored, ...]
    size_bytes: int


def folder_in(home: Path) -> Path:
    """Where the twins of a home lie."""
    return home / "models" / "served"


def served_file(base: Path, folder: Path) -> Path:
    """What the runtime loads for a base: its twin if there is one of the file as it is now."""
    try:
        twin = _place(FileMark.of(base), folder)
    except OSError:
        return base
    return twin if twin.is_file() else base


def ensure_twin(base: Path, folder: Path) -> Path:
    """Make the twin where it is faster and there is room; what the runtime loads from now on.

    Takes seconds; a twin that cannot be made is done without.
    """
    try:
        twin = _place(FileMark.of(base), folder)
        facts = read_facts(base)
        if not any(tensor.ggml_type in SLOW_TYPES for tensor in facts.tensors.values()):
            return base
        if not _faster_here():
            # The home was on another machine before, or this one has a card now.
            discard(twin)
        elif not twin.is_file():
            plan = _plan(facts)
            if plan is not None and plan.size_bytes <= LARGEST_BYTES:
                _make(base, plan, twin)
    except (OSError, GgufUnreadable, ImportError, ValueError) as error:
        log.warning("%s is served as it is: %s", base.name, error)
    return served_file(base, folder)


def discard(twin: Path) -> None:
    """Take a twin away, where that can be done now; Windows keeps a file that is served."""
    with contextlib.suppress(OSError):
        twin.unlink()


def _faster_here() -> bool:
    """Whether the runtime computes on an x86 processor alone; it was timed nowhere else."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    import xllamacpp

    kinds = xllamacpp.ggml_backend_dev_type
    cards = (
        kinds.GGML_BACKEND_DEVICE_TYPE_GPU,
        kinds.GGML_BACKEND_DEVICE_TYPE_IGPU,
    )
    return not any(device["type"] in cards for device in xllamacpp.get_device_info())


def _place(mark: FileMark, folder: Path) -> Path:
    key = hashlib.sha256(repr(mark).encode()).hexdigest()[:12]
    return folder / f"{Path(mark.path).stem}.{key}.Q8_0.gguf"


def _plan(facts: BaseFacts) -> _Plan | None:
    """How the twin is laid out; none where the slow forms are not most of the file."""
    with facts.path.open("rb") as file:
        header = bytearray(file.read(facts.data_start))
    alignment_at = _number_at(header, "general.alignment")
    alignment = ALIGNMENT
    if alignment_at is not None:
        (alignment,) = struct.unpack_from("<I", header, alignment_at)
    tensors, data_bytes = _laid_out(facts, alignment)
    slow = sum(each.size_bytes for each in tensors if each.facts.ggml_type in SLOW_TYPES)
    if 2 * slow <= facts.size_bytes:
        return None
    file_type_at = _number_at(header, "general.file_type")
    if file_type_at is not None:
        struct.pack_into("<I", header, file_type_at, FILE_TYPE_Q8_0)
    at = 0
    for each in tensors:
        entry = _entry(each.name, each.facts)
        at = header.index(entry, at)
        header[at : at + len(entry)] = _entry(each.name, each.twin)
    return _Plan(bytes(header), tensors, len(header) + data_bytes)


def _laid_out(facts: BaseFacts, alignment: int) -> tuple[tuple[_Stored, ...], int]:
    """The twin's tensors in the order of the file, and how many bytes they take."""
    offset = 0
    tensors = []
    for name, tensor in facts.tensors.items():
        kind = Q8_0 if tensor.ggml_type in SLOW_TYPES else tensor.ggml_type
        twin = TensorFacts(tensor.shape, kind, offset)
        size = _stored_bytes(tensor.shape, tensor.ggml_type)
        tensors.append(_Stored(name, tensor, size, twin))
        offset += -(-_stored_bytes(tensor.shape, kind) // alignment) * alignment
    return tuple(tensors), offset


def _stored_bytes(shape: tuple[int, ...], ggml_type: int) -> int:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    block, size = GGML_QUANT_SIZES[GGMLQuantizationType(ggml_type)]
    return math.prod(shape) // int(block) * int(size)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _number_at(header: bytearray, key: str) -> int | None:
    """Where the number of a field lies; in all else the header is carried over as it is."""
    entry = _text(key) + struct.pack("<I", _UINT32)
    at = header.find(entry)
    return None if at < 0 else at + len(entry)


def _entry(name: str, facts: TensorFacts) -> bytes:
    """A tensor's line in the list of tensors; as long for the twin as for the base."""
    sizes = [len(facts.shape), *reversed(facts.shape)]
    form = f"<I{len(facts.shape)}QIQ"
    return _text(name) + struct.pack(form, *sizes, facts.ggml_type, facts.offset)


def _make(base: Path, plan: _Plan, twin: Path) -> None:
    """Write the twin, whole or not at all; one at a time in a folder."""
    twin.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(twin.with_name("making.lock"), timeout=OTHER_MAKER_S):
        _sweep(twin)
        if twin.is_file():
            return
        if shutil.disk_usage(twin.parent).free < plan.size_bytes + LEFT_FREE_BYTES:
            log.info("no room for a faster form of %s", base.name)
            return
        part = twin.with_name(twin.name + _PART)
        try:
            with base.open("rb") as source, part.open("wb") as target:
                _write(source, plan, target)
                os.fsync(target.fileno())
            part.replace(twin)
        finally:
            part.unlink(missing_ok=True)


def _sweep(twin: Path) -> None:
    """Take away what a killed making left, and the twins of what the base was before."""
    stem = twin.name.removesuffix(".Q8_0.gguf").rpartition(".")[0]
    earlier = re.compile(re.escape(stem) + r"\.[0-9a-f]{12}\.Q8_0\.gguf")
    for path in twin.parent.iterdir():
        if path != twin and (path.suffix == _PART or earlier.fullmatch(path.name)):
            discard(path)


def _write(source: BinaryIO, plan: _Plan, target: BinaryIO) -> None:
    target.write(plan.header)
    data_start = len(plan.header)
    for each in plan.tensors:
        target.seek(data_start + each.twin.offset)
        source.seek(data_start + each.facts.offset)
        for piece in _pieces(source, each):
            target.write(piece)
    target.truncate(plan.size_bytes)
    target.flush()


def _pieces(source: BinaryIO, tensor: _Stored) -> Iterator[bytes]:
    """The tensor as the twin has it, a few rows at a time."""
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize, quantize

    columns = tensor.facts.shape[-1]
    rows = math.prod(tensor.facts.shape[:-1])
    row_bytes = tensor.size_bytes // max(1, rows)
    kind = GGMLQuantizationType(tensor.facts.ggml_type)
    at_once = max(1, _WEIGHTS_AT_ONCE // max(1, columns))
    for first in range(0, rows, at_once):
        count = min(at_once, rows - first)
        raw = source.read(count * row_bytes)
        if len(raw) < count * row_bytes:
            raise ValueError("the file ends before its weights do")
        if tensor.twin.ggml_type == tensor.facts.ggml_type:
            yield raw
        else:
            values = dequantize(np.frombuffer(raw, np.uint8).reshape(count, row_bytes), kind)
            yield quantize(values, GGMLQuantizationType.Q8_0).tobytes()
