"""What tests of importers share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.home import open_home
from app.store import open_store
from tests.unit.app.importers.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "files"
    folder.mkdir()
    with open_store(open_home(tmp_path / "home")) as store:
        yield Desk(store, folder)
