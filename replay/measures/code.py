"""Code in replies that does not parse; languages that cannot be parsed here are not judged."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Iterator

_BLOCK = re.compile(
    r"^[ \t]{0,12}```[ \t]*(?P<language>[\w+#.-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^[ \t]{0,12}```[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = ("python", "py", "python3")
_JSON = ("json",)
_MOST_CHARACTERS = 20_000
_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d+\]:) ?")
# What Python learned after 3.11, which may run here: generics, `type`, quotes in f-strings, and
# `except` without parentheses.
_NEWER = re.compile(
    r"^[ \t]*(?:(?:async )?def|class) \w+\[|^[ \t]*type \w+(?:\[[^\]\n]*\])? = "
    r"|^[ \t]*except \w[\w.]*, *\w|\bf(?:\"(?:[^\"{}\n]|\{[^{}\"\n]*\})*\{[^}\"\n]*\""
    r"|'(?:[^'{}\n]|\{[^{}'\n]*\})*\{[^}'\n]*')",
    re.MULTILINE,
)
_MAGIC = re.compile(r"^[ \t]*[%!][^\n]*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"<[A-Za-z][\w -]{0,40}>")
_MIDDLE = re.compile(r"\s*(?:else|elif|except|finally|case)\b")
_LEFT_OUT = re.compile(r"…|\.\.\.|//|/\*|<[A-Za-z]")
_SOURCE = "<reply>"


def unparsable(reply: str) -> tuple[str, int] | None:
    """The language and the line, in its block, of the first code that does not parse."""
    if "```" not in reply:
        return None
    for language, code in blocks(reply):
        line = _fault(language, code)
        if line:
            return ("python" if language in _PYTHON else "json"), line
    return None


def fault_place(reply: str) -> tuple[int, int] | None:
    """Where the line stands that does not parse, in the first code that does not."""
    for match in _BLOCK.finditer(reply):
        language, code = match["language"].lower(), match["code"]
        line = _fault(language, code)
        if line:
            start = match.start("code")
            lines = code.splitlines(keepends=True)
            counted = _counted_lines(lines) if language in _PYTHON else list(range(len(lines)))
            before = counted[min(line, len(counted)) - 1]
            start += sum(len(each) for each in lines[:before])
            return start, start + len(lines[before].rstrip("\n"))
    return None


def blocks(reply: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a reply, each with the language it names."""
    for match in _BLOCK.finditer(reply):
        yield match["language"].lower(), match["code"]


def _fault(language: str, code: str) -> int:
    """The line that does not parse; 0 when all do or when nobody can tell."""
    if len(code) > _MOST_CHARACTERS or not code.strip():
        return 0
    if language in _PYTHON:
        return _python_fault(code)
    return _json_fault(code) if language in _JSON else 0


def _counted_lines(lines: list[str]) -> list[int]:
    """The lines that Python reads: from the first that says something on, what was typed."""
    said = [place for place, line in enumerate(lines) if line.strip()]
    session = any(">>>" in line or "In [" in line for line in lines)
    typed = [place for place in said if _PROMPT.match(lines[place])] if session else []
    return typed or list(range(said[0], len(lines)))


def _python_fault(code: str) -> int:
    """The line that does not parse, 0 when it does or when it is only a piece of something."""
    plain = textwrap.dedent(_without_prompts(code)).strip("\n")
    plain = plain.replace("…", "...")
    line = _line_of_error(plain)
    if line and _MAGIC.search(plain):  # a line that goes on with the operator % begins like one
        plain = _MAGIC.sub("pass", plain)
        line = _line_of_error(plain)
    if line and (_MIDDLE.match(plain) or _PLACEHOLDER.search(plain) or _NEWER.search(plain)):
        return 0
    if line and plain.rstrip().endswith(":") and not _line_of_error(f"{plain.rstrip()} ..."):
        return 0  # a signature alone
    return line


def _line_of_error(code: str) -> int:
    if "\\" in code:
        # What Python says of odd escapes is about the reply's code, and nobody's business here.
        warnings.filterwarnings("ignore", module=re.escape(_SOURCE))
    try:
        compile(code, _SOURCE, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
    except SyntaxError as error:
        return error.lineno or 1
    except ValueError:
        return 1
    except (RecursionError, MemoryError):
        return 0  # nested deeper than the parser goes, which says nothing of the code
    return 0


def _without_prompts(code: str) -> str:
    """What was typed in a session, without what came back."""
    if ">>>" not in code and "In [" not in code:
        return code
    lines = code.splitlines()
    if not any(_PROMPT.match(line) for line in lines):
        return code
    return "\n".join(_PROMPT.sub("", line, 1) for line in lines if _PROMPT.match(line))


def _json_fault(code: str) -> int:
    try:
        json.loads(code)
    except json.JSONDecodeError as error:
        right = _LEFT_OUT.search(code) or _is_member(code) or _is_json_in_a_row(code)
        return 0 if right else error.lineno
    except RecursionError:
        return 0
    return 0


def _is_member(code: str) -> bool:
    """Whether it is a piece of an object, as one shows what to add to a file."""
    try:
        return bool(json.loads(f"{{{code.strip().rstrip(',')}}}"))
    except (ValueError, RecursionError):
        return False


def _is_json_in_a_row(code: str) -> bool:
    """Whether it is several values, each on its own lines."""
    decoder, at = json.JSONDecoder(), 0
    code = code.strip()
    try:
        while at < len(code):
            at = decoder.raw_decode(code, at)[1]
            rest = code[at:].lstrip(" \t")
            if rest and not rest.startswith("\n"):
                return False
            at = len(code) - len(rest.lstrip())
    except (ValueError, RecursionError):
        return False
    return True
