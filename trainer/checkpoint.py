"""What a killed run goes on from: adapter, optimiser, random state and place, without pickles."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from trainer import optimisers, random_state
from trainer.backing_off import Footing
from trainer.contract.checkpoint_rule import CheckpointRule
from trainer.guarding import Watch
from trainer.random_state import RandomState

# Being written, and being replaced: neither counts, but one that was replaced may have to again.
_PART, _OLD = ".part-", ".old-"


@dataclass
class Progress:
    """How far a run has come, and what it has given up or seen on its way."""

    step: int = 0
    best_loss: float | None = None
    best_step: int = 0
    looks_without_progress: int = 0
    looked_at: int = 0
    finished: bool = False
    base_valid_loss: float | None = None
    base_valid_groups: dict[str, float] = field(default_factory=dict)
    footing: Footing | None = None
    rate_factor: float = 1.0
    setbacks: int = 0
    watch: Watch = field(default_factory=Watch)


def progress_of(row: Mapping[str, Any]) -> Progress:
    """Progress as JSON keeps it; values of another version are left out."""
    known = {each.name for each in fields(Progress)}
    values = {name: value for name, value in row.items() if name in known}
    if values.get("footing") is not None:
        values["footing"] = Footing(**values["footing"])
    if "watch" in values:
        watch = values["watch"]
        values["watch"] = Watch(tuple(watch["losses"]), tuple(watch["norms"]), watch["suspects"])
    return Progress(**values)


@dataclass(frozen=True)
class Saved:
    """A checkpoint that could be read whole."""

    progress: Progress
    tensors: dict[str, torch.Tensor]
    random: RandomState

    def apply(self, model: Any, optimiser: torch.optim.Optimizer) -> None:
        """Adapter, optimiser and dice as they were."""
        with torch.no_grad():
            for name, parameter in adapter_parameters(model).items():
                parameter.copy_(self.tensors[f"adapter.{name}"])
        optimisers.put_back(optimiser, _below("optimiser.", self.tensors))
        random_state.put_back(self.random)


def adapter_parameters(model: Any) -> dict[str, torch.nn.Parameter]:
    """The tensors that learn, by name."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


class Checkpoints:
    """Keeps the newest complete checkpoints and the best adapter of a run."""

    def __init__(self, root: Path, rule: CheckpointRule | None = None) -> None:
        self._root = root
        self.rule = rule or CheckpointRule()
        root.mkdir(parents=True, exist_ok=True)
        for part in root.glob(f"{_PART}*"):
            shutil.rmtree(part)
        for old in root.glob(f"{_OLD}*"):
            _bring_back(old)

    @property
    def steps(self) -> list[int]:
        """The steps that there are checkpoints of, oldest first."""
        return [int(folder.name.removeprefix("step-")) for folder in self._folders()]

    def save(self, model: Any, optimiser: torch.optim.Optimizer, progress: Progress) -> None:
        """Write a checkpoint whole, then drop the older ones; a full disk gets room from those."""
        self._with_room(lambda: self._write(model, optimiser, progress), progress.step)
        self._drop(self.rule.surplus(self.steps))

    def read(self, step: int | None = None) -> Saved | None:
        """The newest checkpoint that can be read, or that of a step; the damaged are dropped."""
        for folder in reversed(self._folders()):
            if step is not None and folder != self._folder(step):
                continue
            try:
                return _read(folder)
            except (FileNotFoundError, ValueError, TypeError, KeyError, SafetensorError):
                shutil.rmtree(folder)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise  # what may not be opened now is no less whole for it
                shutil.rmtree(folder)
        return None

    def restore(self, model: Any, optimiser: torch.optim.Optimizer) -> Progress:
        """Go on from the newest checkpoint that can be read, else from the beginning."""
        saved = self.read()
        if saved is None:
            return Progress()
        saved.apply(model, optimiser)
        return saved.progress

    def drop_after(self, step: int) -> None:
        """Forget the states that a run went back from."""
        self._drop([each for each in reversed(self.steps) if each > step])

    def prune_when_done(self) -> None:
        """Leave what a run that is done needs."""
        self._drop(self.rule.surplus(self.steps, done=True))

    def save_best(self, model: Any) -> None:
        """Keep the adapter of the lowest validation loss so far."""
        self._with_room(lambda: self._write_best(model))

    @property
    def best(self) -> Path:
        return self._root / "best"

    def discard(self) -> None:
        """Forget all that was trained."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _with_room(self, write: Callable[[], None], step: int | None = None) -> None:
        """Write; a full disk gets room from the checkpoints before the newest one."""
        try:
            write()
        except (OSError, SafetensorError) as error:
            older = [each for each in self.steps if each != step][:-1]
            if not _disk_full(error) or not older:
                raise
            self._drop(older)
            write()

    def _write(self, model: Any, optimiser: torch.optim.Optimizer, progress: Progress) -> None:
        with _whole(self._folder(progress.step)) as part:
            part.mkdir()
            dice = random_state.capture()
            tensors = {f"adapter.{n}": p.detach() for n, p in adapter_parameters(model).items()}
            learned = optimisers.state_tensors(optimiser)
            tensors |= {f"optimiser.{name}": tensor for name, tensor in learned.items()}
            tensors |= dice.tensors
            save_file({name: t.contiguous().cpu() for name, t in tensors.items()}, part / "state")
            (part / "random.json").write_text(json.dumps(dice.words), "utf-8")
            (part / "progress.json").write_text(json.dumps(asdict(progress)), "utf-8")

    def _write_best(self, model: Any) -> None:
        with _whole(self.best) as part:
            model.save_pretrained(part, safe_serialization=True)
            (part / "README.md").unlink(missing_ok=True)

    def _drop(self, steps: list[int] | tuple[int, ...]) -> None:
        for step in steps:
            shutil.rmtree(self._folder(step))

    def _folder(self, step: int) -> Path:
        return self._root / f"step-{step:06d}"

    def _folders(self) -> list[Path]:
        return sorted(self._root.glob("step-*"))


def _read(folder: Path) -> Saved:
    progress = progress_of(json.loads((folder / "progress.json").read_text("utf-8")))
    # safetensors calls a file that it cannot open one that is not there, whatever the reason.
    (folder / "state").open("rb").close()
    tensors = load_file(folder / "state")
    words = folder / "random.json"
    told = json.loads(words.read_text("utf-8")) if words.exists() else {}
    return Saved(progress, tensors, RandomState(_random(tensors), told))


def _random(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in tensors.items() if name.split(".")[0] == "random"}


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


@contextmanager
def _whole(place: Path) -> Iterator[Path]:
    """A folder to be written, which takes its place when all of it is on the disk.

    A power cut must not find it empty, and half of one is nothing that a full disk should keep.
    """
    part = place.with_name(f"{_PART}{place.name}")
    shutil.rmtree(part, ignore_errors=True)
    try:
        yield part
        for file in part.iterdir():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())
    except (OSError, SafetensorError):
        shutil.rmtree(part, ignore_errors=True)
        raise
    _put(part, place)


def _disk_full(error: Exception) -> bool:
    full = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    if isinstance(error, OSError):
        return error.errno in full
    return any(f"os error {number}" in str(error) for number in full)


def _put(part: Path, place: Path) -> None:
    """Have a folder take the place of another one, which a kill in between brings back."""
    old = place.with_name(f"{_OLD}{place.name}")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    part.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _bring_back(old: Path) -> None:
    """Undo or end what a kill broke off."""
    place = old.with_name(old.name.removeprefix(_OLD))
    if place.exists():
        shutil.rmtree(old)
    else:
        old.rename(place)
