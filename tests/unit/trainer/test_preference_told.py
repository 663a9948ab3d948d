"""What preferences came to stands where people and the app look for it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from tests.unit.trainer.preference_run import RECIPE, pair
from tests.unit.trainer.tiny_run import TINY_RECIPE, make_run, train


def test_a_run_tells_what_its_preferences_came_to(tmp_path: Path) -> None:
    """Who rated hundreds of replies must find what they taught, and the log of the run must not
    take the loss of a preference for that of a reply."""
    preference = RECIPE.model_copy(update={"learning_rate": 5e-3})
    recipe = TINY_RECIPE.model_copy(update={"preference": preference})
    folder = make_run(tmp_path / "run", recipe=recipe)
    rows = [*(pair(index) for index in range(60)), {**pair(99), "chosen": ""}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder.data / "preferences.jsonl").write_text(text, "utf-8")
    events = train(folder)
    assert events[-1]["outcome"] == "trained", events[-1]
    at = next(i for i, e in enumerate(events) if e.get("name") == "preferences")
    before, after = events[:at], events[at:]
    learned = [e for e in before if e["kind"] == "step"]
    steps = [e for e in after if e["kind"] == "step"]
    assert [e["step"] for e in steps] == [learned[-1]["step"] + n for n in range(1, len(steps) + 1)]
    assert steps[-1]["step"] == steps[-1]["steps"]
    looks = [e for e in after if e["kind"] == "eval"]
    assert looks and all(0 <= e["preference_accuracy"] <= 1 for e in looks)
    assert [e["values"]["empty"] for e in events if e.get("warning") == "preferences_unusable"] == [
        1
    ]
    told = json.loads(folder.losses.read_text("utf-8"))["preferences"]
    assert (told["method"], told["taught"], told["unusable"]) == ("dpo", 45, 1)
    assert told["kept"] and told["accuracy_before"] == 0.5 < told["accuracy"]
    log = folder.training_log.read_text("utf-8")
    assert "## Preferences, learned after that" in log and "- method: dpo" in log
    assert f"- steps: {learned[-1]['step']}\n" in log
    weights = (folder.adapter / "adapter_model.safetensors").read_bytes()
    kept = folder.checkpoints / "preference" / "adapter" / "adapter_model.safetensors"
    assert weights == kept.read_bytes() and hashlib.sha256(weights).hexdigest() in log
