"""Code and data in a reply: Python to be run, JSON and YAML to be read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import yaml

from app.evaluation.cases import CodeCheck, DataCheck
from app.evaluation.check_schema import misfit
from app.evaluation.patterns import READ_CHARACTERS, Unjudged
from app.evaluation.plain_yaml import documents
from app.evaluation.sandbox import parses, run_code

# Nothing here gives back what it took: else a long row of letters takes its square.
_FENCE = re.compile(r"```([\w+-]*+)[^\n]*+\n(.*?)(?:```|\Z)", re.DOTALL)
_PYTHON = ("python", "py", "python3")
_NAMES = {"json": "JSON", "yaml": "YAML"}


def code_of(reply: str) -> str:
    """The Python blocks of a reply, or the whole reply where it has no block at all.

    A block that names no language may show output, so it counts only when it is Python.
    """
    blocks = _FENCE.findall(reply)
    if not blocks:
        return reply
    return "\n\n".join(
        body
        for language, body in blocks
        if language.lower() in _PYTHON or (not language and parses(body))
    )


def code_fault(check: CodeCheck, reply: str) -> str:
    """What went wrong when the reply's code ran."""
    code = code_of(reply)
    if not code.strip():
        return "it has no Python"
    ran = run_code(code, check.assertions)
    if ran.ok and not ran.ran:
        raise Unjudged(ran.reason)
    return "" if ran.ok else ran.reason


def data_fault(check: DataCheck, reply: str, search: Callable[[str, str], bool]) -> str:
    """Why the reply, or its only block, is not the data that was asked for."""
    if len(reply) > READ_CHARACTERS:
        return "it is too long to be read"
    blocks = _FENCE.findall(reply)
    if len(blocks) > 1:
        return f"it has {len(blocks)} blocks, not one"
    text = blocks[0][1] if blocks else reply
    try:
        values = [_json(text)] if check.kind == "json" else _yaml(text)
    except ValueError as error:
        return f"it is not {_NAMES[check.kind]}: {error}"
    faults = [misfit(value, check.form, search) for value in values]
    return next(filter(None, faults), "")


def _json(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _yaml(text: str) -> list[object]:
    try:
        values = documents(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    if not all(isinstance(value, dict | list) for value in values):
        raise ValueError("it is plain text")
    if not values:
        raise ValueError("there is nothing in it")
    return values


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
