"""What macOS gives to shut a process in: a profile for sandbox-exec."""

from __future__ import annotations

from collections.abc import Sequence

PROGRAM = "/usr/bin/sandbox-exec"


def shut_in(own: str, readable: Sequence[str], *, programs: bool) -> list[str]:
    """What to put before a command, so that it can read what is given and write its folder."""
    return [PROGRAM, "-p", profile(own, readable, programs=programs)]


def profile(own: str, readable: Sequence[str], *, programs: bool) -> str:
    """Everything is refused that is not named; the last rule that fits decides."""
    places = "".join(f"\n  (subpath {_quoted(each)})" for each in readable)
    lines = [
        "(version 1)",
        "(deny default)",
        '(import "system.sb")',
        "(allow file-read-metadata)",
        "(allow sysctl-read)",
        f'(allow file-read* (literal "/"){places})',
        f"(allow process-exec{places})",
        f"(allow file-read* file-write* (subpath {_quoted(own)}))",
        '(allow file-write-data (literal "/dev/null"))',
        "(deny network*)",
    ]
    if programs:
        lines += [
            "(allow process-fork)",
            "(allow signal (target same-sandbox))",
            f"(allow network* (subpath {_quoted(own)}))",  # sockets between a linter and its rules
        ]
    else:
        lines += ["(deny process-fork)", "(allow signal (target self))"]
    return "\n".join(lines) + "\n"


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
