"""A kill while a checkpoint takes the place of another one costs neither of them."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from trainer.checkpoint import Checkpoints, Progress  # noqa: E402 (needs torch)


class Killed(BaseException):
    """In the place of a kill -9: nothing cleans up after it."""


class KilledAt:
    """Lets so many renames and removals pass, and then kills."""

    def __init__(self, passes: int) -> None:
        self._passes = passes

    def passing(self, real: Any) -> Any:
        def act(*arguments: Any, **options: Any) -> Any:
            if self._passes == 0:
                raise Killed
            self._passes -= 1
            return real(*arguments, **options)

        return act


class Model(torch.nn.Linear):  # type: ignore[misc,name-defined]
    """An adapter of one number, which saves itself as PEFT does."""

    def __init__(self, value: float) -> None:
        super().__init__(1, 1, bias=False)
        torch.nn.init.constant_(self.weight, value)

    def save_pretrained(self, folder: Path, **_: Any) -> None:
        folder.mkdir()
        (folder / "adapter").write_text(str(float(self.weight.detach())), "utf-8")


def save(root: Path, value: float, step: int) -> None:
    checkpoints, model = Checkpoints(root), Model(value)
    checkpoints.save_best(model)
    checkpoints.save(model, torch.optim.AdamW(model.parameters()), Progress(step=step))


@pytest.mark.parametrize("passes", range(12))
def test_a_kill_between_two_checkpoints_keeps_one(
    passes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step is saved twice: a training that was all but done must not begin anew."""
    save(tmp_path, 1.0, 7)
    with monkeypatch.context() as patch:
        killed = KilledAt(passes)
        patch.setattr(Path, "rename", killed.passing(Path.rename))
        patch.setattr(shutil, "rmtree", killed.passing(shutil.rmtree))
        with contextlib.suppress(Killed):
            save(tmp_path, 2.0, 7)
    model = Model(0.0)
    checkpoints = Checkpoints(tmp_path)
    progress = checkpoints.restore(model, torch.optim.AdamW(model.parameters()))
    assert progress.step == 7
    assert float(model.weight.detach()) in (1.0, 2.0)
    assert (checkpoints.best / "adapter").read_text("utf-8") in ("1.0", "2.0")
    assert {path.name for path in tmp_path.iterdir()} == {"best", "step-000007"}
