"""The user's own Ollama: whether it is there, and making room in its memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 11434
# A server on this machine answers at once; without one, nothing may be held up.
FIND_TIMEOUT = httpx.Timeout(2.0, connect=0.5)
UNLOAD_TIMEOUT = httpx.Timeout(60.0, connect=2.0)


@dataclass(frozen=True)
class LoadedModel:
    """A model in the memory of a server, and how much of that it takes."""

    name: str
    mb: float


@dataclass(frozen=True)
class OllamaServer:
    """An Ollama that answers, and its version."""

    address: str
    version: str

    def loaded(self) -> list[LoadedModel]:
        """What is in its memory now; nothing when the server goes away meanwhile."""
        try:
            with _client(self.address, FIND_TIMEOUT) as http:
                rows = _rows_of_loaded(http)
        except httpx.TransportError:
            return []
        return [LoadedModel(str(row["name"]), _mb(row.get("size"))) for row in rows]

    def unload_all(self) -> list[str]:
        """Take every model out of its memory; the names of those that were in it.

        The list is short when the server goes away meanwhile: then its memory is free too.
        """
        freed: list[str] = []
        try:
            with _client(self.address, UNLOAD_TIMEOUT) as http:
                for name in _loaded(http):
                    answer = http.post(
                        "/api/generate", json={"model": name, "keep_alive": 0, "stream": False}
                    )
                    # A model for embeddings alone refuses to generate.
                    if answer.is_error:
                        answer = http.post(
                            "/api/embed", json={"model": name, "input": [], "keep_alive": 0}
                        )
                    if answer.is_success:
                        freed.append(name)
        except httpx.TransportError:
            return freed
        return freed


def find(host: str | None = None) -> OllamaServer | None:
    """The Ollama at OLLAMA_HOST, or at its usual place, if one answers."""
    address = address_of(host or os.environ.get("OLLAMA_HOST", ""))
    try:
        with _client(address, FIND_TIMEOUT) as http:
            answer = http.get("/api/version")
            answer.raise_for_status()
            return OllamaServer(address, str(answer.json()["version"]))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return None


def address_of(host: str) -> str:
    """OLLAMA_HOST as an address: scheme, host and port may each be left out."""
    host = host.strip().strip("\"'").rstrip("/")
    parts = urlsplit(host if "://" in host else f"//{host}", scheme="http")
    name = parts.hostname or DEFAULT_HOST
    # A server that listens on every interface is reached on this one.
    name = DEFAULT_HOST if name in ("0.0.0.0", "::") else name
    try:
        port = parts.port
    except ValueError:
        port = None
    if port is None:
        usual = {"http": 80, "https": 443}
        port = usual[parts.scheme] if "://" in host and parts.scheme in usual else DEFAULT_PORT
    return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}:{port}"


def _client(address: str, timeout: httpx.Timeout) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=timeout, trust_env=False)


def _loaded(http: httpx.Client) -> list[str]:
    return [str(row["name"]) for row in _rows_of_loaded(http)]


def _rows_of_loaded(http: httpx.Client) -> list[dict[str, Any]]:
    answer = http.get("/api/ps")
    if answer.is_error:
        return []
    try:
        return [dict(row) for row in answer.json()["models"] if row["name"]]
    except (ValueError, KeyError, TypeError):
        return []


def _mb(size: Any) -> float:
    return round(size / 2**20, 1) if isinstance(size, int | float) else 0.0
