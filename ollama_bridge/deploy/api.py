"""The verbs of an Ollama server over HTTP, each with its failures as known errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from ollama_bridge.errors import (
    OllamaError,
    OllamaFull,
    OllamaGone,
    OllamaLocked,
    OllamaRefused,
)
from ollama_bridge.loopback import is_loopback
from ollama_bridge.ollama import KEY_VARIABLE, NoClient, open_client

# A large model is checked and loaded in silence.
TIMEOUT = httpx.Timeout(900.0, connect=5.0)
QUICK = httpx.Timeout(20.0, connect=5.0)
PIECE_BYTES = 1 << 20

_SHOWN: Mapping[str, type] = {
    "modelfile": str, "system": str, "parameters": str, "capabilities": list, "details": dict,
}  # fmt: skip

OnProgress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """For who does not want to know."""


class OllamaApi:
    """One server; close it after use."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.local = is_loopback(address)
        try:
            self._http = open_client(address, TIMEOUT)
        except NoClient as error:
            raise OllamaError(
                f"Ollama at {address} cannot be asked: {error}.",
                "Mend that setting of this computer, or use the Ollama on it.",
                kind="ollama_no_client",
                kept="Nothing was sent.",
            ) from error

    def version(self) -> str:
        """The server's version."""
        with _odd_answers():
            return str(self._json("GET", "/api/version", timeout=QUICK)["version"])

    def models(self) -> list[dict[str, Any]]:
        """Every model with its name and the digest of its manifest."""
        with _odd_answers():
            rows = self._json("GET", "/api/tags", timeout=QUICK)["models"] or []
            return [{**row, "name": str(row["name"]), "digest": str(row["digest"])} for row in rows]

    def digest_of(self, name: str) -> str | None:
        """The digest of a model's manifest; None where the server has no such model."""
        wanted = full_name(name).lower()
        for row in self.models():
            if row["name"].lower() == wanted:
                return str(row["digest"])
        return None

    def show(self, name: str) -> dict[str, Any]:
        """What the server says of a model."""
        found = self._json("POST", "/api/show", {"model": name}, timeout=QUICK)
        if any(not isinstance(found.get(key), kind | None) for key, kind in _SHOWN.items()):
            raise _not_ollama()
        return found

    def has_blob(self, digest: str) -> bool:
        """Whether a file of this digest lies there."""
        with self._failures():
            answer = self._http.head(f"/api/blobs/{digest}", timeout=QUICK)
        if answer.status_code == 404:
            return False
        self._check(answer)
        return True

    def put_blob(self, path: Path, digest: str, on_progress: OnProgress = no_progress) -> None:
        """Upload a file, unless it is there already."""
        if self.has_blob(digest):
            return
        size = path.stat().st_size

        def pieces() -> Generator[bytes, None, None]:
            with path.open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    yield piece
                    on_progress(file.tell(), size)

        # Windows lets nobody delete a file that a broken upload holds open.
        with self._failures(), closing(pieces()) as content:
            answer = self._http.post(
                f"/api/blobs/{digest}", content=content, headers={"Content-Length": str(size)}
            )
        self._check(answer)

    def create(self, body: Mapping[str, Any]) -> None:
        """Make a model."""
        for _ in self._lines("/api/create", body):
            pass

    def pull(self, name: str, on_progress: OnProgress = no_progress) -> None:
        """Have the server fetch a model from a registry without encryption."""
        for line in self._lines("/api/pull", {"model": name, "insecure": True}):
            with _odd_answers():
                if line.get("total"):
                    done, total = int(line.get("completed") or 0), int(line["total"])
                    on_progress(done, total)

    def copy(self, source: str, target: str) -> None:
        """Give a model another name; the manifest stays the same, byte for byte."""
        self._json("POST", "/api/copy", {"source": source, "destination": target})

    def delete(self, name: str) -> bool:
        """Take a name away, and what only it needed; whether it was there."""
        with self._failures():
            answer = self._http.request("DELETE", "/api/delete", json={"model": name})
        if answer.status_code == 404:
            return False
        self._check(answer)
        return True

    def load(self, name: str) -> None:
        """Have a model in memory."""
        self._json("POST", "/api/generate", {"model": name, "stream": False})

    def rendered(self, name: str, messages: Sequence[Mapping[str, str]]) -> str | None:
        """The prompt that the server makes of messages; None where it does not tell."""
        body = {
            "model": name, "messages": list(messages), "stream": False, "_debug_render_only": True,
            # A server that does not know the request would answer it.
            "options": {"num_predict": 1},
        }  # fmt: skip
        found = self._json("POST", "/api/chat", body).get("_debug_info")
        with _odd_answers():
            return str(found["rendered_template"]) if found else None

    def likeliest(self, name: str, prompt: str, count: int) -> dict[str, float]:
        """The likeliest next tokens by their texts; none where the model would end here."""
        body = {
            "model": name, "stream": False, "prompt": prompt, "raw": True, "logprobs": True,
            "top_logprobs": count, "options": {"num_predict": 1, "temperature": 0},
        }  # fmt: skip
        rows = self._json("POST", "/api/generate", body).get("logprobs") or []
        with _odd_answers():
            first = rows[0]["top_logprobs"] if rows else []
            return {str(each["token"]): float(each["logprob"]) for each in first}

    def chat(self, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The pieces of a reply, as they come."""
        yield from self._lines("/api/chat", body)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> OllamaApi:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> dict[str, Any]:
        with self._failures():
            answer = self._http.request(method, path, json=body, timeout=timeout)
        self._check(answer)
        if not answer.content:
            return {}
        return _object(answer.content)

    def _lines(self, path: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """A streamed answer; an error may come after the server has said that all is well."""
        with self._failures(), self._http.stream("POST", path, json=body) as answer:
            if answer.is_error:
                answer.read()
            self._check(answer)
            ended = False
            for line in answer.iter_lines():
                if not line.strip():
                    continue
                row = _object(line)
                if "error" in row:
                    _refuse(500, str(row["error"]))
                ended = row.get("status") == "success" or bool(row.get("done"))
                yield row
            if not ended:
                raise self._gone("it ended the answer half-way")

    def _check(self, answer: httpx.Response) -> None:
        if answer.status_code in (401, 403):
            raise OllamaLocked(
                f"Ollama at {self.address} asks for a key, or refuses this one.",
                f"Set {KEY_VARIABLE} to the key of that server, or use this computer's Ollama.",
            )
        if answer.is_error:
            try:
                text = str(_object(answer.content)["error"])
            except (KeyError, OllamaRefused):
                text = answer.text[:300]
            _refuse(answer.status_code, text)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._gone(str(error) or type(error).__name__) from error

    def _gone(self, why: str) -> OllamaGone:
        return OllamaGone(
            f"Ollama at {self.address} stopped answering ({why}).",
            "See that it runs (`ollama serve`, or start its app), then try again.",
            kept="The persona answers in this window as before.",
        )


def full_name(name: str) -> str:
    """A name with its tag, as the server lists it."""
    last = name.rpartition("/")[2]
    return name if ":" in last else f"{name}:latest"


def _object(content: bytes | str) -> dict[str, Any]:
    try:
        found = json.loads(content)
        if isinstance(found, dict):
            return found
    except ValueError:
        pass
    raise _not_ollama()


@contextmanager
def _odd_answers() -> Iterator[None]:
    """For what is taken out of an answer: it may be of another form than Ollama's."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _not_ollama() from error


def _not_ollama() -> OllamaRefused:
    return OllamaRefused(
        "What answers at Ollama's address does not answer as Ollama does.",
        "See what runs there, or set OLLAMA_HOST to where Ollama is.",
    )


def _refuse(status: int, text: str) -> None:
    low = text.lower()
    if "no space left" in low or "not enough space" in low or "disk quota" in low:
        raise OllamaFull(
            "The disk on which Ollama keeps its models is full.",
            "Make room there, for instance with `ollama rm` of a model that you do not use, then"
            " try again.",
            kept="What was live before is live.",
        )
    raise OllamaRefused(
        f"Ollama refused it ({status}): {text}",
        "See Ollama's log, or try again.",
        said=text,
    )
