"""What the first start recommends is what a person waits for and pays disk and memory for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.home import Home
from app.operations import first_start
from app.operations.adding_bases import Adding
from app.operations.computer import Computer, GraphicsCard
from app.operations.first_start import STARTER, Candidate, FirstLook, row_of, seen
from app.operations.machine_speed import machine_of
from app.store import open_store
from app.training_table import Machine, Model
from app.words import Language
from tests.tiny_gguf import write_tiny_gguf
from tests.unit.app.test_cli_base import pull
from trainer.contract.shape import BaseShape

GB, MIB = 10**9, 1 << 20
QWEN_7B = BaseShape("qwen2", 3584, 18_944, 28, 28, 4, 128, 152_064, False)


def computer(
    memory_mb: int,
    *,
    free_mb: int = 0,
    card_mb: int = 0,
    mac: bool = False,
    disk_gb: int = 300,
) -> Computer:
    """A computer of a person."""
    card = GraphicsCard("RTX", card_mb * MIB, (card_mb - 700) * MIB)
    return Computer(
        processor="Apple M2" if mac else "Ryzen 5",
        cores=6,
        memory_bytes=memory_mb * MIB,
        free_memory_bytes=(free_mb or int(memory_mb * 0.7)) * MIB,
        cards=(card,) if card_mb else (),
        shared_memory=mac,
        disk_bytes=500 * GB,
        free_disk_bytes=disk_gb * GB,
        trains="",
    )


LAPTOP = computer(7_800, free_mb=4_800)
MAC = computer(16_384, mac=True)
TWELVE = computer(32_000, card_mb=12_282)
TWENTY_FOUR = computer(64_000, card_mb=24_564)
SLOW, ORDINARY = 5e10, 2.5e11


def of_ollama(name: str, shape: BaseShape, machine: Machine) -> Candidate:
    row = row_of(Model(name, "Ollama", shape), machine)
    return Candidate(f"ollama:{name}", "ollama", row, 4_700_000_000, ("en", "ko"))


def looked(
    on: Computer,
    *,
    speed: float = ORDINARY,
    here: Sequence[tuple[str, BaseShape]] = (),
    chats_on_card: bool = True,
) -> FirstLook:
    machine = machine_of(on, speed)
    own = [of_ollama(name, shape, machine) for name, shape in here]
    return seen(on, machine, own, chats_on_card=chats_on_card)


def best(found: FirstLook, language: Language = "en") -> str:
    return found.recommended[language].key


def test_a_slow_laptop_keeps_the_starter() -> None:
    found = looked(LAPTOP, speed=SLOW)
    assert best(found) == STARTER
    assert "longer than a night" in found.recommended["en"].reason


def test_a_laptop_of_8_gb_without_a_card_takes_a_small_model() -> None:
    found = looked(LAPTOP)
    assert best(found) == "hub:Qwen/Qwen2.5-0.5B-Instruct"
    larger = found.candidate("hub:Qwen/Qwen3-4B-Instruct-2507")
    assert larger is not None and not larger.row.fits


def test_a_mac_of_16_gb_takes_four_billion() -> None:
    found = looked(MAC)
    assert found.device == "mps"
    assert best(found) == best(found, "ko") == "hub:Qwen/Qwen3-4B-Instruct-2507"


def test_a_card_of_12_gb_takes_what_it_can_also_write_with() -> None:
    """Seven billion would train on it, but have no room in it to chat in 16 bits."""
    found = looked(TWELVE)
    assert found.device == "cuda"
    assert best(found) == "hub:Qwen/Qwen3-4B-Instruct-2507"
    seven = found.candidate("hub:Qwen/Qwen2.5-7B-Instruct")
    assert seven is not None and seven.row.fits


@pytest.mark.parametrize(
    ("chats_on_card", "name"), [(True, "Qwen2.5-7B-Instruct"), (False, "Qwen3-4B-Instruct-2507")]
)
def test_a_card_of_24_gb_takes_seven_billion_where_chat_runs_on_it(
    chats_on_card: bool, name: str
) -> None:
    assert best(looked(TWENTY_FOUR, chats_on_card=chats_on_card)) == f"hub:Qwen/{name}"


def test_what_ollama_has_already_comes_before_a_download_of_its_size() -> None:
    found = looked(TWELVE, here=[("qwen2.5:7b", QWEN_7B)])
    assert best(found) == "ollama:qwen2.5:7b"
    assert "here already" in found.recommended["en"].reason


def test_who_writes_korean_is_never_sent_to_a_base_that_cannot() -> None:
    for on, speed in ((LAPTOP, ORDINARY), (MAC, 0.0), (TWELVE, 0.0), (TWENTY_FOUR, 0.0)):
        found = looked(on, speed=speed or ORDINARY)
        chosen = found.candidate(best(found, "ko"))
        assert chosen is not None and "ko" in chosen.languages
    slow = looked(LAPTOP).recommended["ko"]
    assert slow.key == "hub:Qwen/Qwen2.5-1.5B-Instruct" and "longer than a night" in slow.reason
    poor = looked(computer(3_900, free_mb=2_400), speed=SLOW).recommended["ko"]
    assert poor.key == STARTER and "English only" in poor.reason


def test_a_full_disk_is_asked_for_nothing() -> None:
    found = looked(dataclasses.replace(TWELVE, free_disk_bytes=1 * GB))
    assert best(found) == STARTER


def test_the_starter_comes_first_says_english_only_and_has_its_time() -> None:
    first, *rest = looked(LAPTOP).candidates
    assert (first.key, first.languages, first.lacks("ko")) == (STARTER, ("en",), True)
    assert first.row.fits and first.row.seconds is not None
    assert first.row.seconds < rest[0].row.seconds  # type: ignore[operator]
    assert first.to_fetch_bytes == 0 and rest[0].to_fetch_bytes == 988_097_824


def test_a_model_of_a_family_that_cannot_be_trained_is_never_recommended() -> None:
    machine = machine_of(TWELVE, ORDINARY)
    odd = Model("odd:1b", "Ollama", None, "its family (bert) is not known to the training")
    mine = Candidate("ollama:odd:1b", "ollama", row_of(odd, machine), 1_000_000)
    found = seen(TWELVE, machine, [mine], chats_on_card=True)
    assert best(found) != mine.key
    assert not mine.row.trainable and not mine.lacks("ko")


def test_downloads_hold_as_many_bytes_as_their_shapes_say() -> None:
    """A slip in a number would promise memory, time or disk that is not so."""
    for each in first_start.DOWNLOADS:
        assert abs(2 * each.shape.weights / each.size_bytes - 1) < 0.001, each.id


def test_what_lies_here_is_found_and_taken_in(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the network: Ollama's file is read where it lies, and a base is named once."""
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    pull(tmp_path / "ollama", "tiny:1b", write_tiny_gguf(tmp_path / "tiny.gguf"))
    with open_store(home) as store:
        found = first_start.look(home, store)
        mine = found.candidate("ollama:tiny:1b")
        assert mine is not None and mine.place == "ollama"
        assert first_start.starter_id(store) is None
        assert first_start.speaks_no_korean(store, None)
        base = first_start.take_from_ollama(home, store, mine, Adding())
        assert not first_start.speaks_no_korean(store, base.id)
        again = first_start.look(home, store)
    assert again.candidate("ollama:tiny:1b") is None
    taken = again.candidate(f"base:{base.id}")
    assert taken is not None and taken.base_id == base.id
    assert again.computer.cores >= 1 and isinstance(machine_of(again.computer, 1.0), Machine)
