"""Which checkpoints stay: too many fill a disk, too few leave nothing to go back to."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.unit.trainer.tiny_run import ROOT
from trainer.contract.checkpoint_rule import CheckpointRule
from trainer.priority import NICENESS, missing_niceness


@pytest.mark.parametrize(("keep", "gone"), [(1, (1, 2)), (2, (1, 2)), (3, (1,)), (4, ()), (20, ())])
def test_the_newest_stay(keep: int, gone: tuple[int, ...]) -> None:
    assert CheckpointRule(keep).surplus([3, 1, 4, 2]) == gone


def test_a_run_that_is_done_keeps_one() -> None:
    rule = CheckpointRule(5)
    assert rule.surplus([1, 2, 3], done=True) == (1, 2)
    assert rule.surplus([], done=True) == rule.surplus([]) == ()


def test_the_rule_says_itself_in_words() -> None:
    assert "the 5 newest" in CheckpointRule(5).words and "the 2 newest" in CheckpointRule(1).words


def test_a_trainer_steps_back_behind_the_desktop_and_no_further() -> None:
    assert missing_niceness(0) == NICENESS
    assert missing_niceness(19) == 0 and missing_niceness(NICENESS) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="niceness is the Unix word for it")
def test_it_is_nice_for_real() -> None:
    code = (
        "from trainer.priority import lower_priority; import os;"
        " lower_priority(); print(os.nice(0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == max(NICENESS, os.nice(0))
