"""A run as its events tell it: folded into one value that the train page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

MAKING = ("mixed", "trained", "converted", "staged", "examined", "gated")
TAKING = ("accepted", "deployed", "verified", "live")
# How much of the whole each stage takes; measured on the starter model.
_SHARE = {"mixed": 2, "trained": 58, "converted": 3, "staged": 5, "examined": 30, "gated": 2}
# A part of the training whose losses are of another kind: they are not drawn with the others.
PREFERENCES = "preferences"
SAMPLES_KEPT = 3
WARNINGS_KEPT = 6


@dataclass(frozen=True)
class Failure:
    """Why a run ended early."""

    kind: str
    text: str
    next_step: str


@dataclass(frozen=True)
class Notice:
    """A warning as it was told, with the values that its words are made of."""

    kind: str
    advice: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Takes:
    """What a training told of itself before its first step."""

    reason: str = ""
    seconds: float = 0.0
    needed_mb: float = 0.0
    there_mb: float = 0.0
    disk_needed_mb: float = 0.0
    disk_free_mb: float = 0.0
    changes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    checkpoints_kept: str = ""


@dataclass(frozen=True)
class RunState:
    """What is known of a run so far."""

    completed: tuple[str, ...] = ()
    current: str = ""
    text: str = ""
    inner_stage: str = ""
    step: int = 0
    steps: int = 0
    eta_s: float | None = None
    done: int = 0
    total: int = 0
    last_step: Mapping[str, float] = field(default_factory=dict)
    valid_losses: tuple[tuple[int, float], ...] = ()
    base_loss: float | None = None
    perplexity: float | None = None
    preference_accuracy: float | None = None
    device: str = ""
    precision: str = ""
    examples: int = 0
    takes: Takes | None = None
    recipe_reasons: tuple[str, ...] = ()
    exam: tuple[int, float] = (0, 0.0)  # its cases, and about how many seconds it will take
    samples: tuple[tuple[str, str], ...] = ()
    warnings: tuple[Notice, ...] = ()
    checkpoint: int | None = None
    verdict: str = ""
    lease: str = ""  # what was last said of the device: waiting, beside, unloaded or restored
    stopped: str = ""
    failure: Failure | None = None

    @property
    def percent(self) -> float:
        """How much of the making is done."""
        whole = float(sum(_SHARE[stage] for stage in self.completed if stage in _SHARE))
        share = 0 if self.current in self.completed else _SHARE.get(self.current, 0)
        if self.current == "trained" and self.inner_stage == PREFERENCES:
            whole += share
        elif self.current == "trained" and self.steps:
            whole += share * self.step / self.steps
        elif self.current in _SHARE and self.total:
            whole += share * self.done / self.total
        return min(100.0, whole)


def fold(state: RunState, events: Iterable[Mapping[str, Any]]) -> RunState:
    """The state after some more events; kinds that it does not know change nothing."""
    for event in events:
        key = (str(event.get("origin", "trainer")), str(event.get("kind", "")))
        step = _STEPS.get(key)
        if step is not None:
            state = step(state, event)
    return state


def _cycle_stage(state: RunState, event: Mapping[str, Any]) -> RunState:
    name = str(event["name"])
    if event.get("state") == "completed":
        completed = state.completed if name in state.completed else (*state.completed, name)
        return replace(state, completed=completed, done=0, total=0, lease="")
    return replace(
        state,
        current=name,
        text=str(event.get("text", "")),
        done=0,
        total=0,
        lease="",
        failure=None,
        stopped="",
    )


def _cycle_progress(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, done=int(event["done"]), total=int(event["total"]))


def _cycle_verdict(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, verdict=str(event["verdict"]))


def _cycle_device(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, lease=str(event["decision"]))


def _recipe(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, recipe_reasons=tuple(map(str, event.get("reasons") or ())))


def _failed(state: RunState, event: Mapping[str, Any]) -> RunState:
    failure = Failure(
        str(event.get("error_kind", "")),
        str(event.get("text", "")),
        str(event.get("next_step", "")),
    )
    return replace(state, failure=failure)


def _started(state: RunState, event: Mapping[str, Any]) -> RunState:
    """A worker that goes on at a checkpoint draws its steps again from there."""
    at = int(event.get("resumed_at_step", 0))
    return replace(_back_at(state, at), failure=None, stopped="")


def _back_at(state: RunState, at: int) -> RunState:
    """The state without what is done again after this step."""
    return replace(
        state,
        step=at,
        valid_losses=tuple(point for point in state.valid_losses if point[0] <= at),
    )


def _exam(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, exam=(int(event["cases"]), float(event["seconds"])))


def _preflight(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(
        state,
        device=str(event["device"]),
        precision=str(event["precision"]),
        examples=int(event["examples"]),
        steps=int(event["steps"]),
        takes=_takes(event),
    )


def _takes(event: Mapping[str, Any]) -> Takes:
    """What an older trainer did not tell stays empty."""
    numbers = ("seconds", "needed_mb", "there_mb", "disk_needed_mb", "disk_free_mb")
    values: dict[str, Any] = {name: float(event.get(name) or 0.0) for name in numbers}
    for name in ("changes", "differences", "others"):
        values[name] = tuple(map(str, event.get(name) or ()))
    values["checkpoints_kept"] = str(event.get("checkpoints_kept") or "")
    return Takes(str(event.get("precision_reason") or ""), **values)


def _trainer_stage(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, inner_stage=str(event["name"]), eta_s=None)


def _step(state: RunState, event: Mapping[str, Any]) -> RunState:
    at = int(event["step"])
    names = ("epoch", "loss", "lr", "grad_norm", "tokens_per_s", "memory_mb", "card_use")
    return replace(
        state,
        step=at,
        steps=int(event["steps"]),
        eta_s=float(event["eta_s"]),
        last_step={name: float(event[name]) for name in names if event.get(name) is not None},
    )


def _eval(state: RunState, event: Mapping[str, Any]) -> RunState:
    if state.inner_stage == PREFERENCES:
        return replace(state, preference_accuracy=event.get("preference_accuracy"))
    base_loss, perplexity = event.get("base_loss"), event.get("perplexity")
    return replace(
        state,
        perplexity=state.perplexity if perplexity is None else float(perplexity),
        valid_losses=(*state.valid_losses, (int(event["step"]), float(event["loss"]))),
        base_loss=state.base_loss if base_loss is None else float(base_loss),
    )


def _sample(state: RunState, event: Mapping[str, Any]) -> RunState:
    """The latest reply to each prompt; a prompt keeps its place, so that it can be watched."""
    prompt = str(event["prompt"])
    reply = str(event["reply"]) + ("…" if event.get("cut") else "")
    samples = dict(state.samples) | {prompt: reply}
    return replace(state, samples=tuple(samples.items())[-SAMPLES_KEPT:])


def _warning(state: RunState, event: Mapping[str, Any]) -> RunState:
    values = event.get("values") or {}
    notice = Notice(str(event.get("warning", "")), str(event.get("advice", "")), values)
    if notice.kind == "memory_changes":  # each change stands in what the run takes
        return state
    if "back_to" in values:  # the training goes on from there
        state = _back_at(state, int(values["back_to"]))
    if notice in state.warnings:
        return state
    return replace(state, warnings=(*state.warnings, notice)[-WARNINGS_KEPT:])


def _oom_backoff(state: RunState, event: Mapping[str, Any]) -> RunState:
    values, change = {"tokens": int(event["packed_tokens"])}, str(event.get("change", ""))
    advice = f"Memory ran short: {change} The training goes on." if change else ""
    return _warning(state, {"warning": "oom_backoff", "advice": advice, "values": values})


def _checkpoint(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, checkpoint=int(event["step"]))


def _trainer_done(state: RunState, event: Mapping[str, Any]) -> RunState:
    outcome = str(event.get("outcome", ""))
    return replace(state, eta_s=None, stopped="" if outcome == "trained" else outcome)


_STEPS = {
    ("cycle", "stage"): _cycle_stage,
    ("cycle", "progress"): _cycle_progress,
    ("cycle", "warning"): _warning,
    ("cycle", "verdict"): _cycle_verdict,
    ("cycle", "device"): _cycle_device,
    ("cycle", "failed"): _failed,
    ("trainer", "started"): _started,
    ("cycle", "recipe"): _recipe,
    ("cycle", "exam"): _exam,
    ("trainer", "preflight"): _preflight,
    ("trainer", "stage"): _trainer_stage,
    ("trainer", "step"): _step,
    ("trainer", "eval"): _eval,
    ("trainer", "sample"): _sample,
    ("trainer", "warning"): _warning,
    ("trainer", "oom_backoff"): _oom_backoff,
    ("trainer", "checkpoint"): _checkpoint,
    ("trainer", "done"): _trainer_done,
    ("trainer", "failed"): _failed,
}
