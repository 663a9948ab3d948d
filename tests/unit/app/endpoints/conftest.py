"""The desk that tests of the endpoints work at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.home import Home
from tests.unit.app.endpoints.desk import Desk


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    made = Desk(home)
    yield made
    made.server.stop()
