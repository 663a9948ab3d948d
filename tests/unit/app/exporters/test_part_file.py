"""An export is there whole or not at all, and takes no file of the user's with it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import ExportRefused
from app.exporters.part_file import part_file

_WRITES_ON = """
import sys, time
from pathlib import Path
from app.exporters.part_file import part_file
with part_file(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    stream.flush()
    print("half", flush=True)
    time.sleep(60)
"""


def test_a_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with part_file(out) as stream:
        stream.write(b"whole")
        assert not out.exists()
    assert out.read_bytes() == b"whole"
    assert os.name == "nt" or stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_disk_that_fills_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space"), part_file(tmp_path / "out") as stream:
        stream.write(b"half")
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_user_is_replaced_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(ExportRefused, match="there already"), part_file(out):
        pass
    with pytest.raises(OSError, match="full"), part_file(out, force=True):
        raise OSError("full")
    assert out.read_text() == "mine"
    with part_file(out, force=True) as stream:
        stream.write(b"new")
    assert out.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_longest_name_that_can_be_given_is_written(tmp_path: Path) -> None:
    """What a Korean chat is called may take up every byte that a name can have."""
    for name in ("가" * 83 + ".jsonl", "x" * 255):
        with part_file(tmp_path / name) as stream:
            stream.write(b"whole")
        assert (tmp_path / name).read_bytes() == b"whole"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_or_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "nowhere" / "out"):
        with pytest.raises(ExportRefused, match="folder"), part_file(out, force=True):
            pass


def test_a_killed_writer_leaves_no_half_file_and_the_next_one_clears_up(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-c", _WRITES_ON, str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == b"half"
        writer.kill()
    assert not out.exists()
    with part_file(out) as stream:
        stream.write(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_what_another_export_is_writing_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f".out.{os.getppid()}.part").write_text("under way")
    (tmp_path / ".out.notes.part").write_text("somebody's own")
    with part_file(tmp_path / "out"):
        pass
    assert len(list(tmp_path.iterdir())) == 3
