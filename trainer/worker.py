"""A training from its folder to its adapter; whatever happens is told as an event."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from trainer.contract.events import Done, Failed, LossReport, Preflight, Sample, Stage, Started
from trainer.contract.folder import (
    EXIT_BUSY,
    EXIT_DISK_FULL,
    EXIT_DONE,
    EXIT_FAILED,
    RunFolder,
    beat,
    read_rows,
)
from trainer.contract.run_spec import RunSpec, load_spec
from trainer.errors import DataUnusable, TrainerError
from trainer.telling import Telling

if TYPE_CHECKING:
    from trainer.batches import Example
    from trainer.checkpoint import Checkpoints
    from trainer.sft import Training


_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def run(root: Path, base_at: Path | None, cache: Path | None) -> int:
    """Train the run in `root`, or go on with it; exactly one worker a folder."""
    folder = RunFolder(root)
    lock = FileLock(folder.lock)
    stop_beating = threading.Event()
    telling: Telling | None = None
    try:
        lock.acquire(timeout=0)
        telling = Telling(folder)
        _keep_beating(folder, stop_beating)
        Worker(folder, telling, base_at, cache).work()
        return EXIT_DONE
    except Timeout:
        return EXIT_BUSY
    except Exception as error:  # noqa: BLE001 the worker's main: every end is told
        return _end_badly(error, telling)
    finally:
        stop_beating.set()
        if telling is not None:
            telling.close()
        lock.release()


def _end_badly(error: Exception, telling: Telling | None) -> int:
    """Tell why; a full disk, which may take no word any more, has an exit code of its own."""
    failure = _failure(error)
    # Where nothing can be written, the exit code alone says what happened.
    with contextlib.suppress(OSError):
        if not isinstance(error, TrainerError):
            traceback.print_exception(error)
        if telling is not None:
            telling.tell(failure)
    return EXIT_DISK_FULL if failure.error_kind == "disk_full" else EXIT_FAILED


def _keep_beating(folder: RunFolder, stop: threading.Event) -> None:
    """Tell every other second that the worker lives, also while a model loads."""

    def keep() -> None:
        while not stop.wait(2.0):
            try:
                beat(folder)
            except OSError:
                continue  # a full disk is reported by the training itself

    beat(folder)
    threading.Thread(target=keep, name="heartbeat", daemon=True).start()


def _failure(error: Exception) -> Failed:
    if isinstance(error, TrainerError):
        return Failed(error_kind=error.kind, text=error.text, next_step=error.next_step)
    kept = "Start the training again and it goes on from the last checkpoint."
    if isinstance(error, ImportError):
        text = f"The training environment is incomplete: {error}."
        step = "Run `python3 start.py update`, then start the training again."
        return Failed(error_kind="environment", text=text, next_step=step)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        text = "There was not enough memory, even with the smallest batch."
        return Failed(error_kind="memory", text=text, next_step="Close other programs. " + kept)
    if _disk_full(error):
        text = "The disk is full."
        return Failed(error_kind="disk_full", text=text, next_step="Free some space. " + kept)
    text = f"{type(error).__name__}: {error}"
    return Failed(error_kind="bug", text=text, next_step="The run's log.txt says where. " + kept)


def _disk_full(error: Exception) -> bool:
    """Also where safetensors puts the system's error into words of its own."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return type(error).__name__ == "SafetensorError" and any(
        f"os error {number}" in str(error) for number in _FULL
    )


class Worker:
    """The stages of one training."""

    def __init__(
        self, folder: RunFolder, telling: Telling, base_at: Path | None, cache: Path | None
    ) -> None:
        self.folder, self.telling, self.base_at = folder, telling, base_at
        self.cache = cache or folder.root / "converted"
        self.spec: RunSpec = load_spec(folder.spec)
        self.recipe = self.spec.recipe

    def work(self) -> None:
        """Load, train, measure, write."""
        import torch

        from trainer import base, device
        from trainer.checkpoint import Checkpoints
        from trainer.control import ControlFile
        from trainer.sft import Training

        control = ControlFile(self.folder, self.telling)
        torch.manual_seed(self.spec.seed)
        self._stage("loading")
        self.facts = device.find_device()
        self.choice = device.choose_precision(self.facts, self.recipe.precision)
        self.place = base.hf_folder(self.spec.base, self.base_at, self.cache)
        self.tokenizer = base.load_tokenizer(self.place)
        parent = self.folder.parent
        self.parent = parent if (parent / "adapter_config.json").is_file() else None
        train, valid = self._examples("train"), self._examples("valid")
        if not train or not valid:
            raise DataUnusable(
                "There is nothing to learn from, or nothing held out to learn against.",
                "Rate a few more replies, then train again.",
            )
        checkpoints = Checkpoints(self.folder.checkpoints)
        training = Training(
            self._model(),
            self.recipe,
            (train, valid),
            self.facts.kind,
            self.spec.seed,
            checkpoints,
            self.telling,
            control,
        )
        self._preflight(training, train)
        self._stage("training")
        outcome = training.run()
        if outcome == "discarded":
            checkpoints.discard()
            self.telling.tell(Done(outcome="discarded"))
        elif outcome == "saved":
            self.telling.tell(Done(outcome="saved"))
        else:
            self._finish(training, checkpoints)
            self.telling.tell(Done(outcome="trained"))

    def _model(self) -> Any:
        """The base wearing the adapter that learns."""
        from trainer import base

        model = base.load_model(self.place, self.facts.kind, self.choice.precision)
        carried_on = self.parent if self.spec.start == "parent" else None
        return base.wear_adapter(model, self.recipe, carried_on)

    def _stage(self, name: str) -> None:
        self.telling.tell(Stage(name=name))

    def _examples(self, name: str) -> list[Example]:
        from trainer.batches import read_examples

        path = self.folder.data / f"{name}.jsonl"
        return read_examples(self.tokenizer, path, self.recipe.max_length)

    def _preflight(self, training: Training, train: list[Example]) -> None:
        self.telling.tell(Started(resumed_at_step=training.progress.step, pid=os.getpid()))
        self.telling.tell(
            Preflight(
                device=self.facts.kind,
                precision=self.choice.precision,
                precision_reason=self.choice.reason,
                examples=len(train),
                tokens=sum(len(example.tokens) for example in train),
                trained_tokens=sum(example.trained_tokens for example in train),
                steps=training.schedule.steps,
            )
        )

    def _finish(self, training: Training, checkpoints: Checkpoints) -> None:
        """The best adapter is what ships; it is measured, and only then put in its place."""
        from trainer.measuring import Measuring
        from trainer.training_log import write_log

        self._sample(training, checkpoints)
        training.release()
        self._stage("losses")
        measuring = Measuring(
            self.folder, self.place, self.facts.kind, self.choice.precision, self.recipe
        )
        means = measuring.measure(checkpoints.best, self.parent)
        self.telling.tell(
            LossReport(
                base_loss=means["base"],
                parent_loss=means.get("parent"),
                candidate_loss=means["candidate"],
            )
        )
        write_log(self.folder, self.spec, self.facts, self.choice, means)
        part = self.folder.root / ".adapter"
        for old in (part, self.folder.adapter):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(checkpoints.best, part)
        part.rename(self.folder.adapter)

    def _sample(self, training: Training, checkpoints: Checkpoints) -> None:
        """One reply of the best adapter to a held-out prompt."""
        from peft import load_peft_weights, set_peft_model_state_dict

        from trainer.sampling import reply_to

        set_peft_model_state_dict(training.model, load_peft_weights(str(checkpoints.best)))
        rows = list(read_rows(self.folder.data / "valid.jsonl"))
        messages = next((row for row in rows if row["group"] == "new"), rows[0])["messages"][:-1]
        with training.autocast():
            reply = reply_to(training.model, self.tokenizer, messages, training.device)
        prompt = str(messages[-1]["content"])
        self.telling.tell(Sample(step=training.progress.best_step, prompt=prompt, reply=reply))
