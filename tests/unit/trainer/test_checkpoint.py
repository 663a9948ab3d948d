"""A kill while a checkpoint takes the place of another one costs neither of them."""

from __future__ import annotations

import contextlib
import errno
import os
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


def taken(root: Path, *steps: int) -> Checkpoints:
    checkpoints = Checkpoints(root)
    for step in steps:
        model = Model(float(step))
        checkpoints.save(model, torch.optim.AdamW(model.parameters()), Progress(step=step))
    return checkpoints


class Full:
    """A disk without room for an adapter as long as all these checkpoints are there."""

    def __init__(self, root: Path, most: int) -> None:
        self._root, self._most = root, most

    def save(self, model: Model, folder: Path, **_: Any) -> None:
        folder.mkdir()
        if len(list(self._root.glob("step-*"))) > self._most:
            (folder / "half").write_bytes(b"-" * 100)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        (folder / "adapter").write_text(str(float(model.weight.detach())), "utf-8")


def test_the_best_adapter_gets_room_from_older_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night's run must not end for want of a few megabytes that it holds itself."""
    checkpoints = taken(tmp_path, 1, 2)
    monkeypatch.setattr(
        Model, "save_pretrained", lambda model, folder, **_: Full(tmp_path, 1).save(model, folder)
    )
    checkpoints.save_best(Model(3.0))
    assert (checkpoints.best / "adapter").read_text("utf-8") == "3.0"
    assert checkpoints.steps == [2]


def test_a_full_disk_keeps_nothing_that_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the run itself would hold the room that its user is asked to free."""
    checkpoints = taken(tmp_path, 1, 2)
    monkeypatch.setattr(
        Model, "save_pretrained", lambda model, folder, **_: Full(tmp_path, 0).save(model, folder)
    )
    with pytest.raises(OSError, match="No space"):
        checkpoints.save_best(Model(3.0))
    assert [path.name for path in tmp_path.iterdir()] == ["step-000002"]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES])
def test_a_checkpoint_that_cannot_be_opened_now_is_kept(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many open files, or a scanner that holds one, would have cost all that was trained."""
    checkpoints = taken(tmp_path, 1, 2)
    real = Path.open

    def refused(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "state":
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refused)
        with pytest.raises(OSError, match=os.strerror(number)):
            checkpoints.read()
    saved = checkpoints.read()
    assert saved is not None and saved.progress.step == 2
    (tmp_path / "step-000002" / "state").write_bytes(b"half")
    saved = checkpoints.read()
    assert saved is not None and saved.progress.step == 1 and checkpoints.steps == [1]
