"""An adapter merged into its base: one GGUF file, for programs that take no adapters.

What the adapter does not touch is copied byte for byte. What it touches keeps its type, except
for types that can be read but not written here (Q4_K and the like), which become Q8_0.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize

from ollama_bridge.drafts import draft_beside
from ollama_bridge.errors import AdapterMismatch, AdapterUnsupported, BridgeError, GgufUnreadable
from ollama_bridge.gguf_layout import Floats, Layout, Part, read_layout

# Hears of bytes written and bytes in all; what it raises ends the merge.
Progress = Callable[[int, int], None]

# Larger pieces no longer fit into a processor's cache: 8 MB at once took five times as long.
COPIED_AT_ONCE = 1 << 20
# Fewer took longer, for all that is done anew for each piece.
WEIGHTS_AT_ONCE = 4 << 20

_HALVES = (".lora_a", ".lora_b")
_WIDE = (GGMLQuantizationType.F32, GGMLQuantizationType.BF16)
# Three values a weight leave an adapter's small changes no room.
_TERNARY = (GGMLQuantizationType.TQ1_0, GGMLQuantizationType.TQ2_0)
_OTHER_BASE = "Use the adapter with the base that it was trained on."


@dataclass(frozen=True)
class _Update:
    """What is added to one of the base's tensors: scale times B times A."""

    a: Part
    b: Part
    scale: float


@dataclass(frozen=True)
class _Plan:
    """The base's file as it is and as it will be, and what the adapter changes in it."""

    base: Layout
    merged: Layout
    updates: dict[str, _Update]


def merged_size(base: Path, adapter: Path, *, finer: bool = False) -> int:
    """How many bytes the merged file will have."""
    return _plan(base, adapter, finer).merged.size_bytes


def merge(
    base: Path,
    adapter: Path,
    out: Path,
    on_progress: Progress = lambda done, total: None,
    *,
    finer: bool = False,
) -> None:
    """Write base and GGUF adapter as one model, whole or not at all, in constant memory.

    What is changed keeps its type where that can be written. With `finer` it gets eight bits a
    weight at least: a type of four swallows changes that are smaller than its steps.
    """
    plan = _plan(base, adapter, finer)
    if out.exists() and any(out.samefile(each) for each in (base, adapter)):
        raise BridgeError(
            f"{out} would be written over what is merged.",
            "Choose another name for the merged model.",
            kept="It was left as it is.",
            kind="merge_there",
        )
    total = plan.merged.size_bytes
    with draft_beside(out, total) as draft:
        with base.open("rb") as weights, adapter.open("rb") as changes, draft.open("wb") as target:
            target.write(plan.merged.header)
            for part in plan.merged.parts.values():
                target.seek(part.offset)
                for piece in _pieces(plan, part, weights, changes):
                    target.write(piece)
                    on_progress(target.tell(), total)
            target.truncate(total)
            target.flush()
            os.fsync(target.fileno())
        on_progress(total, total)


def _plan(base: Path, adapter: Path, finer: bool) -> _Plan:
    layout = read_layout(base)
    updates = _updates(layout, adapter)
    types = {name: _written_as(layout.parts[name], base, finer) for name in updates}
    return _Plan(layout, layout.retyped(types), updates)


def _updates(base: Layout, adapter: Path) -> dict[str, _Update]:
    """What the adapter changes, having looked whether all of it fits."""
    try:
        found = read_layout(adapter)
        alpha = _alpha(adapter)
    except (GgufUnreadable, ValueError, KeyError) as error:
        raise AdapterMismatch(
            f"The adapter {adapter} cannot be read as GGUF ({error}).",
            "Convert it again from its PEFT folder.",
        ) from error
    if found.facts.architecture != base.facts.architecture:
        raise AdapterMismatch(
            f"The adapter is for the family {found.facts.architecture}, and the base"
            f" {base.facts.name} is of the family {base.facts.architecture}.",
            _OTHER_BASE,
        )
    changed = {
        name.removesuffix(half) for half in _HALVES for name in found.parts if name.endswith(half)
    }
    updates: dict[str, _Update] = {}
    for name in sorted(changed):
        a, b = (found.parts.get(name + half) for half in _HALVES)
        if a is None or b is None:
            raise AdapterMismatch(f"The adapter holds only one half of {name}.", _OTHER_BASE)
        _check_place(base, name, a, b)
        # llama.cpp scales so, and by one where no alpha is told.
        updates[name] = _Update(a, b, alpha / b.shape[-1] if alpha else 1.0)
    if not updates or 2 * len(updates) != len(found.parts):
        raise AdapterMismatch(
            "The adapter holds other tensors than pairs of A and B, or none.", _OTHER_BASE
        )
    return updates


def _alpha(adapter: Path) -> float:
    fields = gguf.GGUFReader(adapter).fields
    if gguf.Keys.Adapter.TYPE not in fields or fields[gguf.Keys.Adapter.TYPE].contents() != "lora":
        raise ValueError("it does not say that it is a LoRA adapter")
    alpha = fields.get(gguf.Keys.Adapter.LORA_ALPHA)
    return float(alpha.contents()) if alpha is not None else 0.0


def _check_place(base: Layout, name: str, a: Part, b: Part) -> None:
    shape = (b.shape[0], a.shape[-1])
    place = base.parts.get(name)
    pair = len(a.shape) == len(b.shape) == 2 and a.shape[0] == b.shape[1]
    if place is None or not pair or place.shape != shape:
        there = "is not there" if place is None else f"has the shape {place.shape}"
        raise AdapterMismatch(
            f"The adapter changes {name} of shape {shape}, which in {base.facts.name} {there}.",
            _OTHER_BASE,
        )
    if name.removesuffix("weight") + "scale" in base.parts:
        raise _unwritable(base.facts.path, f"{name} with a scale of its own")


def _written_as(part: Part, base: Path, finer: bool) -> GGMLQuantizationType:
    """The type in which a changed tensor is stored."""
    block, size = GGML_QUANT_SIZES[part.type]
    try:
        dequantize(np.zeros((1, size), np.uint8), part.type)
    except NotImplementedError as error:
        raise _unwritable(base, f"{part.name} as {part.type.name}") from error
    if part.type in _TERNARY or (finer and size < block):
        return GGMLQuantizationType.Q8_0
    try:
        quantize(np.zeros((1, block), np.float32), part.type)
    except NotImplementedError:
        return GGMLQuantizationType.Q8_0
    return part.type


def _unwritable(base: Path, what: str) -> AdapterUnsupported:
    return AdapterUnsupported(
        f"The base {base} stores {what}, into which no adapter can be merged here.",
        "Serve base and adapter beside one another, or fetch the same base as Q8_0 or Q4_K_M,"
        " train on it and merge then.",
        kind="merge_base",
    )


def _pieces(plan: _Plan, part: Part, weights: BinaryIO, changes: BinaryIO) -> Iterator[bytes]:
    """A tensor as the merged file has it, a piece at a time."""
    stored, update = plan.base.parts[part.name], plan.updates.get(part.name)
    if update is None:
        at_once = max(1, COPIED_AT_ONCE // max(1, stored.row_bytes))
        for first in range(0, stored.rows, at_once):
            yield stored.raw(weights, first, min(at_once, stored.rows - first))
        return
    a = update.a.floats(changes, 0, update.a.rows) * np.float32(update.scale)
    at_once = max(1, WEIGHTS_AT_ONCE // stored.shape[-1])
    for first in range(0, stored.rows, at_once):
        count = min(at_once, stored.rows - first)
        # What comes of values that are too large is told below.
        with np.errstate(over="ignore", invalid="ignore"):
            values = update.b.floats(changes, first, count) @ a
            values += stored.floats(weights, first, count)
        yield _stored(part, values)


def _stored(part: Part, values: Floats) -> bytes:
    largest = np.finfo(np.float32 if part.type in _WIDE else np.float16).max
    if not np.abs(values).max(initial=0.0) <= largest:
        raise AdapterMismatch(
            f"With the adapter, {part.name} would hold values that are not finite, or too large"
            f" for {part.type.name}.",
            "The training diverged: train again with a lower learning rate.",
        )
    return bytes(quantize(values, part.type).tobytes())
