"""What a program asks for, whichever API it speaks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from app.endpoints.errors import bad_request
from app.operations.reply_stream import DEFAULT_SAMPLING
from app.store.values import Role, Said
from ollama_bridge.runtime.values import Sampling

# A program that sets no end to a reply, or a far one, has it end here.
MOST_TOKENS = 4096
MOST_STOPS = 16
# The highest number would mean "any" to the model server.
_SEEDS = 2**32 - 1


class Body(BaseModel):
    """A request's body; what is not known here is left to other servers."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


@dataclass(frozen=True)
class Asked:
    """A persona by its name, what was said, and how the reply is to be written.

    `system` is the program's own text, `talk` whether it can be a conversation at all.
    """

    model: str
    system: str
    said: tuple[Said, ...]
    sampling: Sampling
    stops: tuple[str, ...]
    stream: bool
    usage: bool = False
    talk: bool = True


Read = TypeVar("Read", bound=Body)


def read_body(shape: type[Read], body: bytes) -> Read:
    """A body in its shape; what is wrong is told by its place, never in the words of it."""
    try:
        return shape.model_validate(json.loads(body, parse_constant=_refuse_constant))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(each) for each in first["loc"]) or "the body"
        raise bad_request(f"{place}: {first['msg']}.") from None
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON that can be read.") from None


def sampling_of(
    temperature: float | None,
    top_p: float | None,
    top_k: int | None,
    tokens: int | None,
    seed: int | None,
) -> Sampling:
    """How a reply is written; what a program leaves open is as in Perennial's own chat."""
    plain = DEFAULT_SAMPLING
    if temperature is not None and not 0 <= temperature <= 2:
        raise bad_request("temperature: It goes from 0 to 2.")
    if top_p is not None and not 0 <= top_p <= 1:
        raise bad_request("top_p: It goes from 0 to 1.")
    most = plain.max_tokens if tokens is None else tokens
    return Sampling(
        temperature=plain.temperature if temperature is None else temperature,
        top_p=plain.top_p if top_p is None else top_p,
        top_k=plain.top_k if top_k is None else max(0, min(top_k, _SEEDS)),
        # Below nothing stands for "without an end" with Ollama.
        max_tokens=min(most, MOST_TOKENS) if most > 0 else MOST_TOKENS,
        seed=None if seed is None or seed < 0 else seed % _SEEDS,
    )


def stops_of(stop: str | Sequence[str] | None) -> tuple[str, ...]:
    """The texts that end a reply."""
    stops = (stop,) if isinstance(stop, str) else tuple(stop or ())
    if len(stops) > MOST_STOPS:
        raise bad_request(f"stop: {MOST_STOPS} are the most.")
    return tuple(clean(each) for each in stops if each)


def parted(messages: Iterable[tuple[str, str]]) -> tuple[str, tuple[Said, ...]]:
    """The program's own text, and what was said; an empty message says nothing."""
    system: list[str] = []
    said: list[Said] = []
    roles: dict[str, Role] = {"user": "user", "assistant": "assistant"}
    for role, text in messages:
        words = clean(text)
        if not words.strip():
            continue
        if role in roles:
            said.append(Said(roles[role], words))
        else:
            system.append(words)
    return "\n\n".join(system), tuple(said)


def check_question(said: Sequence[Said]) -> None:
    """Refuse messages in which nobody asks anything."""
    if not any(each.role == "user" for each in said):
        raise bad_request("messages: There is no message of the user with words in it.")


def refuse_more(what: dict[str, Any]) -> None:
    """Refuse what no persona can do, where it would be missed in the reply."""
    for name, wanted in what.items():
        if wanted:
            raise bad_request(f"{name}: A persona reads and writes plain text only.", "unsupported")


def clean(text: str) -> str:
    """Text without halves of characters, which nothing can store or send on."""
    return text.encode("utf-8", "replace").decode()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
