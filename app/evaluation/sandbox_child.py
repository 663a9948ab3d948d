"""The sandbox's own process: shuts itself in, then runs a reply's code and its assertions.

What it tells goes to a pipe that nothing can be taken back from, behind a mark that cannot be
guessed. Everything that is needed to tell is taken hold of before the code runs: the code may
change any module that it likes.
"""

from __future__ import annotations

import builtins
import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Literal

HELD, FAULT, STARTED = b"held ", b"fault ", b"started "
FAULT_CHARACTERS = 300


class Outcome:
    """Tells how what runs inside it ended; then the process is over."""

    def __init__(self, mark: str, pipe: int, assertions: str) -> None:
        self._mark, self._pipe, self._assertions = mark.encode(), pipe, assertions
        self._write, self._exit = os.write, os._exit

    def tell(self, what: bytes, text: str = "") -> None:
        """One line, whatever the text holds."""
        line = text.replace("\n", " ").encode("utf-8", "replace")
        self._write(self._pipe, b"\n" + self._mark + what + line + b"\n")

    def __enter__(self) -> Outcome:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        if kind is None:
            self.tell(HELD)
        elif error is not None and not issubclass(kind, SystemExit):
            self.tell(FAULT, _told(error, trace, self._assertions)[:FAULT_CHARACTERS])
        self._exit(0)  # whatever the code left to be done at exit is none of ours
        return False


def main() -> None:
    """Take the order from stdin, run it, tell."""
    project = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, project)
    from app.evaluation.confinement import Bounds, confine, watch

    sys.path.remove(project)
    order = json.load(sys.stdin)
    outcome = Outcome(str(order["mark"]), _own_pipe(), str(order["assertions"]))
    readable = [each for each in sys.path if Path(each).exists()]
    readable.append(str(Path(sys.base_prefix) / sys.platlibdir))
    own = os.path.realpath(Path.cwd())
    if not confine(Bounds(**order["bounds"]), own, readable) and order["kernel_only"]:
        return
    watch(own, readable)
    outcome.tell(STARTED)
    module = ModuleType("reply")
    sys.modules["reply"] = module  # dataclasses look their own module up
    sys.modules["__main__"] = module  # and not this one
    space, run, built_in = module.__dict__, exec, dict(vars(builtins))
    with outcome:
        code = compile(order["code"], "<reply>", "exec", dont_inherit=True)
        assertions = compile(order["assertions"], "<check>", "exec", dont_inherit=True)
        order.clear()
        run(code, space)
        vars(builtins).update(built_in)
        run(assertions, space)


def _own_pipe() -> int:
    """Where the outcome goes; what the code reads and prints comes from and goes to nowhere."""
    pipe = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    return pipe


def _told(error: BaseException, trace: TracebackType | None, assertions: str) -> str:
    """The error, with the assertion that met it."""
    lines = assertions.splitlines()
    told = f"{type(error).__name__}: {error}".strip().rstrip(":")
    for frame in reversed(traceback.extract_tb(trace)):
        if frame.filename == "<check>" and frame.lineno and frame.lineno <= len(lines):
            return f"{told} at {lines[frame.lineno - 1].strip()}"
    return told


if __name__ == "__main__":
    main()
