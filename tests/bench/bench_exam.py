"""What an exam costs: 200 cases on the starter model side by side, and one by one.

python -m tests.bench.bench_exam [--rounds 5] [--cases 200] [--alone 50]

The quick exam of the demo's persona in English, no answer known beforehand. One by one takes long,
so it is measured on a part that is spread evenly over the cases, and compared by cases a second
with the same part side by side.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import resources
from app.cycle.asking import Sitting
from app.evaluation.answer_cache import AnswerCache
from app.evaluation.cases import Case
from app.evaluation.checks import About
from app.evaluation.exam import PARALLEL, examine
from app.evaluation.suite import built_in_suites, full_cases, quick_cases
from ollama_bridge.runtime.client import RuntimeClient
from tests.bench.demo_run import users_starter

PERSONA = Path(resources.__file__).parent / "demo" / "persona.json"
BOUND_S = 90.0
LEAST_RATIO = 2.5


def cases_of(count: int) -> list[Case]:
    """The quick exam, filled up from the full one where it has fewer."""
    suites = built_in_suites()
    quick = quick_cases(suites, ["en"])
    rest = [case for case in full_cases(suites, ["en"]) if case not in quick]
    return [*quick, *(case for case in rest if case.max_tokens <= 160)][:count]


def seconds(client: RuntimeClient, prompt: str, cases: Sequence[Case], parallel: int) -> float:
    """How long an exam takes of which nothing is known."""
    with tempfile.TemporaryDirectory() as folder:
        cache = AnswerCache(Path(folder) / "answers.jsonl")
        examinee = Sitting(client, cache, "bench", prompt).examinee(None)
        began = time.perf_counter()
        examine(examinee, cases, About(), parallel=parallel)
        return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--alone", type=int, default=50)
    options = parser.parse_args()
    prompt = json.loads(PERSONA.read_text("utf-8"))["system_prompt"]
    cases = cases_of(options.cases)
    part = cases[:: max(1, len(cases) // options.alone)]
    base = users_starter()
    found: dict[str, list[float]] = {"together": [], "part together": [], "part alone": []}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as home, RuntimeClient.connect(Path(home)) as client:
            client.serve(base, [], slots=PARALLEL)
            found["together"].append(seconds(client, prompt, cases, PARALLEL))
            found["part together"].append(seconds(client, prompt, part, PARALLEL))
        with tempfile.TemporaryDirectory() as home, RuntimeClient.connect(Path(home)) as client:
            client.serve(base, [], slots=1)
            found["part alone"].append(seconds(client, prompt, part, 1))
        print(json.dumps({name: round(each[-1], 1) for name, each in found.items()}), flush=True)
    median = {name: statistics.median(each) for name, each in found.items()}
    ratio = median["part alone"] / median["part together"]
    row = {name: round(value, 1) for name, value in median.items()}
    print(json.dumps({**row, "cases": len(cases), "part": len(part), "ratio": round(ratio, 2)}))
    return 0 if median["together"] <= BOUND_S and ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
