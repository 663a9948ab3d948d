"""The questions on infrastructure: complete, apart from the lessons, with schemas that are true."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import resources
from app.evaluation.cases import Case, PatternCheck
from app.evaluation.commands import CommandCheck, code_of
from app.evaluation.suite import load_suite
from replay.lessons import read_lessons
from replay.measures.near import signature, similarity

HERE = Path(resources.__file__).parent
SCHEMAS = HERE / "suites" / "schemas" / "kubernetes"
MANIFESTS = Path(__file__).parents[2] / "integration" / "manifests"
JUDGES = {
    "infrastructure.terraform": ["terraform", "terraform", "tflint", "checkov"],
    "infrastructure.cloudformation": ["cfn-lint", "checkov"],
    "infrastructure.kubernetes": ["kubeconform", "checkov"],
}
KUBERNETES = "1.34"
NEARLY_THE_SAME = 0.6
MOST_BYTES = 200_000


@cache
def cases() -> tuple[Case, ...]:
    return load_suite(HERE / "suites" / "infrastructure.yaml").cases


def commands_of(case: Case) -> list[CommandCheck]:
    return [check for check in case.checks if isinstance(check, CommandCheck)]


def patterns_of(case: Case) -> list[str]:
    return [
        check.pattern
        for check in case.checks
        if isinstance(check, PatternCheck) and check.kind == "matches"
    ]


def manifests() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in sorted(MANIFESTS.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text("utf-8"))
    return found


def test_twenty_questions_are_asked_in_the_full_exam_only() -> None:
    assert Counter(case.group for case in cases()) == {
        "infrastructure.terraform": 8,
        "infrastructure.cloudformation": 6,
        "infrastructure.kubernetes": 6,
    }
    for case in cases():
        assert (case.language, case.max_tokens, case.quick) == ("en", 400, False), case.id


def test_every_question_is_judged_by_the_programs_of_its_kind() -> None:
    for case in cases():
        assert [check.program for check in commands_of(case)] == JUDGES[case.group], case.id
        assert patterns_of(case), f"{case.id}: an empty file would pass"


def test_questions_of_one_kind_are_judged_alike() -> None:
    for group in JUDGES:
        judged = [commands_of(case) for case in cases() if case.group == group]
        assert all(each == judged[0] for each in judged)


def test_terraform_validate_is_counted_over_all_terraform_questions_and_no_others() -> None:
    suite = load_suite(HERE / "suites" / "infrastructure.yaml")
    assert suite.bars == {"terraform validate": 0.85}
    for case in suite.cases:
        counted = [check for check in commands_of(case) if check.bar is not None]
        judged = [(check.program, check.arguments[0], check.bar) for check in counted]
        terraform = case.group == "infrastructure.terraform"
        wanted = [("terraform", "validate", "terraform validate")] if terraform else []
        assert judged == wanted, case.id


@pytest.mark.parametrize(
    "silencer",
    [
        "#checkov:skip=CKV_K8S_16:needed",
        "    checkov.io/skip1: CKV_K8S_16=needed",
        "# tflint-ignore: terraform_map_duplicate_keys",
        "          ignore_checks: [E3002]",
        'key = "AKIA" # pragma: allowlist secret',
    ],
)
def test_an_answer_cannot_tell_its_judges_to_be_silent(silencer: str) -> None:
    for case in cases():
        refused = [
            check.pattern
            for check in case.checks
            if isinstance(check, PatternCheck) and check.kind == "lacks_match"
        ]
        assert any(re.search(pattern, silencer, re.MULTILINE) for pattern in refused), case.id


def test_no_question_is_one_of_the_lessons() -> None:
    lessons = read_lessons(HERE / "lessons" / "infrastructure.jsonl")
    signed = [(item["id"], signature(item["question"])) for item in lessons]
    for case in cases():
        mine = signature(case.prompt)
        near = [name for name, theirs in signed if similarity(mine, theirs) >= NEARLY_THE_SAME]
        assert near == [], case.id


def test_every_question_has_a_file_that_passes_and_one_that_does_not() -> None:
    found = manifests()
    assert set(found) == {case.id for case in cases()}
    for case in cases():
        parts = found[case.id]
        assert set(parts) == {"good", "bad", "objects"}, case.id
        programs = {check.program for check in commands_of(case)}
        assert parts["objects"].split()[0] in programs, case.id
        for pattern in patterns_of(case):
            assert re.search(pattern, parts["good"], re.MULTILINE), f"{case.id}: {pattern}"


def test_patterns_end_on_any_reply() -> None:
    trying = ("variable " * 2_000, 'kind"' + " " * 18_000, "for a, " * 2_500, "= " * 9_000)
    for case in cases():
        for pattern in patterns_of(case):
            assert not any(re.search(f"(?:{pattern})\\Z.", text, re.MULTILINE) for text in trying)


def test_the_code_of_a_usual_answer_is_found() -> None:
    for case in cases():
        language = "hcl" if case.group.endswith("terraform") else "yaml"
        good = manifests()[case.id]["good"]
        for check in commands_of(case):
            assert code_of(check, f"Here it is:\n\n```{language}\n{good}```\n") == good, case.id


def test_schemas_are_small_and_refuse_what_they_do_not_know() -> None:
    paths = sorted(SCHEMAS.glob("*.json"))
    assert sum(path.stat().st_size for path in paths) < MOST_BYTES
    for path in paths:
        for part in parts_of(json.loads(path.read_text("utf-8"))):
            if "properties" in part:
                assert part["additionalProperties"] is False, path.name


def test_schemas_know_the_fields_that_the_cluster_knows() -> None:
    checker = pytest.importorskip("kubernetes_validate")
    folder = Path(checker.__file__).parent / "kubernetes-json-schema"
    theirs = Schemas(next(folder.glob(f"v{KUBERNETES}.*-local-strict")))
    ours = Schemas(SCHEMAS)
    names = [path.name for path in SCHEMAS.glob("*-v*.json")]
    assert len(names) >= 18
    seen: set[tuple[int, int]] = set()
    for name in names:
        waiting = [(name, ours.read(name), theirs.read(name))]
        while waiting:
            place, mine, real = waiting.pop()
            mine, real = ours.followed(mine), theirs.followed(real)
            if (id(mine), id(real)) in seen:
                continue
            seen.add((id(mine), id(real)))
            if "properties" in mine:
                assert set(mine["properties"]) == set(real["properties"]), place
                waiting += [
                    (f"{place}.{key}", each, real["properties"][key])
                    for key, each in mine["properties"].items()
                ]
            elif "items" in mine:
                waiting.append((f"{place}[]", mine["items"], real["items"]))
            elif isinstance(mine.get("type"), str):
                assert mine["type"] in real["type"], place
    assert len(seen) > 200


class Schemas:
    """The schemas in a folder; a reference is followed to where it leads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Any] = {}
        self._file_of: dict[int, str] = {}

    def read(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = json.loads((self._folder / name).read_text("utf-8"))
            for part in parts_of(self._read[name]):
                self._file_of[id(part)] = name
        return self._read[name]

    def followed(self, part: Any) -> Any:
        while "$ref" in part or "allOf" in part:
            if "$ref" not in part:
                part = part["allOf"][0]
                continue
            file, _, steps = part["$ref"].partition("#")
            part = self.read(file.rsplit("/", 1)[-1] or self._file_of[id(part)])
            for step in steps.strip("/").split("/"):
                part = part[step]
        return part


def parts_of(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and everything within it."""
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from parts_of(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from parts_of(each)
