"""Requests to the model server: what is sent, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from ollama_bridge.errors import ContextTooLong, RequestRefused
from ollama_bridge.runtime.values import Delta, Sampling, Timings

# Nothing is sent before the first token, and a long prompt on a large base and few cores takes
# minutes. A server that died is noticed at once: its connection is reset.
STREAM_TIMEOUT = httpx.Timeout(600.0, connect=5.0)
ANSWER_TIMEOUT = httpx.Timeout(600.0, connect=5.0)

NEVER = -100.0


class StreamBroken(Exception):
    """The stream ended before the reply did."""


def chat_request(
    messages: Sequence[Mapping[str, str]],
    sampling: Sampling,
    *,
    stream: bool = True,
) -> dict[str, Any]:
    """The body of a chat completion, streamed or whole."""
    return {
        **plain_messages(messages),
        **({"stream": True, "stream_options": {"include_usage": True}} if stream else {}),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        # Only the likeliest is looked at then: sorting a vocabulary costs as much as a small model.
        "top_k": sampling.top_k if sampling.temperature else 1,
        "min_p": 0.0,
        "max_tokens": sampling.max_tokens,
        **({} if sampling.seed is None else {"seed": sampling.seed}),
        **({"ignore_eos": True} if sampling.to_the_end else {}),
    }


def plain_messages(messages: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The messages for the template, a thinking model told to answer at once."""
    return {
        "messages": [{"role": each["role"], "content": each["content"]} for each in messages],
        "chat_template_kwargs": {"enable_thinking": False},
    }


def check(response: httpx.Response) -> None:
    """Raise what an error answer means."""
    if response.status_code < 400:
        return
    response.read()
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        error = {"message": response.text[:500]}
    raise_refusal(error, response.status_code)


def raise_refusal(error: Any, status: int) -> None:
    """Raise a server's error object as a known error."""
    found = error if isinstance(error, dict) else {"message": str(error)}
    if found.get("type") == "exceed_context_size_error":
        raise ContextTooLong(int(found["n_prompt_tokens"]), int(found["n_ctx"]))
    raise RequestRefused(
        f"The model server refused the request ({status}): {found.get('message', '')}.",
        "Try again with another message, or start a new conversation.",
    )


def deltas(lines: Iterator[str]) -> Iterator[Delta]:
    """The pieces of a streamed reply; the last one says how it ended."""
    finish: str | None = None
    for line in lines:
        head, _, body = line.partition(":")
        body = body.strip()
        if head == "error":
            raise_refusal(json.loads(body), 500)
        if head != "data" or not body:
            continue
        if body == "[DONE]":
            break
        chunk = json.loads(body)
        if "error" in chunk:
            raise_refusal(chunk["error"], 500)
        for choice in chunk["choices"]:
            text = choice["delta"].get("content")
            if text:
                yield Delta(text)
            finish = choice.get("finish_reason") or finish
        if finish is not None and "timings" in chunk:
            yield Delta("", finish, timings(chunk["timings"]))
            return
    raise StreamBroken


def logprob(found: Mapping[str, Any]) -> float:
    """A token's log-probability; of a model that computes no numbers any more, next to nothing."""
    value = found["logprob"]
    return NEVER if value is None else float(value)


def timings(found: Mapping[str, float]) -> Timings:
    return Timings(
        int(found["prompt_n"]),
        int(found.get("cache_n", 0)),
        float(found["prompt_ms"]),
        int(found["predicted_n"]),
        float(found["predicted_ms"]),
    )
