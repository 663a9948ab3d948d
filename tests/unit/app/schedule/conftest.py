"""A user and a system of the test's own."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from tests.unit.app.schedule.system import FakeSystem


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a user who has nothing of ours."""
    folder = tmp_path / "user"
    folder.mkdir()
    monkeypatch.setattr(Path, "home", lambda: folder)
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_a, **_k: str(folder / "AppData"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> FakeSystem:
    return FakeSystem(monkeypatch)
