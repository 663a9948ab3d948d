"""How fast a training is and how long it will take, whatever the machine did in between."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

# Clocks are set right by fractions of a second; a machine that slept differs by more.
SLEPT_S = 5.0
WINDOW = 20
# A step that took ten times as long as its neighbours was held up, not slow; three in a row are.
HELD_UP_TIMES, HELD_UP_LASTING = 10.0, 3
# Heat takes a third of a laptop's speed and more. Less may be the data's lengths.
SLOWED_TO = 0.6
SLOW_FOR_S = 60.0


@dataclass(frozen=True)
class Lap:
    """One step by both clocks; `seconds` is the one that stands still while the machine sleeps."""

    tokens: int
    seconds: float
    wall_seconds: float

    @property
    def slept(self) -> bool:
        return abs(self.wall_seconds - self.seconds) > SLEPT_S

    @property
    def tokens_per_s(self) -> float:
        return self.tokens / max(1e-6, self.seconds)


class Stopwatch:
    """Takes laps; time that a person paused is no part of them."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._clock, self._wall = clock, wall
        self._began, self._wall_began = clock(), wall()

    def lap(self, tokens: int, paused_s: float = 0.0) -> Lap:
        """What was done since this stopwatch was made."""
        seconds = max(0.0, self._clock() - self._began - paused_s)
        return Lap(tokens, seconds, max(0.0, self._wall() - self._wall_began - paused_s))


class Pace:
    """The speed of the last steps and the time of a look: what time left is reckoned from."""

    def __init__(self) -> None:
        self._laps: deque[Lap] = deque(maxlen=WINDOW)
        self._held_up = 0
        self._best = 0.0
        self._taken = 0
        self._slow_s = 0.0
        self._told_slow = False
        self._look_s: float | None = None

    def add(self, lap: Lap) -> None:
        """Count a step, unless the machine slept or was held up in it."""
        if lap.slept or self._is_held_up(lap):
            return
        self._laps.append(lap)
        self._taken += 1
        if self._taken >= WINDOW:
            now = self._usual
            self._best = max(self._best, now)
            slow = now < SLOWED_TO * self._best
            self._slow_s = self._slow_s + lap.seconds if slow else 0.0

    def add_look(self, lap: Lap) -> None:
        """Count a look at the validation loss."""
        if not lap.slept:
            self._look_s = lap.seconds if self._look_s is None else min(self._look_s, lap.seconds)

    def begin_anew(self) -> None:
        """Other packs have another speed: nothing from before is a measure of it."""
        self._laps.clear()
        self._best = self._slow_s = 0.0
        self._taken = 0

    def tokens_per_s(self, lap: Lap) -> float:
        """The speed of this step, or of those before it where it tells nothing."""
        return self._usual if lap.slept and self._laps else lap.tokens_per_s

    def seconds_left(self, steps: int, looks: int) -> float:
        """Time for so many more steps and looks."""
        if not self._laps:
            return 0.0
        per_step = sum(lap.seconds for lap in self._laps) / len(self._laps)
        return steps * per_step + looks * (self._look_s or 0.0)

    def slowed_to(self) -> float | None:
        """The share of its earlier speed that a training fell to for a while; said only once."""
        if self._told_slow or self._slow_s < SLOW_FOR_S:
            return None
        self._told_slow = True
        return self._usual / self._best

    @property
    def _usual(self) -> float:
        return median(lap.tokens_per_s for lap in self._laps)

    def _is_held_up(self, lap: Lap) -> bool:
        late = len(self._laps) >= HELD_UP_LASTING and (
            lap.tokens_per_s * HELD_UP_TIMES < self._usual
        )
        self._held_up = self._held_up + 1 if late else 0
        return late and self._held_up < HELD_UP_LASTING
