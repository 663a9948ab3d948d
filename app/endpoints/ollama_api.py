"""The API that Ollama's clients speak: chat and generate, streamed or whole, and the models."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from app.endpoints.asked import (
    Asked,
    Body,
    check_question,
    parted,
    read_body,
    refuse_more,
    sampling_of,
    stops_of,
)
from app.endpoints.errors import ApiError
from app.endpoints.reply import Reply
from app.endpoints.service import Model
from app.operations.helping import CONTEXT_TOKENS

# Clients look at this before they use what is newer; it is Ollama's number, not Perennial's.
SPEAKS_LIKE = "0.12.0"


class Options(Body):
    """How a reply is to be written."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    num_predict: int | None = None
    stop: str | list[str] | None = None


class Wanted(Body):
    """What chat and generate have in common."""

    model: str
    stream: bool | None = True
    options: Options | None = None
    format: Any = None

    def asked(self, messages: list[tuple[str, str]], *, talk: bool) -> Asked:
        """What is asked for; without a message the model is only to be loaded."""
        options = self.options or Options()
        system, said = parted(messages)
        if messages:
            check_question(said)
        return Asked(
            model=self.model,
            system=system,
            said=said,
            sampling=sampling_of(
                options.temperature, options.top_p, options.top_k,
                # 0 stands for no more than reading the prompt, which nobody can see here.
                options.num_predict or None, options.seed,
            ),
            stops=stops_of(options.stop),
            stream=self.stream is not False,
            talk=talk,
        )  # fmt: skip


class Message(Body):
    role: Literal["system", "user", "assistant"]
    content: str | None = ""
    images: list[Any] | None = None


class ChatBody(Wanted):
    messages: list[Message] | None = Field(default_factory=list)
    tools: list[Any] | None = None


class GenerateBody(Wanted):
    prompt: str | None = ""
    system: str | None = ""
    suffix: str | None = ""
    raw: bool | None = False
    images: list[Any] | None = None


class ShowBody(Body):
    model: str = ""
    name: str = ""


class Lines(ABC):
    """Replies in lines of JSON, each with the text in its own place."""

    content_type = "application/x-ndjson"

    @abstractmethod
    def _text(self, text: str) -> dict[str, Any]: ...

    def whole(self, asked: Asked, reply: Reply) -> dict[str, Any]:
        """A reply that is there."""
        return {**self._head(asked), **self._text(reply.text), **_ending(reply)}

    def lines(self, asked: Asked, reply: Reply) -> Iterator[bytes]:
        """A reply as it comes."""
        for piece in reply.pieces():
            yield _line({**self._head(asked), **self._text(piece), "done": False})
        yield _line({**self._head(asked), **self._text(""), **_ending(reply)})

    def loaded(self, asked: Asked) -> dict[str, Any]:
        """The answer to a request that says nothing."""
        return {**self._head(asked), **self._text(""), "done": True, "done_reason": "load"}

    def broken(self, error: ApiError) -> bytes:
        """The end of a stream that broke off."""
        return _line(error_body(error))

    @staticmethod
    def _head(asked: Asked) -> dict[str, Any]:
        return {"model": asked.model, "created_at": datetime.now(UTC).isoformat()}


class Chat(Lines):
    """`POST /api/chat`."""

    def read(self, body: bytes) -> Asked:
        """What is asked for."""
        found = read_body(ChatBody, body)
        messages = found.messages or []
        images = any(each.images for each in messages)
        refuse_more({"tools": found.tools, "format": found.format, "images": images})
        return found.asked([(each.role, each.content or "") for each in messages], talk=True)

    def _text(self, text: str) -> dict[str, Any]:
        return {"message": {"role": "assistant", "content": text}}


class Generate(Lines):
    """`POST /api/generate`: one prompt, and no conversation."""

    def read(self, body: bytes) -> Asked:
        """What is asked for."""
        found = read_body(GenerateBody, body)
        refuse_more(
            {
                "raw": found.raw, "suffix": found.suffix, "format": found.format,
                "images": found.images,
            }
        )  # fmt: skip
        prompt = [("user", found.prompt)] if found.prompt else []
        system = [("system", found.system)] if found.system and prompt else []
        return found.asked([*system, *prompt], talk=False)

    def _text(self, text: str) -> dict[str, Any]:
        return {"response": text}


def version() -> dict[str, Any]:
    """`GET /api/version`."""
    return {"version": SPEAKS_LIKE}


def tags(found: Sequence[Model]) -> dict[str, Any]:
    """`GET /api/tags`."""
    return {"models": [_tag(each) for each in found]}


def shown_name(body: bytes) -> str:
    """Which model `POST /api/show` asks about."""
    found = read_body(ShowBody, body)
    return found.model or found.name


def show(found: Model) -> dict[str, Any]:
    """`POST /api/show`; a persona's prompt is nothing that a program needs."""
    family = found.base.architecture or "unknown"
    return {
        "modelfile": "", "parameters": "", "template": "", "license": found.base.licence,
        "modified_at": found.persona.created, "details": _details(found),
        "model_info": {
            "general.architecture": family, "general.basename": found.persona.name,
            f"{family}.context_length": CONTEXT_TOKENS,
        },
        "capabilities": ["completion"],
    }  # fmt: skip


def error_body(error: ApiError) -> dict[str, Any]:
    """An error as these clients read it."""
    return {"error": error.text}


def _tag(found: Model) -> dict[str, Any]:
    name = f"{found.name}:latest"
    return {
        "name": name, "model": name, "modified_at": found.persona.created,
        "size": found.base.size_bytes, "digest": found.base.digest, "details": _details(found),
    }  # fmt: skip


def _details(found: Model) -> dict[str, Any]:
    family = found.base.architecture or "unknown"
    return {
        "parent_model": "", "format": "gguf", "family": family, "families": [family],
        "parameter_size": "", "quantization_level": "",
    }  # fmt: skip


def _ending(reply: Reply) -> dict[str, Any]:
    """How a reply ended; of one that was cut nobody counted the tokens."""
    row: dict[str, Any] = {
        "done": True, "done_reason": reply.finish,
        "total_duration": round(reply.seconds * 1e9), "load_duration": 0,
    }  # fmt: skip
    timings = reply.timings
    if timings is not None:
        row["prompt_eval_count"] = timings.prompt_tokens + timings.cached_tokens
        row["prompt_eval_duration"] = round(timings.prompt_ms * 1e6)
        row["eval_count"] = timings.reply_tokens
        row["eval_duration"] = round(timings.reply_ms * 1e6)
    return row


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"
