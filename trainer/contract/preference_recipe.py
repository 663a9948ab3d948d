"""The values of preference training: what a recipe says of pairs and thumbs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PreferenceRecipe(BaseModel):
    """How an adapter learns which of two replies is liked better, after it learned replies."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: Literal["auto", "dpo", "kto", "off"] = Field(
        "auto",
        description="dpo learns from pairs, kto from single thumbs, both from as few as there are;"
        " auto takes what there is enough of; off leaves preferences out.",
    )
    least: int = Field(150, ge=2, description="Pairs or thumbs that auto asks for.")
    beta: float = Field(
        0.1, gt=0, le=10, description="How closely the adapter stays with what it said before."
    )
    learning_rate: float = Field(3e-5, gt=0, lt=1, description="Size of a step at its largest.")
    epochs: int = Field(1, ge=1, le=20, description="How often each preference is seen.")
    pairs_per_step: int = Field(
        8, ge=1, description="Pairs that a step is taken from, or twice as many thumbs."
    )
    held_out_share: float = Field(
        0.1, gt=0, le=0.5, description="Share of the prompts that measure and never teach."
    )
    looks: int = Field(8, ge=1, description="Looks at what was gained and harmed, in a run.")
    most_harm: float = Field(
        0.02, ge=0, description="How much the persona's validation loss may rise by."
    )
