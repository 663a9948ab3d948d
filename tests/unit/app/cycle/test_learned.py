"""Only what was taught is used up; a reply that a training had to cut away stays new."""

from __future__ import annotations

import json

from app.cycle.learned import correct_use
from app.cycle.mixing import mix
from app.store import Run
from tests.tiny_month import TinyMonth
from trainer.contract.folder import RunFolder, read_rows


def mixed(month: TinyMonth) -> tuple[Run, RunFolder]:
    """A month with one conversation of three replies, drawn and written down."""
    month.talk()
    month.replay()
    conversation = month.store.conversations.add(month.persona.id, "Be short.")
    last = None
    for number in range(3):
        asked = month.store.messages.add(conversation.id, last, "user", f"What is glass {number}?")
        said = month.store.messages.add(conversation.id, asked.id, "assistant", f"G{number}!")
        month.store.ratings.rate(said.id, "up")
        last = said.id
    run = month.begin()
    context = month.context(run)
    mix(context)
    context.close()
    return run, context.folder


def test_replies_that_were_cut_away_stay_new(month: TinyMonth) -> None:
    """They would count as learned, and no training would ever teach them."""
    run, folder = mixed(month)
    used = month.store.runs.used(run.id)
    rows = [row for row in read_rows(folder.data / "train.jsonl") if row["group"] == "new"]
    count = {row["id"]: sum(message["weight"] > 0 for message in row["messages"]) for row in rows}
    assert sum(count.values()) == len(used)
    longest, other = sorted(count, key=lambda name: -count[name])[:2]
    kept = {longest: count[longest] - 1, other: 0, "coding-1": 0, "somebody": 2}
    folder.taught.write_text(json.dumps({"version": 1, "kept": kept}), "utf-8")
    gone = 1 + count[other]
    assert correct_use(month.store, run.id, folder) == gone
    left = month.store.runs.used(run.id)
    assert len(left) == len(used) - gone and set(left) < set(used)
    cut = int(longest.rpartition("m")[2])  # an example is named after its last reply
    assert cut in used and cut not in left
    assert correct_use(month.store, run.id, folder) == 0


def test_a_run_that_taught_all_uses_all_of_it(month: TinyMonth) -> None:
    run, folder = mixed(month)
    used = month.store.runs.used(run.id)
    assert correct_use(month.store, run.id, folder) == 0
    folder.taught.write_text(json.dumps({"version": 1, "kept": {}}), "utf-8")
    assert correct_use(month.store, run.id, folder) == 0
    assert month.store.runs.used(run.id) == used and used
