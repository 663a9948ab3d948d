"""Archives and folders are read where they lie: nothing is unpacked, and no bomb goes off."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from app.errors import ImportRefused
from app.importers import zip_limits
from tests.unit.app.importers import shapes
from tests.unit.app.importers.desk import Desk, reasons, said
from tests.unit.app.operations.program_stores import write_jan


def zipped(*members: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def everything_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_chatgpts_archive_comes_in_as_it_was_sent_with_its_thumbs(desk: Desk) -> None:
    feedback = [
        {"id": "a2", "conversation_id": "6f1c-1", "rating": "thumbs_up", "content": "{}"},
        {"id": "a1", "conversation_id": "6f1c-1", "rating": "thumbsDown"},
        {"id": 7, "rating": ["?"]},
        {"id": "q", "rating": "sideways"},
    ]
    content = zipped(
        ("user.json", as_json({"id": "me", "email": "a@b.c"})),
        ("message_feedback.json", as_json(feedback)),
        ("shared_conversations.json", as_json([{"id": "x", "conversation_id": "y"}])),
        ("chat.html", b"<html><script>alert(1)</script>"),
        ("dalle-generations/1.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("conversations.json", as_json([shapes.chatgpt()])),
    )
    result = desk.take(desk.file("export.zip", content))
    assert (result.conversations, result.up, result.down) == (1, 1, 1)
    assert result.left_out == ()
    assert result.aside["document"] == 5
    assert [each.file for each in result.documents] == ["export.zip: conversations.json"]
    assert [each.sampling.get("model") for each in desk.path_of(desk.conversations()[0])] == [
        None, "gpt-4o", None,
    ]  # fmt: skip


def test_thumbs_come_in_with_what_was_written_beside_them(desk: Desk) -> None:
    said_there = {"tags": ["false", "lazy-answer"], "text": "Bees \ud800 hover."}
    feedback = [
        {"id": "a2", "rating": "thumbs_down", "content": json.dumps(said_there)},
        {"id": "a1", "rating": "thumbs_down", "content": "[[["},
    ]
    desk.file("message_feedback.json", feedback)
    desk.file("conversations.json", [shapes.chatgpt()])
    result = desk.take(desk.folder)
    assert result.down == 2
    reply = desk.path_of(desk.conversations()[0])[1].id
    rating = desk.store.ratings.of([reply])[reply]
    assert (rating.reasons, rating.comment) == (("wrong_fact",), "lazy answer. Bees  hover.")


def test_a_file_of_an_export_named_alone_has_the_others_beside_it(desk: Desk) -> None:
    """Who unpacks an export and drops its conversations would lose every thumb."""
    desk.file("message_feedback.json", [{"id": "a2", "rating": "thumbs_up"}])
    path = desk.file("conversations.json", [shapes.chatgpt()])
    result = desk.take(path)
    assert (result.up, result.left_out) == (1, ())
    assert [each.file for each in result.documents] == ["conversations.json"]


def test_claudes_archive_comes_in_as_it_was_sent(desk: Desk) -> None:
    content = zipped(
        ("users.json", as_json([{"uuid": "me"}])),
        ("projects.json", as_json([{"uuid": "p", "name": "x", "docs": []}])),
        ("conversations.json", as_json([shapes.claude()])),
    )
    result = desk.take(desk.file("data.zip", content))
    assert [each.format for each in result.documents] == ["claude"]
    assert result.conversations == 1


def test_threads_of_an_archive_are_each_read_with_the_facts_beside_them(
    desk: Desk, tmp_path: Path
) -> None:
    """With those of another they would all be one conversation."""
    threads = [write_jan(tmp_path / "threads", name, name, "r") for name in ("jan_1", "jan_2")]
    members = [
        (f"data/{folder.name}/{file}", (folder / file).read_bytes())
        for folder in threads
        for file in ("messages.jsonl", "thread.json")
    ]
    result = desk.take(desk.file("jan.zip", zipped(*members)))
    assert (result.conversations, result.grown) == (2, 0)
    assert [talk.title for talk in desk.conversations()] == ["Thread jan_1", "Thread jan_2"]


@pytest.mark.parametrize(
    "name",
    ["../../evil.json", "/etc/evil.json", "C:\\evil.json", "..\\evil.json", "a\x1b[2J\nb.json",
     "x" * 4000, "CON", "con:1"],
)  # fmt: skip
def test_names_in_an_archive_are_only_labels(desk: Desk, tmp_path: Path, name: str) -> None:
    """An archive that writes where it likes would own the machine."""
    path = desk.file("export.zip", zipped((name, as_json([shapes.claude()]) + b"\n[")))
    before = everything_below(tmp_path)
    result = desk.take(path)
    assert everything_below(tmp_path) == before
    assert result.conversations == 1
    label = result.documents[0].file
    assert label.startswith("export.zip: ") and len(label) < 140 and label.isprintable()


def test_a_zip_bomb_is_refused_before_it_is_read(desk: Desk) -> None:
    bomb = b'[{"messages": "' + b"a" * (64 << 20) + b'"}]'
    path = desk.file("bomb.zip", zipped(("a.json", bomb), ("b.json", as_json([said("q", "a")]))))
    assert path.stat().st_size < 100_000
    result = desk.take(path)
    assert result.conversations == 1
    ((_, reason),) = reasons(result)
    assert "ZIP bomb" in reason and result.left_out[0].file == "bomb.zip: a.json"


def test_an_archive_that_unpacks_to_too_much_in_all_is_cut_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_limits, "MAX_TOTAL_BYTES", 300)
    members = [(f"{n}.json", as_json([said(str(n), "a")])) for n in range(10)]
    result = desk.take(desk.file("many.zip", zipped(*members)))
    assert 0 < result.conversations < 10
    assert result.conversations + result.left_out_count == 10


def test_members_that_lie_over_one_another_are_a_bomb(desk: Desk) -> None:
    content = bytearray(zipped(("a.json", as_json([said("q", "a")])), how=zipfile.ZIP_STORED))
    end = content.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<I", content, end + 16)[0]
    entry = bytes(content[start:end])
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 50, 50, len(entry) * 50, start, 0)
    path = desk.file("over.zip", bytes(content[:start]) + entry * 50 + tail)
    with pytest.raises(ImportRefused, match=r"over\.zip: .*lie over one another"):
        desk.take(path)


def test_a_directory_that_would_fill_the_memory_is_refused(desk: Desk) -> None:
    content = zipped(("a.json", b"[]"))
    end = content.rfind(b"PK\x05\x06")
    huge = content[: end + 12] + struct.pack("<I", 1 << 31) + content[end + 16 :]
    with pytest.raises(ImportRefused, match=r"far too many members"):
        desk.take(desk.file("huge.zip", huge))


def test_an_encrypted_member_and_strange_packing_are_named(desk: Desk) -> None:
    content = bytearray(zipped(("a.json", as_json([said("q", "a")])), ("b.json", b"[]")))
    start = content.find(b"PK\x01\x02")
    content[start + 8] |= 1
    second = content.find(b"PK\x01\x02", start + 4)
    content[second + 10 : second + 12] = struct.pack("<H", 14)
    with pytest.raises(ImportRefused, match=r"x\.zip: a\.json: it is encrypted"):
        desk.take(desk.file("x.zip", bytes(content)))
    result = desk.take(desk.path_of_good(), desk.folder / "x.zip")
    assert [reason for _, reason in reasons(result)][1].startswith("it is packed in a way")


@pytest.mark.parametrize("keep", [3, 30, 200, -1, -10, -40])
def test_a_broken_archive_is_named_and_the_rest_comes_in(desk: Desk, keep: int) -> None:
    members = [(f"{n}.json", as_json([said(str(n), "a")])) for n in range(3)]
    broken = desk.file("broken.zip", zipped(*members)[:keep])
    result = desk.take(desk.path_of_good(), broken)
    assert result.conversations == 1
    assert result.left_out[0].file == "broken.zip"


def test_what_stands_before_a_damaged_place_in_an_archive_comes_in(desk: Desk) -> None:
    lines = b"\n".join(as_json(said(f"question {n}", f"reply {n * n}")) for n in range(20_000))
    content = bytearray(zipped(("a.jsonl", lines)))
    middle = len(content) // 2
    content[middle : middle + 50] = bytes(50)
    result = desk.take(desk.file("half.zip", bytes(content)))
    assert 1000 < result.conversations < 20_000
    last = result.left_out[-1]
    assert last.file == "half.zip: a.jsonl" and "damaged" in last.reason


def test_a_wrong_checksum_is_told(desk: Desk) -> None:
    content = bytearray(zipped(("a.json", as_json([said("q", "a")])), how=zipfile.ZIP_STORED))
    content[content.find(b'"q"') + 1] = ord("r")
    with pytest.raises(ImportRefused, match=r"sum\.zip: a\.json: the archive is damaged here"):
        desk.take(desk.file("sum.zip", bytes(content)))


def test_an_archive_in_an_archive_is_not_opened(desk: Desk) -> None:
    inner = zipped(("a.json", as_json([said("q", "a")])))
    with pytest.raises(ImportRefused, match=r"outer\.zip|nothing to import"):
        desk.take(desk.file("outer.zip", zipped(("inner.zip", inner))))


def test_a_folder_brings_everything_below_it_that_is_a_conversation(desk: Desk) -> None:
    desk.file("a.jsonl", said("q", "a"))
    (desk.folder / "deeper").mkdir()
    desk.file("deeper/b.json", [shapes.claude()])
    desk.file("deeper/export.zip", zipped(("c.json", as_json([shapes.open_webui()]))))
    desk.file("notes.txt", b"milk, bread")
    desk.file("broken.json", b'{"x": ')
    desk.file(".hidden.jsonl", said("secret", "a"))
    result = desk.take(desk.folder)
    assert result.conversations == 3
    assert result.aside["document"] == 1
    assert [each.file for each in result.left_out] == ["files/broken.json"]


def test_what_is_no_file_is_named(desk: Desk) -> None:
    os.mkfifo(desk.folder / "pipe")
    with pytest.raises(ImportRefused, match="pipe: it is not an ordinary file"):
        desk.take(desk.folder / "pipe")
