"""What a model of Ollama is made of: layers with digests, a config, and a manifest over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from ollama_bridge.deploy.plan import ModelTexts

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
KIND = "application/vnd.ollama.image."


@dataclass(frozen=True)
class Content:
    """The bytes of a layer: a file, or a few of our own."""

    digest: str
    size_bytes: int
    path: Path | None = None
    data: bytes = b""

    @classmethod
    def of(cls, data: bytes) -> Content:
        """A layer of a few bytes."""
        return cls(f"sha256:{hashlib.sha256(data).hexdigest()}", len(data), data=data)

    @classmethod
    def of_file(cls, path: Path, sha256: str) -> Content:
        """A layer that is a file whose digest is known."""
        return cls(f"sha256:{sha256}", path.stat().st_size, path)

    def open(self) -> IO[bytes]:
        """The bytes, from the start."""
        return self.path.open("rb") if self.path is not None else BytesIO(self.data)


@dataclass(frozen=True)
class ModelDetails:
    """What Ollama writes of a model beside its name, as `show` tells it of the base."""

    family: str
    families: tuple[str, ...]
    parameters: str
    quantisation: str

    @classmethod
    def of(cls, shown: dict[str, Any]) -> ModelDetails:
        """The details out of what `show` answers."""
        found = shown.get("details") or {}
        family = str(found.get("family") or "")
        return cls(
            family,
            tuple(str(each) for each in found.get("families") or [family]),
            str(found.get("parameter_size") or ""),
            str(found.get("quantization_level") or ""),
        )


def manifest_of(
    base: Content, adapter: Content, texts: ModelTexts, details: ModelDetails
) -> tuple[bytes, dict[str, Content]]:
    """A manifest with the base's own layer and the adapter's, and the contents by digest."""
    layers: list[tuple[str, Content]] = [("model", base), ("adapter", adapter)]
    layers.append(("template", Content.of(texts.template.encode())))
    if texts.system:
        layers.append(("system", Content.of(texts.system.encode())))
    layers.append(("params", Content.of(json.dumps(texts.parameters).encode())))
    layers += [("license", Content.of(each.encode())) for each in texts.licences]
    config = Content.of(_config([content for _, content in layers], details, texts.parser))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _row(CONFIG_TYPE, config),
        "layers": [_row(KIND + kind, content) for kind, content in layers],
    }
    contents = [config, *(content for _, content in layers)]
    return json.dumps(manifest).encode(), {each.digest: each for each in contents}


def _row(kind: str, content: Content) -> dict[str, Any]:
    return {"mediaType": kind, "digest": content.digest, "size": content.size_bytes}


def _config(layers: Sequence[Content], details: ModelDetails, parser: str) -> bytes:
    config = {
        "model_format": "gguf",
        "model_family": details.family,
        "model_families": list(details.families),
        "model_type": details.parameters,
        "file_type": details.quantisation,
        "parser": parser,
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [each.digest for each in layers]},
    }
    return json.dumps(config).encode()
