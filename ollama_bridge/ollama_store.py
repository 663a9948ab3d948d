"""The models that Ollama keeps on this computer, read where they lie: nothing is copied.

A manifest names the layers of a model by their SHA-256, and each layer is a file of that name. So
whether a model was removed or pulled anew shows in its manifest, and the server need not run.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ollama_bridge.errors import ModelUnknown, ModelUnusable
from ollama_bridge.installed import LIST_TIMEOUT
from ollama_bridge.ollama import NoClient, open_client

FOLDER_VARIABLE = "OLLAMA_MODELS"
USUAL_HOST, USUAL_NAMESPACE, USUAL_TAG = "registry.ollama.ai", "library", "latest"
# Where the service that its installer sets up on Linux keeps them.
SERVICE_FOLDER = Path("/usr/share/ollama/.ollama/models")

_KIND = "application/vnd.ollama.image."
DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
FROM_LINE = re.compile(r"^FROM (?P<quote>\"*)(?P<path>.+?)(?P=quote)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class StoredModel:
    """A model of an Ollama on this computer; `blob` is its GGUF file, named by its `digest`."""

    name: str
    digest: str
    blob: Path
    size_bytes: int
    licences: tuple[Path, ...]

    @property
    def licence(self) -> str:
        """The licence that came with it, as text; empty where none did."""
        found = []
        for path in self.licences:
            try:
                found.append(path.read_text("utf-8", "replace").strip())
            except OSError:
                continue
        return "\n\n".join(found)


def folders(address: str | None = None) -> list[Path]:
    """Where models may lie: where it was said, where the server has them, and the usual places."""
    said = os.environ.get(FOLDER_VARIABLE)
    places = [Path(said).expanduser()] if said else []
    if address is not None:
        places += _folders_of_server(address)
    places.append(Path.home() / ".ollama" / "models")
    if sys.platform.startswith("linux"):
        places.append(SERVICE_FOLDER)
    return [place for place in dict.fromkeys(places) if _is_folder(place / "manifests")]


def stored_models(places: list[Path]) -> list[StoredModel]:
    """Every model that can be a base, by name; what is unreadable or no GGUF is left out."""
    found: dict[str, StoredModel] = {}
    for place in places:
        for name, manifest in _manifests(place):
            try:
                found.setdefault(name, _model(name, manifest, place))
            except (ModelUnknown, ModelUnusable):
                continue
    return sorted(found.values(), key=lambda model: model.name)


def stored_model(name: str, places: list[Path]) -> StoredModel:
    """The model of this name as it is now."""
    wanted = short_name(*_parts(name))
    for place in places:
        manifest = place.joinpath("manifests", *_parts(name))
        if manifest.is_file():
            return _model(wanted, manifest, place)
    raise ModelUnknown(
        f"Ollama has no model {wanted} on this computer.",
        f"Get it with `ollama pull {wanted}`, or see with `ollama list` what is there.",
    )


def short_name(host: str, namespace: str, model: str, tag: str) -> str:
    """A model's name as Ollama shows it."""
    before = [] if host == USUAL_HOST else [host]
    if before or namespace != USUAL_NAMESPACE:
        before.append(namespace)
    return "/".join([*before, f"{model}:{tag}"])


def _parts(name: str) -> tuple[str, str, str, str]:
    """Host, namespace, model and tag; what is left out is the usual one."""
    # The host may have a port: only what follows the last stroke has a tag.
    place, stroke, last = name.strip().rpartition("/")
    model, _, tag = last.partition(":")
    parts = (place + stroke + model).split("/")
    if len(parts) > 3 or {"", ".", ".."} & set(parts):
        raise ModelUnknown(
            f"{name} is no name of a model of Ollama.",
            "See with `ollama list` what is there, for instance qwen2.5:7b.",
        )
    host, namespace, own = [USUAL_HOST, USUAL_NAMESPACE][: 3 - len(parts)] + parts
    return host, namespace, own, tag or USUAL_TAG


def _manifests(place: Path) -> Iterator[tuple[str, Path]]:
    root = place / "manifests"
    try:
        paths = sorted(path for path in root.glob("*/*/*/*") if path.is_file())
    except OSError:
        return
    for path in paths:
        host, namespace, model, tag = path.relative_to(root).parts
        if not any(part.startswith(".") for part in (host, namespace, model, tag)):
            yield short_name(host, namespace, model, tag), path


def _model(name: str, manifest: Path, place: Path) -> StoredModel:
    layers = _layers(name, manifest)
    models = [layer for layer in layers if layer[0] == "model"]
    if len(models) != 1:
        raise ModelUnusable(
            f"{name} is kept by Ollama in another form than one GGUF file, so no persona can be"
            " trained on it.",
            "Choose another model, or the same one from another place as a GGUF file.",
        )
    if any(kind == "adapter" for kind, _, _ in layers):
        raise ModelUnusable(
            f"{name} is a base with an adapter on it already.",
            "Choose the base that it is made of.",
        )
    _, digest, size = models[0]
    texts = tuple(_blob(place, each) for kind, each, _ in layers if kind == "license")
    return StoredModel(name, digest, _blob(place, digest), size, texts)


def _layers(name: str, manifest: Path) -> list[tuple[str, str, int]]:
    """Kind, digest and size of each layer."""
    try:
        rows: list[Mapping[str, Any]] = json.loads(manifest.read_text("utf-8"))["layers"]
        return [
            (
                str(row["mediaType"]).removeprefix(_KIND),
                DIGEST.fullmatch(str(row["digest"]))[1],  # type: ignore[index]
                int(row.get("size") or 0),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise ModelUnusable(
            f"What Ollama keeps of {name} at {manifest} cannot be read: {reason}.",
            f"Make it readable for your user, or get it again with `ollama pull {name}`.",
        ) from error


def _blob(place: Path, digest: str) -> Path:
    return place / "blobs" / f"sha256-{digest}"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _folders_of_server(address: str) -> list[Path]:
    """Where a server on this computer keeps its models, told by the file of any of them."""
    try:
        with open_client(address, LIST_TIMEOUT) as http:
            for row in http.get("/api/tags").raise_for_status().json()["models"][:8]:
                answer = http.post("/api/show", json={"model": row["name"]})
                text = str(answer.json().get("modelfile", "")) if answer.is_success else ""
                found = FROM_LINE.search(text)
                if found and DIGEST.search(found["path"]) and Path(found["path"]).is_file():
                    return [Path(found["path"]).parent.parent]
    except (
        httpx.HTTPError, NoClient, OSError, ValueError, KeyError, TypeError, AttributeError,
    ):  # fmt: skip
        return []
    return []
