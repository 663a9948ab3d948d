"""What a person can set about the mix of a persona's month."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.store import Persona, Store

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0, le=10)]


class MixSettings(BaseModel):
    """Every knob of the mix with its help; the replay groups have their targets beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ratio_new: float = Field(
        0.7, gt=0, lt=1, description="Share of what is new; the rest is replay."
    )
    short: Literal["shrink", "keep_all"] = Field(
        "shrink",
        description="When replay does not reach: leave new replies for later (shrink), or take"
        " them all the same (keep_all).",
    )
    conversation_cap: int = Field(
        0, ge=0, description="Most replies from one conversation; 0 for no limit."
    )
    day_cap: int = Field(0, ge=0, description="Most replies from one day; 0 for no limit.")
    topic_shares: dict[str, Share] = Field(
        {}, description="Most of what is new that may be about a topic, such as coding: 0.6."
    )
    task_weights: dict[Literal["chat", "code", "translation"], Weight] = Field(
        {}, description="How much the replies of a task teach; 1 when nothing is said."
    )
    earlier_share: float | None = Field(
        None,
        ge=0,
        le=0.3,
        description="Share of the mix, inside the replay, that an upkeep round takes from what"
        " its adapter learned before; the guide says 0.05 to 0.1.",
    )

    @property
    def by_task(self) -> dict[str, float]:
        """The task weights under plain names."""
        return {str(task): weight for task, weight in self.task_weights.items()}


def mix_settings(store: Store, persona: Persona) -> MixSettings:
    """How a persona's mix is set."""
    return MixSettings.model_validate(store.settings.get(_key(persona), {}))


def save_mix_settings(store: Store, persona: Persona, settings: MixSettings) -> None:
    """Set a persona's mix; only what differs from the defaults is kept."""
    store.settings.set(_key(persona), settings.model_dump(exclude_defaults=True))


def _key(persona: Persona) -> str:
    return f"mix:{persona.slug}"
