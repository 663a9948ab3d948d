"""Following a run: the window shows each event once, also of a run that was cut off."""

from __future__ import annotations

from pathlib import Path

from app.cycle.follow import RunFollower
from app.cycle.telling import CycleTelling, seconds_of
from trainer.contract.folder import EventWriter, RunFolder


def test_events_of_both_writers_come_once_and_in_order(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    follower = RunFollower(tmp_path)
    assert follower.poll() == []
    cycle, trainer = CycleTelling(folder), EventWriter(folder.events)
    cycle.begun("trained")
    trainer.write({"kind": "started", "pid": 1, "resumed_at_step": 0})
    cycle.completed("trained")
    told = follower.poll()
    assert sorted((event["origin"], event["kind"]) for event in told) == [
        ("cycle", "stage"), ("cycle", "stage"), ("trainer", "started"),
    ]  # fmt: skip
    assert [event["time"] for event in told] == sorted(event["time"] for event in told)
    assert follower.poll() == []
    cycle.close()
    trainer.close()


def test_a_torn_line_waits_for_its_rest(tmp_path: Path) -> None:
    """A writer that was killed in the middle of a line must not blind the reader."""
    folder = RunFolder(tmp_path)
    follower = RunFollower(tmp_path)
    folder.events.write_bytes(b'{"kind": "step", "step": 1, "time": 1}\n{"kind": "st')
    assert [event["step"] for event in follower.poll()] == [1]
    with folder.events.open("ab") as file:
        file.write(b'ep", "step": 2, "time": 2}\n')
    assert [event["step"] for event in follower.poll()] == [2]


def test_stages_are_timed_over_several_processes(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for completed in (False, True):
        telling = CycleTelling(folder)
        telling.begun("mixed")
        if completed:
            telling.completed("mixed")
        telling.close()
    assert set(seconds_of(tmp_path)) == {"mixed"}
