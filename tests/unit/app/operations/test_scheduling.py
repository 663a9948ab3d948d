"""A month would be trained twice, never, or at the worst moment, and nobody would know why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

from app.cycle import detached
from app.errors import PerennialError
from app.home import Home
from app.operations import rating, reviewing, schedule_log, schedule_tick, scheduling, training
from app.operations.machine_facts import MachineFacts
from app.operations.schedule_log import Entry, Ready
from app.operations.schedule_words import REASONS, decision_words, entry_words, reason_words
from app.operations.scheduling import (
    Decision,
    Reason,
    Schedule,
    ScheduleWrong,
    Standing,
    due,
    last_start,
    next_start,
)
from app.store import Persona, Store, open_store
from app.store.review import ReviewFilter
from trainer.contract.folder import RunFolder

NOW = datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
FREE = MachineFacts(on_mains=True, hottest_c=50.0, idle_s=3600.0)
ON = Schedule(on=True, day=1, since="2026-01-01", hottest_c=80)
TRAIN = replace(ON, goes="train")
READY = Standing("sunny")


def kinds(decision: Decision) -> list[str]:
    return [each.kind for each in (*decision.reasons, *decision.notes)]


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("day", "now", "last", "following"),
    [
        (1, at(2026, 12, 1, 0), at(2026, 12, 1), at(2027, 1, 1)),
        (28, at(2026, 3, 1), at(2026, 2, 28), at(2026, 3, 28)),
        ("last", at(2026, 3, 1), at(2026, 2, 28), at(2026, 3, 31)),
        ("last", at(2028, 3, 1), at(2028, 2, 29), at(2028, 3, 31)),
        (15, at(2026, 1, 3), at(2025, 12, 15), at(2026, 1, 15)),
        (15, at(2026, 12, 20), at(2026, 12, 15), at(2027, 1, 15)),
    ],
)
def test_each_month_has_its_day_also_the_short_ones(
    day: Any, now: datetime, last: datetime, following: datetime
) -> None:
    schedule = replace(ON, day=day)
    assert (last_start(schedule, now), next_start(schedule, now)) == (last, following)


def test_a_month_begins_with_its_first_hour() -> None:
    evening = replace(ON, from_hour=20, to_hour=6)
    assert last_start(evening, at(2026, 12, 1, 19)) == at(2026, 11, 1, 20)
    assert last_start(evening, at(2026, 12, 1, 20)) == at(2026, 12, 1, 20)


def test_it_is_due_when_nothing_is_in_the_way() -> None:
    assert due(ON, READY, NOW, FREE) == Decision("sunny", "due", "prepare")
    prepared = replace(READY, prepared=NOW)
    assert due(TRAIN, prepared, NOW, FREE) == Decision("sunny", "due", "train")


def test_off_does_nothing() -> None:
    assert due(replace(ON, on=False), READY, NOW, FREE).state == "off"


def test_turned_on_in_the_middle_of_a_month_it_begins_with_the_next() -> None:
    later = replace(ON, since="2026-12-02")
    found = due(later, READY, at(2026, 12, 20), FREE)
    assert (found.state, kinds(found)) == ("not_due", ["next"])
    assert due(later, READY, at(2027, 1, 1), FREE).state == "due"
    same_day = replace(ON, since="2026-12-01")
    assert due(same_day, READY, NOW, FREE).state == "due"


def test_missed_months_are_caught_up_once() -> None:
    """The computer was off since August; it is on again in the middle of December."""
    back = at(2026, 12, 14, 9)
    standing = replace(READY, begun=at(2026, 8, 1), prepared=at(2026, 8, 1))
    assert due(ON, standing, back, FREE).action == "prepare"
    done = replace(standing, prepared=back)
    assert due(ON, done, back, FREE).state == "not_due"
    assert due(ON, done, at(2027, 1, 1, 9), FREE).state == "due"


def test_a_training_that_somebody_began_by_hand_counts() -> None:
    morning = replace(READY, begun=at(2026, 12, 1, 8))
    evening = replace(TRAIN, from_hour=20, to_hour=6)
    found = due(evening, morning, NOW, FREE)
    assert (found.state, kinds(found)) == ("not_due", ["begun_already", "next"])
    assert due(ON, morning, NOW, FREE).state == "not_due"


def test_preparing_is_all_where_no_more_is_allowed() -> None:
    prepared = replace(READY, prepared=NOW)
    assert kinds(due(ON, prepared, NOW, FREE)) == ["prepared_already", "next"]


@pytest.mark.parametrize(
    ("standing", "kind"),
    [
        ({"under_way": "2026-12-rain-1"}, "training"),
        ({"candidate": "2026-11-sunny-1"}, "candidate"),
        ({"missing": 12}, "nothing"),
        ({"to_review": 4, "prepared": NOW}, "review"),
    ],
)
def test_it_waits_for_what_is_in_the_way_in_the_home(standing: dict[str, Any], kind: str) -> None:
    found = due(TRAIN, replace(READY, **standing), NOW, replace(FREE, on_mains=False))
    assert (found.state, kinds(found)) == ("waits", [kind])


def test_a_review_that_could_bring_what_is_missing_is_asked_for() -> None:
    standing = replace(READY, missing=50, to_review=800)
    assert due(TRAIN, standing, NOW, FREE).action == "prepare"
    assert due(TRAIN, standing, NOW, FREE).state == "due"
    assert kinds(due(TRAIN, replace(standing, prepared=NOW), NOW, FREE)) == ["nothing"]


def test_a_review_is_not_waited_for_longer_than_three_days() -> None:
    waits = replace(READY, prepared=NOW, to_review=4)
    assert due(TRAIN, waits, NOW + timedelta(hours=71), FREE).state == "waits"
    assert due(TRAIN, waits, NOW + timedelta(hours=72), FREE).state == "due"
    assert due(TRAIN, replace(waits, to_review=0), NOW, FREE).state == "due"


@pytest.mark.parametrize(
    ("schedule", "facts", "kind"),
    [
        ({"from_hour": 1, "to_hour": 6}, {}, "hours"),
        ({}, {"on_mains": False}, "power"),
        ({}, {"idle_s": 899.0}, "idle"),
        ({}, {"idle_s": None, "load": 0.2}, "busy"),
        ({}, {"hottest_c": 80.5}, "temperature"),
    ],
)
def test_it_waits_for_the_machine(
    schedule: dict[str, Any], facts: dict[str, Any], kind: str
) -> None:
    found = due(replace(ON, **schedule), READY, NOW, replace(FREE, **facts))
    assert found.state == "waits"
    assert found.reasons[0].kind == kind


def test_everything_that_is_in_the_way_is_said_at_once() -> None:
    hot = MachineFacts(on_mains=False, hottest_c=95.0, idle_s=3.0)
    night = replace(ON, from_hour=1, to_hour=6)
    assert kinds(due(night, READY, NOW, hot)) == ["hours", "power", "idle", "temperature"]


@pytest.mark.parametrize(
    ("schedule", "facts"),
    [
        ({"mains_only": False}, {"on_mains": False}),
        ({"idle_minutes": 0}, {"idle_s": 0.0}),
        ({"idle_minutes": 0}, {"idle_s": None, "load": 1.0}),
        ({"hottest_c": 0}, {"hottest_c": 110.0}),
        ({}, {"hottest_c": 80.0}),
        ({"from_hour": 22, "to_hour": 6}, {}),
    ],
)
def test_what_was_not_asked_for_is_no_condition(
    schedule: dict[str, Any], facts: dict[str, Any]
) -> None:
    found = due(replace(ON, **schedule), READY, NOW, replace(FREE, **facts))
    assert found.state == "due"


@pytest.mark.parametrize(
    ("first", "last", "allowed"),
    [(22, 2, (22, 23, 0, 1)), (9, 12, (9, 10, 11)), (0, 0, range(24)), (5, 5, range(24))],
)
def test_hours_go_over_midnight(first: int, last: int, allowed: Any) -> None:
    schedule = replace(ON, from_hour=first, to_hour=last)
    assert [hour for hour in range(24) if scheduling.in_hours(schedule, hour)] == sorted(allowed)


def test_what_cannot_be_known_does_not_block_and_is_said() -> None:
    found = due(ON, READY, NOW, MachineFacts())
    assert found.state == "due"
    assert kinds(found) == ["power_unknown", "idle_unknown", "temperature_unknown"]
    assert kinds(due(ON, READY, NOW, replace(FREE, idle_s=None, load=0.1))) == ["idle_by_load"]
    silent = replace(ON, mains_only=False, idle_minutes=0, hottest_c=0)
    assert kinds(due(silent, READY, NOW, MachineFacts())) == []


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("B", "gguf", "b.gguf", "d", "llama")
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": 0}, {"day": 29}, {"day": "first"}, {"day": True}, {"from_hour": 24},
        {"to_hour": -1}, {"idle_minutes": 601}, {"hottest_c": 20}, {"goes": "all"}, {"on": 1},
        {"since": "soon"}, {"personas": ("",)}, {"personas": ("nobody",)},
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be_is_refused_and_changes_nothing(
    store: Store, sunny: Persona, wrong: dict[str, Any]
) -> None:
    kept = scheduling.keep(store, ON, date(2026, 12, 1))
    with pytest.raises(ScheduleWrong):
        scheduling.keep(store, replace(ON, **wrong), date(2026, 12, 1))
    assert scheduling.stored(store) == kept


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ScheduleWrong) as refused:
        scheduling.check(Schedule(day=40, from_hour=30))
    assert "the day" in refused.value.text and "first hour" in refused.value.text


def test_a_schedule_comes_back_as_it_was_kept(store: Store, sunny: Persona) -> None:
    wanted = replace(ON, personas=(sunny.slug,), day="last", since="")
    kept = scheduling.keep(store, wanted, date(2026, 12, 5))
    assert scheduling.stored(store) == kept == replace(wanted, since="2026-12-05")
    again = scheduling.keep(store, replace(kept, hottest_c=70), date(2026, 12, 9))
    assert again.since == "2026-12-05"
    moved = scheduling.keep(store, replace(kept, day=3), date(2026, 12, 9))
    assert moved.since == "2026-12-09"


def test_a_schedule_of_another_version_is_read_as_far_as_it_makes_sense(store: Store) -> None:
    store.settings.set("schedule", {**asdict(ON), "weather": "dry"})
    assert scheduling.stored(store) == ON
    store.settings.set("schedule", {**asdict(ON), "day": "full moon"})
    assert scheduling.stored(store) == Schedule()


def test_every_reason_has_words() -> None:
    """A window that says "waits" and not for what is of no use."""
    values = {
        "at": NOW.isoformat(), "until": NOW.isoformat(), "run": "r", "missing": 3, "count": 4,
        "from_hour": 1, "to_hour": 2, "minutes": 5, "percent": 6, "now_c": 7, "most_c": 8,
        "new": 9, "replay": 10, "why": "It broke.",
    }  # fmt: skip
    for kind in REASONS:
        said = reason_words(Reason(kind, values), str_format, lambda moment: moment[:10])
        assert "{" not in said and said.endswith(".")
    waits = due(ON, READY, NOW, replace(FREE, on_mains=False, hottest_c=None))
    words = decision_words(waits, str_format, lambda moment: moment)
    assert words == (
        "It waits for mains power. The temperature cannot be read here, so it is no limit."
    )


def str_format(text: str, /, **values: object) -> str:
    return text.format(**values) if values else text


class Trainings:
    """Stands where trainings are begun: a run is entered, and its process is this one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands: list[list[str]] = []
        self.error: PerennialError | None = None
        monkeypatch.setattr(training, "prepare_run", self._prepare)
        monkeypatch.setattr(detached, "spawn", self._spawn)
        monkeypatch.setattr(detached, "reap", lambda _process: None)

    def _prepare(self, home: Home, store: Store, persona_id: int) -> Any:
        if self.error is not None:
            raise self.error
        persona = store.personas.get(persona_id)
        assert persona.base_id is not None
        name = f"run-{persona.slug}-{len(self.commands) + 1}"
        run = store.runs.add(name, persona_id, persona.base_id, None, "starter", 7)
        RunFolder(home.runs / name).root.mkdir()
        return run

    def _spawn(self, command: list[str], _output: int) -> Any:
        self.commands.append(command)
        return SimpleNamespace(pid=os.getpid())


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Trainings:
    return Trainings(monkeypatch)


def talk(store: Store, persona: Persona, replies: int, *, rated: bool = True) -> None:
    with store.transaction():
        for number in range(replies):
            said = store.conversations.add(persona.id, persona.system_prompt)
            asked = store.messages.add(said.id, None, "user", f"What of matter {number}, then?")
            reply = store.messages.add(
                said.id, asked.id, "assistant", f"Matter {number} is well in hand, be sure.",
                finish="stop", base_id=persona.base_id,
            )  # fmt: skip
            if rated:
                rating.correct(store, reply.id, f"Matter {number} is fine. Next: rest a little.")


def look(home: Home, store: Store, now: datetime = NOW, facts: MachineFacts = FREE) -> list[str]:
    return [each.did for each in schedule_tick.tick(home, store, facts, now)]


def test_the_month_is_prepared_once_and_told(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    talk(store, sunny, 60)
    talk(store, sunny, 3, rated=False)
    store.settings.set("schedule", asdict(ON))
    assert look(home, store) == ["prepared"]
    ready = schedule_log.to_be_told(store, sunny, NOW)
    assert ready is not None and ready.new > 0 and ready.to_review == 3
    assert look(home, store) == ["not_due"]
    assert trainings.commands == []
    told = [entry_words(each, str_format, str) for each in schedule_log.entries(store)]
    assert "were prepared on" in told[0] and "Not decided yet: 3." in told[1]


def test_a_training_is_begun_once_in_a_process_of_its_own(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    talk(store, sunny, 60)
    store.settings.set("schedule", asdict(TRAIN))
    assert look(home, store) == ["prepared", "begun"]
    (command,) = trainings.commands
    assert command[1:7] == ["-m", "app.cli", "cycle", "sunny", "--resume", "run-sunny-1"]
    assert str(home.root) in command and "--yes" not in command
    assert look(home, store) == ["not_due"]
    assert look(home, store, NOW + timedelta(days=20)) == ["not_due"]
    assert len(trainings.commands) == 1


def test_only_a_schedule_that_may_puts_an_adapter_live(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    talk(store, sunny, 60)
    store.settings.set("schedule", asdict(replace(ON, goes="live")))
    look(home, store)
    assert trainings.commands[0][-1] == "--yes"


def test_the_training_waits_for_the_review(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    talk(store, sunny, 60)
    talk(store, sunny, 2, rated=False)
    store.settings.set("schedule", asdict(TRAIN))
    assert look(home, store) == ["prepared", "waits"]
    assert look(home, store, NOW + timedelta(hours=1)) == ["waits"]
    reviewing.keep(store, sunny.id, ReviewFilter("unrated"))
    assert look(home, store, NOW + timedelta(hours=2)) == ["begun"]


def test_two_personas_are_trained_one_after_the_other(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    rain = store.personas.add("Rain", "Be calm.", base_id=sunny.base_id)
    for each in (sunny, rain):
        talk(store, each, 60)
    store.settings.set("schedule", asdict(TRAIN))
    assert look(home, store) == ["prepared", "begun", "waits"]
    assert schedule_log.entries(store)[0].reasons[0].kind == "training"
    store.runs.set_state("run-sunny-1", "done")
    assert look(home, store, NOW + timedelta(hours=1)) == ["not_due", "prepared", "begun"]


def test_only_the_chosen_personas_are_looked_at(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    store.personas.add("Rain", "Be calm.", base_id=sunny.base_id)
    store.settings.set("schedule", asdict(replace(ON, personas=("rain",))))
    assert [each.persona for each in schedule_tick.tick(home, store, FREE, NOW)] == ["rain"]


def test_two_looks_at_once_do_nothing_twice(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    talk(store, sunny, 60)
    store.settings.set("schedule", asdict(TRAIN))
    with FileLock(home.root / schedule_tick.LOCK_NAME):
        assert look(home, store) == []
    assert trainings.commands == []


def test_a_training_that_cannot_begin_says_why_and_is_tried_again(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    talk(store, sunny, 60)
    store.settings.set("schedule", asdict(TRAIN))
    trainings.error = PerennialError("The disk with the base is not there.", "Plug it in.")
    assert look(home, store) == ["prepared", "failed"]
    assert look(home, store, NOW + timedelta(hours=1)) == ["failed"]
    newest = schedule_log.entries(store)[0]
    assert newest.times == 2
    assert "not there" in entry_words(newest, str_format, str)
    trainings.error = None
    assert look(home, store, NOW + timedelta(hours=2)) == ["begun"]


def test_an_adapter_that_waits_for_a_word_is_not_trained_over(
    home: Home, store: Store, sunny: Persona, trainings: Trainings
) -> None:
    talk(store, sunny, 60)
    store.settings.set("schedule", asdict(TRAIN))
    assert sunny.base_id is not None
    store.runs.add("old", sunny.id, sunny.base_id, None, "starter", 7)
    store.runs.set_state("old", "waiting")
    in_two_months = datetime.now(UTC) + timedelta(days=62)
    assert look(home, store, in_two_months) == ["waits"]
    assert schedule_log.entries(store)[0].reasons[0].kind == "candidate"


def test_a_schedule_that_is_off_does_nothing(home: Home, store: Store, sunny: Persona) -> None:
    assert look(home, store) == []
    assert schedule_log.entries(store) == ()


def test_the_log_keeps_the_last_fifty_and_says_the_same_once(store: Store) -> None:
    for hour in range(5):
        moment = NOW + timedelta(hours=hour)
        waits = Decision("sunny", "waits", reasons=(Reason("busy", {"percent": 30 + hour}),))
        schedule_log.write(store, Entry.of(waits, moment))
    (only,) = schedule_log.entries(store)
    assert (only.at, only.until, only.times) == (
        NOW.isoformat(), (NOW + timedelta(hours=4)).isoformat(), 5,
    )  # fmt: skip
    for number in range(70):
        schedule_log.write(store, Entry(NOW.isoformat(), f"p{number}", "begun"))
    kept = schedule_log.entries(store)
    assert len(kept) == 50 and kept[0].persona == "p69"


def test_a_month_is_told_until_it_is_looked_at_or_trained(store: Store, sunny: Persona) -> None:
    store.settings.set("schedule", asdict(ON))
    now = datetime.now(UTC)
    assert schedule_log.to_be_told(store, sunny, now) is None
    schedule_log.set_ready(store, "sunny", Ready(now.isoformat(), 60, 20, 3))
    assert schedule_log.to_be_told(store, sunny, now) is not None
    schedule_log.answer(store, sunny, "later", now)
    assert schedule_log.to_be_told(store, sunny, now + timedelta(hours=23)) is None
    assert schedule_log.to_be_told(store, sunny, now + timedelta(hours=24)) is not None
    schedule_log.answer(store, sunny, "review", now)
    assert schedule_log.to_be_told(store, sunny, now + timedelta(days=9)) is None
    schedule_log.set_ready(store, "sunny", Ready(now.isoformat(), 60, 20, 3))
    assert sunny.base_id is not None
    store.runs.add("by-hand", sunny.id, sunny.base_id, None, "starter", 7)
    assert schedule_log.to_be_told(store, sunny, now) is None
