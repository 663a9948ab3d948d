"""Everything of a user lies in one folder that nobody else reads."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import platformdirs
import pytest

from app.errors import HomeError
from app.home import open_home

posix = pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")


def test_home_is_where_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "by-variable"))
    assert open_home(tmp_path / "by-option").root == tmp_path / "by-option"
    assert open_home().root == tmp_path / "by-variable"
    monkeypatch.delenv("PERENNIAL_HOME")
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "default"))
    home = open_home()
    assert home.root == tmp_path / "default"
    assert all(folder.is_dir() for folder in home.folders)
    assert home.runtime_file == home.root / "runtime.json"


@posix
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    (tmp_path / "home" / "runs").mkdir(parents=True)
    (tmp_path / "home").chmod(0o755)
    (tmp_path / "home" / "runs").chmod(0o777)
    home = open_home(tmp_path / "home")
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in home.folders} == {0o700}


@posix
def test_home_that_cannot_be_made_is_named(tmp_path: Path, ordinary_user: None) -> None:
    if os.getuid() != 0:
        tmp_path.chmod(0o500)
    with pytest.raises(HomeError, match="cannot be written") as caught:
        open_home(tmp_path / "home")
    assert caught.value.kind == "read_only"
    assert "--home" in caught.value.next_step


def test_file_in_the_place_of_the_home_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    for path in (tmp_path / "home", tmp_path / "home" / "below"):
        with pytest.raises(HomeError) as caught:
            open_home(path)
        assert caught.value.kind == "not_a_folder"
    assert (tmp_path / "home").read_text() == "not a folder"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_a_full_disk(dir: Path) -> object:
        return Path("/dev/full").open("wb", buffering=0)

    monkeypatch.setattr(tempfile, "TemporaryFile", on_a_full_disk)
    with pytest.raises(HomeError, match="full") as caught:
        open_home(tmp_path / "home")
    assert caught.value.kind == "disk_full"
