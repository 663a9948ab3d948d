"""The user's own Ollama: whether it is there, and making room in its memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from ollama_bridge.loopback import is_loopback

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 11434
# A server on this machine answers at once; without one, nothing may be held up.
FIND_TIMEOUT = httpx.Timeout(2.0, connect=0.5)
UNLOAD_TIMEOUT = httpx.Timeout(60.0, connect=2.0)
KEY_VARIABLE = "OLLAMA_API_KEY"


@dataclass(frozen=True)
class LoadedModel:
    """A model in the memory of a server, and how much of that it takes."""

    name: str
    mb: float


@dataclass(frozen=True)
class OllamaServer:
    """An Ollama that answers, and its version; that is empty where it wants a key first."""

    address: str
    version: str

    @property
    def local(self) -> bool:
        """Whether it is on this computer."""
        return is_loopback(self.address)

    def loaded(self) -> list[LoadedModel]:
        """What is in its memory now; nothing when the server goes away meanwhile."""
        try:
            with open_client(self.address, FIND_TIMEOUT) as http:
                rows = _rows_of_loaded(http)
        except (httpx.TransportError, NoClient):
            return []
        return [LoadedModel(str(row["name"]), _mb(row.get("size"))) for row in rows]

    def unload_all(self) -> list[str]:
        """Take every model out of its memory; the names of those that were in it.

        The list is short when the server goes away meanwhile: then its memory is free too.
        """
        freed: list[str] = []
        try:
            with open_client(self.address, UNLOAD_TIMEOUT) as http:
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
        except (httpx.TransportError, NoClient):
            return freed
        return freed


def find(host: str | None = None) -> OllamaServer | None:
    """The Ollama at OLLAMA_HOST, or at its usual place, if one answers."""
    try:
        address = address_of(host or os.environ.get("OLLAMA_HOST", ""))
        with open_client(address, FIND_TIMEOUT) as http:
            answer = http.get("/api/version")
            if answer.status_code in (401, 403):
                return OllamaServer(address, "")
            answer.raise_for_status()
            return OllamaServer(address, str(answer.json()["version"]))
    except (httpx.HTTPError, httpx.InvalidURL, NoClient, ValueError, KeyError, TypeError):
        return None


def address_of(host: str) -> str:
    """OLLAMA_HOST as an address: scheme, host and port may each be left out."""
    host = host.strip().strip("\"'").rstrip("/")
    parts = urlsplit(host if "://" in host else f"//{host}", scheme="http")
    name = parts.hostname or DEFAULT_HOST
    # A server that listens on every interface is reached on this one; one place, one spelling.
    name = DEFAULT_HOST if name in ("0.0.0.0", "::", "localhost") else name
    try:
        port = parts.port
    except ValueError:
        port = None
    if port is None:
        usual = {"http": 80, "https": 443}
        port = usual[parts.scheme] if "://" in host and parts.scheme in usual else DEFAULT_PORT
    return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}:{port}"


class NoClient(Exception):
    """The settings of this computer let nothing be asked over HTTP; says why."""


def open_client(address: str, timeout: httpx.Timeout) -> httpx.Client:
    """What asks the server at this address."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    try:
        return httpx.Client(
            base_url=address,
            timeout=timeout,
            # A proxy stands between this computer and others, never within it.
            trust_env=not is_loopback(address),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
    except UnicodeError as error:
        raise NoClient(f"{KEY_VARIABLE} holds letters that no key has") from error
    # A proxy of a kind that needs a library of its own, or that is no address.
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise NoClient(f"the proxy that is set cannot be used: {error}") from error


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
