"""The warning signs of a training: told once, and only when they are seen.

A sign rests on what a run has already done, not on what its recipe makes likely.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trainer import curves
from trainer.advice import piece, sign
from trainer.coherence import falls_apart, other_language
from trainer.contract.events import Eval, Event, Sample, Started, Step, Warned
from trainer.curves import Course

# What a training that went back says of the same trouble; it need not be said twice.
SETBACKS = frozenset({"not_a_number", "loss_spike", "gradient_explosion"})


class Signs:
    """Reads the events of a run, in their order, and says what they warn of."""

    def __init__(
        self, course: Course, before: Iterable[Event] = (), told: Iterable[str] = ()
    ) -> None:
        """A run that goes on gives the events from `before`; what was `told` is not told again."""
        self._course = course
        self._steps: list[Step] = []
        self._looks: list[Eval] = []
        self._samples: list[Sample] = []
        self._told = set(told)
        for event in before:
            self.see(event)

    def see(self, event: Event) -> tuple[Warned, ...]:
        """The signs that this event completes; each kind comes once a run."""
        found: list[Warned | None] = []
        if isinstance(event, Warned):
            self._told.add(event.warning)
        elif isinstance(event, Started):
            self._go_back_to(event.resumed_at_step)
        elif isinstance(event, Step):
            self._go_back_to(event.step - 1)
            self._steps.append(event)
            found = [
                curves.explosion(self._steps, self._course),
                curves.slow(event),
                curves.idle_card(self._steps),
            ]
        elif isinstance(event, Eval):
            self._looks.append(event)
            found = [
                curves.overfitting(self._steps, self._looks, self._course),
                curves.forgetting(self._looks, self._course),
                curves.astray(self._steps, self._looks, self._course),
            ]
            if not self._told & {"exploding_gradients", "overfitting"}:
                found.append(curves.underfitting(self._steps, event, self._course))
        elif isinstance(event, Sample):
            self._samples.append(event)
            found = [
                _reply_sign(self._samples, self._course, warning)
                for warning in ("incoherent", "language_mixing")
            ]
        told = self._told | ({"exploding_gradients"} if self._told & SETBACKS else set())
        signs = tuple(each for each in found if each and each.warning not in told)
        self._told |= {each.warning for each in signs}
        return signs

    def _go_back_to(self, step: int) -> None:
        """Forget what a run that went back to a checkpoint will do again."""
        if self._steps and self._steps[-1].step > step:
            self._steps = [each for each in self._steps if each.step <= step]
            self._looks = [each for each in self._looks if each.step <= step]
            self._samples = [each for each in self._samples if each.step <= step]


def _reply_sign(samples: Sequence[Sample], course: Course, warning: str) -> Warned | None:
    """Seen twice at a prompt that the base answers well, or at two prompts, or at the end."""
    last = samples[-1]
    usual = {each.prompt: each.surprise for each in samples if each.step == 0}
    bad = {
        (each.prompt, each.step)
        for each in samples
        if _is_bad(each, warning, usual.get(each.prompt))
    }
    sound = {each.prompt for each in samples if each.step == 0} - {p for p, at in bad if at == 0}
    if last.step == 0 or last.prompt not in sound or (last.prompt, last.step) not in bad:
        return None
    others = any(
        at == last.step and prompt != last.prompt and prompt in sound for prompt, at in bad
    )
    earlier = [s.step for s in samples[:-1] if s.prompt == last.prompt and 0 < s.step < last.step]
    again = bool(earlier) and (last.prompt, earlier[-1]) in bad
    if not (again or others or last.step >= course.steps):
        return None
    return sign(warning, prompt=piece(last.prompt), reply=piece(last.reply))


def _is_bad(sample: Sample, warning: str, usual_surprise: float | None) -> bool:
    if warning == "language_mixing":
        return other_language(sample.prompt, sample.reply, sample.expected) is not None
    return bool(
        falls_apart(
            sample.reply,
            sample.expected,
            cut=sample.cut,
            surprise=sample.surprise if sample.step else None,
            usual_surprise=usual_surprise,
        )
    )
