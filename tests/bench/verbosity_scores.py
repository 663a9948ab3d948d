"""What replies under the two tags, and replies of a domain, come to."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from statistics import median
from typing import Any

import yaml

from replay.intervals import share
from tests.bench.batched_replies import Written

WANTED_RATIO = 3.0
_DRAWS = 2_000
_FENCED = re.compile(r"^```(\w*)[ \t]*\n(.*?)^```[ \t]*$", re.M | re.S)
_LANGUAGES = {
    "terraform": {"hcl", "terraform", "tf"},
    "cloudformation": {"yaml", "yml"},
    "kubernetes": {"yaml", "yml"},
}


class _CloudFormation(yaml.SafeLoader):
    """YAML with the short forms of functions, which are tags."""


_CloudFormation.add_multi_constructor("!", lambda loader, tag, node: str(node.value))


def lengths(terse: Sequence[Written], verbose: Sequence[Written]) -> dict[str, Any]:
    """Both medians in tokens and their ratio, with the bounds of a bootstrap over the questions."""
    pairs = [(one.tokens, other.tokens) for one, other in zip(terse, verbose, strict=True)]
    random = Random(0)
    drawn = sorted(_ratio(random.choices(pairs, k=len(pairs))) for _ in range(_DRAWS))
    return {
        "questions": len(pairs),
        "terse_median": median(one for one, _ in pairs),
        "verbose_median": median(other for _, other in pairs),
        "ratio": round(_ratio(pairs), 2),
        "low": round(drawn[round(0.025 * _DRAWS)], 2),
        "high": round(drawn[round(0.975 * _DRAWS) - 1], 2),
        "longer_each": sum(other >= WANTED_RATIO * one for one, other in pairs),
        "terse_ended": sum(each.ended for each in terse),
        "verbose_ended": sum(each.ended for each in verbose),
        "verbose_loops": sum(loops(each.text) for each in verbose),
    }


def _ratio(pairs: Sequence[tuple[int, int]]) -> float:
    return median(other for _, other in pairs) / max(1.0, median(one for one, _ in pairs))


def loops(text: str) -> bool:
    """Whether a reply is long because it says the same again: a third of its eight-word phrases."""
    words = text.split()
    phrases = [tuple(words[at : at + 8]) for at in range(len(words) - 7)]
    return bool(phrases) and len(set(phrases)) < 2 / 3 * len(phrases)


def format_of(topic: str, reply: str) -> bool | None:
    """Whether the reply holds one block of code that parses as its topic; nothing if unknowable."""
    blocks = [(kind.lower(), code) for kind, code in _FENCED.findall(reply)]
    if len(blocks) != 1 or blocks[0][0] not in _LANGUAGES[topic]:
        return False
    code = blocks[0][1]
    return _terraform(code) if topic == "terraform" else _yaml(topic, code)


def _terraform(code: str) -> bool | None:
    tool = shutil.which("terraform")
    if tool is None:
        return None
    done = subprocess.run(
        [tool, "fmt", "-"], input=code, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode == 0 and bool(code.strip())


def _yaml(topic: str, code: str) -> bool:
    try:
        found = [each for each in yaml.load_all(code, _CloudFormation) if each is not None]
    except (yaml.YAMLError, ValueError):
        return False
    if topic == "cloudformation":
        return len(found) == 1 and isinstance(found[0], dict) and "Resources" in found[0]
    return bool(found) and all(
        isinstance(each, dict) and {"apiVersion", "kind"} <= set(each) for each in found
    )


def formats(topics: Iterable[str], replies: Iterable[Written]) -> dict[str, Any]:
    """How many replies parse, of those that could be looked at."""
    found = [format_of(topic, each.text) for topic, each in zip(topics, replies, strict=True)]
    known = [each for each in found if each is not None]
    counted = share(sum(known), len(known))
    return {
        "parse": counted.hits,
        "of": counted.of,
        "low": round(counted.low, 3),
        "high": round(counted.high, 3),
        "not_looked_at": len(found) - len(known),
    }


def mean_losses(
    subjects: Mapping[str, Sequence[Mapping[str, Any]]], ids: Sequence[str]
) -> dict[str, Any]:
    """Mean loss a token of these rows by subject, and on how many the candidate is lower."""
    chosen = {
        name: {row["id"]: row for row in rows if row["set"] == "test" and row["id"] in set(ids)}
        for name, rows in subjects.items()
    }
    made: dict[str, Any] = {
        name: round(
            sum(row["loss"] for row in rows.values()) / sum(row["tokens"] for row in rows.values()),
            4,
        )
        for name, rows in chosen.items()
    }
    lower = [chosen["candidate"][name]["loss"] < chosen["base"][name]["loss"] for name in ids]
    return {**made, "rows": len(ids), "candidate_lower": sum(lower)}
