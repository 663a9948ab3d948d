"""A twin that is not the base, or is not there, would have a persona answer as somebody else."""

from __future__ import annotations

import errno
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import gguf
import numpy as np
import pytest
import xllamacpp
from gguf.quants import dequantize

from ollama_bridge.base_gguf import check_whole
from ollama_bridge.runtime import twin
from tests.tiny_gguf import write_tiny_gguf

SLOW = (
    gguf.LlamaFileType.MOSTLY_Q4_1,
    gguf.LlamaFileType.MOSTLY_Q5_0,
    gguf.LlamaFileType.MOSTLY_Q5_1,
)


CPU = xllamacpp.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
CARD = xllamacpp.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_GPU


@pytest.fixture(autouse=True)
def _two_cores_and_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, "x86_64", CPU)


def machine(monkeypatch: pytest.MonkeyPatch, name: str, *devices: Any) -> None:
    """Have the tests run on another machine."""
    monkeypatch.setattr(platform, "machine", lambda: name)
    monkeypatch.setattr(xllamacpp, "get_device_info", lambda: [{"type": each} for each in devices])


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_tiny_gguf(tmp_path / "base.gguf", stored=gguf.LlamaFileType.MOSTLY_Q4_1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return twin.folder_in(tmp_path)


def twins(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix != ".lock")


def fields(reader: gguf.GGUFReader) -> dict[str, Any]:
    return {name: field.contents() for name, field in reader.fields.items()}


@pytest.mark.parametrize("stored", SLOW)
def test_a_twin_has_the_bases_weights_and_all_that_it_says_of_itself(
    stored: gguf.LlamaFileType, tmp_path: Path, folder: Path
) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf", stored=stored)
    made = twin.ensure_twin(base, folder)
    assert made == twin.served_file(base, folder) != base
    check_whole(made)
    ours, theirs = gguf.GGUFReader(made), gguf.GGUFReader(base)
    file_type = {"general.file_type": gguf.LlamaFileType.MOSTLY_Q8_0}
    assert fields(ours) == fields(theirs) | file_type
    for one, other in zip(ours.tensors, theirs.tensors, strict=True):
        assert (one.name, list(one.shape)) == (other.name, list(other.shape))
        if other.tensor_type == gguf.GGMLQuantizationType.F32:
            assert one.data.tobytes() == other.data.tobytes()
            continue
        assert one.tensor_type == gguf.GGMLQuantizationType.Q8_0
        wanted = dequantize(other.data, other.tensor_type).reshape(-1, 32)
        error = np.abs(dequantize(one.data, one.tensor_type).reshape(-1, 32) - wanted)
        assert np.all(error.max(axis=1) <= 0.005 * np.abs(wanted).max(axis=1))


def test_a_large_weight_is_written_piece_by_piece(
    base: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = twin.ensure_twin(base, folder).read_bytes()
    monkeypatch.setattr(twin, "_WEIGHTS_AT_ONCE", 640)
    assert twin.ensure_twin(base, tmp_path / "pieces").read_bytes() == whole


@pytest.mark.parametrize(
    "stored",
    [gguf.LlamaFileType.ALL_F32, gguf.LlamaFileType.MOSTLY_Q8_0, gguf.LlamaFileType.MOSTLY_Q4_0],
)
def test_a_base_that_is_fast_already_takes_no_disk(
    stored: gguf.LlamaFileType, tmp_path: Path, folder: Path
) -> None:
    base = write_tiny_gguf(tmp_path / "base.gguf", stored=stored)
    assert twin.ensure_twin(base, folder) == base
    assert not folder.exists()


@pytest.mark.parametrize("other", [("AMD64", CPU, CARD), ("arm64", CPU)])
def test_a_card_is_served_the_base_also_where_a_twin_was_made_before(
    other: tuple[Any, ...], base: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert twin.ensure_twin(base, folder) != base
    machine(monkeypatch, *other)
    assert twin.ensure_twin(base, folder) == twin.served_file(base, folder) == base
    assert twins(folder) == []


def test_a_large_base_does_not_take_the_disk(
    base: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = twin.ensure_twin(base, folder).stat().st_size
    shutil.rmtree(folder)
    monkeypatch.setattr(twin, "LARGEST_BYTES", size - 1)
    assert twin.ensure_twin(base, folder) == base
    monkeypatch.setattr(twin, "LARGEST_BYTES", size)
    assert twin.ensure_twin(base, folder) != base


def test_a_twin_is_made_once(base: Path, folder: Path) -> None:
    made = twin.ensure_twin(base, folder)
    stamp = made.stat().st_mtime_ns
    assert twin.ensure_twin(base, folder) == made
    assert made.stat().st_mtime_ns == stamp


def test_a_changed_base_is_served_itself_until_it_has_a_twin_of_its_own(
    base: Path, folder: Path
) -> None:
    before = twin.ensure_twin(base, folder)
    other = twin.ensure_twin(
        write_tiny_gguf(base.with_name("base.b.gguf"), stored=gguf.LlamaFileType.MOSTLY_Q4_1),
        folder,
    )
    write_tiny_gguf(base, seed=1, stored=gguf.LlamaFileType.MOSTLY_Q4_1)
    os.utime(base, ns=(1, 1))
    assert twin.served_file(base, folder) == base
    after = twin.ensure_twin(base, folder)
    assert after not in (base, before)
    assert twins(folder) == sorted([after, other]), "twins of what is gone fill the disk"


def test_a_base_that_is_gone_is_not_served_from_its_twin(base: Path, folder: Path) -> None:
    twin.ensure_twin(base, folder)
    base.unlink()
    assert twin.served_file(base, folder) == base
    assert twin.ensure_twin(base, folder) == base


def test_what_a_killed_making_left_is_never_served_and_goes(base: Path, folder: Path) -> None:
    made = twin.ensure_twin(base, folder)
    torn = made.with_name(f"{made.name}.part")
    torn.write_bytes(made.read_bytes()[:1000])
    made.unlink()
    assert twin.served_file(base, folder) == base
    whole = twin.ensure_twin(base, folder)
    check_whole(whole)
    assert twins(folder) == [whole]


def test_a_disk_that_fills_up_leaves_nothing_behind(
    base: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = twin._pieces

    def until_full(*asked: Any) -> Iterator[bytes]:
        yield from real(*asked)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(twin, "_pieces", until_full)
    assert twin.ensure_twin(base, folder) == base
    assert twins(folder) == []


def test_a_disk_that_is_nearly_full_is_left_alone(
    base: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(base.parent)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda place: usage._replace(free=twin.LEFT_FREE_BYTES)
    )
    assert twin.ensure_twin(base, folder) == base
    assert twins(folder) == []


def test_a_folder_that_cannot_be_written_to_costs_only_the_speed(
    base: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refused)
    assert twin.ensure_twin(base, folder) == base


def test_a_torn_base_gets_no_twin(base: Path, folder: Path) -> None:
    base.write_bytes(base.read_bytes()[:-5000])
    assert twin.ensure_twin(base, folder) == base
    assert twins(folder) == []
    base.write_bytes(b"GGUF and then nothing")
    assert twin.ensure_twin(base, folder) == base
