"""The device's lease: one training a home, and what makes room for it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import psutil
from filelock import FileLock, Timeout

from app.cycle.telling import CycleTelling
from app.errors import RuntimeDown
from app.home import Home
from app.store import Base
from ollama_bridge import ollama
from ollama_bridge.errors import BridgeError
from ollama_bridge.ollama import LoadedModel
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import Served
from trainer.contract.fitting import gigabytes
from trainer.contract.folder import RunFolder, write_atomically

Decision = Literal["beside", "unloaded"]

# Of a base whose header tells no sizes: trained and measured it is held several times over.
BASE_SHARE = 6
ALWAYS_BYTES = 2 << 30
WAIT_S = 1.0


@dataclass(frozen=True)
class DeviceUse:
    """Who trains, and what was decided for chat; `device.json` of the home."""

    run_id: str
    persona: str
    pid: int
    process_began: float
    decision: Decision
    text: str
    served_base: str | None = None
    served_adapters: tuple[str, ...] = ()


def device_file(home: Home) -> Path:
    return home.root / "device.json"


def device_use(home: Home) -> DeviceUse | None:
    """Who trains on this home's device now, if anybody does."""
    use = _read(home)
    if use is None:
        return None
    alive = process_alive(use.pid, use.process_began)
    return use if alive or _trains(home, use.run_id) else None


def chat_unloaded_by(home: Home) -> DeviceUse | None:
    """The training that has the chat's model out of memory, if one has."""
    use = device_use(home)
    return use if use is not None and use.decision == "unloaded" else None


def refuse_while_unloaded(home: Home) -> None:
    """Say why nobody can be asked while a training has the chat's model out of memory."""
    use = chat_unloaded_by(home)
    if use is not None:
        raise RuntimeDown(
            f"{use.persona} is being trained, and there is no memory for both.",
            f"Wait for it, or stop it with: perennial stop {use.run_id}",
        )


def trainer_alive(folder: RunFolder) -> bool:
    """Whether a trainer holds the run's lock; it may outlive the cycle that started it."""
    if not folder.lock.exists():
        return False
    lock = FileLock(folder.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def process_alive(pid: int, began: float) -> bool:
    """Whether the process of this id is still the one that began then, and no zombie."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - began) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@contextmanager
def device_lease(
    home: Home,
    run_id: str,
    persona: str,
    base: Base,
    telling: CycleTelling,
    check_stop: Callable[[], None],
    *,
    may_free_ollama: bool = False,
) -> Iterator[None]:
    """Hold the device for a training; the runtime gets back what it served before.

    Models that the person's own Ollama holds go out of memory only where that was agreed to.
    """
    lock = FileLock(home.root / "device.lock")
    _wait_for(home, run_id, lock, telling, check_stop)
    try:
        use = _make_room(home, run_id, persona, base, telling, may_free_ollama)
        write_atomically(device_file(home), json.dumps(asdict(use)))
        try:
            yield
        finally:
            device_file(home).unlink(missing_ok=True)
            _restore(home, use, telling)
    finally:
        lock.release()


def _wait_for(
    home: Home,
    run_id: str,
    lock: FileLock,
    telling: CycleTelling,
    check_stop: Callable[[], None],
) -> None:
    """Take the lock when nobody trains; a killed cycle's trainer still holds the device."""
    told = False
    while True:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            pass
        else:
            use = device_use(home)
            if use is None or use.run_id == run_id:
                return
            lock.release()
        if not told:
            told = True
            telling.tell(
                "device",
                decision="waiting",
                text="Another training holds the device; this one begins when it is done.",
            )
        time.sleep(WAIT_S)
        check_stop()


def needed_bytes(base: Base) -> int:
    """The memory that a month's training of this base takes, as its recipe would have it."""
    from app.training_table import Machine, as_model, recipe_for, wanted_mb

    shape = as_model(base).shape
    if shape is None:
        return BASE_SHARE * base.size_bytes + ALWAYS_BYTES
    machine = Machine("cpu" if _free_on_card() is None else "cuda")
    return round(wanted_mb(shape, machine, recipe_for(shape)) * 2**20)


def ollama_in_the_way(base: Base) -> list[LoadedModel]:
    """What Ollama holds where a training would need that memory; nothing where there is room."""
    if not base.path.exists() or _bears(needed_bytes(base)):
        return []
    server = ollama.find()
    return server.loaded() if server is not None and server.local else []


def _make_room(
    home: Home,
    run_id: str,
    persona: str,
    base: Base,
    telling: CycleTelling,
    may_free_ollama: bool,
) -> DeviceUse:
    pid, process_began = os.getpid(), psutil.Process().create_time()
    before = _read(home)
    ours = before is not None and before.run_id == run_id
    if before is not None and ours and (before.decision == "unloaded" or _trains(home, run_id)):
        telling.tell("device", decision=before.decision, text=before.text)
        return replace(before, pid=pid, process_began=process_began)
    needed = needed_bytes(base)
    if _bears(needed):
        text = "The training runs beside the chat: there is memory for both."
        telling.tell("device", decision="beside", text=text)
        return DeviceUse(run_id, persona, pid, process_began, "beside", text)
    served, adapters = _unload_runtime(home)
    freed = _unload_ollama() if may_free_ollama else []
    names = ", ".join([*(["the chat model"] if served else []), *freed])
    text = (
        f"To make room for the training, {names} was taken out of memory until it is done."
        if names
        else "The training takes the memory that there is; chat waits until it is done."
    )
    telling.tell("device", decision="unloaded", text=text)
    if not _bears(needed):
        held = [] if may_free_ollama else ollama_in_the_way(base)
        _warn_of_little(needed, held, telling)
    return DeviceUse(run_id, persona, pid, process_began, "unloaded", text, served, adapters)


def _warn_of_little(needed: int, held: Sequence[LoadedModel], telling: CycleTelling) -> None:
    telling.warning(
        "little_memory",
        f"The training may need {needed / 1e9:.1f} GB, and less is free; close other"
        " programs if it becomes slow.",
    )
    if held:
        names = ", ".join(f"{model.name} ({gigabytes(model.mb)})" for model in held)
        telling.warning(
            "ollama_kept",
            f"Ollama holds {names} in memory. It was not asked to let go of it, since nobody agreed"
            " to that; `perennial cycle --free-ollama` does.",
            names=names,
        )


def _trains(home: Home, run_id: str) -> bool:
    return trainer_alive(RunFolder(home.runs / run_id))


def _bears(needed: int) -> bool:
    """Whether the card has this much to spare, or the main memory where there is none."""
    main, card = psutil.virtual_memory().available, _free_on_card()
    if card is None:
        return main >= needed
    return card >= needed and main >= min(needed, ALWAYS_BYTES)


def _free_on_card() -> int | None:
    """Free memory of the first NVIDIA card, as far as the extra `train` brings its library."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        free = int(pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(0)).free)
        pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return None
    return free


def _unload_runtime(home: Home) -> tuple[str | None, tuple[str, ...]]:
    """Free the runtime's model; the base and adapters that it held."""
    if not home.runtime_file.exists():
        return None, ()
    with RuntimeClient.connect(home.root) as client:
        status = client.status()
        if status.base is None:
            return None, ()
        client.unload()
    return str(status.base), tuple(str(path) for path in status.adapters)


def _unload_ollama() -> list[str]:
    server = ollama.find()
    return server.unload_all() if server is not None and server.local else []


def _restore(home: Home, use: DeviceUse, telling: CycleTelling) -> None:
    """Load again what was unloaded, where somebody still holds a lease on it.

    Ollama loads its models by itself with the next message.
    """
    if use.served_base is None or not home.runtime_file.exists():
        return
    try:
        with RuntimeClient.connect(home.root) as client:
            if client.status().leases < 2:
                return
            held = [Served(path, Path(path)) for path in use.served_adapters]
            client.serve(Path(use.served_base), held)
    except BridgeError as error:
        telling.warning("not_restored", str(error))
        return
    telling.tell("device", decision="restored", text="The chat model is in memory again.")


def _read(home: Home) -> DeviceUse | None:
    try:
        row: Mapping[str, Any] = json.loads(device_file(home).read_text("utf-8"))
        fields = {**row, "served_adapters": tuple(row["served_adapters"])}
        return DeviceUse(**fields)
    except (OSError, ValueError, KeyError, TypeError):
        return None
