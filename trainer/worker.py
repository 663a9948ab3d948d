"""A training from its folder to its adapter; whatever happens is told as an event."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from trainer.backing_off import ran_out_of_memory
from trainer.contract.events import Done, Failed, LossReport, Preflight, Sample, Stage, Started
from trainer.contract.folder import (
    EXIT_BUSY,
    EXIT_DISK_FULL,
    EXIT_DONE,
    EXIT_FAILED,
    RunFolder,
    beat,
)
from trainer.contract.recipe import PREFERENCE_STAGE
from trainer.contract.run_spec import RunSpec, load_spec
from trainer.contract.small_base import fitted_to_base
from trainer.control import ControlFile, Outcome, Stopped
from trainer.errors import TrainerError
from trainer.telling import Telling

if TYPE_CHECKING:
    from trainer.checkpoint import Checkpoints
    from trainer.commentary import Commentary
    from trainer.preference import PreferenceOutcome
    from trainer.preflight import Plan
    from trainer.sft import Training
    from trainer.stages import StageRun


_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def run(root: Path, base_at: Path | None, cache: Path | None, *, less_memory: bool = False) -> int:
    """Train the run in `root`, or go on with it; exactly one worker a folder."""
    folder = RunFolder(root)
    lock = FileLock(folder.lock)
    stop_beating = threading.Event()
    telling: Telling | None = None
    try:
        lock.acquire(timeout=0)
        telling = Telling(folder)
        control = ControlFile(folder, telling)
        _keep_beating(folder, stop_beating)
        worker = Worker(folder, telling, base_at, cache, control)
        worker.less_memory = less_memory
        worker.work()
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
    if ran_out_of_memory(error):
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
        self,
        folder: RunFolder,
        telling: Telling,
        base_at: Path | None,
        cache: Path | None,
        control: ControlFile,
    ) -> None:
        self.control = control
        self.folder, self.telling, self.base_at = folder, telling, base_at
        self.cache = cache or folder.root / "converted"
        # Whether the system ended the last worker for want of memory.
        self.less_memory = False
        self.spec: RunSpec = load_spec(folder.spec)
        self.recipe = self.spec.recipe

    def work(self) -> None:
        """Load, train, measure, write; a command may end each of them."""
        from trainer.trackers import Trackers

        self.trackers = Trackers(self.folder, self.recipe.report_to, self.telling)
        try:
            outcome = self._trained()
        except Stopped as stopped:
            outcome = stopped.outcome
        finally:
            self.trackers.close()
        if outcome == "discarded":
            shutil.rmtree(self.folder.checkpoints, ignore_errors=True)
        self.telling.tell(Done(outcome="trained" if outcome == "go_on" else outcome))

    def _trained(self) -> Outcome:
        with self.control.interruptible():
            stages, model = self._loaded()
        from trainer.checkpoint import Checkpoints
        from trainer.stages import wear
        from trainer.taught import Taught

        taught = Taught()
        for stage in stages:
            checkpoints = Checkpoints(stage.checkpoints)
            training = self._training(stage, model, checkpoints)
            if stage is stages[-1] or not training.progress.finished:
                if self.less_memory:
                    training.begin_with_less()
                    self.less_memory = False
                self._begin(stages[stages.index(stage) :], training)
            outcome = training.run()
            if outcome != "go_on":
                return outcome
            wear(model, checkpoints.best)
            taught.add(stage, training.standing.footing.max_length)
        del model
        learned = self._preferences(stages[-1], training, checkpoints)
        if learned.control == "go_on":
            with self.control.interruptible():
                taught.write(self.folder.taught)
                self._finish(training, learned)
        return learned.control

    def _preferences(
        self, stage: StageRun, training: Training, checkpoints: Checkpoints
    ) -> PreferenceOutcome:
        """Learn which of two replies is liked better, where there is enough to learn it from."""
        from trainer.preference import PreferenceJob, PreferenceTraining

        footing, valid = training.standing.footing, training.standing.valid
        size = {"packed_tokens": footing.packed_tokens, "max_length": footing.max_length}
        training.standing.free()
        return PreferenceTraining(
            PreferenceJob(
                model=training.model,
                tokenizer=self.tokenizer,
                recipe=training.recipe.model_copy(update=size),
                preference=self.recipe.preference,
                seed=self.spec.seed,
                device=self.facts.kind,
                data=self.folder.data / "preferences.jsonl",
                valid=valid,
                start=checkpoints.best,
                place=self.folder.checkpoints / PREFERENCE_STAGE,
                # Its losses are of another kind: no sign of the training before is read from them.
                telling=self.telling,
                control=self.control,
                autocast=training.autocast,
                first_step=stage.steps_before + training.progress.step,
                optimiser=footing.optimiser,
            )
        ).run()

    def _training(self, stage: StageRun, model: Any, checkpoints: Checkpoints) -> Training:
        """One training, with a commentary on it."""
        from trainer.commentary import commentary_of
        from trainer.schedule import plan
        from trainer.sft import Training

        commentary = commentary_of(
            self.folder,
            stage,
            plan(len(stage.train), stage.recipe).steps,
            (self.tokenizer, self.facts.kind),
            stage.telling(self.telling),
            self.trackers,
        )
        training = Training(
            model,
            stage.recipe,
            (stage.train, stage.valid),
            self.facts.kind,
            self.spec.seed,
            checkpoints,
            commentary,
            self.control,
            self.plans[stage.name].footing,
        )
        training.converse = partial(self._converse, commentary, training)
        return training

    @staticmethod
    def _converse(commentary: Commentary, training: Training, step: int) -> None:
        with training.autocast():
            commentary.converse(training.model, step)

    def _loaded(self) -> tuple[list[StageRun], Any]:
        import torch

        from trainer import base, device
        from trainer.parent import parent_in
        from trainer.preflight import plan_stages
        from trainer.stages import stage_runs

        torch.manual_seed(self.spec.seed)
        self._stage("loading")
        self.facts = device.find_device()
        self.choice = device.choose_precision(self.facts, self.recipe.precision)
        self.place = base.hf_folder(self.spec.base, self.base_at, self.cache)
        self.tokenizer = base.load_tokenizer(self.place)
        self.parent = parent_in(self.folder.parent, needed=self.spec.start == "parent")
        billions = base.billions(self.place)
        self.recipe, self.differences = fitted_to_base(self.recipe, billions)
        stages = stage_runs(self.recipe, self.folder, self.tokenizer)
        found = (self.facts, self.choice)
        self.plans: dict[str, Plan] = plan_stages(self.folder.root, self.place, stages, found)
        return stages, self._model()

    def _model(self) -> Any:
        """The base wearing the adapter that learns."""
        from trainer import base
        from trainer.parent import check_fits

        model = base.load_model(self.place, self.facts.kind, self.choice.precision)
        if self.parent is not None:  # at the end it would be measured, a night later
            check_fits(model, self.parent)
        carried_on = self.parent if self.spec.start == "parent" else None
        return base.wear_adapter(model, self.recipe, carried_on)

    def _stage(self, name: str) -> None:
        self.telling.tell(Stage(name=name))

    def _begin(self, stages: Sequence[StageRun], training: Training) -> None:
        """Tell of a training, and of those after it, what they will take."""
        from trainer import optimisers
        from trainer.preflight import seconds_of_later
        from trainer.warm_up import WarmUp

        stage = stages[0]
        resumed_at = stage.steps_before + training.progress.step
        self.telling.tell(Started(resumed_at_step=resumed_at, pid=os.getpid()))
        self._stage("warm_up")
        plans = [self.plans[each.name] for each in stages]
        planned = plans[0].standing_on(training.standing.footing)
        trial = WarmUp(training, planned.fitting.job.shape).measure()
        fields = planned.fields(trial)
        fields["seconds"] += round(seconds_of_later(trial, training, plans), 1)
        other_optimiser = optimisers.difference(
            stage.recipe.optimiser, training.standing.footing.optimiser
        )
        self.telling.tell(
            Preflight(
                device=self.facts.kind,
                precision=self.choice.precision,
                precision_reason=self.choice.reason,
                steps=stage.steps,
                differences=[*self.differences, *training.schedule.differences, *other_optimiser],
                checkpoints_kept=training.checkpoints.rule.words,
                **fields,
            )
        )
        untaught = () if training.progress.step else stage.untaught.warnings
        for warning in (*planned.warnings, *untaught):
            self.telling.tell(warning)
        self._stage("training")

    def _finish(self, training: Training, learned: PreferenceOutcome) -> None:
        """The best adapter is what ships; it is measured, and only then put in its place."""
        from trainer.measuring import Measuring
        from trainer.training_log import write_log

        self._sample(training)
        footing = training.standing.footing
        training.release()
        self._stage("losses")
        measuring = Measuring(
            self.folder,
            self.place,
            self.facts.kind,
            self.choice.precision,
            self.recipe,
            footing,
            self.telling,
        )
        preferences = learned.result.row() if learned.result else {}
        means = measuring.measure(learned.adapter, self.parent, preferences)
        self.telling.tell(
            LossReport(
                base_loss=means["base"],
                parent_loss=means.get("parent"),
                candidate_loss=means["candidate"],
            )
        )
        write_log(self.folder, self.spec, self.facts, self.choice, means, learned)
        part = self.folder.root / ".adapter"
        for old in (part, self.folder.adapter):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(learned.adapter, part)
        part.rename(self.folder.adapter)

    def _sample(self, training: Training) -> None:
        """One reply of what ships to a held-out prompt."""
        from trainer.reading import first_conversations
        from trainer.sampling import questions, reply_to

        rows = first_conversations(self.folder.data / "valid.jsonl")
        found = questions(self.tokenizer, rows)[:1]
        for question in found:
            with training.autocast():
                reply = reply_to(training.model, self.tokenizer, question, training.device)
            step = training.progress.best_step
            training.telling.tell(Sample(step=step, prompt=question.prompt, reply=reply))
