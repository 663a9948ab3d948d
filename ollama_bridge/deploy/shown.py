"""What an Ollama says of a model, read: which weights it is made of, and its parameters."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.errors import OllamaRefused
from ollama_bridge.installed import runs_elsewhere
from ollama_bridge.ollama_store import DIGEST, FROM_LINE

_ADAPTER = re.compile(r"^ADAPTER ", re.MULTILINE)
_TEXT = re.compile(r"^(TEMPLATE|SYSTEM|LICENSE|MESSAGE) ", re.MULTILINE)


@dataclass(frozen=True)
class Weights:
    """What a model is made of."""

    base_sha256: str
    has_adapter: bool


def weights_of(shown: Mapping[str, Any]) -> Weights | None:
    """The file of a model's weights by its digest; None where it runs on another computer."""
    if runs_elsewhere(shown):
        return None
    text = str(shown.get("modelfile") or "")
    # The texts of a model may hold lines that look like these; they come last.
    first_text = _TEXT.search(text)
    head = text[: first_text.start()] if first_text else text
    found = FROM_LINE.search(head)
    digest = DIGEST.search(found["path"]) if found else None
    if digest is None:
        return None
    return Weights(digest[1], _ADAPTER.search(head) is not None)


def base_file(shown: Mapping[str, Any]) -> Path | None:
    """Where a model's weights lie, if this process may read them."""
    found = FROM_LINE.search(str(shown.get("modelfile") or ""))
    path = Path(found["path"]) if found else None
    return path if path is not None and os.access(path, os.R_OK) else None


def parameters_of(shown: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The parameters of a model, each with all its values."""
    found: dict[str, list[Any]] = {}
    for line in str(shown.get("parameters") or "").splitlines():
        name, _, value = line.partition(" ")
        found.setdefault(name, []).append(_value(value.strip()))
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def base_names(api: OllamaApi, base_sha256: str) -> tuple[list[str], list[str]]:
    """The models that are this base and nothing else, and those that cannot be read."""
    found, unreadable = [], []
    for row in api.models():
        if runs_elsewhere(row):
            continue
        name = str(row["name"])
        try:
            weights = weights_of(api.show(name))
        except OllamaRefused:
            unreadable.append(name)  # One damaged model says nothing of the others.
            continue
        if weights == Weights(base_sha256, has_adapter=False):
            found.append(name)
    return found, unreadable
