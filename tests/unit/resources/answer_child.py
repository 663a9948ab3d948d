"""Runs the code of one answer and what it promises, in a process with limits of its own.

Reads `{"code", "language", "checks"}` from stdin; exit code 0 when every assertion held.
"""

from __future__ import annotations

import json
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

CPU_S = 5
MEMORY_BYTES = 1 << 30
FILE_BYTES = 1 << 20


def main() -> None:
    order = json.load(sys.stdin)
    for what, limit in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
    ):
        resource.setrlimit(what, (limit, limit))
    names = OFFERED[order["language"]](order["code"])
    exec(compile(order["checks"], "<checks>", "exec"), names)


def _python(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}  # dataclasses look their module up
    exec(compile(code, "<answer>", "exec"), names)
    return names


def _javascript(code: str) -> dict[str, Any]:
    import quickjs

    def js(expression: str) -> Any:
        context = quickjs.Context()
        context.set_memory_limit(MEMORY_BYTES // 4)
        context.set_time_limit(CPU_S)
        context.eval(code)
        told = context.eval(f"JSON.stringify({expression})")
        return None if told is None else json.loads(told)

    return {"js": js}


def _sql(code: str) -> dict[str, Any]:
    def query(setup: str, then: str | None = None) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(":memory:")
        connection.executescript(setup)
        *before, last = [each for each in _statements(code) if each.strip()]
        for statement in before:
            connection.execute(statement)
        rows = connection.execute(last).fetchall()
        return rows if then is None else connection.execute(then).fetchall()

    return {"query": query}


def _statements(code: str) -> list[str]:
    """SQL cut where SQLite says that a statement is complete."""
    found: list[str] = []
    rest = ""
    for piece in re.split(r"(?<=;)", code):
        rest += piece
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    if re.sub(r"--[^\n]*", "", rest).strip():
        found.append(rest)
    return found


def _shell(code: str) -> dict[str, Any]:
    def shell(
        files: Mapping[str, str] | None = None,
        args: Sequence[str] = (),
        then: str | None = None,
    ) -> str:
        for each in Path().iterdir():
            each.unlink() if each.is_file() else each.rmdir()
        for name, text in (files or {}).items():
            Path(name).write_text(text, "utf-8")
        said = _bash(["-c", code, "answer", *args])
        return said if then is None else _bash(["-c", then])

    return {"shell": shell}


def _bash(arguments: list[str]) -> str:
    # A tool's exit code may be part of its answer, as that of `grep -c` without a hit.
    return subprocess.run(
        ["bash", *arguments], capture_output=True, text=True, timeout=CPU_S, check=False
    ).stdout


def _regex(code: str) -> dict[str, Any]:
    return {"pattern": re.compile(code.strip("\n"))}


OFFERED: dict[str, Callable[[str], dict[str, Any]]] = {
    "python": _python,
    "javascript": _javascript,
    "sql": _sql,
    "bash": _shell,
    "regex": _regex,
}

if __name__ == "__main__":
    main()
