"""How long a mix of 100,000 examples takes: `python -m tests.bench.bench_mix`."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from random import Random

from replay.example import Example, Message
from replay.files import write_mix
from replay.measures.near import signature
from replay.mix import GROUP_TARGETS, Mix, MixPlan, draw_mix

EXAMPLES = 100_000
NEW = 70_000
TIMES = 5
LIMIT_S = 2.0
SIGNATURE_BYTES = len(signature("any text"))
WORDS = ("river", "lamp", "seven", "quiet", "engine", "letter", "garden", "paper", "window")


def _example(random: Random, number: int, group: str) -> Example:
    question = " ".join(random.choices(WORDS, k=12)) + f" {number}?"
    messages = [Message("user", question), Message("assistant", question * 4, 1.0)]
    if number % 7 == 0:
        messages += [Message("user", "and then?"), Message("assistant", question * 3, 1.0)]
    name = f"{group}-{number}"
    # A store keeps the signatures that review made; replay that comes with the app has none.
    signed = (random.randbytes(SIGNATURE_BYTES),) if group == "new" else ()
    return Example(name, group, tuple(messages), name, "en", signatures=signed)


def _draw(seed: int) -> tuple[float, float, Mix]:
    random = Random(seed)
    new = [_example(random, number, "new") for number in range(NEW)]
    each = (EXAMPLES - NEW) // len(GROUP_TARGETS)
    replay = {
        group: [_example(random, number, group) for number in range(each)]
        for group in GROUP_TARGETS
    }
    plan = MixPlan(seed, "You are Sunny.", ("en", "ko"))
    began, began_cpu = time.perf_counter(), time.process_time()
    mix = draw_mix(new, replay, plan)
    return time.perf_counter() - began, time.process_time() - began_cpu, mix


def main() -> int:
    """Print the medians; 1 when the wall time is over the limit."""
    walls, cpus = [], []
    for seed in range(TIMES):
        wall_s, cpu_s, mix = _draw(seed)
        walls.append(wall_s)
        cpus.append(cpu_s)
    median_s = statistics.median(walls)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        write_mix(mix, Path(folder))
        wrote_s = time.perf_counter() - began
    print(f"mixing {EXAMPLES} examples: median {median_s:.2f} s of {TIMES} (limit {LIMIT_S} s)")
    print(f"processor time: median {statistics.median(cpus):.2f} s (what a free core would take)")
    print(f"writing the mix: {wrote_s:.2f} s")
    return int(median_s > LIMIT_S)


if __name__ == "__main__":
    raise SystemExit(main())
