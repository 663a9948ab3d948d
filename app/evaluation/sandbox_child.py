"""The sandbox's own process: shuts itself in, then runs a reply's code and its assertions."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType

FAULT_CHARACTERS = 300


def main() -> None:
    """Take the order from stdin; tell on stdout, behind a mark, how it went."""
    project = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, project)
    from app.evaluation.confinement import confine

    sys.path.remove(project)
    order = json.load(sys.stdin)
    mark, assertions = str(order["mark"]), str(order["assertions"])
    isolated = confine(order["cpu_s"], order["memory_bytes"], order["file_bytes"])
    _say(mark, {"isolated": isolated})

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _say(mark, {"fault": _told(error, trace, assertions)[:FAULT_CHARACTERS]})

    sys.excepthook = tell
    module = ModuleType("reply")
    sys.modules["reply"] = module  # dataclasses look their own module up
    exec(compile(order["code"], "<reply>", "exec"), module.__dict__)
    exec(compile(assertions, "<check>", "exec"), module.__dict__)
    _say(mark, {"fault": ""})
    os._exit(0)  # whatever the code left to be done at exit is none of ours


def _told(error: BaseException, trace: TracebackType | None, assertions: str) -> str:
    """The error, with the assertion that met it."""
    lines = assertions.splitlines()
    told = f"{type(error).__name__}: {error}".strip().rstrip(":")
    for frame in reversed(traceback.extract_tb(trace)):
        if frame.filename == "<check>" and frame.lineno and frame.lineno <= len(lines):
            return f"{told} at {lines[frame.lineno - 1].strip()}"
    return told


def _say(mark: str, outcome: dict[str, object]) -> None:
    if sys.__stdout__ is not None:
        sys.__stdout__.flush()
    os.write(1, f"\n{mark}{json.dumps(outcome)}\n".encode())


if __name__ == "__main__":
    main()
