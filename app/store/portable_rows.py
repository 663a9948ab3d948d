"""The rows of a persona as they travel from one home to another, each with names for its values.

A reference to another row is that row's number: its place in its own table, counted from 1. Runs
are named.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.store.values import (
    AdapterStatus,
    BaseKind,
    Finish,
    RatingOrigin,
    RatingValue,
    Role,
    RunState,
    Subject,
    TombstoneKind,
    Traits,
)

# What is set for one persona; its key is the name with the persona's short name.
SettingName = Literal["mix", "rebuild", "help"]

_MAX_INTEGER = 2**63 - 1
# A reply teaches a few times as much as another one; who asks for thousands means harm.
MAX_WEIGHT = 100


class Names:
    """Marks a value that names a row of another table."""

    def __init__(self, table: str) -> None:
        self.table = table


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.utcoffset() != timedelta(0):
        raise ValueError("a time that is not in UTC")
    if not MINYEAR < moment.year < MAXYEAR:
        raise ValueError("a time that no clock here can show")
    return text


Moment = Annotated[str, AfterValidator(_moment)]
Integer = Annotated[int, Field(ge=-_MAX_INTEGER, le=_MAX_INTEGER)]
Count = Annotated[int, Field(ge=0, le=_MAX_INTEGER)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
# Folders are named by it: the year in front keeps every name of a device away.
RunName = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)]
# Terminals obey control characters, and every list shows names.
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")]

BaseNumber = Annotated[int, Names("bases")]
BaseNumberOrNone = Annotated[int | None, Names("bases")]
ConversationNumber = Annotated[int, Names("conversations")]
MessageNumber = Annotated[int, Names("messages")]
MessageNumberOrNone = Annotated[int | None, Names("messages")]
ActionNumber = Annotated[int, Names("actions")]
ActionNumberOrNone = Annotated[int | None, Names("actions")]
AdapterNumberOrNone = Annotated[int | None, Names("adapters")]
ItemNumber = Annotated[int, Names("replay_items")]
KnownRun = Annotated[RunName, Names("runs")]


class PortableRow(BaseModel):
    """A line of a table."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class BaseRow(PortableRow):
    id: int
    name: Name
    kind: BaseKind
    digest: Annotated[str, Field(min_length=1, max_length=200)]
    architecture: str
    size_bytes: Count
    languages: list[Language]


class PersonaRow(PortableRow):
    """`active_adapter_id` is what was live where the archive was made; here nothing is."""

    slug: Slug
    name: Annotated[Name, Field(min_length=1, max_length=1000)]
    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
    languages: list[Language]
    system_prompt: str
    traits: Traits
    base_id: BaseNumberOrNone
    active_adapter_id: AdapterNumberOrNone
    created: Moment


class SettingRow(PortableRow):
    name: SettingName
    value: Any


class ActionRow(PortableRow):
    id: int
    verb: str
    created: Moment


class RunRow(PortableRow):
    id: RunName
    base_id: BaseNumber
    parent_adapter_id: AdapterNumberOrNone
    stage: str
    state: RunState
    recipe: str
    seed: Integer
    verdict: str | None
    reason: str
    created: Moment
    updated: Moment


class AdapterRow(PortableRow):
    id: int
    base_id: BaseNumber
    run_id: KnownRun
    parent_id: AdapterNumberOrNone
    version: Count
    status: AdapterStatus
    digest: str
    created: Moment


class DeploymentRow(PortableRow):
    run_id: KnownRun
    server: str
    server_version: str
    strategy: str
    before_adapter_id: AdapterNumberOrNone
    after_adapter_id: AdapterNumberOrNone
    before_base_id: BaseNumberOrNone
    parity: dict[str, Any]
    created: Moment
    undone: Moment | None


class ScoreRow(PortableRow):
    run_id: KnownRun
    subject: Subject
    measure: str
    score_group: str
    value: float
    n: Count


class ConversationRow(PortableRow):
    id: int
    title: str
    system_prompt: str
    never_train: bool
    source: str
    external_id: str | None
    leaf_id: MessageNumberOrNone
    created: Moment
    updated: Moment


class MessageRow(PortableRow):
    id: int
    conversation_id: ConversationNumber
    parent_id: MessageNumberOrNone
    role: Role
    content: str
    created: Moment
    base_id: BaseNumberOrNone
    adapter_id: AdapterNumberOrNone
    system_prompt: str
    sampling: dict[str, Any]
    finish: Finish
    speaker: str
    with_note: bool


class DeletionRow(PortableRow):
    conversation_id: ConversationNumber
    action_id: ActionNumber


class TombstoneRow(PortableRow):
    kind: TombstoneKind
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class HelpRow(PortableRow):
    message_id: MessageNumber
    example_id: MessageNumber
    place: Integer


class SampleRow(PortableRow):
    message_id: MessageNumber


class RatingRow(PortableRow):
    message_id: MessageNumber
    value: RatingValue | None
    reasons: list[str]
    comment: str
    correction: str | None
    created: Moment
    origin: RatingOrigin
    action_id: ActionNumberOrNone


class EditRow(PortableRow):
    message_id: MessageNumber
    content: str
    action_id: ActionNumberOrNone
    created: Moment


class TopicRow(PortableRow):
    message_id: MessageNumber
    topic: str
    action_id: ActionNumberOrNone
    created: Moment


class ChoiceRow(PortableRow):
    chosen_id: MessageNumber
    passed_id: MessageNumber
    action_id: ActionNumberOrNone
    created: Moment
    origin: RatingOrigin


class LearnedRow(PortableRow):
    run_id: KnownRun
    message_id: MessageNumber


class ReplayMessage(BaseModel):
    """A message of a replay item; what else stands there comes along."""

    model_config = ConfigDict(extra="allow")

    role: Role
    content: str

    @model_validator(mode="after")
    def _has_a_weight(self) -> ReplayMessage:
        weight = (self.model_extra or {}).get("weight", 0.0)
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 <= weight <= MAX_WEIGHT:
            raise ValueError(f"a weight that is no number from 0 to {MAX_WEIGHT}")
        return self


class ReplayGroupRow(PortableRow):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    target: Count
    language: str


class ReplayItemRow(PortableRow):
    """What was made of a message is called by it: its number stands at the end of the id."""

    id: int
    external_id: str
    replay_group: str
    language: str
    messages: list[ReplayMessage]
    checks: str
    source: str
    left_out: bool
    judges: bool
    message_id: MessageNumberOrNone
    base_id: BaseNumberOrNone


class ReplayUseRow(PortableRow):
    item_id: ItemNumber
    run_id: KnownRun
    used: Moment
