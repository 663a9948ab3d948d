"""What the gate asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Fixed before what they judge; a change is a new version, never made to let a run pass."""

    version: int = 4
    least_gain_over_base: float = 0.05
    chance: float = 0.05
    most_forgotten: float = 0.05
    most_narrowed: float = 0.10
    most_lost: float = 0.10
    """Of a group's questions: abilities may lose as many as this, or by chance more."""
    least_in_language: float = 0.95
    least_test: int = 8
    least_corrected: int = 8
    least_retention: int = 10
    least_for_bound: int = 60
    worth_waiting_for: float = 0.02
    """A gain over the adapter in use that more data may yet show."""
