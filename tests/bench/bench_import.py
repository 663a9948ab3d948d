"""How long an import of 100,000 conversations takes: `python -m tests.bench.bench_import`.

Memory is the peak of a process of its own, less what it takes before it reads the first byte.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from app.home import open_home
from app.operations.importing import import_files
from app.store import open_store

CONVERSATIONS = 100_000
LIMIT_S, LIMIT_MB = 60.0, 300.0
WORDS = (
    "river", "lamp", "seven", "quiet", "engine", "letter", "garden", "paper", "window", "winter",
    "coffee", "number", "python", "function", "answer", "question", "morning", "little", "bridge",
)  # fmt: skip
HANGUL = (
    "오늘은", "날씨가", "좋아서", "친구와", "함께", "산책을", "다녀왔어요", "그리고", "저녁에는",
)  # fmt: skip


def _text(random: Random, words: int) -> str:
    return " ".join(random.choices(HANGUL if random.random() < 0.2 else WORDS, k=words))


def _chatml(path: Path, count: int) -> None:
    """Four messages a line."""
    random = Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            roles = ("user", "assistant", "user", "assistant")
            messages = [
                {"role": role, "content": _text(random, 12 if role == "user" else 40)}
                for role in roles
            ]
            row = {"id": number, "messages": messages, "rating": number % 2}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _chatgpt(path: Path, count: int) -> None:
    """One array on one line, as the export has it."""
    random = Random(2)
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number in range(count):
            file.write(("," if number else "") + json.dumps(_tree(random, number)))
        file.write("]")


def _tree(random: Random, number: int) -> dict[str, object]:
    mapping: dict[str, object] = {"root": {"id": "root", "parent": None, "message": None}}
    parent = "root"
    for at in range(4):
        key = f"{number}-{at}"
        mapping[key] = {
            "id": key,
            "parent": parent,
            "children": [],
            "message": {
                "id": key,
                "author": {"role": "assistant" if at % 2 else "user", "name": None, "metadata": {}},
                "create_time": 1_700_000_000.5 + number,
                "content": {"content_type": "text", "parts": [_text(random, 30)]},
                "status": "finished_successfully",
                "metadata": {"model_slug": "gpt-4o"},
                "recipient": "all",
            },
        }
        parent = key
    return {
        "title": f"Talk {number}",
        "create_time": 1_700_000_000.5 + number,
        "mapping": mapping,
        "current_node": parent,
        "conversation_id": f"c-{number}",
    }


def _peak_mb() -> float:
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def _measure(path: Path) -> None:
    """Import a file into a home beside it, and print the figures; in a process of its own."""
    with open_store(open_home(path.parent / "home")) as store:
        persona_id = store.personas.add("Sunny").id
        idle_mb, cpu = _peak_mb(), time.process_time()
        began = time.perf_counter()
        result = import_files(store, persona_id, [path])
        figures = {
            "conversations": result.conversations,
            "messages": result.messages,
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - cpu,
            "mb_above_idle": _peak_mb() - idle_mb,
        }
    print(json.dumps(figures))


def main() -> int:
    """Print the figures; 1 when a limit is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--measure", type=Path)
    parser.add_argument("--conversations", type=int, default=CONVERSATIONS)
    arguments = parser.parse_args()
    if arguments.measure:
        _measure(arguments.measure)
        return 0
    over = False
    for name, write in (("messages.jsonl", _chatml), ("conversations.json", _chatgpt)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            write(path, arguments.conversations)
            command = [sys.executable, "-m", "tests.bench.bench_import", "--measure", str(path)]
            ended = subprocess.run(command, check=True, capture_output=True, text=True)
            figures = json.loads(ended.stdout)
            print(
                f"{name} of {path.stat().st_size >> 20} MB: {figures['conversations']}"
                f" conversations, {figures['messages']} messages in {figures['seconds']:.1f} s"
                f" ({figures['cpu_seconds']:.1f} s of processor; limit {LIMIT_S:.0f} s),"
                f" {figures['mb_above_idle']:.0f} MB above idle (limit {LIMIT_MB:.0f} MB)"
            )
            over |= figures["seconds"] > LIMIT_S or figures["mb_above_idle"] > LIMIT_MB
    return int(over)


if __name__ == "__main__":
    raise SystemExit(main())
