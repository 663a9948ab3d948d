"""How fast an adapter is merged into a base of 1 GB: `python -m tests.bench.bench_merge [FOLDER]`.

Each merge is a process of its own, and its memory is that of the whole process. `copied` touches
a single small tensor, so that nearly all of the file is copied: 100 MB a second and 600 MB of
memory are the limits. Beside it stands a plain copy of the same file, written to the disk in the
same way. The others touch every projection.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from ollama_bridge.gguf_merge import merge
from tests.bench.bench_load import Watch

BYTES = 1_000_000_000
LIMIT_MB_S, LIMIT_MB = 100.0, 600.0
WIDE, TALL, RANK = 4096, 14336, 16
SHAPES = {
    "attn_q": (WIDE, WIDE), "attn_k": (1024, WIDE), "attn_v": (1024, WIDE),
    "attn_output": (WIDE, WIDE), "ffn_gate": (TALL, WIDE), "ffn_up": (TALL, WIDE),
    "ffn_down": (WIDE, TALL),
}  # fmt: skip
CASES = {"copied": ("F16", ("attn_v",)), "Q8_0": ("Q8_0", ()), "Q4_K": ("Q4_K", ())}


def write_base(path: Path, kind: str) -> Path:
    """Blocks of a large model's shapes, until the file is long enough."""
    stored = GGMLQuantizationType[kind]
    block, size = (int(each) for each in GGML_QUANT_SIZES[stored])
    count = round(BYTES * block / size / sum(rows * columns for rows, columns in SHAPES.values()))
    random = np.random.default_rng(0)
    rows = random.integers(0, 256, (TALL * WIDE // block, size), np.uint8)
    # Sensible values: scales at the beginning of a block, or floats that are all below one.
    if kind == "F16":
        rows = random.normal(0, 0.02, len(rows)).astype(np.float16).view(np.uint8)
    else:
        scales = random.uniform(1e-4, 1e-3, (len(rows), 2)).astype(np.float16)
        wide = 4 if kind == "Q4_K" else 2
        rows[:, :wide] = scales.view(np.uint8)[:, :wide]
    raw = rows.reshape(-1)
    writer = gguf.GGUFWriter(path, "llama")
    sizes = []
    for number in range(count):
        for name, shape in SHAPES.items():
            sizes.append(shape[0] * shape[1] // block * size)
            whole = np.dtype(np.float32)
            writer.add_tensor_info(f"blk.{number}.{name}.weight", shape, whole, sizes[-1], stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for length in sizes:
        writer.write_tensor_data(raw[:length])
    writer.close()
    return path


def write_adapter(path: Path, base: Path, names: tuple[str, ...]) -> Path:
    """Pairs for the first block's tensors of these names, or for all that there are."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, 2.0 * RANK)
    random = np.random.default_rng(1)
    touched = {f"blk.0.{name}.weight" for name in names}
    for tensor in gguf.GGUFReader(base).tensors:
        if not touched or tensor.name in touched:
            columns, rows = (int(each) for each in tensor.shape)
            for half, shape in (("a", (RANK, columns)), ("b", (rows, RANK))):
                values = random.normal(0, 0.01, shape).astype(np.float16)
                writer.add_tensor(f"{tensor.name}.lora_{half}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def measure(base: Path, adapter: Path, out: Path) -> dict[str, float]:
    """Merge in this process."""
    watch, began = Watch(), time.perf_counter()
    merge(base, adapter, out)
    seconds = time.perf_counter() - began
    watch.end()
    return {"seconds": seconds, "peak_mb": watch.peak / 1e6}


def plain_copy_s(base: Path, out: Path) -> float:
    """How long the disk takes for the same file without a merge."""
    began = time.perf_counter()
    shutil.copyfile(base, out)
    with out.open("rb+") as file:
        os.fsync(file.fileno())
    return time.perf_counter() - began


def main() -> int:
    """Print a line for each case; 1 when a limit is broken."""
    if len(sys.argv) == 4:
        print(json.dumps(measure(*map(Path, sys.argv[1:]))))
        return 0
    over = False
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        folder = Path(name)
        for case, (kind, names) in CASES.items():
            base = write_base(folder / "base.gguf", kind)
            adapter, out = write_adapter(folder / "adapter.gguf", base, names), folder / "out.gguf"
            block, stored = (int(each) for each in GGML_QUANT_SIZES[GGMLQuantizationType[kind]])
            size = base.stat().st_size
            weights = size * block // stored
            command = [sys.executable, "-m", "tests.bench.bench_merge"]
            told = subprocess.run(
                [*command, *map(str, (base, adapter, out))], check=True, stdout=subprocess.PIPE
            )
            found = json.loads(told.stdout)
            copied = plain_copy_s(base, folder / "copy")
            speed = size / 1e6 / found["seconds"]
            print(
                f"{case:7}{size / 1e6:6.0f} MB in {found['seconds']:5.1f} s: {speed:5.0f} MB/s,"
                f" {weights / 1e6 / found['seconds']:4.0f} million weights/s;"
                f" {found['peak_mb']:.0f} MB of memory (limit {LIMIT_MB:.0f} MB);"
                f" a plain copy {size / 1e6 / copied:.0f} MB/s"
                + (f" (limit {LIMIT_MB_S:.0f} MB/s)" if names else ""),
                flush=True,
            )
            over |= found["peak_mb"] > LIMIT_MB or bool(names and speed < LIMIT_MB_S)
    return int(over)


if __name__ == "__main__":
    raise SystemExit(main())
