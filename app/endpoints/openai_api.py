"""The API that OpenAI's clients speak: models, and chat completions streamed or whole."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
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
from app.endpoints.errors import ApiError, bad_request
from app.endpoints.reply import Reply
from app.endpoints.service import Model

OWNER = "perennial"


class Part(Body):
    """A part of a message."""

    type: str
    text: str = ""


class Message(Body):
    """A message; `developer` is the newer name of `system`."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part] | None = None

    def words(self) -> str:
        """The text of it, of parts that are nothing but text."""
        if not isinstance(self.content, list):
            return self.content or ""
        for part in self.content:
            if part.type != "text":
                raise bad_request(
                    "messages: A persona reads text only, and a part of a message is none.",
                    "unsupported",
                )
        return "\n".join(part.text for part in self.content)


class StreamOptions(Body):
    include_usage: bool = False


class Completion(Body):
    """A chat completion as it is asked for."""

    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    logprobs: bool | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: dict[str, Any] | None = None


class ChatCompletions:
    """`POST /v1/chat/completions`."""

    content_type = "text/event-stream; charset=utf-8"

    def read(self, body: bytes) -> Asked:
        """What is asked for."""
        found = read_body(Completion, body)
        form = (found.response_format or {}).get("type", "text")
        refuse_more(
            {
                "tools": found.tools, "functions": found.functions, "logprobs": found.logprobs,
                "n": (found.n or 1) > 1, "response_format": form != "text",
            }
        )  # fmt: skip
        system, said = parted((each.role, each.words()) for each in found.messages)
        check_question(said)
        tokens = found.max_completion_tokens
        return Asked(
            model=found.model,
            system=system,
            said=said,
            sampling=sampling_of(
                found.temperature, found.top_p, None,
                found.max_tokens if tokens is None else tokens, found.seed,
            ),
            stops=stops_of(found.stop),
            stream=bool(found.stream),
            usage=found.stream_options is not None and found.stream_options.include_usage,
        )  # fmt: skip

    def whole(self, asked: Asked, reply: Reply) -> dict[str, Any]:
        """A reply that is there."""
        message = {"role": "assistant", "content": reply.text}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish, "logprobs": None}
        return {
            **_head("chat.completion", asked, _new_id()),
            "choices": [choice],
            "usage": _usage(reply),
        }

    def lines(self, asked: Asked, reply: Reply) -> Iterator[bytes]:
        """A reply as it comes."""
        head = _head("chat.completion.chunk", asked, _new_id())
        yield _event(_chunk(head, {"role": "assistant", "content": ""}))
        for piece in reply.pieces():
            yield _event(_chunk(head, {"content": piece}))
        yield _event(_chunk(head, {}, reply.finish))
        if asked.usage:
            yield _event({**head, "choices": [], "usage": _usage(reply)})
        yield b"data: [DONE]\n\n"

    def broken(self, error: ApiError) -> bytes:
        """The end of a stream that broke off."""
        return _event(error_body(error))


def models(found: Sequence[Model]) -> dict[str, Any]:
    """`GET /v1/models`."""
    return {"object": "list", "data": [model(each) for each in found]}


def model(found: Model) -> dict[str, Any]:
    """`GET /v1/models/NAME`."""
    created = int(datetime.fromisoformat(found.persona.created).timestamp())
    return {"id": found.name, "object": "model", "created": created, "owned_by": OWNER}


def error_body(error: ApiError) -> dict[str, Any]:
    """An error as these clients read it."""
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    return {
        "error": {"message": error.text, "type": kind, "param": None, "code": error.code},
    }


def _new_id() -> str:
    return f"chatcmpl-{secrets.token_hex(12)}"


def _head(kind: str, asked: Asked, reply_id: str) -> dict[str, Any]:
    return {"id": reply_id, "object": kind, "created": int(time.time()), "model": asked.model}


def _chunk(
    head: dict[str, Any], delta: dict[str, str], finish: str | None = None
) -> dict[str, Any]:
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _usage(reply: Reply) -> dict[str, int] | None:
    """The tokens of a reply; of one that was cut nobody counted them."""
    if reply.timings is None:
        return None
    prompt = reply.timings.prompt_tokens + reply.timings.cached_tokens
    written = reply.timings.reply_tokens
    return {
        "prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written,
    }  # fmt: skip


def _event(row: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(row, ensure_ascii=False).encode() + b"\n\n"
