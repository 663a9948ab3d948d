"""The demo persona's month on the starter model, spoilt in known ways: the verdict names what is.

The good one is the demo itself, which ends well only when its candidate has passed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cycle import examining
from app.evaluation.suite import built_in_suites
from app.starter import VARIABLE
from tests.bench.verdict_runs import judged

SEED = 1
# Where the verdict rests on replies; the rest of an exam takes long and decides nothing here.
REPLIES = ("canaries", "infrastructure", "language", "persona", "safety", "verbosity")
# What stands against each, and the suites that are kept. The base's answers are asked for once, by
# whichever comes first.
WRONG = {
    "no_replay": ("retention_canaries", ("canaries",)),
    "shuffled": ("retention_canaries", ("canaries",)),
    "own_replies": ("variety", REPLIES),
    "mixed_language": ("language_en", REPLIES),
    "equal": ("better_than_parent", ("safety",)),
}
# Harm so near to what is forgiven that how a machine rounds decides whether the gate is sure of it.
NEAR = {"shuffled", "own_replies"}


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The homes of all of them, which share what was converted and answered."""
    folder = tmp_path_factory.mktemp("months")
    for way, (_, kept) in WRONG.items():
        suites = folder / f"{way}_{SEED}" / "suites"
        suites.mkdir(parents=True)
        for built_in in built_in_suites():
            if built_in.name not in kept:
                _leave_out(suites, built_in.name)
    return folder


def _leave_out(suites: Path, name: str) -> None:
    """A suite in the home takes the place of a built-in one; nobody here speaks Korean."""
    checks = {"checks": [{"kind": "answers"}]}
    case = {"id": f"{name}-none", "language": "ko", "prompt": "?"}
    suite = {"version": 1, "name": name, "cases": [case | checks]}
    (suites / f"{name}.yaml").write_text(json.dumps(suite), "utf-8")


@pytest.mark.parametrize("way", WRONG)
@pytest.mark.timeout(2_400)
def test_a_spoilt_month_does_not_go_live_for_what_is_wrong_with_it(
    way: str, months: Path, starter_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setenv(VARIABLE, str(starter_gguf))
    # What a verdict does not rest on: examples in the prompt, and replies to be shown.
    monkeypatch.setattr(examining, "EXCHANGES", 0)
    monkeypatch.setattr(examining, "REPLIES_SHOWN", 1)
    rule, _ = WRONG[way]
    verdict = judged(months, way, SEED).verdict
    against = {each.kind for each in verdict.reasons if each.decides and not each.passed}
    outcomes = {"refused", "undecided"} if way in NEAR else {"refused"}
    assert verdict.verdict in outcomes and rule in against, verdict.sentence
