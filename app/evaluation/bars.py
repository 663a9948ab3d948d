"""Bars: in how large a share of a suite's replies one of its checks holds, and must."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.evaluation.exam import CaseResult
from app.evaluation.statistics import share_of
from app.evaluation.suite import Suite

Row = dict[str, Any]


def bar_rows(suites: Sequence[Suite], results: Mapping[str, Sequence[CaseResult]]) -> list[Row]:
    """Each bar of which a case was asked, by subject, over the replies that could be judged."""
    rows: list[Row] = []
    for suite in suites:
        for bar, least in suite.bars.items():
            ids = {case.id for case in suite.cases if bar in case.bars}
            for subject, cases in results.items():
                asked = [case for case in cases if case.id in ids]
                if asked:
                    place = {"suite": suite.name, "bar": bar, "subject": subject, "least": least}
                    rows.append({**place, **_counted(bar, least, asked)})
    return rows


def _counted(bar: str, least: float, cases: Sequence[CaseResult]) -> Row:
    """What was held of what could be judged; of nothing, nobody can say whether it is enough."""
    held = [case.bars[bar] for case in cases if bar in case.bars]
    share = share_of(sum(held), len(held))
    unjudged = Counter(case.unjudged[bar] for case in cases if bar in case.unjudged)
    return {
        **asdict(share),
        "value": share.value,
        "reached": share.value >= least if held else None,
        "unjudged": [{"why": why, "cases": count} for why, count in unjudged.most_common()],
    }
