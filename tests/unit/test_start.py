"""The set-up: done once, mended when it was interrupted, and honest when it cannot be done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app import installation, pip_run, updating
from app.errors import PerennialError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what start.py needs, with an environment that only looks installed."""
    root = tmp_path / "perennial"
    (root / "app").mkdir(parents=True)
    for name in ("start.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, root / name)
    for path in (ROOT / "app").glob("*.py"):
        shutil.copy(path, root / "app" / path.name)
    venv = root / ".venv"
    for package in ("torch-2.15.0", "perennial-0.1.0"):
        folder = venv / "lib" / "python3.11" / "site-packages" / f"{package}.dist-info"
        folder.mkdir(parents=True)
        (folder / "INSTALLER").write_text("pip\n")
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(sys.executable)
    installation.record(venv, root, ["train"])
    return root


def start(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "start.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **variables},
        check=False,
    )


def test_start_py_is_read_by_an_old_python_before_it_refuses_it() -> None:
    """An old Python shows one sentence, not a syntax error."""
    source = (ROOT / "start.py").read_text("utf-8")
    check = source.index("sys.exit(")
    assert "match " not in source[:check]
    script = (
        "import sys; sys.version_info = (3, 10, 2, 'final', 0); "
        f"exec(compile(open({str(ROOT / 'start.py')!r}).read(), 'start.py', 'exec'),"
        f" {{'__file__': {str(ROOT / 'start.py')!r}, '__name__': 'start'}})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("Perennial needs Python 3.11")
    assert len(ran.stderr.splitlines()) == 1


def test_unknown_verb_installs_nothing(copy: Path) -> None:
    shutil.rmtree(copy / ".venv")
    ran = start(copy, "tset")
    assert ran.returncode == 2
    assert "tset" in ran.stderr
    assert not (copy / ".venv").exists()


def test_installation_is_known_by_its_stamp(copy: Path) -> None:
    assert installation.is_installed(["train"], copy)
    assert installation.is_installed([], copy)
    assert not installation.is_installed(["dev"], copy)


def test_new_versions_are_installed(copy: Path) -> None:
    with (copy / "constraints.txt").open("a") as file:
        file.write("another==1.0\n")
    assert not installation.is_installed([], copy)
    assert installation.installed_extras(copy) == {"train"}


def test_package_that_was_deleted_is_noticed(copy: Path) -> None:
    shutil.rmtree(next((copy / ".venv").rglob("torch-2.15.0.dist-info")))
    assert not installation.is_installed([], copy)


def test_damaged_stamp_counts_as_none(copy: Path) -> None:
    (copy / ".venv" / installation.STAMP_NAME).write_text("{")
    assert not installation.is_installed([], copy)


def test_half_installed_package_is_put_right(copy: Path) -> None:
    whole = next((copy / ".venv").rglob("perennial-0.1.0.dist-info"))
    half = next((copy / ".venv").rglob("torch-2.15.0.dist-info"))
    (half / "INSTALLER").unlink()
    told: list[str] = []
    installation._mend(copy / ".venv", told.append)
    assert whole.exists()
    assert not half.exists()
    assert "interrupted" in told[0]


def test_environment_that_does_not_run_is_made_anew(tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(tmp_path / "a-python-that-was-removed")
    told: list[str] = []
    installation._make_venv(venv, told.append)
    assert "made anew" in told[0]
    assert installation._runs(venv)


def test_full_disk_is_said_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage)
    with pytest.raises(PerennialError, match="GB free") as caught:
        installation.install(["train"], lambda _line: None, tmp_path)
    assert caught.value.kind == "setup_disk_full"
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "setup_disk_full"),
        (
            "WARNING: Retrying: NewConnectionError: Failed to establish a new connection\n"
            "ERROR: No matching distribution found for torch",
            "setup_offline",
        ),
        ("ERROR: [Errno 30] Read-only file system: 'x'", "setup_read_only"),
        ("ERROR: No matching distribution found for torch==2.15.0", "setup_unavailable"),
        ("ERROR: something else", "setup_failed"),
    ],
)
def test_failure_of_pip_is_one_sentence_with_a_next_step(
    said: str, kind: str, tmp_path: Path
) -> None:
    error = pip_run.explained(said, tmp_path / "install.log")
    assert error.kind == kind
    assert error.next_step
    assert "\n" not in str(error)


def test_progress_is_told_in_words() -> None:
    line = "  Downloading torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl (532.1 MB)\n"
    assert pip_run.state_of(line) == "downloading torch (532.1 MB)"
    assert pip_run.state_of("Installing collected packages: a, b, c\n") == (
        "putting 3 packages in place"
    )
    assert pip_run.state_of("Requirement already satisfied: x\n") == ""


def test_windows_with_a_driver_gets_torch_with_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "needs_cuda_index", lambda: True)
    arguments = installation._sources(ROOT, ["train"])
    assert installation.TORCH_CUDA_INDEX in arguments
    assert arguments[-1] == f"torch=={installation._torch(ROOT)}+cu132"
    assert installation.TORCH_CUDA_INDEX not in installation._sources(ROOT, [])


def git(folder: Path, *arguments: str) -> str:
    names = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    return subprocess.run(
        ["git", *names, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def clone(copy: Path, tmp_path: Path) -> Path:
    """A clone whose origin has a newer commit, with an environment that runs this Python."""
    origin = tmp_path / "origin"
    shutil.copytree(copy, origin, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    (origin / ".gitignore").write_text(".venv/\n")
    git(origin, "init", "--quiet", "--initial-branch=main")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "first")
    cloned = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(origin), str(cloned))
    shutil.copytree(copy / ".venv", cloned / ".venv", symlinks=True)
    (origin / "start.py").write_text("raise SystemExit('the new version is broken')\n")
    git(origin, "commit", "--quiet", "-am", "second")
    return cloned


def test_update_that_fails_goes_back_to_what_was_there(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "backups").mkdir(parents=True)
    monkeypatch.setattr(updating, "_home", lambda _python, _argument: home)
    monkeypatch.setattr(updating, "run_pip", lambda *_arguments: None)
    before, stamp = git(clone, "rev-parse", "HEAD"), clone / ".venv" / installation.STAMP_NAME
    content = stamp.read_bytes()
    with pytest.raises(PerennialError, match="the new version is broken") as caught:
        updating.update(clone, lambda _line: None)
    assert caught.value.kind == "update_failed"
    assert git(clone, "rev-parse", "HEAD") == before
    assert stamp.read_bytes() == content


def test_update_leaves_changed_files_alone(clone: Path) -> None:
    (clone / "start.py").write_text("mine")
    with pytest.raises(PerennialError, match="were changed"):
        updating.update(clone, lambda _line: None)
    assert (clone / "start.py").read_text() == "mine"


def test_update_of_a_plain_folder_says_how(copy: Path) -> None:
    with pytest.raises(PerennialError, match="not a git clone"):
        updating.update(copy, lambda _line: None)


def test_database_of_a_failed_migration_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    old = tmp_path / "backups" / "perennial-20260101-000000-000000-v1.db"
    old.write_bytes(b"older")
    (tmp_path / "backups" / "perennial-20261101-000000-000000-v2.db").write_bytes(b"before")
    database = tmp_path / "perennial.db"
    database.write_bytes(b"half migrated")
    database.with_name("perennial.db-wal").write_bytes(b"log")
    updating._restore_database(tmp_path, frozenset([old]))
    assert database.read_bytes() == b"before"
    assert not database.with_name("perennial.db-wal").exists()


def test_update_waits_for_the_window_to_be_closed(tmp_path: Path) -> None:
    (tmp_path / "window.lock").write_text(f"{os.getpid()}\npython\nhost\n")
    with pytest.raises(PerennialError, match="window"):
        updating._refuse_open_window(tmp_path)
