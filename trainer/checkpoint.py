"""What a killed run goes on from: adapter, optimiser, random state and place, without pickles."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from trainer.contract.folder import write_atomically

# Being written, and being replaced: neither counts, but one that was replaced may have to again.
_PART, _OLD = ".part-", ".old-"


@dataclass
class Progress:
    """How far a run has come."""

    step: int = 0
    best_loss: float | None = None
    best_step: int = 0
    looks_without_progress: int = 0
    finished: bool = False
    base_valid_loss: float | None = None


def adapter_parameters(model: Any) -> dict[str, torch.nn.Parameter]:
    """The tensors that learn, by name."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


class Checkpoints:
    """Keeps the newest complete checkpoint and the best adapter of a run."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        for part in root.glob(f"{_PART}*"):
            shutil.rmtree(part)
        for old in root.glob(f"{_OLD}*"):
            _bring_back(old)

    def save(self, model: Any, optimiser: torch.optim.Optimizer, progress: Progress) -> None:
        """Write a checkpoint whole, then drop the older ones."""
        folder = self._root / f"step-{progress.step:06d}"
        part = self._root / f"{_PART}{folder.name}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        tensors = {f"adapter.{n}": p.detach() for n, p in adapter_parameters(model).items()}
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{key}": value for key, value in state.items()}
        tensors["random"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        save_file({name: t.contiguous().cpu() for name, t in tensors.items()}, part / "state")
        write_atomically(part / "progress.json", json.dumps(asdict(progress)))
        _put(part, folder)
        for old in self._steps()[:-1]:
            shutil.rmtree(old)

    def restore(self, model: Any, optimiser: torch.optim.Optimizer) -> Progress:
        """Go on from the newest checkpoint that can be read, else from the beginning."""
        for folder in reversed(self._steps()):
            try:
                tensors = load_file(folder / "state")
                progress = Progress(**json.loads((folder / "progress.json").read_text("utf-8")))
            except (OSError, ValueError, TypeError, SafetensorError):
                shutil.rmtree(folder)
                continue
            self._apply(tensors, model, optimiser)
            return progress
        return Progress()

    def save_best(self, model: Any) -> None:
        """Keep the adapter of the lowest validation loss so far."""
        part = self._root / f"{_PART}best"
        shutil.rmtree(part, ignore_errors=True)
        model.save_pretrained(part, safe_serialization=True)
        (part / "README.md").unlink(missing_ok=True)
        _put(part, self.best)

    @property
    def best(self) -> Path:
        return self._root / "best"

    def discard(self) -> None:
        """Forget all that was trained."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _steps(self) -> list[Path]:
        return sorted(self._root.glob("step-*"))

    @staticmethod
    def _apply(
        tensors: dict[str, torch.Tensor], model: Any, optimiser: torch.optim.Optimizer
    ) -> None:
        with torch.no_grad():
            for name, parameter in adapter_parameters(model).items():
                parameter.copy_(tensors[f"adapter.{name}"])
        state = optimiser.state_dict()
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimiser."):
                _, index, key = name.split(".", 2)
                moments.setdefault(int(index), {})[key] = tensor
        optimiser.load_state_dict({**state, "state": moments})
        torch.set_rng_state(tensors["random"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])


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
