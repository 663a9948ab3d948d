"""How often the gate is wrong about months whose truth is known.

python -m tests.bench.bench_calibration [--months FOLDER]

The records of tests.bench.bench_verdicts are drawn anew many times, paired over their subjects, and
judged. A redrawn month takes the noise of its records for the truth: the more seeds are recorded of
a way, the less that counts.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from app.evaluation.evidence import GateInput
from app.evaluation.gate import judge
from tests.recorded import read_record, redrawn, together
from tests.spoiling import WAYS

MONTHS = Path(__file__).parent / "verdicts"
GOOD_MONTHS = 200
SPOILT_MONTHS = 20
MOST_WRONG = 0.05


def judged(way: str, records: Sequence[GateInput]) -> tuple[Counter[str], Counter[str]]:
    """The verdicts on months drawn from the records of a way, and what stood against them."""
    random = Random(f"calibration {way}")
    month = together(records)
    verdicts: Counter[str] = Counter()
    against: Counter[str] = Counter()
    for _ in range(GOOD_MONTHS if WAYS[way].good else SPOILT_MONTHS):
        verdict = judge(redrawn(month, random, len(records)))
        verdicts[verdict.verdict] += 1
        against.update(
            f"{reason.kind}{' (unsure)' if reason.unsure else ''}"
            for reason in verdict.reasons
            if reason.decides and not reason.passed
        )
    return verdicts, against


def wrong_verdicts(months: Path) -> tuple[dict[bool, tuple[int, int]], list[str]]:
    """Good months refused and spoilt ones passed, each of how many; what each way came to."""
    wrong = {True: (0, 0), False: (0, 0)}
    told = []
    for way, spoil in WAYS.items():
        paths = sorted(months.glob(f"{way}_[0-9]*.json"))
        verdicts, against = judged(way, [read_record(each) for each in paths])
        errors, count = wrong[spoil.good]
        errors += verdicts["refused" if spoil.good else "passed"]
        wrong[spoil.good] = (errors, count + verdicts.total())
        told.append(f"{way}: {dict(verdicts)}, against: {dict(against.most_common(4))}")
    return wrong, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=Path, default=MONTHS)
    wrong, told = wrong_verdicts(parser.parse_args().months)
    print("\n".join(told))
    for good, (errors, months) in wrong.items():
        print(f"{'good refused' if good else 'spoilt passed'}: {errors} of {months}")
    return 0 if all(errors <= MOST_WRONG * months for errors, months in wrong.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
