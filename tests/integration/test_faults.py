"""A full disk, a read-only home, a damaged file, a missing package: one sentence, and no loss."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import starter
from app.cycle import process
from app.home import Home, open_home
from app.store import open_store
from ollama_bridge.runtime.client import RuntimeClient
from tests.integration.faults import (
    Disk,
    a_month,
    command,
    mounted,
    read_only_view,
    unmount,
    usable,
)
from tests.tiny_month import TinyMonth
from trainer.contract.folder import RunFolder, read_rows

DISK_SIZE = "24m"
CHAT = ("chat", "-p", "sunny", "-m", "Good morning.")
# Where the month's disk gets full, and how many calls go well before.
FAULTS = (
    ("app.cycle.mixing:_write_data", 0),
    ("app.cycle.telling:CycleTelling.completed", 0),
    ("trainer.telling:Telling.tell", 2),
    ("trainer.checkpoint:Checkpoints.save", 4),
    ("ollama_bridge.gguf_adapter:_write", 0),
    ("ollama_bridge.runtime.supervisor:Supervisor._write_file", 0),
    ("app.evaluation.exam:AnswerCache.put", 3),
    ("app.cycle.gating:gate", 0),
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that can be filled."""
    root = tmp_path / "disk"
    root.mkdir()
    own = mounted("-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", str(root))
    yield Disk(root, own)
    if own:
        unmount(root)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _trained_steps(folder: RunFolder) -> list[int]:
    """The steps that were kept; what is kept before the first one is no step."""
    kept = (row for row in read_rows(folder.events) if row["kind"] == "checkpoint" and row["step"])
    return [int(row["step"]) for row in kept]


def test_a_message_and_a_rating_find_no_room(disk: Disk) -> None:
    """What was said before is there, and the same words go through once there is room."""
    home = a_month(disk.root / "home")
    before = usable(home)
    full = command(home.root, *CHAT, "--json", **disk.full_at("app.operations.chat:ask"))
    assert full.error["kind"] == "disk_full"
    disk.free()
    said = command(home.root, *CHAT, "--json")
    assert said.code == 0 and said.result["reply"]["role"] == "assistant"
    rated = command(
        home.root, "chat", "-p", "sunny", stdin="Good evening.\n/up\n/quit\n",
        **disk.full_at("app.operations.rating:thumb_up"),
    )  # fmt: skip
    assert rated.code == 0 and "disk" in rated.out and "Traceback" not in rated.told
    disk.free()
    assert usable(home) == before
    command(home.root, "chat", "-p", "sunny", stdin="Good night.\n/up\n/quit\n")
    assert usable(home) == before + 1


def test_a_month_goes_on_wherever_its_disk_was_full(disk: Disk) -> None:
    """Somebody frees space and gives the same command: nothing is rated or trained twice."""
    home = a_month(disk.root / "home")
    rated = usable(home)
    words = ("cycle", "sunny", "--yes", "--recipe", str(home.root / "tiny.yaml"), "--json")
    run_id = ""
    for fault, after in FAULTS:
        ended = command(home.root, *words, **disk.full_at(fault, after))
        assert ended.error["kind"] == "disk_full", fault
        disk.free()
        assert usable(home) == rated
        with open_store(home) as store:
            (sunny,) = store.personas.all()
            run = store.runs.of_persona(sunny.id)[0]
        trained = fault.startswith("trainer.checkpoint")
        # Later ones may find the room that an older checkpoint gives up, and none for their word.
        kept = _trained_steps(RunFolder(home.runs / run.id)) if trained else []
        assert not trained or kept == list(range(1, max(3, len(kept)) + 1))
        began = run_id or run.id
        run_id = run.id if FAULTS.index((fault, after)) >= 3 else ""
        assert not run_id or run.id == began or trained, "what was trained is gone on with"
    ended = command(home.root, *words)
    assert ended.code in (0, 3, 4) and ended.result["run"] == run_id
    steps = _trained_steps(RunFolder(home.runs / run_id))
    # A look at the held-out conversations keeps its own checkpoint beside the step's.
    assert steps == sorted(steps), "no step was trained twice"
    untold = set(range(1, max(steps) + 1)) - set(steps)
    assert len(untold) <= 1, "only the one that met the full disk"
    assert len(list(home.backups.glob("*.db"))) >= 1 and not list(home.backups.glob("*.part*"))


def test_a_home_that_cannot_be_written_to(tmp_path: Path) -> None:
    home = a_month(tmp_path / "home")
    before = _digest(home.database)
    place = tmp_path / "view"
    with read_only_view(home.root, place) as shown:
        if not shown:
            if os.geteuid() == 0:
                pytest.skip("nothing can be mounted here, and root may write everywhere")
            place = home.root
            place.chmod(0o500)
        try:
            for words in (("personas",), CHAT, ("cycle", "sunny"), ("demo",), ("runs",)):
                ended = command(place, *words, "--json")
                assert ended.error["kind"] == "read_only", words
        finally:
            home.root.chmod(0o700)
    assert _digest(home.database) == before


def _with_damaged_starter(home: Home) -> Path:
    place = home.models / starter.FILE_NAME
    with place.open("wb") as file:
        file.write(b"GGUF")
        file.truncate(starter.SIZE_BYTES)
    with open_store(home) as store:
        base = store.bases.add("SmolLM2 135M", "gguf", place, starter.DIGEST, "llama")
        for persona in store.personas.all():
            store.personas.update(persona.id, base_id=base.id)
    return place


def test_a_damaged_starter_is_neither_served_nor_trained(tmp_path: Path) -> None:
    """A persona that speaks nonsense out of a damaged file would be worse than one sentence."""
    home = a_month(tmp_path / "home")
    _with_damaged_starter(home)
    for words in (CHAT, ("cycle", "sunny")):
        error = command(home.root, *words, "--json").error
        assert error["kind"] == "starter_damaged"
        assert f"python3 start.py --home {home.root}" in error["next_step"]
    assert not any(home.runs.iterdir())
    with RuntimeClient.connect(home.root) as client:
        assert client.status().base is None


def test_the_demo_fetches_a_damaged_starter_again(tmp_path: Path) -> None:
    demo = open_home(tmp_path / "home" / starter.DEMO_FOLDER)
    place = _with_damaged_starter(demo)
    demo.database.unlink()
    elsewhere = {starter.VARIABLE: str(tmp_path / "none.gguf")}  # in place of the network
    ended = command(tmp_path / "home", "demo", "--json", **elsewhere)
    assert "damaged; it is fetched again" in ended.told
    assert ended.result["error"]["kind"] == "starter" and "Traceback" not in ended.told
    assert not place.exists()


def test_a_changed_base_is_neither_served_nor_trained(tmp_path: Path) -> None:
    home = a_month(tmp_path / "home")
    assert command(home.root, *CHAT, "--json").code == 0
    path = home.models / "tiny.gguf"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 255 for byte in content[middle : middle + 64])
    path.write_bytes(content)
    for words in (CHAT, ("cycle", "sunny")):
        assert command(home.root, *words, "--json").error["kind"] == "base_damaged"


@pytest.mark.parametrize("damage", ["header", "cut", "middle"])
def test_a_damaged_database_is_left_for_a_repair(tmp_path: Path, damage: str) -> None:
    """The person learns which backup is whole; the damaged file is never written over."""
    home = a_month(tmp_path / "home")
    with open_store(home) as store:
        backup = store.back_up()
    content = bytearray(home.database.read_bytes())
    third = len(content) // 3
    if damage == "header":
        content[:4096] = os.urandom(4096)
    elif damage == "middle":
        content[third : 2 * third] = os.urandom(third)
    else:
        del content[third // 4096 * 4096 :]
    home.database.write_bytes(content)
    before = _digest(home.database)
    for words in (("personas",), CHAT, ("cycle", "sunny")):
        error = command(home.root, *words, "--json").error
        assert error["kind"] == "damaged", words
        assert str(backup) in error["kept"] and "copy the backup" in error["next_step"]
    assert _digest(home.database) == before


@pytest.mark.parametrize("package", ["torch", "peft", "bitsandbytes"])
def test_a_training_without_its_packages(tmp_path: Path, package: str) -> None:
    home = a_month(tmp_path / "home")
    ended = command(home.root, "cycle", "sunny", "--json", PERENNIAL_TEST_HIDE=package)
    error = ended.error
    assert error["kind"] == "no_training"
    assert "`train`" in error["text"] and package in error["text"]
    assert "python3 start.py setup train" in error["next_step"]


@pytest.mark.parametrize(
    ("package", "kind"), [("xllamacpp", "runtime_missing"), ("httpx", "incomplete")]
)
def test_a_chat_without_its_packages(tmp_path: Path, package: str, kind: str) -> None:
    home = a_month(tmp_path / "home", replies=2)
    error = command(home.root, *CHAT, "--json", PERENNIAL_TEST_HIDE=package).error
    assert error["kind"] == kind and package in error["text"]
    assert "python3 start.py setup" in error["next_step"]


def test_a_window_without_its_packages(tmp_path: Path) -> None:
    ended = command(tmp_path / "home", PERENNIAL_TEST_HIDE="PySide6")
    assert ended.code == 1 and "PySide6" in ended.told and "start.py setup" in ended.told
    assert "Traceback" not in ended.told


def test_a_month_without_room_for_a_backup_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The training changes no rating, so it is not refused; the person is told."""
    monkeypatch.setattr("app.store.backups._ROOM_BYTES", 1 << 60)
    home = a_month(tmp_path / "home", replies=2)
    with open_store(home) as store:
        month = TinyMonth(home, store)
        run = store.runs.add("r", month.persona.id, month.base.id, None, "tiny", 7)
        context = month.context(run)
        process._back_up(context)
        context.close()
        (warning,) = month.events(run.id, "warning")
    assert warning["warning"] == "backup_failed" and str(home.backups) in warning["advice"]
