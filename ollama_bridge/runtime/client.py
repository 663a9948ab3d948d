"""A process's hold on the runtime: what it serves, and the replies it asks for."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from ollama_bridge.errors import AdapterUnknown, RuntimeLost, RuntimeStartError
from ollama_bridge.runtime import server_api
from ollama_bridge.runtime.lease import Lease, Turn, not_answering
from ollama_bridge.runtime.protocol import FileMark, Need
from ollama_bridge.runtime.values import (
    ANY_SLOT,
    Delta,
    Reply,
    RuntimeStatus,
    Sampling,
    Served,
    Timings,
)

__all__ = [
    "ANY_SLOT", "Delta", "Reply", "RuntimeClient", "RuntimeStatus", "Sampling", "Served",
    "Timings",
]  # fmt: skip

DEFAULT_SAMPLING = Sampling()
SEARCHED = 2_000


class RuntimeClient:
    """A lease on the runtime of a home; usable from several threads."""

    def __init__(self, home: Path, python: str) -> None:
        self._paths: dict[str, str] = {}
        self._lease = Lease(home, python)
        # No keep-alive: the server closes a kept connection after a stream, which races with
        # the next request on it. No proxies: this is loopback.
        self._http = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)

    @classmethod
    def connect(cls, home: Path, *, python: str = sys.executable) -> RuntimeClient:
        """A lease on the home's runtime, which is started when there is none."""
        return cls(home, python)

    def serve(
        self,
        base: Path,
        adapters: Sequence[Served],
        *,
        slots: int | None = None,
        context_tokens: int | None = None,
        memory_budget_mb: int | None = None,
    ) -> float:
        """Have a base and adapters in memory; the seconds in which no reply could begin.

        With neither slots nor context told, both are as many as the memory budget allows.
        """
        try:
            base_mark = FileMark.of(base)
            marks = {served.name: FileMark.of(served.path) for served in adapters}
        except OSError as error:
            raise RuntimeStartError(
                f"A model file is not there: {error.filename}.",
                "Restore the file, or choose another base or adapter.",
            ) from error
        need = Need(
            base_mark,
            tuple(dict.fromkeys(marks.values())),
            slots,
            context_tokens,
            roomy=slots is None and context_tokens is None,
            memory_budget_mb=memory_budget_mb,
        )
        gap_s = self._lease.serve(need)
        self._paths = {name: mark.path for name, mark in marks.items()}
        return gap_s

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Sampling = DEFAULT_SAMPLING,
        slot: int | None = None,
    ) -> Iterator[Delta]:
        """Stream a reply; by default in the adapter's own slot, else ANY_SLOT or a number."""
        lost: str | None = None
        for last in (False, True):
            given = False
            with self._turn(adapter, slot, lost) as (turn, chosen):
                body = server_api.chat_request(messages, sampling) | chosen
                try:
                    for delta in self._stream(turn, body):
                        given = True
                        yield delta
                    return
                except (httpx.TransportError, server_api.StreamBroken) as error:
                    if given:
                        raise RuntimeLost(
                            "The runtime ended in the middle of the reply.",
                            "Ask again: it is started anew.",
                            kept="What had been written is kept.",
                        ) from error
                    if last:
                        raise not_answering() from error
                    lost = turn.address

    def complete_chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Sampling = DEFAULT_SAMPLING,
        slot: int | None = None,
    ) -> Reply:
        """A whole reply, sent at once: a token a message would cost more than some tokens do."""
        began = time.monotonic()
        body = server_api.chat_request(messages, sampling, stream=False)
        answer = self._post("/v1/chat/completions", body, adapter=adapter, slot=slot)
        choice = answer["choices"][0]
        return Reply(
            choice["message"]["content"] or "",
            choice["finish_reason"],
            server_api.timings(answer["timings"]).reply_tokens,
            time.monotonic() - began,
        )

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The prompt as the base's own template writes it."""
        answer = self._post("/apply-template", server_api.plain_messages(messages))
        return str(answer["prompt"])

    def tokenize(self, text: str, *, special: bool = True) -> list[int]:
        """Token ids as the server takes a prompt; `special` reads control tokens in the text."""
        body = {"content": text, "add_special": special, "parse_special": special}
        return [int(token) for token in self._post("/tokenize", body)["tokens"]]

    def detokenize(self, tokens: Sequence[int]) -> str:
        """The text of token ids; half a character at its end is a replacement character."""
        return str(self._post("/detokenize", {"tokens": list(tokens)})["content"])

    def next_token_logprobs(
        self, tokens: Sequence[int], adapter: str | None, n: int
    ) -> dict[int, float]:
        """Log-probabilities of the n likeliest next tokens, before any sampling."""
        # Half a character is never sent, and its probabilities neither: so a plain letter is
        # made the reply. The probabilities are those of before any bias.
        body = {
            "prompt": list(tokens), "n_predict": 1, "n_probs": n, "temperature": 0.0,
            "logit_bias": [["a", 1_000.0]],
        }  # fmt: skip
        answer = self._post("/completion", body, adapter=adapter, slot=None)
        likeliest = answer["completion_probabilities"][0]["top_logprobs"]
        return {int(each["id"]): server_api.logprob(each) for each in likeliest}

    def likelihood(
        self,
        messages: Sequence[Mapping[str, str]],
        reply: str,
        adapter: str | None,
        slot: int = ANY_SLOT,
    ) -> float:
        """Log-probability of a reply, word for word, to these messages."""
        tokens = self.tokenize(self.render(messages))
        total = 0.0
        for token in self.tokenize(reply, special=False):
            total += self._token_logprob(tokens, token, adapter, slot)
            tokens.append(token)
        return total

    def _token_logprob(
        self, tokens: Sequence[int], token: int, adapter: str | None, slot: int
    ) -> float:
        # The bias makes it the reply; the probability told is that of before the bias.
        body = {
            "prompt": list(tokens), "n_predict": 1, "n_probs": 1, "temperature": 0.0,
            "logit_bias": [[token, 1_000.0]],
        }  # fmt: skip
        answer = self._post("/completion", body, adapter=adapter, slot=slot)
        found = answer.get("completion_probabilities")
        if found:
            return server_api.logprob(found[0])
        # Half a character is never sent: it is looked for among what could have come instead.
        likeliest = self.next_token_logprobs(tokens, adapter, SEARCHED)
        return likeliest.get(token, min(likeliest.values()))

    def unload(self) -> None:
        """Free the model for a training, until somebody serves again."""
        self._lease.call("unload")

    def status(self) -> RuntimeStatus:
        """What the runtime holds now."""
        found = self._lease.call("status")
        return RuntimeStatus(
            base=Path(found["base"]) if found["base"] else None,
            adapters=tuple(Path(path) for path in found["adapters"]),
            slots=found["slots"],
            context_tokens=found["context_tokens"],
            pid=found["pid"],
            server_pid=found["server_pid"],
            memory_bytes=found["memory_bytes"],
            leases=found["leases"],
            engine=found["engine"],
            device=found["device"],
            adapters_bytes=found["adapters_bytes"],
            cache_bytes=found["cache_bytes"],
            changing=found["changing"],
        )

    def close(self) -> None:
        """End the lease."""
        self._lease.close()
        self._http.close()

    def __enter__(self) -> RuntimeClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _turn(
        self, adapter: str | None, slot: int | None, lost: str | None
    ) -> Iterator[tuple[Turn, dict[str, Any]]]:
        """A turn, and the adapter and slot as the model server wants them told."""
        if adapter is not None and adapter not in self._paths:
            raise AdapterUnknown(
                f"The adapter {adapter} was not loaded.", "Load it with the base, then ask again."
            )
        path = self._paths[adapter] if adapter is not None else None
        with self._lease.turn(path, own_slot=slot is None, lost=lost) as turn:
            number = turn.slot if slot is None else slot
            chosen: dict[str, Any] = {"lora": turn.scales(path), "cache_prompt": True}
            if number is not None and number != ANY_SLOT:
                chosen["id_slot"] = number
            yield turn, chosen

    def _stream(self, turn: Turn, body: dict[str, Any]) -> Iterator[Delta]:
        with self._http.stream(
            "POST",
            f"{turn.address}/v1/chat/completions",
            json=body,
            headers=turn.headers,
            timeout=server_api.STREAM_TIMEOUT,
        ) as response:
            server_api.check(response)
            yield from server_api.deltas(response.iter_lines())

    def _post(
        self,
        path: str,
        body: dict[str, Any],
        *,
        adapter: str | None = None,
        slot: int | None = ANY_SLOT,
    ) -> Any:
        lost: str | None = None
        for last in (False, True):
            with self._turn(adapter, slot, lost) as (turn, chosen):
                try:
                    response = self._http.post(
                        turn.address + path,
                        json=body | chosen,
                        headers=turn.headers,
                        timeout=server_api.ANSWER_TIMEOUT,
                    )
                except httpx.TransportError as error:
                    if last:
                        raise not_answering() from error
                    lost = turn.address
                    continue
                server_api.check(response)
                return response.json()
        raise AssertionError("the last try returns or raises")
