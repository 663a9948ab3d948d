"""Speed against memory, this trainer beside TRL's: `python -m tests.bench.bench_trl [OUT]`.

The same base in NF4, the same examples in the same order, the same optimiser, rates and adapter
(rank 16 on seven projections); each run in a process of its own. First one seed of every setting,
as a curve; then three seeds of those that judge: TRL's fastest, its defaults and its packing, our
fastest that needs no more memory than TRL's fastest, and our fastest with three quarters of it.
What OUT knows already is not measured again; --only narrows it to some bases and data.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean

from tests.bench.trl_case import Case, Found
from tests.bench.trl_run import peaks, prepare, run_apart

SEEDS = (0, 1, 2)
SAME_LOSS = 0.01
AT_ONCE, AT_LESS, LESS = 1.4, 1.1, 0.75
# Enough to compare settings; what judges sees all examples.
CURVE_STEPS = {"short": 4, "mixed": 3}
TRL_DEFAULT = Case("trl", batch_size=8, checkpointing=True)
TRL_PACKING = Case("trl", batch_size=1, packing=True, checkpointing=True)


def grid(kind: Case) -> Iterator[Case]:
    """Every setting of both, on one base and one kind of data."""
    for checkpointing in (False, True):
        for size in (8, 4, 2, 1):
            yield replace(kind, by="trl", batch_size=size, checkpointing=checkpointing)
        yield replace(kind, by="trl", batch_size=1, packing=True, checkpointing=checkpointing)
    for packed in (256, 512, 1024, 2048):
        yield replace(kind, by="ours", packed_tokens=packed)
    for packed in (512, 2048):
        yield replace(kind, by="ours", packed_tokens=packed, checkpointing=True)


@dataclass
class Results:
    """What was measured, kept line by line so that nothing is measured twice."""

    file: Path
    root: Path

    def of(self, case: Case) -> Found:
        """The measure of a case, taken now unless it is known."""
        known = {line["case"]: line["found"] for line in self._lines()}
        name = json.dumps(asdict(case))
        if name not in known:
            found = run_apart(case, self.root)
            with self.file.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"case": name, "found": asdict(found)}) + "\n")
            return found
        return Found(**known[name])

    def mean_of(self, case: Case) -> Found:
        """The mean of all seeds."""
        each = [asdict(self.of(replace(case, seed=seed))) for seed in SEEDS]
        return Found(**{name: mean(found[name] for found in each) for name in each[0]})

    def _lines(self) -> list[dict[str, dict[str, float]]]:
        if not self.file.is_file():
            return []
        return [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]


def fastest(curve: dict[Case, Found], by: str, at_most_mb: float = float("inf")) -> Case | None:
    """The fastest setting of one side that needs no more than this."""
    fitting = [c for c, found in curve.items() if c.by == by and found.peak_mb <= at_most_mb]
    return max(fitting, key=lambda case: curve[case].tokens_per_s, default=None)


def _row(name: str, found: Found, best: float) -> str:
    return (
        f"  {name:34} {found.tokens_per_s:7.0f} tokens/s {found.peak_mb:7.0f} MB"
        f"  loss {found.train_loss:.4f}, held out {found.held_out_loss:.4f}"
        f"  {found.gflop_per_s / best:4.0%} of the bf16 peak"
    )


def curve_of(kind: Case, results: Results, best: float) -> dict[Case, Found]:
    """Measure and print all settings of one base on one kind of data."""
    print(f"{kind.base}, {kind.data}: the curve, {kind.steps} steps of one seed", flush=True)
    curve = {}
    for case in grid(kind):
        curve[case] = results.of(case)
        print(_row(case.name, curve[case], best), flush=True)
    return curve


def judge(kind: Case, curve: dict[Case, Found], results: Results, best: float) -> bool:
    """Three seeds of what decides; whether both aims are reached at the same loss."""
    theirs = fastest(curve, "trl")
    assert theirs is not None
    limit_mb = curve[theirs].peak_mb
    chosen = [fastest(curve, "ours", limit_mb), fastest(curve, "ours", LESS * limit_mb)]
    whole = replace(kind, steps=0)
    print(f"{kind.base}, {kind.data}: {len(SEEDS)} seeds, all examples", flush=True)
    best_theirs = results.mean_of(replace(theirs, steps=0))
    print(_row(f"{theirs.name} (fastest)", best_theirs, best))
    for default in (TRL_DEFAULT, TRL_PACKING):
        case = replace(default, base=whole.base, data=whole.data, dropout=whole.dropout,
                       threads=whole.threads)  # fmt: skip
        print(_row(f"{case.name} (default)", results.mean_of(case), best), flush=True)
    good = True
    for case_, aim, share in zip(chosen, (AT_ONCE, AT_LESS), (1.0, LESS), strict=True):
        if case_ is None:
            print(f"  nothing of ours needs {share:.0%} of TRL's memory")
            good = False
            continue
        found = results.mean_of(replace(case_, steps=0))
        print(_row(case_.name, found, best))
        good = _verdict(found, best_theirs, aim, share) and good
    return good


def _verdict(ours: Found, theirs: Found, aim: float, share: float) -> bool:
    speed = ours.tokens_per_s / theirs.tokens_per_s
    memory = ours.peak_mb / theirs.peak_mb
    loss = ours.held_out_loss / theirs.held_out_loss
    good = speed >= aim and memory <= share and abs(loss - 1) <= SAME_LOSS
    print(
        f"  -> {speed:.2f} times TRL's fastest (wanted {aim}) at {memory:.2f} of its memory"
        f" (at most {share}), held-out loss {loss:.4f} of its: {'good' if good else 'NOT REACHED'}",
        flush=True,
    )
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """Print curves and verdicts; 1 when an aim is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--only", nargs="+", default=["starter", "35M", "short", "mixed"])
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=0, help="none are the machine's own")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as fresh:
        root = options.out or Path(fresh)
        root.mkdir(parents=True, exist_ok=True)
        return _compare(options, Results(root / "results.jsonl", root), root)


def _compare(options: argparse.Namespace, results: Results, root: Path) -> int:
    good = True
    best = peaks(root)
    print("products of matrices, GFLOP/s: " + json.dumps({k: round(v) for k, v in best.items()}))
    for base in ("starter", "35M"):
        if base not in options.only:
            continue
        prepare(Case("ours", base=base), root)
        for data in ("short", "mixed"):
            if data in options.only:
                kind = Case("ours", base, data, dropout=options.dropout,
                            steps=CURVE_STEPS[data], threads=options.threads)  # fmt: skip
                curve = curve_of(kind, results, best["bf16 square"])
                good = judge(kind, curve, results, best["bf16 square"]) and good
    return int(not good)


if __name__ == "__main__":
    raise SystemExit(main())
