"""Regular expressions from suites: some never come to an end, so unknown ones run apart."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings

READ_CHARACTERS = 20_000
WALL_S = 5.0
_CHILD = (
    "import json, re, sys\n"
    "pattern, text = json.load(sys.stdin.buffer)\n"
    "print(re.search(pattern, text, re.MULTILINE) is not None)\n"
)


class Unjudged(Exception):
    """Nobody can say whether a check holds; its words say why."""


def compiles(pattern: str) -> bool:
    """Whether it is a regular expression at all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(pattern, re.MULTILINE)
        except (re.error, OverflowError, RecursionError):
            return False
    return True


def found_here(pattern: str, text: str) -> bool:
    """Whether a pattern of our own is in the beginning of a text."""
    return re.search(pattern, text[:READ_CHARACTERS], re.MULTILINE) is not None


def found_apart(pattern: str, text: str, wall_s: float = WALL_S) -> bool:
    """The same for a pattern that may never end: a process of its own, which can be stopped."""
    try:
        told = subprocess.run(
            [sys.executable, "-I", "-S", "-W", "ignore", "-c", _CHILD],
            input=json.dumps([pattern, text[:READ_CHARACTERS]]).encode(),
            capture_output=True,
            timeout=wall_s,
            check=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        raise Unjudged(f"the pattern {pattern} does not come to an end on it") from None
    except subprocess.CalledProcessError:
        raise Unjudged(f"the pattern {pattern} cannot be run") from None
    return told.stdout.strip() == b"True"
