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
import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from filelock import FileLock

from ollama_bridge.base_gguf import read_facts
from ollama_bridge.errors import GgufUnreadable
from ollama_bridge.runtime.protocol import FileMark

if TYPE_CHECKING:
    # Brings numpy, and the runtime is to start fast.
    from ollama_bridge.gguf_layout import Layout, Part

# GGML's numbers of Q4_1, Q5_0 and Q5_1.
SLOW_TYPES = frozenset({3, 6, 7})
FILE_TYPE_Q8_0 = 7
LARGEST_BYTES = 600_000_000
# A convenience must not be what fills a disk.
LEFT_FREE_BYTES = 1_000_000_000
OTHER_MAKER_S = 120.0

_WEIGHTS_AT_ONCE = 1 << 21
_PART = ".part"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Plan:
    """The base as it lies there, and its twin as it will."""

    base: Layout
    twin: Layout


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
            plan = _plan(base)
            if plan is not None and plan.twin.size_bytes <= LARGEST_BYTES:
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


def _plan(base: Path) -> _Plan | None:
    """How the twin is laid out; none where the slow forms are not most of the file."""
    from gguf import GGMLQuantizationType

    from ollama_bridge.gguf_layout import read_layout

    whole = read_layout(base)
    slow = {each.name: each.size_bytes for each in whole.parts.values() if each.type in SLOW_TYPES}
    if 2 * sum(slow.values()) <= whole.size_bytes:
        return None
    twin = whole.retyped(dict.fromkeys(slow, GGMLQuantizationType.Q8_0))
    return _Plan(whole, twin.with_number("general.file_type", FILE_TYPE_Q8_0))


def _make(base: Path, plan: _Plan, twin: Path) -> None:
    """Write the twin, whole or not at all; one at a time in a folder."""
    twin.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(twin.with_name("making.lock"), timeout=OTHER_MAKER_S):
        _sweep(twin)
        if twin.is_file():
            return
        if shutil.disk_usage(twin.parent).free < plan.twin.size_bytes + LEFT_FREE_BYTES:
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
    target.write(plan.twin.header)
    for part in plan.twin.parts.values():
        target.seek(part.offset)
        for piece in _pieces(source, plan.base.parts[part.name], part):
            target.write(piece)
    target.truncate(plan.twin.size_bytes)
    target.flush()


def _pieces(source: BinaryIO, stored: Part, twin: Part) -> Iterator[bytes]:
    """The tensor as the twin has it, a few rows at a time."""
    from gguf.quants import quantize

    at_once = max(1, _WEIGHTS_AT_ONCE // max(1, stored.shape[-1]))
    for first in range(0, stored.rows, at_once):
        count = min(at_once, stored.rows - first)
        if twin.type == stored.type:
            yield stored.raw(source, first, count)
        else:
            yield quantize(stored.floats(source, first, count), twin.type).tobytes()
