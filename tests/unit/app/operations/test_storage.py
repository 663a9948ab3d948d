"""Room that was made at the cost of what somebody still needs, if these failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from app.cycle.process import persona_lock, sign_in
from app.errors import PerennialError
from app.forgetting.journal import forgetting_lock
from app.home import Home
from app.operations import storage
from app.operations.home_place import risky_file_system, synced_by
from app.operations.storage import BACKUPS_LEFT, KINDS
from app.operations.training import roll_back
from app.storage_words import ABOUT, TITLES, size_words
from app.store import Adapter, Persona, RunState, Store, open_store
from trainer.contract.folder import RunFolder

WEIGHTS = bytes(5000)
STATE = bytes(9000)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("tiny", "gguf", "models/tiny.gguf", "d1", "llama", 10)
    return store.personas.add("Sunny", base_id=base.id)


def _run(
    home: Home, store: Store, persona: Persona, run_id: str, state: RunState = "done"
) -> RunFolder:
    """The folder of a run, with the states on the way."""
    assert persona.base_id is not None
    parent = store.personas.get(persona.id).active_adapter_id
    store.runs.add(run_id, persona.id, persona.base_id, parent, "starter", 1)
    store.runs.set_state(run_id, state, verdict=None)
    folder = RunFolder(home.runs / run_id)
    (folder.checkpoints / "step-10").mkdir(parents=True)
    (folder.checkpoints / "step-10" / "state.bin").write_bytes(STATE)
    folder.report.write_text("{}", "utf-8")
    return folder


def _adapter(store: Store, persona: Persona, folder: RunFolder) -> Adapter:
    assert persona.base_id is not None
    folder.adapter.mkdir()
    folder.adapter_gguf.write_bytes(WEIGHTS)
    return store.adapters.add(
        persona.id, persona.base_id, folder.root.name, None, folder.adapter, folder.adapter_gguf,
        folder.root.name,
    )  # fmt: skip


def _live(home: Home, store: Store, persona: Persona, run_id: str) -> Adapter:
    adapter = _adapter(store, persona, _run(home, store, persona, run_id))
    store.deployments.put_live(persona.id, run_id, adapter.id, "runtime", "1", "runtime", {})
    return adapter


def _cleanable(home: Home, store: Store) -> dict[str, int]:
    found = storage.survey(home, store)
    return {each.name: each.cleanable for each in found.kinds if each.cleanable}


def _fill(home: Home) -> None:
    """What lies in a home beside runs."""
    for path in (
        home.models / "tiny.gguf", home.models / "served" / "tiny.0.Q8_0.gguf",
        home.models / "merged" / "sunny.gguf", home.models / "converted" / "d1" / "model.bin",
        home.root / "cache" / "answers.jsonl", home.logs / "window.log",
        home.root / "demo" / "perennial.db", home.root / "tests" / "mine.jsonl",
    ):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(WEIGHTS)


def test_every_byte_of_the_home_is_accounted_for(home: Home, store: Store, sunny: Persona) -> None:
    _live(home, store, sunny, "2026-09-sunny-1")
    _fill(home)
    found = storage.survey(home, store)
    assert found.total == storage.size_of(home.root)
    assert set(TITLES) == set(ABOUT) == set(KINDS)
    assert found.free_bytes > 0


def test_cleaning_up_takes_what_is_made_again_and_leaves_the_rest(
    home: Home, store: Store, sunny: Persona
) -> None:
    live = _live(home, store, sunny, "2026-09-sunny-1")
    _fill(home)
    (home.models / "bases").mkdir()
    cleaned = storage.clean(home, store, KINDS)
    assert cleaned.left == ()
    assert cleaned.freed == 6 * len(WEIGHTS) + len(STATE)
    assert _cleanable(home, store) == {}
    assert live.gguf_path.read_bytes() == WEIGHTS
    for kept in (home.models / "tiny.gguf", home.root / "tests" / "mine.jsonl"):
        assert kept.is_file()
    assert (home.runs / "2026-09-sunny-1" / "report.json").is_file()
    assert (home.logs / "window.log").is_file(), "whoever has the log open writes into nothing"


def test_a_kind_that_was_not_chosen_stays(home: Home, store: Store) -> None:
    _fill(home)
    storage.clean(home, store, ["logs"])
    assert (home.models / "served" / "tiny.0.Q8_0.gguf").is_file()
    assert (home.logs / "window.log").read_bytes() == b""


def test_the_way_back_is_never_offered_and_what_lies_further_back_only_by_name(
    home: Home, store: Store, sunny: Persona
) -> None:
    first = _live(home, store, sunny, "2026-08-sunny-1")
    before = _live(home, store, sunny, "2026-09-sunny-1")
    live = _live(home, store, sunny, "2026-10-sunny-1")
    found = storage.survey(home, store)
    (older,) = found.older
    assert (older.adapter_id, older.persona, older.version) == (first.id, "Sunny", 1)
    storage.clean(home, store, KINDS)
    assert all(each.gguf_path.is_file() for each in (first, before, live))
    storage.clean(home, store, [], [first.id, before.id, live.id])
    assert not first.gguf_path.exists()
    assert before.gguf_path.is_file() and live.gguf_path.is_file()
    roll_back(home, sunny.id)
    assert store.personas.get(sunny.id).active_adapter_id == before.id
    roll_back(home, sunny.id)
    assert store.personas.get(sunny.id).active_adapter_id is None, "it speaks through nothing"


def test_what_was_refused_goes_but_not_what_can_still_be_used(
    home: Home, store: Store, sunny: Persona
) -> None:
    refused = _adapter(store, sunny, _run(home, store, sunny, "2026-08-sunny-1", "refused"))
    store.adapters.set_status(refused.id, "refused")
    store.runs.set_state("2026-08-sunny-1", "refused", verdict="refused")
    assert "unused_adapters" not in _cleanable(home, store), "it can be used all the same yet"
    _live(home, store, sunny, "2026-09-sunny-1")
    assert _cleanable(home, store)["unused_adapters"] == len(WEIGHTS)
    storage.clean(home, store, ["unused_adapters"])
    assert not refused.gguf_path.exists()


def test_a_run_that_is_under_way_or_can_go_on_keeps_everything(
    home: Home, store: Store, sunny: Persona
) -> None:
    stopped = _run(home, store, sunny, "2026-08-sunny-1", "stopped")
    (stopped.root / "request.json").write_text("{}", "utf-8")
    alive = _run(home, store, sunny, "2026-09-sunny-1", "running")
    sign_in(alive, os.getpid())
    (home.root / "cache").mkdir()
    (home.root / "cache" / "answers.jsonl").write_bytes(WEIGHTS)
    assert _cleanable(home, store) == {}
    assert storage.clean(home, store, KINDS).freed == 0
    assert alive.has_checkpoint and stopped.has_checkpoint


def test_a_training_that_begins_meanwhile_keeps_its_adapters(
    home: Home, store: Store, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cycle.process.LOCK_PATIENCE_S", 0.0)
    over = _run(home, store, sunny, "2026-08-sunny-1", "failed")
    with persona_lock(home, sunny):
        storage.clean(home, store, KINDS)
    assert over.has_checkpoint
    storage.clean(home, store, KINDS)
    assert not over.has_checkpoint


def test_a_deleted_persona_that_comes_back_has_its_adapters(
    home: Home, store: Store, sunny: Persona
) -> None:
    adapters = [_live(home, store, sunny, f"2026-0{month}-sunny-1") for month in (7, 8, 9)]
    store.personas.delete(sunny.id)
    found = storage.survey(home, store)
    assert found.older == ()
    storage.clean(home, store, KINDS, [each.id for each in adapters])
    assert all(each.gguf_path.is_file() for each in adapters)


def test_a_file_that_cannot_go_is_told_and_the_others_go(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(home)
    held = home.models / "served" / "tiny.0.Q8_0.gguf"
    unlink = Path.unlink

    def as_on_windows(path: Path, missing_ok: bool = False) -> None:
        if path == held:
            raise PermissionError(13, "The process cannot access the file", str(path))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", as_on_windows)
    cleaned = storage.clean(home, store, ["served", "caches"])
    assert cleaned.left == (held,)
    assert cleaned.freed == 2 * len(WEIGHTS)


def test_the_newest_copies_of_the_database_stay(home: Home, store: Store) -> None:
    copies = [store.back_up() for _ in range(4)]
    storage.clean(home, store, ["backups"])
    assert [each.exists() for each in copies] == [False, False, True, True]
    assert BACKUPS_LEFT == 2


def test_nothing_is_cleaned_up_while_something_is_forgotten(home: Home, store: Store) -> None:
    with forgetting_lock(home), pytest.raises(PerennialError) as refused:
        storage.clean(home, store, KINDS)
    assert refused.value.kind == "storage_busy"


@pytest.mark.parametrize(
    ("path", "program"),
    [
        (PureWindowsPath(r"C:\Users\Ann\OneDrive - Work\perennial"), "OneDrive"),
        (PureWindowsPath(r"C:\Users\Ann\Dropbox\perennial"), "Dropbox"),
        (PureWindowsPath(r"C:\Users\Ann\iCloudDrive\p"), "iCloud Drive"),
        (PureWindowsPath(r"G:\My Drive\perennial"), "Google Drive"),
        (PurePosixPath("/Ann/Library/Mobile Documents/com~apple~CloudDocs/p"), "iCloud Drive"),
        (PurePosixPath("/Ann/Library/CloudStorage/GoogleDrive-ann@x/p"), "Google Drive"),
        (PurePosixPath("/Ann/Nextcloud/p"), "Nextcloud"),
        (PurePosixPath("/Ann/.local/share/perennial"), None),
        (PurePosixPath("/Ann/dropboxes/perennial"), None),
    ],
)
def test_a_synced_folder_is_known_by_its_name(path: Path, program: str | None) -> None:
    assert synced_by(path) == program


def test_a_synced_folder_is_known_by_what_its_program_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "notes" / "home"
    place.mkdir(parents=True)
    assert synced_by(place) is None
    (tmp_path / "notes" / ".stfolder").mkdir()
    assert synced_by(place) == "Syncthing"
    monkeypatch.setenv("OneDrive", str(tmp_path / "elsewhere"))
    assert synced_by(tmp_path / "elsewhere" / "home") == "OneDrive"


def test_a_disk_that_damages_databases_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Partition:
        def __init__(self, mountpoint: str, fstype: str) -> None:
            self.mountpoint, self.fstype = mountpoint, fstype

    mounted = [Partition("/", "ext4"), Partition(str(tmp_path / "share"), "fuse.sshfs")]
    monkeypatch.setattr("psutil.disk_partitions", lambda all=False: mounted)
    assert risky_file_system(tmp_path / "share" / "home") == "fuse.sshfs"
    mounted[1].fstype = "vfat"
    assert risky_file_system(tmp_path / "share" / "home") == "vfat"
    mounted[1].fstype = "ext4"
    assert risky_file_system(tmp_path / "share" / "home") is None


def test_sizes_are_told_in_a_unit_that_one_can_use() -> None:
    assert [size_words(each) for each in (1, 98_362_432, 4_200_000_000)] == [
        "1 kB", "98 MB", "4.2 GB",
    ]  # fmt: skip
