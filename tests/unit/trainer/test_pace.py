"""Speed and time left as a person reads them, whatever the machine did in between."""

from __future__ import annotations

import pytest

from trainer.pace import WINDOW, Lap, Pace, Stopwatch


def lap(speed: float = 100.0, tokens: int = 1000, asleep_s: float = 0.0) -> Lap:
    seconds = tokens / speed
    return Lap(tokens, seconds, seconds + asleep_s)


def paced(*laps: Lap) -> Pace:
    pace = Pace()
    for each in laps:
        pace.add(each)
    return pace


class Clocks:
    """Two clocks that a test turns."""

    def __init__(self) -> None:
        self.now = self.wall = 1000.0

    def watch(self) -> Stopwatch:
        return Stopwatch(lambda: self.now, lambda: self.wall)

    def passes(self, seconds: float, wall_seconds: float | None = None) -> None:
        self.now += seconds
        self.wall += seconds if wall_seconds is None else wall_seconds


def test_a_night_asleep_changes_neither_speed_nor_time_left() -> None:
    """A closed lid would otherwise tell of days that are left."""
    pace = paced(*[lap()] * 5)
    before = pace.seconds_left(100, 0)
    clocks = Clocks()
    watch = clocks.watch()
    clocks.passes(10.0, 8 * 3600.0)
    asleep = watch.lap(1000)
    assert asleep.slept
    pace.add(asleep)
    assert pace.seconds_left(100, 0) == pytest.approx(before) == pytest.approx(1000)
    assert pace.tokens_per_s(asleep) == pytest.approx(100)


def test_a_machine_whose_one_clock_runs_on_in_its_sleep_is_seen_as_well() -> None:
    pace = paced(*[lap()] * 5, Lap(1000, 8 * 3600.0, 8 * 3600.0))
    assert pace.seconds_left(100, 0) == pytest.approx(1000)


def test_a_clock_that_is_set_right_is_no_sleep() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.passes(10.0, 8.5)
    assert not watch.lap(1000).slept


def test_a_pause_is_no_part_of_a_step() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.passes(70.0)
    assert watch.lap(1000, paused_s=60.0).tokens_per_s == pytest.approx(100)


def test_looks_are_part_of_the_time_left() -> None:
    pace = paced(*[lap()] * 5)
    pace.add_look(Lap(0, 30.0, 30.0))
    assert pace.seconds_left(10, 3) == pytest.approx(190)
    assert Pace().seconds_left(10, 3) == 0


def test_a_lasting_slow_down_is_told_once() -> None:
    pace = paced(*[lap()] * (2 * WINDOW))
    told = []
    for _ in range(3 * WINDOW):
        pace.add(lap(40.0))
        share = pace.slowed_to()
        if share is not None:
            told.append(share)
    assert told == [pytest.approx(0.4)]


@pytest.mark.parametrize("speed", [85.0, 70.0])
def test_a_little_slower_is_not_worth_a_word(speed: float) -> None:
    pace = paced(*[lap()] * (2 * WINDOW), *[lap(speed)] * (3 * WINDOW))
    assert pace.slowed_to() is None


def test_a_hiccup_is_not_told() -> None:
    pace = paced(*[lap()] * (2 * WINDOW), *[lap(40.0, 100)] * 8, *[lap()] * WINDOW)
    assert pace.slowed_to() is None


def test_a_machine_that_became_twenty_times_slower_is_believed_after_a_while() -> None:
    pace = paced(*[lap()] * (2 * WINDOW), *[lap(5.0)] * (2 * WINDOW))
    assert pace.seconds_left(1, 0) == pytest.approx(200)
    assert pace.slowed_to() is not None


def test_smaller_packs_begin_their_own_measure() -> None:
    """Backing off is slower by itself and is told on its own."""
    pace = paced(*[lap()] * (2 * WINDOW))
    pace.begin_anew()
    for _ in range(3 * WINDOW):
        pace.add(lap(30.0))
    assert pace.slowed_to() is None
