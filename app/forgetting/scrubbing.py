"""Taking forgotten words out of one file, whatever its form; what else it says stays."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from app.forgetting.traces import Traces
from trainer.contract.folder import write_atomically

# Weights hold no text that could be looked for, and databases are the store's to open.
NO_TEXT = frozenset({".safetensors", ".gguf", ".db", ".db-wal", ".db-shm", ".db-journal"})
_MASK = b"*"


def scrub(path: Path, traces: Traces) -> bool:
    """Take what is to be forgotten out of a file; whether there was any."""
    try:
        return _scrub(path, traces)
    except FileNotFoundError:  # a process that goes on has put it away
        return False


def _scrub(path: Path, traces: Traces) -> bool:
    if path.suffix in NO_TEXT or not path.stat().st_size:
        return False
    if path.suffix == ".jsonl":
        return _scrub_rows(path, traces) > 0
    if path.suffix == ".json":
        return _scrub_document(path, traces)
    if path.suffix == ".html":
        return _remove_page(path, traces)
    return _mask(path, traces)


def scrub_data(folder: Path, traces: Traces) -> int:
    """Take lines out of a run's data files; the manifest says how many, and their new digests."""
    gone = {}
    for path in sorted(folder.glob("*.jsonl")):
        count = _scrub_rows(path, traces)
        if count:
            gone[path.name] = count
    manifest = folder / "manifest.json"
    if gone and manifest.is_file():
        row = json.loads(manifest.read_text("utf-8"))
        before: dict[str, int] = row.get("forgotten", {})
        row["forgotten"] = {name: before.get(name, 0) + gone.get(name, 0) for name in before | gone}
        for name in gone:
            digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            row.setdefault("sha256", {})[name] = digest
        write_atomically(manifest, json.dumps(row, ensure_ascii=False, indent=2) + "\n")
    return sum(gone.values())


def drop_probes(parity: Path, judged: Path, traces: Traces) -> None:
    """Take out the probes that were made of judged lines, as long as those lines are there.

    A probe holds a reply as the numbers of its tokens, which no search for words finds.
    """
    document = _parsed(parity.read_bytes()) if parity.is_file() else None
    if not isinstance(document, dict) or not judged.is_file():
        return
    rows = map(_parsed, judged.read_bytes().splitlines())
    gone = [_question(row) for row in rows if isinstance(row, dict) and _goes(row, traces)]
    probes = document.get("probes", [])
    left = [each for each in probes if each.get("prompt_messages", ()) not in gone]
    if len(left) < len(probes):
        write_atomically(parity, json.dumps({**document, "probes": left}, ensure_ascii=False))


def drop_named(path: Path, traces: Traces) -> bool:
    """Take entries out of a document by their ids, however little their words tell."""
    document = _parsed(path.read_bytes()) if path.is_file() else None
    left = _unnamed(document, traces)
    if left == document:
        return False
    write_atomically(path, json.dumps(left, ensure_ascii=False, indent=2) + "\n")
    return True


def draws(folder: Path, traces: Traces) -> bool:
    """Whether the data files of a run hold anything that is to be forgotten."""
    return any(
        _row_goes(line, traces)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
    )


def holds(path: Path, traces: Traces) -> bool:
    """Whether a file holds one of the sentences; nothing is changed."""
    if path.suffix in NO_TEXT:
        return False
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    return any(form in data for form in traces.byte_forms)


def _scrub_rows(path: Path, traces: Traces) -> int:
    """Lines of data go; events keep their number and time, and lose their words."""
    lines = path.read_bytes().splitlines(keepends=True)
    kept = []
    changed = 0
    for line in lines:
        if not _row_goes(line, traces):
            kept.append(line)
            continue
        changed += 1
        row = _parsed(line)
        if isinstance(row, dict) and {"kind", "seq"} <= row.keys():
            bare = {**_wordless(row), "kind": row["kind"]}
            kept.append(json.dumps(bare, ensure_ascii=False).encode() + b"\n")
    if changed:
        _replace(path, b"".join(kept))
    return changed


def _row_goes(line: bytes, traces: Traces) -> bool:
    row = _parsed(line)
    if (
        row is None
    ):  # torn by a kill: no reader takes it, and it may end in the middle of a sentence
        return any(form[: len(form) // 2 + 1] in line for form in traces.byte_forms)
    return _goes(row, traces)


def _goes(row: Any, traces: Traces) -> bool:
    named = isinstance(row, Mapping) and traces.names(row)
    return named or traces.held_by(row)


def _question(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is said in a line of data before its first reply, as a probe has it."""
    said = [each for each in row.get("messages", ()) if isinstance(each, Mapping)]
    asked = takewhile(lambda each: each.get("role") != "assistant", said)
    return [{"role": each.get("role"), "content": each.get("content")} for each in asked]


def _scrub_document(path: Path, traces: Traces) -> bool:
    value = _parsed(path.read_bytes())
    if value is None:
        return _mask(path, traces)
    if not traces.held_by(value):
        return False
    write_atomically(path, json.dumps(_without(value, traces), ensure_ascii=False, indent=2) + "\n")
    return True


def _without(value: Any, traces: Traces) -> Any:
    """Of a list the whole entry goes: beside a question stand its tokens and its replies."""
    if isinstance(value, list):
        return [each for each in value if not traces.held_by(each)]
    if isinstance(value, dict):
        return {key: _without(each, traces) for key, each in value.items()}
    return "" if isinstance(value, str) and traces.found_in(value) else value


def _unnamed(value: Any, traces: Traces) -> Any:
    if isinstance(value, list):
        rows = (each for each in value if not (isinstance(each, dict) and traces.names(each)))
        return [_unnamed(each, traces) for each in rows]
    if isinstance(value, dict):
        return {key: _unnamed(each, traces) for key, each in value.items()}
    return value


def _wordless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _wordless(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_wordless(each) for each in value]
    return "" if isinstance(value, str) else value


def _remove_page(path: Path, traces: Traces) -> bool:
    """A page is made from a report and goes as a whole."""
    if not holds(path, traces):
        return False
    path.unlink()
    return True


def _mask(path: Path, traces: Traces) -> bool:
    """Overwrite the words in place: a log may be open elsewhere, and must keep its length."""
    data = path.read_bytes()
    masked = data
    for form in traces.byte_forms:
        masked = masked.replace(form, _MASK * len(form))
    if masked == data:
        return False
    with path.open("r+b") as file:
        file.write(masked)
        file.flush()
        os.fsync(file.fileno())
    return True


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
