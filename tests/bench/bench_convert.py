"""What it takes to turn a rank-32 adapter of a 14B base into GGUF: seconds, and memory at its peak.

python -m tests.bench.bench_convert [--precision f16|f32] [--folder DIR]

The adapter is of the shape of Qwen2.5 14B on all seven projections, 550 MB of random numbers in 32
bits; of the base there is no more than its header. The conversion runs in a process of its own.
One line of JSON; exit code 1 where it takes longer or more memory than it may.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np

BLOCKS, RANK = 48, 32
WIDE, TALL, HEADS, HEADS_KV, HEAD = 5120, 13_824, 40, 8, 128
SHAPES = {
    ("self_attn.q_proj", "attn_q"): (HEADS * HEAD, WIDE),
    ("self_attn.k_proj", "attn_k"): (HEADS_KV * HEAD, WIDE),
    ("self_attn.v_proj", "attn_v"): (HEADS_KV * HEAD, WIDE),
    ("self_attn.o_proj", "attn_output"): (WIDE, HEADS * HEAD),
    ("mlp.gate_proj", "ffn_gate"): (TALL, WIDE),
    ("mlp.up_proj", "ffn_up"): (TALL, WIDE),
    ("mlp.down_proj", "ffn_down"): (WIDE, TALL),
}
MOST_SECONDS, MOST_BYTES = 20.0, 2e9
CONVERT = """
import sys
from pathlib import Path
from ollama_bridge.gguf_adapter import convert
peft, out, base = map(Path, sys.argv[1:4])
convert(peft, out, base, precision=sys.argv[4])
"""


def write_base_header(path: Path) -> Path:
    """The base as far as a conversion looks into it."""
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(32_768)
    writer.add_embedding_length(WIDE)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(TALL)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS_KV)
    half = np.dtype(np.float16)
    for block in range(BLOCKS):
        for (_, name), shape in SHAPES.items():
            size_bytes = shape[0] * shape[1] * half.itemsize
            writer.add_tensor_info(f"blk.{block}.{name}.weight", shape, half, size_bytes)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    return path


def halves() -> Iterator[tuple[str, tuple[int, int]]]:
    """Every tensor of the adapter with its shape."""
    for block in range(BLOCKS):
        for (name, _), (rows, columns) in SHAPES.items():
            key = f"base_model.model.model.layers.{block}.{name}"
            yield f"{key}.lora_A.weight", (RANK, columns)
            yield f"{key}.lora_B.weight", (rows, RANK)


def write_adapter(folder: Path) -> Path:
    """The adapter as PEFT saves it, written tensor by tensor."""
    folder.mkdir(parents=True)
    header, at = {}, 0
    for name, shape in halves():
        end = at + 4 * shape[0] * shape[1]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    random = np.random.default_rng(0)
    with (folder / "adapter_model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, shape in halves():
            file.write(random.standard_normal(shape, np.float32).tobytes())
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": 2 * RANK, "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    return folder


def measure(root: Path, precision: str) -> dict[str, float | str | bool]:
    """Convert once, in a child whose memory is read when it has ended."""
    peft, base, out = write_adapter(root / "peft"), root / "base.gguf", root / "adapter.gguf"
    command = [sys.executable, "-c", CONVERT, str(peft), str(out), str(write_base_header(base))]
    began = time.perf_counter()
    subprocess.run([*command, precision], check=True)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # Kilobytes on Linux, bytes on macOS.
    peak_bytes = peak if sys.platform == "darwin" else 1024 * peak
    return {
        "precision": precision,
        "adapter_mb": round((peft / "adapter_model.safetensors").stat().st_size / 1e6),
        "gguf_mb": round(out.stat().st_size / 1e6),
        "seconds": round(seconds, 1),
        "peak_mb": round(peak_bytes / 1e6),
        "within": seconds < MOST_SECONDS and peak_bytes < MOST_BYTES,
    }


def main() -> int:
    """Measure, and say whether it is within what was promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--precision", choices=("f16", "f32"), default="f16")
    parser.add_argument("--folder", type=Path, help="where a GB may be written for a while")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        found = measure(Path(name), asked.precision)
    print(json.dumps(found))
    return 0 if found["within"] else 1


if __name__ == "__main__":
    sys.exit(main())
