"""A training recipe: every value of a run, its default and its help in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from trainer.contract.preference_recipe import PreferenceRecipe
from trainer.contract.yaml_lines import read_with_lines

# All that an adapter can be served on; embeddings, norms and heads would only fail in the end.
Projection = Literal[
    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"
]  # fmt: skip
SEVEN_PROJECTIONS: tuple[Projection, ...] = get_args(Projection)

Optimiser = Literal["adamw", "adamw_8bit", "paged_adamw_8bit"]
StageData = Literal["styles", "infrastructure", "month"]
# Where what is learned of preferences keeps its place, beside the folders of the stages.
PREFERENCE_STAGE = "preference"


class _Values(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Round(_Values):
    """How often each example is seen in a round of this size."""

    up_to: int = Field(ge=1, description="Largest number of examples of such a round.")
    epochs: int = Field(ge=1, le=100, description="How often each of them is seen.")


class Stage(_Values):
    """One of several trainings of the same adapter; what it leaves out is as in the recipe."""

    name: str = Field(
        min_length=1, pattern=r"^[a-z0-9-]+$", description="The stage's name, also of its folder."
    )
    data: StageData = Field(
        description="What it learns: the styles or the infrastructure that come with the app, or"
        " the persona's month."
    )
    earlier_share: float = Field(
        0.0, ge=0, le=0.5, description="Share of its data that is drawn from the stage before it."
    )
    learning_rate: float | None = Field(None, gt=0, lt=1, description="As in the recipe.")
    epochs: int | None = Field(None, ge=1, le=100, description="As in the recipe.")
    batch_size: int | None = Field(None, ge=1, description="As in the recipe.")
    accumulation: int | None = Field(None, ge=1, description="As in the recipe.")
    warmup_share: float | None = Field(None, ge=0, le=0.5, description="As in the recipe.")
    max_length: int | None = Field(None, ge=32, description="As in the recipe.")
    packed_tokens: int | None = Field(None, ge=32, description="As in the recipe.")


class Recipe(_Values):
    """The values that decide a training, frozen once the run folder is written."""

    name: str = Field(min_length=1, description="The recipe's name, as people see it.")
    about: str = Field("", description="Which base and which data it is for.")
    rank: int = Field(16, ge=1, le=256, description="Rank of the adapter: more learns more.")
    alpha: int = Field(32, ge=1, le=512, description="Scale of the adapter, usually twice rank.")
    dropout: float = Field(0.05, ge=0, lt=1, description="Share of the adapter's input left out.")
    target_modules: tuple[Projection, ...] = Field(
        SEVEN_PROJECTIONS, min_length=1, description="The projections that get an adapter."
    )
    held_groups: tuple[str, ...] = Field(
        ("korean", "coding", "general"),
        description="Replay groups that hold the adapter to what the base says; others teach"
        " the written replies.",
    )
    hold: float = Field(
        4.0, gt=0, description="How much a held reply counts beside a new one, which counts 1."
    )
    task_weights: dict[
        Literal["chat", "code", "translation"], Annotated[float, Field(gt=0, le=10)]
    ] = Field(
        {}, description="How much replies of a task count, where the persona does not say it."
    )
    learning_rate: float = Field(2e-4, gt=0, lt=1, description="Size of a step at its largest.")
    small_base_factor: float = Field(
        1.0,
        ge=1,
        le=100,
        description="How many times larger the rates are for a base of up to 0.6 billion"
        " parameters.",
    )
    epochs: int = Field(3, ge=1, le=100, description="How often each example is seen.")
    rounds: tuple[Round, ...] = Field(
        (), description="Epochs by the number of examples; beyond the largest round `epochs`."
    )
    stages: tuple[Stage, ...] = Field(
        (), description="Trainings of the same adapter, one after the other; none is one training."
    )
    batch_size: int = Field(4, ge=1, description="Examples in memory at once.")
    accumulation: int = Field(1, ge=1, description="Batches added up before a step is taken.")
    optimiser: Optimiser = Field(
        "adamw", description="What takes the steps; in 8 bits it needs less memory, on CUDA alone."
    )
    warmup_share: float = Field(
        0.05, ge=0, le=0.5, description="Share of steps that warm up, at most."
    )
    warmup_steps: int | None = Field(
        None, ge=0, description="Steps that warm up, where the share allows as many."
    )
    weight_decay: float = Field(0.01, ge=0, description="Pull of the adapter towards zero.")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient.")
    evaluations: int = Field(
        8, ge=1, description="Looks at the validation loss in a run, at least."
    )
    evaluate_every: int | None = Field(
        None, ge=1, description="Most steps between two looks, in runs that are long enough."
    )
    patience: int = Field(3, ge=1, description="Looks without progress until the run stops.")
    checkpoint_every_s: float = Field(60.0, ge=0, description="Seconds between checkpoints.")
    checkpoint_every: int | None = Field(
        None, ge=1, description="Most steps between two checkpoints."
    )
    keep_checkpoints: int = Field(1, ge=1, le=20, description="How many checkpoints are kept.")
    gradient_checkpointing: Literal["auto", "on", "off"] = Field(
        "auto", description="Computes twice to need less memory; auto where memory asks for it."
    )
    max_length: int = Field(1024, ge=32, description="Longest example, in tokens.")
    length_fallbacks: tuple[Annotated[int, Field(ge=32)], ...] = Field(
        (4096, 2048), description="Shorter lengths, tried where memory does not bear the longest."
    )
    packed_tokens: int = Field(1024, ge=32, description="Tokens of one packed sequence.")
    preference: PreferenceRecipe = Field(
        PreferenceRecipe.model_validate({}),
        description="How it learns, after the replies, which of two is liked better.",
    )
    precision: Literal["auto", "nf4", "bf16", "fp32"] = Field(
        "auto", description="How the base is held: auto is NF4 where it works, else bf16."
    )
    report_to: tuple[str, ...] = Field(
        (), description="Trackers that are told of the run, by transformers' names for them."
    )
    seed: int = Field(42, ge=0, description="Makes a run repeatable.")

    @field_validator("stages")
    @classmethod
    def _names_differ(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        """Each keeps data and checkpoints in a folder of its name."""
        names = [PREFERENCE_STAGE, *(stage.name for stage in stages)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"stages with names of their own: {', '.join(twice)} is taken")
        return stages

    def for_stage(self, stage: Stage) -> Recipe:
        """The values of one stage."""
        own = stage.model_dump(exclude={"name", "data", "earlier_share"}, exclude_none=True)
        return self.model_copy(update={**own, "stages": (), "rounds": ()})

    def epochs_for(self, examples: int) -> int:
        """How often each of so many examples is seen."""
        smallest_first = sorted(self.rounds, key=lambda each: each.up_to)
        fitting = (each.epochs for each in smallest_first if examples <= each.up_to)
        return next(fitting, self.epochs)


class RecipeInvalid(ValueError):
    """Wrong values: all of them, each with its line and what it may be."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def load_recipe(path: Path) -> Recipe:
    """Read a recipe's YAML; every wrong value is named at once."""
    from pydantic import ValidationError

    values, lines = read_with_lines(path.read_text("utf-8"))
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        faults = sorted(_fault(each, lines) for each in error.errors())
        raise RecipeInvalid(tuple(words for _, words in faults)) from error


def _fault(error: Any, lines: dict[tuple[str | int, ...], int]) -> tuple[int, str]:
    """A wrong value in words, after the number of its line."""
    place = tuple(each for each in error["loc"] if each != "[key]")
    line = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)
    name = ".".join(str(each) for each in place) or "the recipe"
    if error["type"] == "extra_forbidden":
        return line, f"line {line}: {name} is no value of a recipe"
    if error["type"] == "missing":
        return line, f"line {line}: {name} is missing"
    given = "empty" if error["input"] is None else f"{error['input']!r:.60}"
    if error["type"] in ("model_type", "dict_type"):
        return line, f"line {line}: {name} is {given}, and may be names, each with its value"
    said = error["msg"].removeprefix("Value error, ")
    wanted = said.removeprefix("Input should be ")
    if wanted == error["msg"]:
        return line, f"line {line}: {name} is {given}: {said[0].lower()}{said[1:]}"
    return line, f"line {line}: {name} is {given}, and may be {wanted}"
