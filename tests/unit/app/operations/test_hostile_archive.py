"""An archive from a stranger changes nothing here unless it is whole in every part."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import pickle
import shutil
import sqlite3
import struct
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.archive import limits
from app.archive.staging import MARK
from app.errors import ArchiveRefused, PerennialError
from app.home import Home, open_home
from app.operations.archive import export_archive, import_archive
from app.operations.own_tests import own_tests_of
from app.store import Store, open_store
from tests.unit.app.operations.full_home import RUNS, FullHome

Members = dict[str, bytes]
TENSORS = f"adapters/{RUNS[0]}/adapter_model.safetensors"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sound archive, to be spoiled."""
    folder = tmp_path_factory.mktemp("sound")
    home = open_home(folder / "home")
    with open_store(home) as store:
        full = FullHome(home, store)
        export_archive(home, store, full.persona, folder / "sunny.perennial")
    return (folder / "sunny.perennial").read_bytes()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that nothing may change; so all tests share it."""
    home = open_home(tmp_path_factory.mktemp("hostile") / "home")
    with open_store(home) as store:
        FullHome(home, store)
    return home


@pytest.fixture(scope="module")
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def refuse(home: Home, store: Store, tmp_path: Path) -> Callable[..., str]:
    """Offers an archive; its refusal in words, and nothing changed by it."""

    def offer(raw: bytes, kind: str = "archive_damaged") -> str:
        path = tmp_path / "offered.perennial"
        path.write_bytes(raw)
        before = everything(home)
        with pytest.raises(PerennialError) as refusal:
            import_archive(home, store, path)
        assert refusal.value.kind == kind
        assert everything(home) == before
        assert len(str(refusal.value)) < 2000
        return str(refusal.value)

    return offer


def everything(home: Home) -> dict[str, Any]:
    """All rows and all files of a home."""
    connection = sqlite3.connect(home.database)
    try:
        rows = list(connection.iterdump())
    finally:
        connection.close()
    files = {
        str(path.relative_to(home.root)): path.read_bytes()
        for folder in (home.runs, home.models, home.root / "tests")
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {"rows": hashlib.sha256("\n".join(rows).encode()).hexdigest(), **files}


def members_of(raw: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(raw)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def packed(members: Members, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as zipped:
        for name, data in members.items():
            zipped.writestr(zipfile.ZipInfo(name), data, compression)
    return stream.getvalue()


def resealed(members: Members, **changes: Any) -> bytes:
    """The members under sums that fit them, as somebody would who means harm."""
    contents = json.loads(members["archive.json"])
    for name, data in members.items():
        if name != "archive.json":
            found = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            contents["members"][name] = found
    for table in contents["rows"]:
        contents["rows"][table] = members[f"tables/{table}.jsonl"].count(b"\n")
    contents |= changes
    return packed(members | {"archive.json": json.dumps(contents).encode()})


def with_row(sound: bytes, table: str, line: int, **changes: Any) -> bytes:
    """A sound archive but for some values of one row."""
    members = members_of(sound)
    name = f"tables/{table}.jsonl"
    lines = members[name].split(b"\n")
    lines[line - 1] = json.dumps(json.loads(lines[line - 1]) | changes).encode()
    return resealed(members | {name: b"\n".join(lines)})


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK", b"no archive at all" * 99, b"PK\x05\x06" + bytes(18), bytes(4096)],
    ids=["empty", "two bytes", "text", "an empty ZIP", "zeros"],
)
def test_what_is_no_archive_is_refused(refuse: Callable[..., str], raw: bytes) -> None:
    kind = "archive_foreign" if raw.startswith(b"PK\x05") else "archive_damaged"
    assert "archive" in refuse(raw, kind)


def test_an_archive_of_something_else_is_refused(refuse: Callable[..., str]) -> None:
    assert "not the archive of a persona" in refuse(packed({"a.txt": b"a"}), "archive_foreign")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_half_copied_archive_is_refused(
    refuse: Callable[..., str], sound: bytes, share: float
) -> None:
    refuse(sound[: int(len(sound) * share)])


def test_every_flipped_part_is_noticed(refuse: Callable[..., str], sound: bytes) -> None:
    """A bit that rotted in the middle of a member is not taken for words of the user."""
    offset = sound.index(b"tables/messages.jsonl") + 120
    refuse(sound[:offset] + bytes([sound[offset] ^ 0xFF]) + sound[offset + 1 :])


def test_rows_that_were_changed_are_noticed(refuse: Callable[..., str], sound: bytes) -> None:
    members = members_of(sound)
    name = "tables/messages.jsonl"
    changed = packed(members | {name: members[name].replace(b"sodium", b"iodine")})
    assert f"{name} is not what it was" in refuse(changed)


@pytest.mark.parametrize("name", ["tables/messages.jsonl", TENSORS, "tables/samples.jsonl"])
def test_a_missing_member_is_named(refuse: Callable[..., str], sound: bytes, name: str) -> None:
    members = members_of(sound)
    del members[name]
    assert "is missing" in refuse(packed(members))


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt", "/etc/evil", "C:\\evil.exe", "tables/../../evil", "tables/evil.jsonl",
        "adapters/../adapter.gguf", f"adapters/{RUNS[0]}/evil.pkl",
        f"adapters/{RUNS[0]}/adapter_model.bin", f"adapters/{RUNS[0]}/../../evil/adapter.gguf",
        "adapters/2026-01-con/../adapter.gguf", f"adapters/{RUNS[0]}\\adapter.gguf",
        "adapters/nul/adapter.gguf", "tests/0/about.json", "tests/1/../evil.csv",
        "tests/1/questions.exe", "tests/own.about.json",
        "perennial.db", "a\0b", "\u202egnp.exe", "a" * 60000,
    ],
)  # fmt: skip
def test_a_name_that_is_none_of_ours_is_refused(
    refuse: Callable[..., str], sound: bytes, home: Home, name: str
) -> None:
    """Nothing is ever written to a place that an archive names."""
    told = refuse(resealed(members_of(sound) | {name: b"evil"}))
    assert "no part of a persona's archive" in told
    assert not list(home.root.parent.rglob("*evil*"))


def test_a_name_that_stands_twice_is_refused(refuse: Callable[..., str], sound: bytes) -> None:
    stream = io.BytesIO(sound)
    with zipfile.ZipFile(stream, "a") as zipped, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zipped.writestr("tables/messages.jsonl", b"")
    assert "stands in it twice" in refuse(stream.getvalue())


def test_files_of_a_run_that_is_not_there_are_refused(
    refuse: Callable[..., str], sound: bytes
) -> None:
    members = members_of(sound)
    members["adapters/2026-01-evil-1/adapter.gguf"] = members[f"adapters/{RUNS[0]}/adapter.gguf"]
    assert "belongs to no run" in refuse(resealed(members))


class Harmful:
    """What a pickle can do to whoever opens it."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return print, ("harm",)


_HEADER = json.dumps({"a": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]}}).encode()
SPOILED_FILES = [
    ("adapter_model.safetensors", pickle.dumps(Harmful())),
    ("adapter_model.safetensors", b""),
    ("adapter_model.safetensors", struct.pack("<Q", 2**63) + b"{}"),
    ("adapter_model.safetensors", struct.pack("<Q", 2) + b"[]"),
    ("adapter_model.safetensors", struct.pack("<Q", 2) + b"{}"),
    ("adapter_model.safetensors", struct.pack("<Q", len(_HEADER)) + _HEADER + b"short"),
    ("adapter_model.safetensors", struct.pack("<Q", 90_000) + b"[" * 90_000),
    ("adapter.gguf", pickle.dumps(Harmful()) + bytes(99)),
    ("adapter.gguf", b"GGUF" + struct.pack("<IQQ", 3, 2**62, 0)),
    ("adapter.gguf", b"GGUF"),
    ("Modelfile", b"FROM other\nSYSTEM hello\n"),
    ("Modelfile", b"\xff\xfe"),
    ("adapter_config.json", b"[1]"),
    ("adapter_config.json", b"[" * 100_000),
    ("report.json", b'{"replies": "all"}'),
    ("manifest.json", b"not JSON"),
]


@pytest.mark.parametrize(("name", "data"), SPOILED_FILES)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    refuse: Callable[..., str], sound: bytes, name: str, data: bytes
) -> None:
    told = refuse(resealed(members_of(sound) | {f"adapters/{RUNS[0]}/{name}": data}))
    assert f"adapters/{RUNS[0]}/{name}" in told


SPOILED_TESTS: list[tuple[str, bytes, str]] = [
    ("about.json", b"", "about.json"),
    ("about.json", b"[" * 60_000, "about.json"),
    ("about.json", b" " * 100_000, "far too long"),
    ("about.json", b'{"name": "own"}', "all_held_out: Field required"),
    ("about.json", b'{"name": "..", "all_held_out": true, "added": ""}', "no name for a test set"),
    ("about.json", b'{"name": "own", "all_held_out": 1, "added": ""}', "all_held_out"),
    ("about.json", b'{"name": "own", "all_held_out": true, "added": "soon"}', "added"),
    ("about.json", b'{"name": "Shared", "all_held_out": true, "added": ""}', "stands there twice"),
    ("questions.csv", b"", "it is empty"),
    ("questions.csv", b"question,answer\n", "it holds no question"),
    ("questions.csv", b"question,answer\nWell?,\n", "line 2"),
    ("questions.csv", pickle.dumps(Harmful()), "questions.csv"),
    ("questions.csv", b"question,answer\n" + b"a" * (11 << 20), "far too long"),
    ("questions.jsonl", b'{"question": "Well?", "answer": "Yes."}', "not one file of questions"),
]


@pytest.mark.parametrize(("name", "data", "words"), SPOILED_TESTS)
def test_a_test_set_that_is_not_whole_is_refused(
    refuse: Callable[..., str], sound: bytes, name: str, data: bytes, words: str
) -> None:
    """Else something that judged could be learned here, and nobody would be told."""
    told = refuse(resealed(members_of(sound) | {f"tests/1/{name}": data}))
    assert words in told and ("tests/1/" in told or "tests/2/" in told or "test set 1" in told)


@pytest.mark.parametrize("name", ["about.json", "questions.csv"])
def test_half_a_test_set_is_refused(refuse: Callable[..., str], sound: bytes, name: str) -> None:
    members = members_of(sound)
    del members[f"tests/1/{name}"]
    assert f"tests/1/{name} is missing" in refuse(packed(members))
    contents = json.loads(members["archive.json"])
    del contents["members"][f"tests/1/{name}"]
    members["archive.json"] = json.dumps(contents).encode()
    assert "test set 1 has not one file" in refuse(packed(members))


def test_questions_that_were_changed_are_noticed(refuse: Callable[..., str], sound: bytes) -> None:
    members = members_of(sound)
    name = "tests/2/questions.jsonl"
    changed = packed(members | {name: members[name].replace(b"lantern", b"lanterm")})
    assert f"{name}: it is not what it was" in refuse(changed)


_WEIGHTY = {"role": "assistant", "content": "a"}
SPOILED_ROWS: list[tuple[str, int, dict[str, Any], str]] = [
    ("messages", 2, {"parent_id": 999}, "parent_id: names nothing in messages"),
    ("messages", 2, {"parent_id": 10**30}, "parent_id"),
    ("messages", 2, {"parent_id": -1}, "parent_id: names nothing in messages"),
    ("messages", 2, {"parent_id": 2}, "names a message that comes later"),
    ("messages", 2, {"parent_id": 5}, "names a message that comes later"),
    ("messages", 9, {"parent_id": 1}, "names a message of another conversation"),
    ("messages", 1, {"conversation_id": 0}, "names nothing in conversations"),
    ("messages", 1, {"conversation_id": None}, "conversation_id"),
    ("messages", 1, {"adapter_id": 4}, "names nothing in adapters"),
    ("messages", 1, {"role": "root"}, "role"),
    ("messages", 1, {"id": 7}, "is not the number of its line"),
    ("messages", 1, {"content": 5}, "content"),
    ("messages", 1, {"content": "\ud800"}, "messages.jsonl, line 1"),
    ("messages", 1, {"created": "yesterday"}, "created"),
    ("messages", 1, {"created": "2026-01-01T00:00:00+09:00"}, "created"),
    ("conversations", 1, {"updated": "0001-01-01T00:00:00+00:00"}, "updated"),
    ("conversations", 1, {"updated": "9999-12-31T23:59:59+00:00"}, "updated"),
    ("messages", 1, {"with_note": 1}, "with_note"),
    ("messages", 1, {"extra": 1}, "extra"),
    ("conversations", 1, {"leaf_id": 9}, "leaf_id: names a message of another conversation"),
    ("conversations", 2, {"external_id": "chat:1#abc"}, "contradict"),
    ("ratings", 1, {"value": "superb"}, "value"),
    ("ratings", 1, {"action_id": 10**9}, "names nothing in actions"),
    ("runs", 1, {"id": "../../evil"}, "id"),
    ("runs", 1, {"id": "nul"}, "id"),
    ("runs", 2, {"id": RUNS[0]}, "stands there twice"),
    ("runs", 1, {"seed": 2**70}, "seed"),
    ("adapters", 1, {"run_id": "2026-01-none-1"}, "names nothing in runs"),
    ("adapters", 2, {"run_id": RUNS[0]}, "contradict"),
    ("personas", 1, {"slug": "../evil"}, "slug"),
    ("personas", 1, {"colour": "red; } QWidget {"}, "colour"),
    ("personas", 1, {"name": ""}, "name"),
    ("personas", 1, {"name": "Sunny\x1b]0;evil\x07"}, "name"),
    ("bases", 1, {"name": "tiny\n\x1b[2J"}, "name"),
    ("personas", 1, {"traits": {"formality": "very"}}, "traits"),
    ("personas", 1, {"base_id": 3}, "names nothing in bases"),
    ("settings", 1, {"name": "persona"}, "name"),
    ("settings", 2, {"value": {"ratio_new": 7}}, "ratio_new"),
    ("replay_items", 1, {"messages": [{"role": "user"}]}, "messages"),
    ("replay_items", 2, {"messages": [_WEIGHTY | {"weight": "much"}]}, "messages"),
    ("replay_items", 2, {"messages": [_WEIGHTY | {"weight": 1e9}]}, "messages"),
    ("replay_items", 2, {"external_id": "rehearsed:mine"}, "external_id"),
    ("replay_items", 2, {"external_id": "said:mine"}, "external_id"),
    ("replay_items", 1, {"external_id": "said:1"}, "external_id"),
    ("help_given", 1, {"example_id": 0}, "names nothing in messages"),
]


@pytest.mark.parametrize(("table", "line", "changes", "words"), SPOILED_ROWS)
def test_a_row_that_is_not_whole_is_named(
    refuse: Callable[..., str],
    sound: bytes,
    table: str,
    line: int,
    changes: dict[str, Any],
    words: str,
) -> None:
    kind = "contradictory" if words == "contradict" else "archive_damaged"
    told = refuse(with_row(sound, table, line, **changes), kind)
    assert words in told
    assert table in told


def test_all_that_is_wrong_is_named_up_to_a_limit(refuse: Callable[..., str], sound: bytes) -> None:
    members = members_of(sound)
    rows = [json.loads(line) for line in members["tables/messages.jsonl"].splitlines() if line[:1]]
    spoiled = "".join(json.dumps(row | {"role": "x", "finish": "y"}) + "\n" for row in rows)
    told = refuse(resealed(members | {"tables/messages.jsonl": spoiled.encode()}))
    assert "line 1, role" in told and "line 1, finish" in told and "more" in told


@pytest.mark.parametrize(
    "line",
    [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"null", b"", b"1" * 5000, b'{"id": NaN}'],
    ids=["deep list", "deep object", "no text", "null", "nothing", "long number", "NaN"],
)
def test_a_line_that_is_no_row_is_named(
    refuse: Callable[..., str], sound: bytes, line: bytes
) -> None:
    members = members_of(sound)
    name = "tables/messages.jsonl"
    assert f"{name}, line 1," in refuse(resealed(members | {name: line + b"\n" + members[name]}))


def test_deep_and_broken_contents_are_refused(refuse: Callable[..., str], sound: bytes) -> None:
    for raw in (b"[" * 100_000, b"", b"{}", b"[]", b'{"version": 1}', b"\xff"):
        assert "archive.json" in refuse(packed(members_of(sound) | {"archive.json": raw}))


def test_counts_that_are_made_up_are_refused(refuse: Callable[..., str], sound: bytes) -> None:
    members = members_of(sound)
    contents = json.loads(members["archive.json"])
    contents["rows"]["messages"] = 0
    refuse(packed(members | {"archive.json": json.dumps(contents).encode()}))
    for count in (10**9, 2**62):
        contents["rows"]["messages"] = count
        raw = packed(members | {"archive.json": json.dumps(contents).encode()})
        assert "messages.jsonl holds 13 rows" in refuse(raw)
    contents["rows"]["messages"] = 13
    contents["members"]["tables/messages.jsonl"]["bytes"] = 10**12
    assert "bytes long" in refuse(packed(members | {"archive.json": json.dumps(contents).encode()}))


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        (3, "archive_newer"),
        (10**9, "archive_newer"),
        (0, "archive_damaged"),
        (-1, "archive_damaged"),
    ],
)
def test_another_version_is_refused_with_what_to_do(
    refuse: Callable[..., str], sound: bytes, version: int, kind: str
) -> None:
    changed = resealed(members_of(sound), version=version, made_of="something new")
    told = refuse(changed, kind)
    assert ("Update Perennial" in told) == (kind == "archive_newer")


def test_parts_that_do_not_go_with_the_tables_are_refused(
    refuse: Callable[..., str], sound: bytes
) -> None:
    assert "do not go with" in refuse(resealed(members_of(sound), parts=["adapters"]))


def test_two_personas_or_none_are_refused(refuse: Callable[..., str], sound: bytes) -> None:
    members = members_of(sound)
    name = "tables/personas.jsonl"
    assert "one persona" in refuse(resealed(members | {name: members[name] * 2}))
    assert "one persona" in refuse(resealed(members | {name: b""}))


def test_a_bomb_is_refused_before_it_bursts(
    refuse: Callable[..., str], sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BURST_BYTES", 1 << 20)
    monkeypatch.setattr("app.archive.checking.MAX_LINE_BYTES", 1 << 16)
    zeros = members_of(sound) | {"tables/messages.jsonl": bytes(8 << 20)}
    assert "ZIP bomb" in refuse(resealed(zeros))
    monkeypatch.setattr(limits, "BURST_BYTES", 1 << 30)
    assert "longer than" in refuse(resealed(zeros))


def test_members_that_lie_over_one_another_are_refused(
    refuse: Callable[..., str], sound: bytes
) -> None:
    """As in a bomb whose members share their bytes."""
    members = members_of(sound)
    members["adapters/x/y"] = bytes(100)
    stream = bytearray(packed(members, zipfile.ZIP_STORED))
    at = stream.rindex(b"PK\x01\x02")
    stream[at + 20 : at + 24] = struct.pack("<I", 2**31)
    refuse(bytes(stream))


def test_an_encrypted_member_is_refused(refuse: Callable[..., str], sound: bytes) -> None:
    stream = bytearray(sound)
    at = stream.index(b"PK\x01\x02")
    stream[at + 8] |= 1
    assert "encrypted" in refuse(bytes(stream))


def test_another_packing_is_refused(refuse: Callable[..., str], sound: bytes) -> None:
    told = refuse(packed(members_of(sound), zipfile.ZIP_LZMA))
    assert "packed in a way" in told


def test_rows_that_are_all_alike_still_move(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is ours is never taken for a bomb."""
    monkeypatch.setattr(limits, "BURST_BYTES", 1 << 16)
    mine, theirs = open_home(tmp_path / "mine"), open_home(tmp_path / "theirs")
    with open_store(mine) as store:
        persona = store.personas.add("Sunny")
        talk = store.conversations.add(persona.id, "")
        store.messages.add(talk.id, None, "user", "a" * (4 << 20))
        export_archive(mine, store, persona, tmp_path / "alike.perennial")
    with open_store(theirs) as store:
        came = import_archive(theirs, store, tmp_path / "alike.perennial")
        assert [len(each.content) for each in store.messages.path(1)] == [4 << 20]
        assert came.persona.name == "Sunny"


def test_a_full_disk_is_told_before_anything_is_written(
    refuse: Callable[..., str], sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil._ntuple_diskusage(100, 100, 0)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert "needs" in refuse(sound, "disk_full")


def test_a_disk_that_fills_half_way_leaves_the_home_as_it_was(
    home: Home, store: Store, sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sunny.perennial"
    path.write_bytes(sound)
    for place in ("move", "fill"):
        before = everything(home)

        def full(*_arguments: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(f"app.archive.staging.Staging.{place}", full)
            with pytest.raises(OSError, match="No space"):
                import_archive(home, store, path)
        assert everything(home) == before


_KILLED = """
import os, sys
from pathlib import Path
from app.archive.staging import Staging
from app.home import open_home
from app.operations.archive import import_archive
from app.store import open_store
from app.store.portable_writing import PersonaWriting
where = sys.argv[3]
if where == "rows":
    write = PersonaWriting.write
    def dies(self, table, rows):
        write(self, table, rows)
        if table.name == "ratings":
            os._exit(9)
    PersonaWriting.write = dies
elif where == "moved":
    move = Staging.move
    def dies(self):
        move(self)
        os._exit(9)
    Staging.move = dies
else:
    Staging.move = lambda self: os._exit(9)
home = open_home(Path(sys.argv[1]))
with open_store(home) as store:
    import_archive(home, store, Path(sys.argv[2]))
"""


@pytest.mark.parametrize("where", ["rows", "copied", "moved"])
def test_a_killed_import_leaves_nothing_and_can_be_done_again(
    sound: bytes, tmp_path: Path, where: str
) -> None:
    path = tmp_path / "sunny.perennial"
    path.write_bytes(sound)
    home = open_home(tmp_path / "home")
    open_store(home).close()
    command = [sys.executable, "-c", _KILLED, str(home.root), str(path), where]
    assert subprocess.run(command, check=False).returncode == 9
    with open_store(home) as store:
        assert store.personas.all() == []
        assert store.replay.all() == []
        left = [each for each in home.runs.iterdir() if each.name[0] != "."]
        assert all((each / MARK).is_file() for each in left)
        came = import_archive(home, store, path)
        assert [test.name for test in own_tests_of(home, came.persona)] == ["own", "shared"]
        runs = {run.id for run in store.runs.of_persona(came.persona.id)}
    assert {each.name for each in home.runs.iterdir()} == runs == set(RUNS)


_SPOILS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 255), st.integers(0, 3)), min_size=1, max_size=4
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(spoils=_SPOILS)
def test_whatever_is_spoiled_ends_in_a_sentence_or_a_whole_persona(
    sound: bytes, home: Home, store: Store, tmp_path: Path, spoils: list[tuple[int, int, int]]
) -> None:
    raw = bytearray(sound)
    for at, byte, how in spoils:
        place = at % max(1, len(raw))
        if how == 0:
            raw[place : place + 1] = bytes([byte])
        elif how == 1:
            del raw[place : place + byte]
        elif how == 2:
            raw[place:place] = bytes([byte]) * 3
        else:
            raw = raw[: len(raw) - byte]
    path = tmp_path / "spoiled.perennial"
    path.write_bytes(bytes(raw))
    before = everything(home)
    with store.transaction(), contextlib.suppress(ArchiveRefused):
        import_archive(home, store, path, again=True)
    if bytes(raw) != sound and everything(home) != before:
        # What is spoiled may be a place that means nothing, such as a time in the directory.
        assert members_of(bytes(raw)) == members_of(sound)
