"""Known errors of the system's timer.

PerennialError
└── TimerRefused   timer_refused (the system did not take it), timer_path (a path that no timer can
                   hold)
"""

from __future__ import annotations

from app.errors import PerennialError


class TimerRefused(PerennialError):
    """The system's timer cannot be put in place, or not be taken away."""

    kind = "timer_refused"
