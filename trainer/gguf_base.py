"""A GGUF base as transformers knows it: configuration and tokenizer in a folder, weights in place.

The folder holds no copy of the weights; `gguf.json` says where they are.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trainer.contract.folder import write_atomically
from trainer.errors import BaseMissing
from trainer.gguf_config import config_of
from trainer.gguf_file import GgufFile
from trainer.gguf_tokenizer import tokenizer_config_of, tokenizer_of

CONVERTER_VERSION = 2
_SOURCE = "gguf.json"


@dataclass(frozen=True)
class Source:
    """The file that a folder was made from, and how to see that it is still the same."""

    path: str
    size_bytes: int
    modified_ns: int

    @staticmethod
    def of(gguf: Path) -> Source:
        """The file as it is now."""
        facts = gguf.stat()
        return Source(str(gguf.resolve()), facts.st_size, facts.st_mtime_ns)

    def check(self) -> Path:
        """The file, if it is still the one that the folder was made from."""
        path = Path(self.path)
        if not path.is_file() or Source.of(path) != self:
            raise BaseMissing(
                f"The base's file {path} was moved, removed or changed since it was looked at.",
                "Fetch the base again, or say where it is with --base.",
            )
        return path


def source_of(folder: Path) -> Source | None:
    """Where the weights of a folder are; None if they are in the folder itself."""
    try:
        row = json.loads((folder / _SOURCE).read_text("utf-8"))
        return Source(str(row["path"]), int(row["size_bytes"]), int(row["modified_ns"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def point_to(folder: Path, gguf: Path) -> None:
    """Say where the weights of a folder are now."""
    write_atomically(folder / _SOURCE, json.dumps(asdict(Source.of(gguf)), indent=1))


def convert(gguf: Path, out: Path) -> None:
    """Write configuration and tokenizer as a Hugging Face folder, whole or not at all."""
    with GgufFile(gguf) as file:
        made = {
            "config.json": _json(config_of(file)),
            "tokenizer.json": tokenizer_of(file).to_str(),
            "tokenizer_config.json": _json(tokenizer_config_of(file)),
            _SOURCE: _json(asdict(Source.of(gguf))),
        }
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, content in made.items():
        (part / name).write_text(content, "utf-8")
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False)
