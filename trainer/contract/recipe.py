"""A training recipe: every value of a run, its default and its help in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

SEVEN_PROJECTIONS = (
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
)


class Recipe(BaseModel):
    """The values that decide a training, frozen once the run folder is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="The recipe's name, as people see it.")
    rank: int = Field(16, ge=1, le=256, description="Rank of the adapter: more learns more.")
    alpha: int = Field(32, ge=1, le=512, description="Scale of the adapter, usually twice rank.")
    dropout: float = Field(0.05, ge=0, lt=1, description="Share of the adapter's input left out.")
    target_modules: tuple[str, ...] = Field(
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
    learning_rate: float = Field(2e-4, gt=0, lt=1, description="Size of a step at its largest.")
    epochs: int = Field(3, ge=1, le=100, description="How often each example is seen.")
    batch_size: int = Field(4, ge=1, description="Examples in memory at once.")
    accumulation: int = Field(1, ge=1, description="Batches added up before a step is taken.")
    warmup_share: float = Field(0.05, ge=0, le=0.5, description="Share of steps that warm up.")
    weight_decay: float = Field(0.01, ge=0, description="Pull of the adapter towards zero.")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient.")
    evaluations: int = Field(8, ge=1, description="Looks at the validation loss in a run.")
    patience: int = Field(3, ge=1, description="Looks without progress until the run stops.")
    checkpoint_every_s: float = Field(60.0, ge=0, description="Seconds between checkpoints.")
    max_length: int = Field(1024, ge=32, description="Longest example, in tokens.")
    packed_tokens: int = Field(1024, ge=32, description="Tokens of one packed sequence.")
    precision: Literal["auto", "nf4", "bf16", "fp32"] = Field(
        "auto", description="How the base is held: auto is NF4 where it works, else bf16."
    )
    seed: int = Field(42, ge=0, description="Makes a run repeatable.")


def load_recipe(path: Path) -> Recipe:
    """Read a recipe's YAML; a wrong file raises pydantic's ValidationError with all errors."""
    return Recipe.model_validate(yaml.safe_load(path.read_text("utf-8")))
