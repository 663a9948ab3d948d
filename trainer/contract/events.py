"""The events of a run: what a trainer tells everyone who follows its folder."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    seq: int = 0
    time: float = 0.0


class Started(_Event):
    """A worker has begun or gone on."""

    kind: Literal["started"] = "started"
    resumed_at_step: int
    pid: int


class Preflight(_Event):
    """What the machine can do and what the run will take: memory by part, time and disk.

    What is not known (by an older trainer, or where the system does not tell) is 0 or empty.
    """

    kind: Literal["preflight"] = "preflight"
    device: str
    precision: str
    precision_reason: str
    examples: int
    tokens: int
    trained_tokens: int
    steps: int
    parts_mb: dict[str, float] = Field(default_factory=dict)
    needed_mb: float = 0.0
    there_mb: float = 0.0
    measured_mb: float = 0.0
    changes: list[str] = Field(default_factory=list)
    seconds: float = 0.0
    disk_needed_mb: float = 0.0
    disk_free_mb: float = 0.0
    others: list[str] = Field(default_factory=list)
    differences: list[str] = Field(default_factory=list)
    checkpoints_kept: str = ""


class Stage(_Event):
    """A part of the training begins: loading, warm_up, baseline, training, losses, parity."""

    kind: Literal["stage"] = "stage"
    name: str


class Step(_Event):
    """One optimiser step."""

    kind: Literal["step"] = "step"
    step: int
    steps: int
    epoch: float
    loss: float
    lr: float
    grad_norm: float
    tokens_per_s: float
    memory_mb: float
    eta_s: float
    card_use: float | None = None
    """How much of the time the graphics card computed, in percent, where it tells."""


class Eval(_Event):
    """A look at the validation loss.

    While preferences are learned, the loss is that of the persona's own replies, and
    `preference_accuracy` says how often the liked one of two gained on the other.
    """

    kind: Literal["eval"] = "eval"
    step: int
    loss: float
    base_loss: float | None
    best: bool
    perplexity: float | None = None
    groups: dict[str, float] = Field(default_factory=dict)
    base_groups: dict[str, float] = Field(default_factory=dict)
    preference_accuracy: float | None = None


class Sample(_Event):
    """A reply as the persona gives it at this point of its training; step 0 is the base's.

    `surprise` is how unlikely the base finds a token of it on average, in nats; at step 0, a
    token of the expected reply. A reply is `cut` when its time was up.
    """

    kind: Literal["sample"] = "sample"
    step: int
    prompt: str
    reply: str
    expected: str = ""
    cut: bool = False
    surprise: float | None = None


class Checkpoint(_Event):
    """From here a killed run goes on."""

    kind: Literal["checkpoint"] = "checkpoint"
    step: int


class Warned(_Event):
    """Something to know, with advice; `values` are what it is made of, for other languages."""

    kind: Literal["warning"] = "warning"
    warning: str
    advice: str
    values: dict[str, int | float | str] = Field(default_factory=dict)


class OomBackoff(_Event):
    """Memory ran out; `change` says what was given up, and the run goes on."""

    kind: Literal["oom_backoff"] = "oom_backoff"
    packed_tokens: int
    change: str = ""


class ControlApplied(_Event):
    """A command of the control file was obeyed."""

    kind: Literal["control_applied"] = "control_applied"
    control_seq: int
    command: str


class LossReport(_Event):
    """The losses that the gate will use."""

    kind: Literal["report"] = "report"
    base_loss: float
    parent_loss: float | None
    candidate_loss: float


class Done(_Event):
    """The worker ends well: the adapter is written, or the run was stopped by its user."""

    kind: Literal["done"] = "done"
    outcome: Literal["trained", "saved", "discarded"]


class Failed(_Event):
    """The run ended; what was saved stays."""

    kind: Literal["failed"] = "failed"
    error_kind: str
    text: str
    next_step: str


Event = (
    Started
    | Preflight
    | Stage
    | Step
    | Eval
    | Sample
    | Checkpoint
    | Warned
    | OomBackoff
    | ControlApplied
    | LossReport
    | Done
    | Failed
)

EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
