"""After the early rounds the adapter in use goes on; nothing of it may be lost or taught twice."""

from __future__ import annotations

import json

import pytest

from app.operations import training
from app.operations.mixing import want_rebuild
from app.operations.preferring import preferred
from app.operations.rating import correct
from tests.tiny_month import TinyMonth
from trainer.contract.folder import RunFolder
from trainer.contract.run_spec import load_spec

pytest.importorskip("torch")


def _train(month: TinyMonth) -> RunFolder:
    recipe = month.recipe_file()
    run = training.prepare_run(month.home, month.store, month.persona.id, recipe=recipe)
    result = training.work_on(month.home, run.id, yes=True)
    assert result.run.state in ("done", "refused", "undecided"), result.run.reason
    return RunFolder(month.home.runs / run.id)


def test_upkeep_carries_on_the_adapter_in_use_with_what_is_new(
    month: TinyMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.talk()
    month.replay()
    first = _train(month)
    live = month.store.adapters.of_run(first.root.name)
    assert live is not None and live.status == "live"
    learned = set(month.store.runs.used(first.root.name))

    month.talk(60, first=60)
    monkeypatch.setattr("replay.rounds.EARLY_UP_TO", 60)
    second = _train(month)
    assert load_spec(second.spec).start == "parent"
    assert not set(month.store.runs.used(second.root.name)) & learned
    manifest = json.loads((second.data / "manifest.json").read_text("utf-8"))
    assert manifest["round"]["name"] == "upkeep"
    # The parent's words come back as replay, never as something new.
    remembered = manifest["groups"]["earlier stage"]["train"] + sum(
        manifest["groups"][group]["train"] for group in ("persona", "general", "coding")
    )
    assert remembered > 0

    want_rebuild(month.store, month.persona, True)
    month.talk(60, first=120)
    third = _train(month)
    assert load_spec(third.spec).start == "base"


def test_preferences_lie_in_the_run_s_folder(month: TinyMonth) -> None:
    from trainer.base import hf_folder, load_tokenizer
    from trainer.preference_data import read_preferences

    month.talk()
    month.replay()
    for conversation in list(month.store.learnable(month.persona.id))[:30]:
        turn = conversation.turns[-1]
        correct(month.store, turn.message_id, f"Rather so: {turn.message_id} {turn.content[::-1]}")
    folder = _train(month)
    rows = [
        json.loads(line)
        for line in (folder.data / "preferences.jsonl").read_text("utf-8").splitlines()
    ]
    known = preferred(month.store, month.persona)
    pairs = [row for row in rows if row["reason"] == "correction"]
    thumbs = [row for row in rows if row["reason"] == "thumb"]
    assert 0 < len(pairs) < len(known.pairs), "those that judge stay out, the others come in"
    assert len(pairs) < len(thumbs) < len(known.thumbs) and len(rows) == len(pairs) + len(thumbs)
    assert all(row["prompt"] for row in rows)
    manifest = json.loads((folder.data / "manifest.json").read_text("utf-8"))
    assert manifest["preferences"] == {"correction": len(pairs), "thumb": len(thumbs)}
    # What the app writes is what the trainer reads, each row of it.
    spec = load_spec(folder.spec)
    tokenizer = load_tokenizer(hf_folder(spec.base, None, folder.root / "converted"))
    found = read_preferences(tokenizer, folder.data / "preferences.jsonl", 10_000)
    assert (len(found.pairs), len(found.thumbs), found.unusable) == (len(pairs), len(thumbs), 0)
