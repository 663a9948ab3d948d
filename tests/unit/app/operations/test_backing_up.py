"""A backup that lacks something, or a restoring that costs the home that is there."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import psutil
import pytest
from filelock import FileLock

from app import starter
from app.archive.limits import BURST_BYTES
from app.cycle.process import sign_in
from app.errors import PerennialError, SystemRefused
from app.forgetting.journal import forgetting_lock
from app.home import Home, open_home
from app.operations import backing_up, restoring
from app.operations.backing_up import back_up
from app.operations.backup_contents import CONTENTS, DATABASE
from app.operations.backup_reading import BackupRefused, look_into
from app.operations.restoring import restore
from app.store import Store, open_store
from app.store.migrations import MIGRATIONS
from trainer.contract.folder import RunFolder

RUN = "2026-10-sunny-1"
KEPT = "The garden is in bloom."


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        _fill(home, opened)
        yield opened


@pytest.fixture
def backup(home: Home, store: Store, tmp_path: Path) -> Path:
    return back_up(home, store, tmp_path / "backup.zip").path


def _fill(home: Home, store: Store) -> None:
    base = store.bases.add(
        "SmolLM2 135M", "gguf", home.models / starter.FILE_NAME, starter.DIGEST, "llama", 98
    )
    own = store.bases.add("mine", "gguf", home.models / "mine.gguf", "d2", source="folder:mine")
    sunny = store.personas.add("Sunny", "Be sunny.", base_id=base.id)
    talk = store.conversations.add(sunny.id, "", "The garden")
    store.messages.add(talk.id, None, "user", KEPT)
    store.settings.set("theme", "dark")
    folder = RunFolder(home.runs / RUN)
    for path in (folder.adapter_gguf, folder.report, folder.checkpoints / "step-1" / "state.bin",
                 folder.log, folder.heartbeat, own.path, base.path,
                 home.models / "served" / "x.gguf", home.root / "cache" / "answers.jsonl",
                 home.root / "tests" / "mine.jsonl", home.logs / "window.log",
                 home.personas / "sunny.lock"):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())


def _names(file: Path) -> set[str]:
    with zipfile.ZipFile(file) as zipped:
        return set(zipped.namelist())


def _state(root: Path) -> dict[str, bytes]:
    """Every file with what is in it; locks come and go."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix not in (".lock", ".db-shm", ".db-wal")
    }


def _texts(root: Path) -> list[str]:
    with open_store(open_home(root)) as store:
        (persona,) = store.personas.all()
        (talk,) = store.conversations.page(persona.id)
        return [each.content for each in store.messages.path(talk.id)]


Change = Callable[[dict[str, bytes], dict[str, Any]], None]


def _changed(file: Path, change: Change) -> Path:
    """A backup whose members and contents somebody changed."""
    with zipfile.ZipFile(file) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist() if name != CONTENTS}
        contents: dict[str, Any] = json.loads(zipped.read(CONTENTS))
    change(members, contents)
    out = file.with_name("changed.zip")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
        zipped.writestr(CONTENTS, json.dumps(contents))
    return out


def _listed(members: dict[str, bytes], contents: dict[str, Any], name: str, data: bytes) -> None:
    members[name] = data
    contents["members"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_a_backup_holds_what_is_needed_and_nothing_that_is_made_again(backup: Path) -> None:
    assert _names(backup) == {
        CONTENTS, DATABASE, f"runs/{RUN}/adapter/adapter.gguf", f"runs/{RUN}/report.json",
        "tests/mine.jsonl", "models/mine.gguf",
    }  # fmt: skip
    contents = look_into(backup)
    (base,) = contents.bases
    assert (base.name, base.digest) == ("SmolLM2 135M", starter.DIGEST)
    assert contents.schema_version == len(MIGRATIONS)
    if os.name != "nt":
        assert backup.stat().st_mode & 0o077 == 0, "others can read all that was said"


def test_a_home_goes_on_elsewhere_just_as_it_was(backup: Path, tmp_path: Path) -> None:
    done = restore(backup, tmp_path / "elsewhere" / "new")
    assert done.aside is None
    assert [each.name for each in done.bases] == ["SmolLM2 135M"]
    assert _texts(done.home) == [KEPT]
    with open_store(open_home(done.home)) as store:
        assert store.settings.get("theme") == "dark"
    assert (done.home / "runs" / RUN / "adapter" / "adapter.gguf").read_bytes() == b"adapter.gguf"
    assert [each.name for each in (tmp_path / "elsewhere").iterdir()] == ["new"]


def test_the_backup_itself_leaves_the_home_as_it_is(
    home: Home, store: Store, tmp_path: Path
) -> None:
    before = _state(home.root)
    told: list[tuple[int, int]] = []
    back_up(home, store, tmp_path / "b.zip", progress=lambda *each: told.append(each))
    assert _state(home.root) == before
    assert told[0][0] == 0 and told[-1][0] == told[-1][1] > 0


def test_a_backup_that_is_stopped_leaves_nothing(home: Home, store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def stop(done: int, _whole: int) -> None:
        if done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        back_up(home, store, out / "b.zip", progress=stop)
    assert list(out.iterdir()) == [] and list(home.backups.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(
    home: Home, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def full(*_: object, **__: object) -> BinaryIO:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", full)
        with pytest.raises(SystemRefused) as refused:
            back_up(home, store, out / "b.zip")
    assert (refused.value.kind, refused.value.kept) == ("disk_full", "Nothing was written.")
    monkeypatch.setattr(backing_up, "_SPARE_BYTES", 1 << 62)
    with pytest.raises(SystemRefused, match="MB free"):
        back_up(home, store, out / "b.zip")
    assert list(out.iterdir()) == [] and list(home.backups.iterdir()) == []


def test_a_backup_that_is_there_is_not_written_over(home: Home, store: Store, backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(PerennialError) as refused:
        back_up(home, store, backup)
    assert refused.value.kind == "export_there"
    assert backup.read_bytes() == before
    back_up(home, store, backup, force=True)


def test_what_is_being_forgotten_is_not_backed_up_meanwhile(
    home: Home, store: Store, tmp_path: Path
) -> None:
    with forgetting_lock(home), pytest.raises(PerennialError) as refused:
        back_up(home, store, tmp_path / "b.zip")
    assert refused.value.kind == "backup_busy"


def test_a_home_that_is_there_is_moved_aside_whole(home: Home, store: Store, backup: Path) -> None:
    store.close()
    (home.root / "tests" / "mine.jsonl").write_bytes(b"newer")
    before = _state(home.root)
    with pytest.raises(BackupRefused) as refused:
        restore(backup, home.root)
    assert refused.value.kind == "restore_there"
    assert _state(home.root) == before
    done = restore(backup, home.root, replace=True)
    assert done.aside is not None and _state(done.aside) == before
    assert (home.root / "tests" / "mine.jsonl").read_bytes() == b"mine.jsonl"
    assert _texts(home.root) == [KEPT]
    assert (home.models / starter.FILE_NAME).is_file(), "the base that lies there is fetched again"
    assert done.bases == ()


def test_an_unused_home_is_no_home_to_be_moved(backup: Path, tmp_path: Path) -> None:
    place = open_home(tmp_path / "unused")
    assert restore(backup, place.root).aside is None
    assert _texts(place.root) == [KEPT]


def _other_byte(members: dict[str, bytes], _contents: dict[str, Any]) -> None:
    members["tests/mine.jsonl"] = b"mine.jsonX"


def _no_database(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    _listed(members, contents, DATABASE, b"no database at all")


def _missing(members: dict[str, bytes], _contents: dict[str, Any]) -> None:
    del members[f"runs/{RUN}/report.json"]


def _unlisted(members: dict[str, bytes], _contents: dict[str, Any]) -> None:
    members["tests/other.jsonl"] = b"x"


def _bomb(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    _listed(members, contents, "tests/bomb.jsonl", bytes(BURST_BYTES + 1))


def _named(name: str) -> Change:
    return lambda members, contents: _listed(members, contents, name, b"x")


@pytest.mark.parametrize(
    "change",
    [
        _other_byte, _no_database, _missing, _unlisted, _bomb, _named("../outside.txt"),
        _named("/tests/outside.txt"), _named("tests/../../outside.txt"), _named("tests/a:b"),
        _named("tests/con.txt"), _named("tests/MINE.jsonl"), _named("logs/window.log"),
        _named("window.lock"), _named("tests//x"),
    ],
)  # fmt: skip
def test_a_backup_that_somebody_changed_changes_nothing(
    home: Home, store: Store, backup: Path, tmp_path: Path, change: Change
) -> None:
    store.close()
    changed = _changed(backup, change)
    before, beside = _state(home.root), sorted(tmp_path.iterdir())
    with pytest.raises(BackupRefused) as refused:
        restore(changed, home.root, replace=True)
    assert refused.value.kind == "backup_damaged"
    assert _state(home.root) == before
    assert sorted(tmp_path.iterdir()) == beside


def _newer_form(_members: dict[str, bytes], contents: dict[str, Any]) -> None:
    contents["version"] = 99
    contents["what_nobody_knows_yet"] = True


def _newer_schema(_members: dict[str, bytes], contents: dict[str, Any]) -> None:
    contents["schema_version"] = len(MIGRATIONS) + 1


@pytest.mark.parametrize("change", [_newer_form, _newer_schema])
def test_a_backup_of_a_newer_version_is_told_as_such(
    backup: Path, tmp_path: Path, change: Change
) -> None:
    with pytest.raises(BackupRefused) as refused:
        restore(_changed(backup, change), tmp_path / "new")
    assert refused.value.kind == "backup_newer"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("cut", [0, 100, -30])
def test_a_file_that_is_no_backup_is_told_as_such(backup: Path, tmp_path: Path, cut: int) -> None:
    half = tmp_path / "half.zip"
    half.write_bytes(backup.read_bytes()[:cut])
    with pytest.raises(BackupRefused):
        restore(half, tmp_path / "new")
    with zipfile.ZipFile(half, "w") as zipped:
        zipped.writestr("holiday.jpg", b"x")
    with pytest.raises(BackupRefused) as refused:
        restore(half, tmp_path / "new")
    assert refused.value.kind == "backup_foreign"


def test_a_home_in_use_is_not_moved(home: Home, store: Store, backup: Path) -> None:
    store.close()
    before = _state(home.root)
    lock = home.root / "window.lock"
    lock.write_text(f"{psutil.Process().pid}\nperennial\n", "utf-8")
    with pytest.raises(BackupRefused, match="its window"):
        restore(backup, home.root, replace=True)
    lock.unlink()
    with FileLock(home.root / "runtime.lock"), pytest.raises(BackupRefused, match="its model"):
        restore(backup, home.root, replace=True)
    assert _state(home.root) == before
    sign_in(RunFolder(home.runs / RUN), os.getpid())
    with pytest.raises(BackupRefused, match=RUN):
        restore(backup, home.root, replace=True)


def test_a_restoring_that_is_killed_leaves_the_home_and_no_rest(
    home: Home, store: Store, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    before = _state(home.root)
    left = tmp_path / f".{home.root.name}.restoring-999999999"
    left.mkdir()

    def killed(_done: int, _whole: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(backup, home.root, replace=True, progress=killed)
    assert _state(home.root) == before
    assert not left.exists(), "what a killed restoring left fills the disk"

    rename = Path.rename

    def fails(path: Path, target: Path) -> Path:
        if "restoring-" in path.name:
            raise PermissionError(13, "in use", str(path))
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fails)
        with pytest.raises(SystemRefused):
            restore(backup, home.root, replace=True)
    assert _state(home.root) == before


def test_a_backup_that_does_not_fit_is_told_before(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(restoring.shutil, "disk_usage", lambda _place: usage._replace(free=1000))
    with pytest.raises(SystemRefused) as refused:
        restore(backup, tmp_path / "new")
    assert refused.value.kind == "disk_full"
    assert not (tmp_path / "new").exists()
