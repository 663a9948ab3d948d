"""Lessons that do not run, or say one thing in many disguises, teach the wrong thing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

import resources
from replay.lessons import (
    TERSE,
    VERBOSE,
    domain_lessons,
    read_lessons,
    style_lessons,
    with_earlier,
)
from replay.measures.near import signature, similarity

LESSONS = Path(resources.__file__).parent / "lessons"
KINDS = {"terraform": "hcl", "cloudformation": "yaml|json", "kubernetes": "yaml"}
NEARLY_THE_SAME = 0.7


def styles() -> list[dict[str, str]]:
    return read_lessons(LESSONS / "styles.jsonl")


def infrastructure(topic: str = "") -> list[dict[str, str]]:
    found = read_lessons(LESSONS / "infrastructure.jsonl")
    return [item for item in found if topic in ("", item["topic"])]


def code_of(item: dict[str, str]) -> str:
    blocks = re.findall(rf"^```(?:{KINDS[item['topic']]})\n(.*?)^```$", item["answer"], re.M | re.S)
    assert len(blocks) == 1, item["id"]
    return str(blocks[0])


def alike(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    signed = [(name, signature(text)) for name, text in texts]
    return [
        (name, other)
        for at, (name, mine) in enumerate(signed)
        for other, yours in signed[at + 1 :]
        if similarity(mine, yours) >= NEARLY_THE_SAME
    ]


def beginnings(texts: list[str]) -> int:
    """How often the most usual first three words stand."""
    return max(Counter(" ".join(text.lower().split()[:3]) for text in texts).values())


def test_five_hundred_questions_have_a_terse_and_a_verbose_answer() -> None:
    items = styles()
    assert len(items) == len({item["id"] for item in items}) == 500
    for item in items:
        terse, verbose = len(item["terse"].split()), len(item["verbose"].split())
        assert 1 <= terse <= 25 and verbose >= 6 * terse, item["id"]
    assert alike([(item["id"], item["question"]) for item in items]) == []
    assert alike([(item["id"], item["verbose"]) for item in items]) == []
    assert beginnings([item["question"] for item in items]) <= 12
    assert beginnings([item["verbose"] for item in items]) <= 5


def test_two_hundred_infrastructure_lessons_are_each_another_task() -> None:
    items = infrastructure()
    assert len(items) == len({item["id"] for item in items}) == 200
    assert set(Counter(item["topic"] for item in items)) == set(KINDS)
    assert alike([(item["id"], item["question"]) for item in items]) == []
    assert beginnings([item["question"] for item in items]) <= 8
    assert all(code_of(item).strip() for item in items)


def test_terraform_validates(tmp_path: Path) -> None:
    if shutil.which("terraform") is None:
        assert "CI" not in os.environ, "terraform is missing"
        pytest.skip("terraform is not installed")
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def terraform(folder: Path, *words: str) -> None:
        done = subprocess.run(
            ["terraform", *words], cwd=folder, env=environment, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{folder.name}: {done.stdout}{done.stderr}"

    for item in infrastructure("terraform"):
        folder = tmp_path / item["id"]
        folder.mkdir()
        (folder / "main.tf").write_text(code_of(item), "utf-8")
    terraform(tmp_path, "fmt", "-check", "-recursive")
    for folder in sorted(tmp_path.iterdir()):
        terraform(folder, "init", "-backend=false", "-input=false")
        terraform(folder, "validate")


def test_cloudformation_passes_its_linter(tmp_path: Path) -> None:
    pytest.importorskip("cfnlint")
    from cfnlint.api import lint_file

    for item in infrastructure("cloudformation"):
        path = tmp_path / f"{item['id']}.yaml"
        path.write_text(code_of(item), "utf-8")
        found = [f"{item['id']}: {each}" for each in lint_file(path)]
        assert found == []


def test_kubernetes_manifests_are_what_the_cluster_takes() -> None:
    checker = pytest.importorskip("kubernetes_validate")
    seen: Counter[str] = Counter()
    for item in infrastructure("kubernetes"):
        for manifest in yaml.safe_load_all(code_of(item)):
            checker.validate(manifest, "1.34", strict=True)
            seen[manifest["kind"]] += 1
    assert len(seen) >= 20


def _texts(rows: tuple[dict[str, Any], ...]) -> set[str]:
    return {row["messages"][-2]["content"].split("> ")[-1] for row in rows}


def test_what_judges_is_never_learned_and_is_the_same_in_every_run() -> None:
    lessons = style_lessons(styles(), "You are brief.")
    assert (len(lessons.train), len(lessons.valid), len(lessons.test)) == (900, 50, 50)
    assert not _texts(lessons.train) & (_texts(lessons.valid) | _texts(lessons.test))
    assert not _texts(lessons.valid) & _texts(lessons.test)
    fewer = style_lessons(styles()[::-1], "")
    assert _texts(fewer.test) == _texts(lessons.test)
    first = lessons.train[0]["messages"]
    assert [each["role"] for each in first] == ["system", "user", "assistant"]
    assert {row["messages"][1]["content"].split(" ")[0] for row in lessons.train} == {
        TERSE,
        VERBOSE,
    }


def test_a_second_stage_holds_a_share_of_the_first() -> None:
    first, second = style_lessons(styles(), ""), domain_lessons(infrastructure(), "")
    mixed = with_earlier(second, first.train, 0.08, seed=42)
    added = len(mixed.train) - len(second.train)
    assert 0.05 <= added / len(mixed.train) <= 0.10
    assert json.dumps(mixed.train) == json.dumps(with_earlier(second, first.train, 0.08, 42).train)
