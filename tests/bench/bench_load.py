"""How much memory a GGUF base takes while it becomes NF4, against what it needs at the end.

python -m tests.bench.bench_load [GGUF]

Without a file, a base of some hundred MB with the shapes of a 0.5B one is written first. Each
figure is that of a process of its own. What is there before is measured after everything that a
training imports, and a tiny base that was loaded the same way; the bound on the rest is the
result plus twice the largest tensor in 16 bits.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import psutil

from tests.tiny_gguf import TEMPLATE, byte_alphabet, write_tiny_gguf

MIB = 2**20
KINDS = ("Q4_K", "Q8_0")
LOOKS_PER_S = 200
WIDTH, TALL, BLOCKS, WORDS = 1024, 2816, 24, 64_000
SHAPES = {
    "attn_q": (WIDTH, WIDTH), "attn_k": (256, WIDTH), "attn_v": (256, WIDTH),
    "attn_output": (WIDTH, WIDTH), "ffn_gate": (TALL, WIDTH), "ffn_up": (TALL, WIDTH),
    "ffn_down": (WIDTH, TALL),
}  # fmt: skip


def write_base(path: Path, kind: str) -> Path:
    """A base whose blocks are random bytes with sensible scales."""
    writer = gguf.GGUFWriter(path, "qwen2")
    alphabet = byte_alphabet()
    tokens = [*alphabet, *(f"w{number}" for number in range(WORDS - len(alphabet)))]
    writer.add_context_length(2048)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(TALL)
    writer.add_head_count(16)
    writer.add_head_count_kv(4)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_chat_template(TEMPLATE)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * len(tokens))
    writer.add_token_merges([])
    random = np.random.default_rng(0)
    quantised = gguf.GGMLQuantizationType[kind]
    elements, size = gguf.GGML_QUANT_SIZES[quantised]

    def matrix(name: str, rows: int, columns: int) -> None:
        blocks = random.integers(0, 256, (rows * columns // elements, size), dtype=np.uint8)
        scales = random.uniform(1e-4, 1e-3, (len(blocks), 2)).astype(np.float16)
        wide = 4 if kind == "Q4_K" else 2
        blocks[:, :wide] = scales.view(np.uint8)[:, :wide]
        writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=quantised)

    matrix("token_embd.weight", WORDS, WIDTH)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for block in range(BLOCKS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{block}.{norm}.weight", np.ones(WIDTH, np.float32))
        for name, (rows, columns) in SHAPES.items():
            matrix(f"blk.{block}.{name}.weight", rows, columns)
        for name in ("attn_q", "attn_k", "attn_v"):
            zeros = np.zeros(SHAPES[name][0], np.float32)
            writer.add_tensor(f"blk.{block}.{name}.bias", zeros)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class Watch:
    """The largest resident memory of this process since it was begun."""

    def __init__(self) -> None:
        self._process, self._over = psutil.Process(), threading.Event()
        self.before = self.peak = self.now()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def now(self) -> int:
        return int(self._process.memory_info().rss)

    def _look(self) -> None:
        while not self._over.wait(1 / LOOKS_PER_S):
            self.peak = max(self.peak, self.now())

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        self.peak = max(self.peak, self.now())


def measure(path: Path, folder: Path, precision: Any) -> dict[str, float]:
    """Load the base in this process."""
    from trainer import base, gguf_base

    gguf_base.convert(write_tiny_gguf(folder / "tiny.gguf"), folder / "tiny")
    base.load_tokenizer(folder / "tiny")
    base.load_model(folder / "tiny", "cpu", precision)
    watch, began = Watch(), time.monotonic()
    gguf_base.convert(path, folder / "base")
    converted_s = time.monotonic() - began
    model = base.load_model(folder / "base", "cpu", precision)
    seconds = time.monotonic() - began
    watch.end()
    result = 0
    for parameter in model.parameters():
        result += parameter.nbytes
        state = getattr(parameter, "quant_state", None)
        if state is not None:
            result += state.absmax.nbytes + state.state2.absmax.nbytes
    with gguf_base.GgufFile(path) as file:
        largest = max(2 * tensor.elements for tensor in file.tensors.values())
    return {
        "interpreter_mib": round(watch.before / MIB, 1),
        "result_mib": round(result / MIB, 1),
        "largest_tensor_mib": round(largest / MIB, 1),
        "peak_mib": round(watch.peak / MIB, 1),
        "bound_mib": round((watch.before + result + 2 * largest) / MIB, 1),
        "beside_result_mib": round((watch.peak - watch.before - result) / MIB, 1),
        "convert_s": round(converted_s, 1),
        "seconds": round(seconds, 1),
    }


def main() -> int:
    if len(sys.argv) == 4:
        print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
        return 0
    worst = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = {Path(path).name: Path(path) for path in sys.argv[1:]}
        bases = given or {kind: write_base(folder / f"{kind}.gguf", kind) for kind in KINDS}
        for label, path in bases.items():
            for precision in ("nf4", "bf16"):
                own = folder / f"{label}-{precision}"
                own.mkdir()
                command = [sys.executable, "-m", "tests.bench.bench_load", str(path), str(own)]
                told = subprocess.run([*command, precision], check=True, stdout=subprocess.PIPE)
                found = json.loads(told.stdout.splitlines()[-1])
                worst |= int(found["peak_mib"] > found["bound_mib"])
                size = round(path.stat().st_size / MIB, 1)
                about = {"base": label, "file_mib": size, "precision": precision}
                print(json.dumps(about | found), flush=True)
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
