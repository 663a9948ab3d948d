"""One question of a suite, and what its answer must be like."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from app.evaluation.check_schema import faults
from app.evaluation.commands import CommandCheck
from app.evaluation.patterns import compiles
from app.evaluation.sandbox import parses

TEXT_TOKENS = 60
CODE_TOKENS = 160
MOST_TOKENS = 4_096
LETTERS = "ABCDEFGHIJ"
FLATTERY, USABLE = TOLD_BY_EVERY_REPLY = ("flattery", "usable")

Language = Literal["en", "ko"]
Text = Annotated[str, Field(min_length=1)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class LanguageCheck(_Form):
    """The prose of the reply is in a language."""

    kind: Literal["language"]
    wanted: Language = Field(validation_alias="is")


class WordsCheck(_Form):
    """What the reply must say, or must not."""

    kind: Literal["contains_any", "contains_all", "lacks"]
    of: tuple[Text, ...] = Field(min_length=1)


class PatternCheck(_Form):
    """A regular expression that is in the reply, or is not."""

    kind: Literal["matches", "lacks_match"]
    pattern: str = Field(min_length=1, max_length=1_000)

    @field_validator("pattern")
    @classmethod
    def _must_compile(cls, pattern: str) -> str:
        if not compiles(pattern):
            raise ValueError("is not a regular expression")
        return pattern


class LengthCheck(_Form):
    """How long the reply is."""

    kind: Literal["length"]
    unit: Literal["words", "characters", "sentences", "lines", "tokens"]
    least: int = Field(0, ge=0)
    most: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _must_bound(self) -> LengthCheck:
        if not self.least and self.most is None:
            raise ValueError("needs `least`, `most` or both")
        if self.most is not None and self.most < self.least:
            raise ValueError("`most` is below `least`")
        return self


class RatioCheck(_Form):
    """How many times as long the verbose reply is as the terse one."""

    kind: Literal["ratio"]
    unit: Literal["words", "tokens"]
    least: float = Field(gt=0, allow_inf_nan=False)


class ChoiceCheck(_Form):
    """The right one of several choices, by what is likelier or by the letter that is named."""

    kind: Literal["choice"]
    choices: tuple[Text, ...] = Field(min_length=2, max_length=len(LETTERS))
    answer: int = Field(ge=0)
    by: Literal["likelihood", "letter"]

    @model_validator(mode="after")
    def _must_be_there(self) -> ChoiceCheck:
        if self.answer >= len(self.choices):
            raise ValueError(f"`answer` counts from 0, so the last one is {len(self.choices) - 1}")
        if len(set(self.choices)) < len(self.choices):
            raise ValueError("a choice is there twice")
        return self


class CodeCheck(_Form):
    """The Python of the reply is run, then the assertions."""

    kind: Literal["code"]
    assertions: Text

    @field_validator("assertions")
    @classmethod
    def _must_be_python(cls, assertions: str) -> str:
        if not parses(assertions):
            raise ValueError("is not valid Python")
        return assertions


class DataCheck(_Form):
    """The reply can be read as JSON or YAML and has the form that a schema gives."""

    kind: Literal["json", "yaml"]
    form: dict[str, Any] = Field(default_factory=dict, validation_alias="schema")

    @field_validator("form")
    @classmethod
    def _must_be_known(cls, form: dict[str, Any]) -> dict[str, Any]:
        found = list(faults(form))
        if found:
            raise ValueError("; ".join(found))
        return form


class MannerCheck(_Form):
    """How the reply behaves: like the persona, refusing, answering, or asking back."""

    kind: Literal["persona", "refuses", "answers", "asks"]


Check = Annotated[
    LanguageCheck
    | WordsCheck
    | PatternCheck
    | LengthCheck
    | RatioCheck
    | ChoiceCheck
    | CodeCheck
    | DataCheck
    | MannerCheck
    | CommandCheck,
    Field(discriminator="kind"),
]


class Turn(_Form):
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: Text


class Case(_Form):
    """A question, or a conversation that ends with one, and its checks, which must all hold."""

    id: str = Field(min_length=1, max_length=100)
    group: str = Field(min_length=1, max_length=100)
    language: Language | None = None
    quick: bool = False
    system: str | None = None
    style: Literal["terse", "verbose"] | None = None
    prompt: str = ""
    messages: tuple[Turn, ...] = ()
    reply: str = ""
    max_tokens: int = Field(TEXT_TOKENS, ge=1, le=MOST_TOKENS)
    checks: tuple[Check, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _room_for_code(cls, values: Any) -> Any:
        if isinstance(values, dict) and "max_tokens" not in values:
            checks = values.get("checks")
            if isinstance(checks, list | tuple) and "code" in map(_kind, checks):
                return values | {"max_tokens": CODE_TOKENS}
        return values

    @model_validator(mode="after")
    def _must_be_whole(self) -> Case:
        found = list(self._faults())
        if found:
            raise ValueError("; ".join(found))
        return self

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What is said to the model, without system prompt and style."""
        return self.messages or (Turn(role="user", content=self.prompt),)

    @property
    def asked(self) -> str:
        """What the user said last."""
        return self.turns[-1].content

    @property
    def ratio(self) -> RatioCheck | None:
        """Set where the case is asked twice, terse and verbose."""
        return next((check for check in self.checks if isinstance(check, RatioCheck)), None)

    @property
    def likelihood(self) -> ChoiceCheck | None:
        """Set where the choices are measured and nothing is written."""
        check = self.checks[0]
        return check if isinstance(check, ChoiceCheck) and check.by == "likelihood" else None

    @property
    def bars(self) -> tuple[str, ...]:
        """What its checks are counted under, apart from the case."""
        commands = (check for check in self.checks if isinstance(check, CommandCheck))
        return tuple(check.bar for check in commands if check.bar is not None)

    @property
    def digest(self) -> str:
        """Changes when anything about the case does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def _faults(self) -> Iterator[str]:
        if bool(self.prompt.strip()) == bool(self.messages):
            yield "needs either `prompt` or `messages`"
            return
        roles = [turn.role for turn in self.turns]
        if roles != [("user", "assistant")[place % 2] for place in range(len(roles))]:
            yield "`messages` must begin with user and take turns"
        elif roles[-1] != "user":
            yield "`messages` must end with user"
        kinds = [check.kind for check in self.checks]
        if kinds.count("ratio") > 1:
            yield "can have one `ratio` only"
        if "ratio" in kinds and self.style:
            yield "`ratio` asks in both styles, so `style` cannot stand there"
        for bar, times in Counter(self.bars).items():
            if times > 1:
                yield f"only one check of a case can name the bar {bar}"
        for check in self.checks:
            if not isinstance(check, ChoiceCheck):
                continue
            if check.by == "likelihood" and len(kinds) > 1:
                yield "a `choice` by likelihood has no reply, so no other check can stand with it"
            if check.by == "letter":
                yield from (
                    f"the choice {choice!r} is not in the question, so its letter says nothing"
                    for choice in check.choices
                    if choice not in self.asked
                )


def _kind(check: Any) -> Any:
    return check.get("kind") if isinstance(check, dict) else getattr(check, "kind", None)
