"""A few kills of each part: what was rated, trained or said outlives them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.kills import CAMPAIGNS
from tests.campaigns.tally import Tally

KILLS = {"runtime": 4, "window": 3, "cycle": 3, "trainer": 2}
NEEDS_TORCH = ("cycle", "trainer")
SEED = 11


@pytest.mark.parametrize("target", KILLS)
def test_a_kill_loses_nothing(target: str, tmp_path: Path) -> None:
    if target in NEEDS_TORCH:
        pytest.importorskip("torch")
    tally = Tally(target, SEED)
    CAMPAIGNS[target](tmp_path / target, KILLS[target], tally)
    assert tally.broken == []
    assert (tally.kills, tally.resumed) == (KILLS[target], KILLS[target])
