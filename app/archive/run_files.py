"""The files of a run: each is what its name says, and none of them can run anything."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from app.archive.limits import MAX_HEADER_BYTES, MAX_TEXT_BYTES

MODELFILE = "Modelfile"
_CONFIG = "adapter_config.json"
_BASE_OF_CONFIG = "base_model_name_or_path"
_REPORT = "report.json"
_ADAPTER_LINE = "ADAPTER adapter.gguf"
_GGUF_VERSIONS = (2, 3)
_MANY = 1 << 20


class Readable(Protocol):
    """Where the bytes of a file come from."""

    def read(self, size: int, /) -> bytes: ...


class NotWhatItSays(ValueError):
    """Why a file is not what its name says."""


def check_run_file(name: str, stream: Readable, size: int) -> None:
    """Refuse a file that is not what its name says; reads its head, or all of a short text."""
    try:
        _CHECKS[name](stream, size)
    except RecursionError as error:
        raise NotWhatItSays("it is nested too deep") from error


def is_sound(name: str, path: Path) -> bool:
    """Whether a file here is what its name says, so that it is taken in elsewhere."""
    try:
        with path.open("rb") as stream:
            check_run_file(name, stream, path.stat().st_size)
    except NotWhatItSays:
        return False
    return True


def portable_modelfile(path: Path, base_name: str) -> str | None:
    """A Modelfile that names the base instead of its place on this machine."""
    from ollama_bridge.modelfile import modelfile

    try:
        first, _, rest = path.read_bytes().decode("utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    plain = first.startswith("FROM ") and not first.startswith('FROM """')
    text = modelfile(base_name, None, "", {}) + rest
    return text if plain and _says_adapter(text) else None


def portable_text(name: str, path: Path, base_name: str, *, words: bool) -> str | None:
    """A sound file without what stays at home; None where it goes along as it is.

    A trained adapter names the place of its base on this machine. A report shows questions of
    conversations that nobody learned from; they go along with `words` alone.
    """
    changes: dict[str, Any] = {}
    if name == _CONFIG:
        changes = {_BASE_OF_CONFIG: base_name}
    elif name == _REPORT and not words:
        changes = {"replies": []}
    if not changes:
        return None
    found = json.loads(path.read_text("utf-8"))
    if all(found.get(key, value) == value for key, value in changes.items()):
        return None
    return json.dumps({**found, **changes}, indent=2) + "\n"


def _check_safetensors(stream: Readable, size: int) -> None:
    head = stream.read(8)
    length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
    if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
        raise NotWhatItSays("it is no safetensors file")
    try:
        tensors = json.loads(stream.read(length))
    except ValueError as error:
        raise NotWhatItSays("it is no safetensors file") from error
    if not isinstance(tensors, dict):
        raise NotWhatItSays("it is no safetensors file")
    room = size - 8 - length
    names = [name for name in tensors if name != "__metadata__"]
    if not names or not all(_is_tensor(tensors[name], room) for name in names):
        raise NotWhatItSays("its safetensors header does not fit what follows")


def _is_tensor(tensor: Any, room: int) -> bool:
    if not isinstance(tensor, dict) or not isinstance(tensor.get("dtype"), str):
        return False
    shape, offsets = tensor.get("shape"), tensor.get("data_offsets")
    if not isinstance(shape, list) or not all(isinstance(each, int) for each in shape):
        return False
    if not isinstance(offsets, list) or len(offsets) != 2:
        return False
    begin, end = offsets
    return isinstance(begin, int) and isinstance(end, int) and 0 <= begin <= end <= room


def _check_gguf(stream: Readable, _size: int) -> None:
    head = stream.read(24)
    if len(head) < 24 or not head.startswith(b"GGUF"):
        raise NotWhatItSays("it is no GGUF file")
    version, tensors, values = struct.unpack("<IQQ", head[4:])
    if version not in _GGUF_VERSIONS or tensors > _MANY or values > _MANY:
        raise NotWhatItSays("it is a GGUF file of a kind that is not read here")


def _check_modelfile(stream: Readable, size: int) -> None:
    if not _says_adapter(_text(stream, size)):
        raise NotWhatItSays("it is no Modelfile of an adapter")


def _says_adapter(text: str) -> bool:
    lines = text.split("\n", 2)
    return lines[0].startswith("FROM ") and _ADAPTER_LINE in lines[1:2]


def _check_report(stream: Readable, size: int) -> None:
    """What the window shows of a report are lists of objects."""
    report = _object(stream, size)
    for part in ("replies", "reasons"):
        rows = report.get(part, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise NotWhatItSays("it is no report of an examination")


def _check_object(stream: Readable, size: int) -> None:
    _object(stream, size)


def _object(stream: Readable, size: int) -> dict[str, Any]:
    try:
        found = json.loads(_text(stream, size))
    except ValueError as error:
        raise NotWhatItSays("it is not valid JSON") from error
    if not isinstance(found, dict):
        raise NotWhatItSays("it is not a JSON object")
    return found


def _text(stream: Readable, size: int) -> str:
    if size > MAX_TEXT_BYTES:
        raise NotWhatItSays("it is far too long")
    try:
        return stream.read(size + 1).decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotWhatItSays("it is not UTF-8 text") from error


_CHECKS: Mapping[str, Callable[[Readable, int], None]] = {
    "adapter_model.safetensors": _check_safetensors,
    _CONFIG: _check_object,
    "adapter.gguf": _check_gguf,
    MODELFILE: _check_modelfile,
    _REPORT: _check_report,
    "manifest.json": _check_object,
}
