"""The device's lease: one training at a time, and the chat is told what happens to it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest
from filelock import FileLock

from app.cycle import device
from app.cycle.device import DeviceUse, device_lease, device_use, needed_bytes, process_alive
from app.cycle.telling import CycleTelling
from app.home import Home
from ollama_bridge.runtime.client import RuntimeClient
from tests.tiny_month import TinyMonth, wait_until
from trainer.contract.folder import RunFolder, read_rows


@pytest.fixture(autouse=True)
def _no_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests take no model out of a real server's memory."""
    monkeypatch.setattr(device.ollama, "find", lambda: None)


def nobody_stops() -> None:
    """The user leaves the run alone."""


def told(home: Home, run_id: str) -> list[str]:
    rows = read_rows(RunFolder(home.runs / run_id).cycle_events)
    return [row["decision"] for row in rows if row["kind"] == "device"]


def test_a_training_with_room_runs_beside_the_chat(month: TinyMonth) -> None:
    home = month.home
    telling = CycleTelling(RunFolder(home.runs / "a"))
    with device_lease(home, "a", "Sunny", month.base, telling, nobody_stops):
        use = device_use(home)
        assert use is not None and (use.run_id, use.decision) == ("a", "beside")
    assert device_use(home) is None
    assert told(home, "a") == ["beside"]
    telling.close()


def test_without_room_the_runtime_is_unloaded_and_restored(
    month: TinyMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that takes all memory gives the chat model back to whoever was talking."""
    home = month.home
    monkeypatch.setattr(device, "_bears", lambda needed: False)
    telling = CycleTelling(RunFolder(home.runs / "a"))
    with RuntimeClient.connect(home.root) as chat:
        chat.serve(month.base.path, [])
        with device_lease(home, "a", "Sunny", month.base, telling, nobody_stops):
            assert chat.status().base is None
            use = device_use(home)
            assert use is not None and use.decision == "unloaded"
        assert chat.status().base == month.base.path
    assert told(home, "a") == ["unloaded", "restored"]
    telling.close()


def test_a_second_training_waits_for_the_first(month: TinyMonth) -> None:
    home = month.home
    order: list[str] = []

    def second() -> None:
        telling = CycleTelling(RunFolder(home.runs / "b"))
        with device_lease(home, "b", "Other", month.base, telling, nobody_stops):
            order.append("b")
        telling.close()

    telling = CycleTelling(RunFolder(home.runs / "a"))
    with device_lease(home, "a", "Sunny", month.base, telling, nobody_stops):
        thread = threading.Thread(target=second)
        thread.start()
        wait_until(lambda: told(home, "b") == ["waiting"], "the wait")
        order.append("a")
    thread.join(timeout=20)
    assert order == ["a", "b"]
    telling.close()


def test_the_trainer_of_a_killed_cycle_still_holds_the_device(month: TinyMonth) -> None:
    """A second training beside it would take its memory away."""
    home = month.home
    folder = RunFolder(home.runs / "a")
    folder.root.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    use = DeviceUse("a", "Sunny", gone.pid, time.time(), "beside", "")
    device.write_atomically(device.device_file(home), device.json.dumps(device.asdict(use)))
    assert device_use(home) is None
    with FileLock(folder.lock):
        assert device_use(home) == use
    assert device_use(home) is None


def test_a_process_is_known_by_its_beginning_too() -> None:
    """A number that the system gave to another process must not look like a living cycle."""
    me = psutil.Process()
    assert process_alive(me.pid, me.create_time())
    assert not process_alive(me.pid, me.create_time() - 3600)


def test_the_estimate_is_of_the_base_s_own_shape(month: TinyMonth) -> None:
    """Too high a one asks for room that nobody needs; of the unknown it must be cautious."""
    assert 0.5 < needed_bytes(month.base) / 2**30 < 2.5
    unknown = replace(month.base, path=month.home.root / "gone.gguf", size_bytes=100_000_000)
    assert needed_bytes(unknown) == 600_000_000 + (2 << 30)


def test_a_card_decides_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Much main memory makes no room on a card, and a card without main memory is no use."""
    free = {"main": 64 << 30}
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=free["main"]))
    monkeypatch.setattr(device, "_free_on_card", lambda: 8 << 30)
    assert device._bears(7 << 30) and not device._bears(9 << 30)
    free["main"] = 1 << 30
    assert not device._bears(7 << 30)
    monkeypatch.setattr(device, "_free_on_card", lambda: None)
    assert device._bears(1 << 30) and not device._bears(2 << 30)
