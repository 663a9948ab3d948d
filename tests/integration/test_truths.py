"""The demo persona's month on the starter model, spoilt in known ways: the verdict names what is.

The good one is the demo itself, which ends well only when its candidate has passed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cycle import examining
from app.starter import VARIABLE
from tests.bench.verdict_runs import judged

SEED = 1
# What stands against each; the base's answers are asked for once, by whichever comes first.
WRONG = {
    "no_replay": "retention_canaries",
    "shuffled": "retention_canaries",
    "own_replies": "variety",
    "mixed_language": "language_en",
    "equal": "better_than_parent",
}
# None of them rests on these suites, which take half of an exam's time.
LEFT_OUT = ("answers", "coding", "general", "missing")


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The homes of all of them, which share what was converted and answered."""
    folder = tmp_path_factory.mktemp("months")
    for way in WRONG:
        suites = folder / f"{way}_{SEED}" / "suites"
        suites.mkdir(parents=True)
        for name in LEFT_OUT:
            case = {"id": f"{name}-none", "language": "ko", "prompt": "?"}
            checks = {"checks": [{"kind": "answers"}]}
            suite = {"version": 1, "name": name, "cases": [case | checks]}
            (suites / f"{name}.yaml").write_text(json.dumps(suite), "utf-8")
    return folder


@pytest.mark.parametrize("way", WRONG)
@pytest.mark.timeout(2_400)
def test_a_spoilt_month_is_refused_for_what_is_wrong_with_it(
    way: str, months: Path, starter_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setenv(VARIABLE, str(starter_gguf))
    # What a verdict does not rest on: examples in the prompt, and replies to be shown.
    monkeypatch.setattr(examining, "EXCHANGES", 0)
    monkeypatch.setattr(examining, "REPLIES_SHOWN", 1)
    verdict = judged(months, way, SEED).verdict
    against = {each.kind for each in verdict.reasons if each.decides and not each.passed}
    assert verdict.verdict == "refused" and WRONG[way] in against, verdict.sentence
