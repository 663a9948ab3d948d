"""How often the gate is wrong about months whose truth is known.

python -m tests.bench.bench_calibration [--months FOLDER]

Each record of tests.bench.bench_verdicts is drawn anew many times, paired over its subjects, and
judged. A redrawn month takes the noise of its record for the truth: the more seeds are recorded of
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
from tests.recorded import read_record, redrawn
from tests.spoiling import WAYS

MONTHS = Path(__file__).parent / "verdicts"
GOOD_MONTHS = 50
SPOILT_MONTHS = 5
MOST_WRONG = 0.05


def judged(way: str, records: Sequence[GateInput]) -> tuple[Counter[str], Counter[str]]:
    """The verdicts on months drawn from the records of a way, and what stood against them."""
    random = Random(f"calibration {way}")
    verdicts: Counter[str] = Counter()
    against: Counter[str] = Counter()
    for place in range(GOOD_MONTHS if WAYS[way].good else SPOILT_MONTHS):
        verdict = judge(redrawn(records[place % len(records)], random))
        verdicts[verdict.verdict] += 1
        against.update(
            f"{reason.kind}{' (unsure)' if reason.unsure else ''}"
            for reason in verdict.reasons
            if reason.decides and not reason.passed
        )
    return verdicts, against


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=Path, default=MONTHS)
    options = parser.parse_args()
    wrong: dict[bool, list[int]] = {True: [0, 0], False: [0, 0]}
    missing = []
    for way, spoil in WAYS.items():
        paths = sorted(options.months.glob(f"{way}_[0-9]*.json"))
        if not paths:
            missing.append(way)
            continue
        verdicts, against = judged(way, [read_record(each) for each in paths])
        wrong[spoil.good][0] += verdicts["refused" if spoil.good else "passed"]
        wrong[spoil.good][1] += verdicts.total()
        print(f"{way}: {dict(verdicts)}, against: {dict(against.most_common(4))}")
    for good, (errors, months) in wrong.items():
        print(f"{'good refused' if good else 'spoilt passed'}: {errors} of {months}")
    if missing:
        print(f"no record of: {', '.join(missing)}")
    held = all(errors <= MOST_WRONG * months for errors, months in wrong.values())
    return 0 if held and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
