"""What keeps abilities alive must be right, varied, and apart from what measures them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import resources
from replay.measures.near import signature, similarity
from tests.unit.resources import answer_child

HERE = Path(resources.__file__).parent
DRAWN = {"korean": 300, "coding": 300, "general": 200}
JUDGING = 60
NEARLY_THE_SAME = 0.6
WALL_S = 20
_BLOCK = re.compile(r"^[ ]*```(\w+)[^\n]*\n(.*?)^[ ]*```", re.DOTALL | re.MULTILINE)

Item = dict[str, Any]


@cache
def items(place: str) -> tuple[Item, ...]:
    return tuple(
        json.loads(line)
        for path in sorted((HERE / place).glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    )


def everything() -> list[Item]:
    return [*items("replay"), *items("retention")]


def coded() -> list[Item]:
    return [item for item in everything() if item["checks"]]


def said(item: Item, role: str) -> list[str]:
    return [each["content"] for each in item["messages"] if each["role"] == role]


def alike(texts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    signed = [(name, signature(text)) for name, text in texts]
    return [
        (one, other)
        for at, (one, mine) in enumerate(signed)
        for other, yours in signed[at + 1 :]
        if similarity(mine, yours) >= NEARLY_THE_SAME
    ]


def test_the_sets_are_complete() -> None:
    assert Counter(item["group"] for item in items("replay")) == DRAWN
    assert Counter(item["group"] for item in items("retention")) == dict.fromkeys(DRAWN, JUDGING)


def test_every_item_is_well_formed() -> None:
    names = [item["id"] for item in everything()]
    assert len(set(names)) == len(names)
    for item in everything():
        roles = [each["role"] for each in item["messages"]]
        spoken = roles[1:] if roles[0] == "system" else roles
        assert spoken == ["user", "assistant"] * (len(spoken) // 2), item["id"]
        assert all(each["content"].strip() for each in item["messages"]), item["id"]
        assert item["language"] == ("ko" if item["group"] == "korean" else "en"), item["id"]


def test_no_two_items_are_nearly_the_same() -> None:
    assert alike((item["id"], " ".join(said(item, "user"))) for item in everything()) == []
    assert alike((item["id"], " ".join(said(item, "assistant"))) for item in everything()) == []


def test_what_measures_was_never_asked_for_in_what_is_learned() -> None:
    """A remembered answer would pass for an ability that was kept."""
    asked = {" ".join(said(item, "user")).casefold() for item in items("replay")}
    assert not asked & {" ".join(said(item, "user")).casefold() for item in items("retention")}
    exam = {
        case["prompt"] if "prompt" in case else case["messages"][-1]["content"]
        for path in (HERE / "suites").glob("*.yaml")
        for case in yaml.safe_load(path.read_text("utf-8"))["cases"]
    }
    assert exam
    learned = [(item["id"], said(item, "user")[0]) for item in everything()]
    mixed = alike([*learned, *((f"exam: {prompt}", prompt) for prompt in exam)])
    assert [pair for pair in mixed if any(name.startswith("exam") for name in pair)
            and not all(name.startswith("exam") for name in pair)] == []  # fmt: skip


def test_beginnings_are_not_repeated() -> None:
    """Replay that always begins alike would teach that beginning."""
    for place in ("replay", "retention"):
        prompts = Counter(_beginning(text, 4) for item in items(place) for text in
                          said(item, "user")[:1])  # fmt: skip
        answers = Counter(_beginning(text, 3) for item in items(place) for text in
                          said(item, "assistant"))  # fmt: skip
        assert max(prompts.values()) <= 6, prompts.most_common(5)
        assert max(answers.values()) <= 6, answers.most_common(5)


def test_lengths_and_forms_vary() -> None:
    for group in DRAWN:
        members = [item for item in items("replay") if item["group"] == group]
        lengths = sorted(len(said(item, "assistant")[-1].split()) for item in members)
        tenth = len(lengths) // 10
        assert lengths[-tenth] >= 2.5 * lengths[tenth], group
        assert sum(len(said(item, "user")) > 1 for item in members) >= len(members) // 20, group


def test_answers_with_code_say_what_it_must_do() -> None:
    silent = [
        item["id"]
        for item in everything()
        if item["group"] == "coding" and not item["checks"] and _BLOCK.search(_last(item))
        and _block(item)[0] in answer_child.OFFERED
    ]  # fmt: skip
    assert silent == []
    assert len([item for item in coded() if item["group"] == "coding"]) >= 280
    assert {_block(item)[0] for item in coded()} == set(answer_child.OFFERED)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX can limit what the code may use")
@pytest.mark.parametrize("item", coded(), ids=lambda item: item["id"])
def test_code_does_what_it_must(item: Item) -> None:
    language, code = _block(item)
    if language == "javascript" and not os.environ.get("CI"):
        pytest.importorskip("quickjs", reason="no wheel of quickjs for this Python or system")
    order = json.dumps({"language": language, "code": code, "checks": item["checks"]})
    with tempfile.TemporaryDirectory() as place:
        ran = subprocess.run(
            [sys.executable, "-I", "-B", "-X", "utf8", answer_child.__file__],
            input=order, capture_output=True, text=True, cwd=place, timeout=WALL_S, check=False,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]


def _last(item: Item) -> str:
    return said(item, "assistant")[-1]


def _block(item: Item) -> tuple[str, str]:
    """The language and the text of the first fenced block of the last answer."""
    found = _BLOCK.search(_last(item))
    assert found is not None, f"{item['id']} has checks and no code"
    return found[1], found[2]


def _beginning(text: str, words: int) -> str:
    return " ".join(text.casefold().split()[:words])
