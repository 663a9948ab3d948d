"""What an Ollama server has: each model with what its header says, asked over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from ollama_bridge.ollama import NoClient, open_client

LIST_TIMEOUT = httpx.Timeout(5.0, connect=1.0)


@dataclass(frozen=True)
class InstalledModel:
    """A model of the server; `metadata` are the keys of its GGUF header, without long lists."""

    name: str
    size_bytes: int
    digest: str
    quantisation: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    elsewhere: bool = False
    """It runs on another computer: nothing of it lies here."""


def installed(address: str) -> list[InstalledModel]:
    """The models of the server at this address, by name; none where it does not answer."""
    try:
        with open_client(address, LIST_TIMEOUT) as http:
            answer = http.get("/api/tags")
            answer.raise_for_status()
            models = [_model(http, row) for row in answer.json()["models"]]
    except (httpx.HTTPError, NoClient, ValueError, KeyError, TypeError, AttributeError):
        return []
    return sorted(models, key=lambda model: model.name)


def runs_elsewhere(row: Mapping[str, Any]) -> bool:
    """Whether what the server tells of a model is of one that runs on another computer."""
    return bool(row.get("remote_model") or row.get("remote_host"))


def _model(http: httpx.Client, row: Mapping[str, Any]) -> InstalledModel:
    name = str(row["name"])
    details = row.get("details") or {}
    return InstalledModel(
        name=name,
        size_bytes=int(row.get("size") or 0),
        digest=str(row.get("digest") or ""),
        quantisation=str(details.get("quantization_level") or ""),
        metadata=_metadata(http, name),
        elsewhere=runs_elsewhere(row),
    )


def _metadata(http: httpx.Client, name: str) -> dict[str, Any]:
    """Nothing where one model cannot be shown: the others still can."""
    try:
        answer = http.post("/api/show", json={"model": name})
        answer.raise_for_status()
        found = answer.json().get("model_info")
    except (httpx.HTTPError, ValueError, AttributeError):
        return {}
    return dict(found) if isinstance(found, Mapping) else {}
