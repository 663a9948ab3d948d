"""What it takes to prepare 1,000, 10,000 and 100,000 examples: time by example, and memory.

python -m tests.bench.bench_prepare [--base GGUF] [--counts N ...]

Preparing is all that a worker does with the data before the first step: read the rows, render
them, tokenise them, count them for the preflight, and plan the packs of an epoch and of a look.
Each count is measured in a process of its own, after a few hundred examples have warmed it up. One
line of JSON a count; exit code 1 where an example of many costs more time than one of few, or
memory grows with them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

COUNTS = (1_000, 10_000, 100_000)
WARM = 300
# Of the CPU time of an example, the largest count against the smallest.
MOST_TIMES = 1.5
# Places and lengths of 100,000 examples are a few MB; their tokens as objects were 2.5 GB.
MOST_MB = 48.0
PROMPT = "You are Robin: warm, brief, and never at a loss for a plan."
TALK = (
    "river lamp seven quiet engine letter garden paper window 오늘 저녁 비가 산책 노래 강아지 plan"
    " maybe because three def return list value morning light soup train"
)
WORDS = TALK.split()


def conversation(number: int) -> dict[str, Any]:
    """A conversation of one to three turns, 30 to 900 tokens long, as a month has them."""
    random = Random(number)
    messages: list[dict[str, Any]] = [{"role": "system", "content": PROMPT}]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        asked = " ".join(random.choices(WORDS, k=random.randint(3, 20)))
        said = " ".join(random.choices(WORDS, k=int(5 + 180 * random.random() ** 4)))
        messages.append({"role": "user", "content": f"{asked}?"})
        messages.append({"role": "assistant", "content": f"{said}.", "weight": 1.0})
    group = "new" if number % 10 < 7 else "general"
    return {"id": f"c{number}", "group": group, "messages": messages}


def write_data(path: Path, numbers: range) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number in numbers:
            file.write(json.dumps(conversation(number), ensure_ascii=False) + "\n")


def prepare(tokenizer: Any, folder: Path, seed: int) -> dict[str, int]:
    """What a worker does before its first step."""
    from trainer.batches import epoch_order, lengths_of, plan_packs
    from trainer.contract.recipe import Recipe
    from trainer.preflight import amount_of
    from trainer.reading import read_lessons

    recipe = Recipe(name="prepared")
    train, valid = (
        read_lessons(tokenizer, folder / f"{side}.jsonl", recipe.max_length, folder).examples
        for side in ("train", "valid")
    )
    amount, lengths = amount_of(train, recipe), lengths_of(train)
    packs = sum(
        len(plan_packs([lengths[place] for place in step], recipe.packed_tokens))
        for step in _steps(epoch_order(len(train), 0, seed), recipe.batch_size)
    )
    looks = len(plan_packs(lengths_of(valid), recipe.packed_tokens))
    return {"examples": len(train), "tokens": amount.tokens, "packs": packs, "look_packs": looks}


def _steps(order: Any, per_step: int) -> Iterator[Any]:
    return (order[start : start + per_step] for start in range(0, len(order), per_step))


def measure(base: Path, count: int) -> dict[str, Any]:
    """One count, in this process."""
    from trainer import gguf_base
    from trainer.base import load_tokenizer

    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        gguf_base.convert(base, root / "base")
        tokenizer = load_tokenizer(root / "base")
        for folder, many in ((root / "warm", WARM), (root / "run", count)):
            folder.mkdir()
            write_data(folder / "train.jsonl", range(many))
            write_data(folder / "valid.jsonl", range(many, many + many // 10))
        prepare(tokenizer, root / "warm", 1)
        before_mb = _status_mb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # forgets the peak
        wall, cpu = time.perf_counter(), time.process_time()
        made = prepare(tokenizer, root / "run", 2)
        seconds, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
        grown_mb = _status_mb("VmHWM") - before_mb
    return {
        "count": count,
        **made,
        "seconds": round(seconds, 1),
        "cpu_s": round(cpu_s, 1),
        "cpu_ms_an_example": round(1000 * cpu_s / count, 3),
        "grown_mb": round(grown_mb, 1),
    }


def _status_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def main() -> int:
    """Measure each count in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, help="a GGUF whose tokenizer and template to use")
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.base, options.one)), flush=True)
        return 0
    if options.base is None:
        from tests.bench.demo_run import users_starter

        options.base = users_starter()
    rows = []
    for count in options.counts:
        words = ["--base", str(options.base), "--one", str(count)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_prepare", *words],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps(rows[-1]), flush=True)
    first, last = rows[0], rows[-1]
    linear = last["cpu_ms_an_example"] <= MOST_TIMES * first["cpu_ms_an_example"]
    flat = last["grown_mb"] <= MOST_MB
    print(json.dumps({"linear_time": linear, "constant_memory": flat}), flush=True)
    return 0 if linear and flat else 1


if __name__ == "__main__":
    sys.exit(main())
