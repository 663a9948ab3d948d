"""Replies of a model in Ollama, piece by piece, in the runtime's own form."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ollama_bridge.deploy.api import OllamaApi, full_name
from ollama_bridge.errors import ContextTooLong, OllamaGone, OllamaRefused
from ollama_bridge.ollama import OllamaServer
from ollama_bridge.runtime.values import Delta, Sampling, Timings

_NS_PER_MS = 1e6
# As of 0.34 it hands on what its model server said; before that it wrote a sentence of its own.
_TOO_LONG = re.compile(r"exceeds? the (?:available )?context (?:length|size)", re.IGNORECASE)


def nothing_loads() -> None:
    """For who does not want to know."""


class OllamaReplies:
    """A source of replies: one model of one server."""

    def __init__(
        self, api: OllamaApi, name: str, on_loading: Callable[[], object] = nothing_loads
    ) -> None:
        self.first_token_s: float | None = None
        """How long the last reply's first token took, with whatever was loaded for it."""
        self.was_loaded = True
        """Whether the model was in memory when it was asked last."""
        self.version = ""
        """The server's, as of the last reply."""
        self._api = api
        self._name = name
        self._on_loading = on_loading

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 (a value)
    ) -> Iterator[Delta]:
        """Stream a reply; the adapter is the model's own. Closing it ends Ollama's work too."""
        self.first_token_s = None
        self.version = self._api.version()
        self.was_loaded = self._is_loaded()
        if not self.was_loaded:
            self._on_loading()
        began = time.monotonic()
        try:
            for row in self._api.chat(chat_request(self._name, messages, sampling)):
                text = str((row.get("message") or {}).get("content") or "")
                if text:
                    if self.first_token_s is None:
                        self.first_token_s = time.monotonic() - began
                    yield Delta(text)
                if row.get("done"):
                    yield Delta("", str(row.get("done_reason") or "stop"), _timings(row))
        except OllamaGone as error:
            if self.first_token_s is None:
                raise
            raise _lost() from error
        except OllamaRefused as error:
            found = _too_long(error)
            if found is None:
                raise
            raise found from error

    def _is_loaded(self) -> bool:
        """Asked before each reply: another program may have had it unloaded."""
        wanted = full_name(self._name).lower()
        loaded = OllamaServer(self._api.address, "").loaded()
        return any(full_name(each.name).lower() == wanted for each in loaded)


def chat_request(
    name: str, messages: Sequence[Mapping[str, str]], sampling: Sampling
) -> dict[str, Any]:
    """The body of a streamed chat: as the runtime is asked, in Ollama's words."""
    return {
        "model": name,
        "messages": [{"role": each["role"], "content": each["content"]} for each in messages],
        "stream": True,
        "think": False,
        # Neither drop what was said nor write on past the end of the context, without a word.
        "truncate": False,
        "shift": False,
        "options": {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k if sampling.temperature else 1,
            "min_p": 0.0,
            "repeat_penalty": 1.0,
            "num_predict": sampling.max_tokens,
            **({} if sampling.seed is None else {"seed": sampling.seed}),
        },
    }


def _timings(row: Mapping[str, Any]) -> Timings:
    return Timings(
        int(row.get("prompt_eval_count") or 0),
        int(row.get("prompt_eval_cached_count") or 0),
        float(row.get("prompt_eval_duration") or 0) / _NS_PER_MS,
        int(row.get("eval_count") or 0),
        float(row.get("eval_duration") or 0) / _NS_PER_MS,
    )


def _lost() -> OllamaGone:
    return OllamaGone(
        "Ollama ended in the middle of the reply.",
        "Ask again, or have the persona answer without Ollama.",
        kept="What had been written is kept.",
        kind="ollama_lost",
    )


def _too_long(error: OllamaRefused) -> ContextTooLong | None:
    """A refusal that is about the length of the conversation, with the counts where it has some."""
    if not _TOO_LONG.search(error.said):
        return None
    try:
        told = json.loads(error.said)["error"]
        return ContextTooLong(int(told["n_prompt_tokens"]), int(told["n_ctx"]))
    except (ValueError, KeyError, TypeError):
        found = ContextTooLong(0, 0)
        found.text = "The conversation is longer than the context of the model in Ollama."
        return found
