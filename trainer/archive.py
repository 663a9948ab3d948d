"""An archive of a run: all that another machine needs to repeat it, besides the base.

Pickles stay out, since opening one runs what is in it, and so do places on this machine.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from trainer.contract.folder import RunFolder
from trainer.contract.run_spec import load_spec
from trainer.errors import ArchiveRefused

# Everything else (pickles, checkpoints, logs with places in them) is left out by not being here.
KINDS = frozenset({".json", ".jsonl", ".md", ".safetensors", ".gguf", ".jinja", ".txt"})
PACKED_ALREADY = frozenset({".safetensors", ".gguf"})
# A zip knows no time before 1980; with one for all, the same run makes the same file.
MOMENT = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16


def pack(folder: RunFolder, file: Path) -> list[str]:
    """Write the archive, whole or not at all; the names of what is in it."""
    if not folder.spec.is_file():
        raise ArchiveRefused(f"{folder.root} is not a run folder.", "Name the folder of a run.")
    if file.exists():
        raise ArchiveRefused(f"{file} exists already.", "Choose another name, or remove it.")
    part = file.with_name(f".{file.name}.part")
    names = []
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for path in _members(folder):
                name = path.relative_to(folder.root).as_posix()
                _add(archive, folder, path, name)
                names.append(name)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return names


def _members(folder: RunFolder) -> Iterator[Path]:
    """What is packed, in an order that does not change."""
    for path in (folder.spec, folder.training_log, folder.losses, folder.report):
        if path.is_file():
            yield path
    for place in (folder.parent, folder.data, folder.adapter):
        for path in sorted(place.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix in KINDS:
                yield path


def _add(archive: zipfile.ZipFile, folder: RunFolder, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.external_attr = READABLE
    stored = path.suffix in PACKED_ALREADY
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    text = _without_places(folder, path)
    if text is not None:
        archive.writestr(entry, text)
        return
    entry.file_size = path.stat().st_size  # so that more than 4 GiB are written as such
    with path.open("rb") as source, archive.open(entry, "w") as target:
        while block := source.read(1 << 20):
            target.write(block)


def _without_places(folder: RunFolder, path: Path) -> str | None:
    """A file that says where something lies on this machine, saying its name instead."""
    if path == folder.spec:
        spec = load_spec(path)
        base = spec.base.model_copy(update={"path": _last(spec.base.path)})
        return spec.model_copy(update={"base": base}).model_dump_json(indent=2) + "\n"
    if path.name == "adapter_config.json":
        config = json.loads(path.read_text("utf-8"))
        if config.get("base_model_name_or_path"):
            config["base_model_name_or_path"] = load_spec(folder.spec).base.name
        return json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    return None


def _last(place: str) -> str:
    """The last part of a path of any system; what names no place on a machine stays as it is."""
    for kind in (PureWindowsPath, PurePosixPath):
        if kind(place).is_absolute():
            return kind(place).name
    return place
