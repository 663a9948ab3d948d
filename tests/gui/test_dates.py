"""Days in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.gui.dates import day
from app.gui.translation import use_language


@pytest.mark.usefixtures("qapp")
def test_day_of_another_year_has_its_year() -> None:
    this_year = datetime.now(UTC).year
    try:
        assert day(f"{this_year}-06-14T12:00:00+00:00") == "14 Jun"
        assert day("2021-06-14T12:00:00+00:00") == "14 Jun 2021"
        use_language("ko")
        assert day(f"{this_year}-06-14T12:00:00+00:00") == "6월 14일"
        assert day("2021-06-14T12:00:00+00:00") == "2021년 6월 14일"
    finally:
        use_language("en")
