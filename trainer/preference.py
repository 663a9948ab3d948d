"""Preference training after the replies were learned: kept where it helps and harms little.

The adapter that it starts from stays as it is on the disk until the end. There are no checkpoints:
a kill starts this part anew, with the same result.
"""

from __future__ import annotations

import json
import shutil
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from trainer.backing_off import ran_out_of_memory
from trainer.batches import Example
from trainer.contract.events import OomBackoff, Stage
from trainer.contract.folder import file_digest, write_atomically
from trainer.contract.preference_recipe import PreferenceRecipe
from trainer.contract.recipe import Optimiser, Recipe
from trainer.control import ControlFile, Outcome, Stopped
from trainer.device import give_back
from trainer.errors import Diverged
from trainer.preference_advice import preference_warning
from trainer.preference_data import (
    FAULTS,
    Method,
    Pair,
    Preferences,
    Thumb,
    choose,
    held_out,
    read_preferences,
)
from trainer.preference_looks import Looks
from trainer.preference_measure import Measure
from trainer.telling import Tells

STAGE = "preferences"
ADAPTER, RESULT = "adapter", "preferences.json"
WEIGHTS = "adapter_model.safetensors"
FEWEST = 2


@dataclass(frozen=True)
class PreferenceJob:
    """What a preference training is given: the worn model and the adapter that it starts from.

    `place` is the folder that it makes; `first_step` goes on with the numbers of the steps before;
    `optimiser` is what this device can use.
    """

    model: Any
    tokenizer: Any
    recipe: Recipe
    preference: PreferenceRecipe
    seed: int
    device: str
    data: Path
    valid: Sequence[Example]
    start: Path
    place: Path
    telling: Tells
    control: ControlFile
    autocast: Callable[[], AbstractContextManager[Any]]
    first_step: int = 0
    optimiser: Optimiser = "adamw"


@dataclass(frozen=True)
class PreferenceResult:
    """What came of it, as it is kept beside the adapter and shown to people."""

    method: str | None
    kept: bool
    reason: str
    taught: int = 0
    measured: int = 0
    unusable: int = 0
    cut: int = 0
    accuracy_before: float | None = None
    accuracy: float | None = None
    likelier_before: float | None = None
    likelier_after: float | None = None
    persona_loss_before: float | None = None
    persona_loss_after: float | None = None
    start_digest: str = ""

    def row(self) -> dict[str, Any]:
        """What `losses.json` and the log say of it."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: value for name, value in known.items() if name != "start_digest"}


@dataclass(frozen=True)
class PreferenceOutcome:
    """How it ended, which adapter ships, and what is to be told of it."""

    control: Outcome
    adapter: Path
    result: PreferenceResult | None


class PreferenceTraining:
    """One preference training, begun anew each time until its result stands on the disk."""

    def __init__(self, job: PreferenceJob) -> None:
        self.job = job
        self._digest = file_digest(job.start / WEIGHTS)

    def run(self) -> PreferenceOutcome:
        """Learn from preferences where there are enough; the adapter that ships, whichever."""
        job = self.job
        job.control.listen_in(job.model)
        result = self._done()
        if result is None:
            try:
                result = self._learn()
            except Stopped as stopped:
                self._wear(job.start)
                return PreferenceOutcome(stopped.outcome, job.start, None)
            self._keep(result)
        adapter = job.place / ADAPTER if result.kept else job.start
        self._wear(adapter)
        return PreferenceOutcome("go_on", adapter, result)

    def _done(self) -> PreferenceResult | None:
        """The result of a worker that was killed after this part."""
        try:
            row = json.loads((self.job.place / RESULT).read_text("utf-8"))
            result = PreferenceResult(**row)
        except (OSError, ValueError, TypeError):
            return None
        return result if result.start_digest == self._digest else None

    def _learn(self) -> PreferenceResult:
        """Find out whether there is enough to learn from, and learn it."""
        job = self.job
        found = read_preferences(job.tokenizer, job.data, job.recipe.max_length)
        decision = choose(job.preference, found)
        nothing = PreferenceResult(
            decision.method,
            kept=False,
            reason=decision.reason,
            unusable=found.unusable,
            cut=found.cut,
            start_digest=self._digest,
        )
        self._tell_what_is_left_out(found, decision.method)
        if decision.method is None:
            # Few of them are usual, and asked for by nobody: no reason to warn.
            asked = job.preference.method in ("dpo", "kto") and (found.pairs or found.thumbs)
            return (
                self._left_out(nothing, "preferences_few", **_counts(found)) if asked else nothing
            )
        items: Sequence[Pair | Thumb] = found.pairs if decision.method == "dpo" else found.thumbs
        taught, measured = held_out(items, job.preference.held_out_share)
        if len(taught) < FEWEST:
            return self._left_out(nothing, "preferences_one_question")
        result = replace(nothing, taught=len(taught), measured=len(measured))
        try:
            return self._try(decision.method, taught, measured, result)
        except ImportError as error:
            return self._left_out(nothing, "preferences_no_library", trouble=str(error))

    def _tell_what_is_left_out(self, found: Preferences, method: Method | None) -> None:
        """Rows that teach nothing, or less than was written, are not lost without a word."""
        if self.job.preference.method == "off":
            return
        if found.unusable or (found.cut and method is not None):
            counted = len(found.pairs) + len(found.thumbs) + found.unusable
            faults = {fault: found.left_out.get(fault, 0) for fault in FAULTS}
            self._warn(
                "preferences_unusable",
                unusable=found.unusable,
                all=counted,
                cut=found.cut,
                **faults,
            )

    def _try(
        self,
        method: Method,
        taught: Sequence[Pair | Thumb],
        measured: Sequence[Pair | Thumb],
        result: PreferenceResult,
    ) -> PreferenceResult:
        """Train, with less at once where memory runs out.

        Whatever fails here costs only what this part made: the adapter that took the night stands,
        and a run that failed for good at this point could never be finished.
        """
        from trainer.preference_attempt import attempt, loads, per_step

        job = self.job
        job.telling.tell(Stage(name=STAGE))
        steps_of = per_step(method, job.preference.pairs_per_step)
        for index, load in enumerate(loads(method, taught, steps_of, job.recipe.packed_tokens)):
            self._free()
            self._wear(self.job.start)
            if index:
                job.telling.tell(OomBackoff(packed_tokens=load.tokens, change=load.words()))
            try:
                measure = self._measure()
                looks = Looks(measure, measured, job.valid, job.preference.most_harm, job.telling)
                attempt(job, method, taught, measure, looks, load)
                return self._judge(looks, result)
            except Diverged:
                return self._dropped(result, "preferences_diverged")
            except (RuntimeError, MemoryError, ValueError, TypeError, AttributeError) as error:
                if not ran_out_of_memory(error):
                    traceback.print_exception(error)
                    return self._dropped(result, "preferences_failed", trouble=str(error))
        return self._dropped(result, "preferences_memory")

    def _judge(self, looks: Looks, result: PreferenceResult) -> PreferenceResult:
        """Ship the last state that gained and harmed little, else what was before."""
        shown = looks.good or looks.last
        result = replace(
            result,
            kept=looks.good is not None,
            accuracy_before=looks.first.accuracy,
            accuracy=shown.accuracy,
            likelier_before=looks.first.likelier,
            likelier_after=shown.likelier,
            persona_loss_before=looks.first.persona_loss,
            persona_loss_after=shown.persona_loss,
        )
        if looks.good is None:
            if looks.harmed:
                return self._dropped(result, "preferences_harm", rise=looks.rise_percent())
            met = round(100 * (shown.accuracy or 0.0), 1)
            return self._dropped(result, "preferences_no_gain", accuracy=met)
        looks.wear_good()
        if looks.harmed:
            step, rise = looks.good.step, looks.rise_percent()
            self._warn("preferences_stopped", rise=rise, step=step)
        return result

    def _left_out(
        self, result: PreferenceResult, warning: str, **values: int | str
    ) -> PreferenceResult:
        told = self._warn(warning, **values)
        return replace(result, method=None, reason=told)

    def _dropped(
        self, result: PreferenceResult, warning: str, **values: float | str
    ) -> PreferenceResult:
        self._wear(self.job.start)
        told = self._warn(warning, **values)
        return replace(result, kept=False, reason=told)

    def _warn(self, warning: str, **values: float | str) -> str:
        """Tell it; the words that were told."""
        event = preference_warning(warning, **values)
        self.job.telling.tell(event)
        return event.advice

    def _measure(self) -> Measure:
        job = self.job
        return Measure(
            job.model, job.device, job.recipe.packed_tokens, job.autocast, job.control.check
        )

    def _wear(self, adapter: Path) -> None:
        """Have the model wear an adapter from the disk."""
        from peft import load_peft_weights, set_peft_model_state_dict

        set_peft_model_state_dict(self.job.model, load_peft_weights(str(adapter)))

    def _free(self) -> None:
        give_back(self.job.device)

    def _keep(self, result: PreferenceResult) -> None:
        """Write the result, and its adapter if it ships, so that they appear whole."""
        place = self.job.place
        part = place.with_name(f".part-{place.name}")
        for old in (part, place):
            shutil.rmtree(old, ignore_errors=True)
        part.mkdir(parents=True)
        if result.kept:
            self.job.model.save_pretrained(part / ADAPTER, safe_serialization=True)
            (part / ADAPTER / "README.md").unlink(missing_ok=True)
        write_atomically(part / RESULT, json.dumps(asdict(result), ensure_ascii=False, indent=2))
        part.rename(place)


def _counts(found: Preferences) -> dict[str, int]:
    up = sum(thumb.good for thumb in found.thumbs)
    return {"pairs": len(found.pairs), "up": up, "down": len(found.thumbs) - up}
