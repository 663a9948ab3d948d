"""Good and bad infrastructure before the programs that judge it, each in the sandbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

import resources
from app.evaluation.cases import Case
from app.evaluation.commands import CommandCheck, Found, check_command
from app.evaluation.sandbox import isolation
from app.evaluation.sandbox_means import means
from app.evaluation.suite import load_suite

PROGRAMS = ("terraform", "tflint", "kubeconform", "cfn-lint", "checkov")
TOPICS = ("terraform", "cloudformation", "kubernetes")
SUITE = load_suite(Path(resources.__file__).parent / "suites" / "infrastructure.yaml")
MANIFESTS = Path(__file__).parent / "manifests"
IDS = [case.id for case in SUITE.cases]
PATIENCE_S = 120


@pytest.fixture(autouse=True)
def _judges() -> None:
    """A user's machine may lack them; where changes are decided, nothing may be left out."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    why = f"{', '.join(missing)} not installed: .ci/validators" if missing else ""
    why = why or ("" if means().shuts_programs_in else isolation())
    if why and os.environ.get("CI"):
        pytest.fail(why)
    if why:
        pytest.skip(why)


@cache
def manifests(topic: str) -> dict[str, dict[str, str]]:
    return dict(yaml.safe_load((MANIFESTS / f"{topic}.yaml").read_text("utf-8")))


def topic_of(case: Case) -> str:
    return case.group.rpartition(".")[2]


def case_of(name: str) -> Case:
    return next(case for case in SUITE.cases if case.id == name)


def checks_of(case: Case) -> list[CommandCheck]:
    return [check for check in case.checks if isinstance(check, CommandCheck)]


def judged(case: Case, content: str) -> dict[str, Found]:
    """What each program says, by its name; checkov takes seconds, so it has tests of its own."""
    reply = (
        f"Here it is:\n\n```{'hcl' if topic_of(case) == 'terraform' else 'yaml'}\n{content}```\n"
    )
    found = {}
    for check in checks_of(case):
        if check.program != "checkov":
            name = check.program
            name = f"{name} {check.arguments[0]}" if name == "terraform" else name
            found[name] = check_command(check, reply)
            assert not found[name].skipped
    return found


@pytest.mark.parametrize("name", IDS)
def test_a_right_answer_passes(name: str) -> None:
    case = case_of(name)
    found = judged(case, manifests(topic_of(case))[name]["good"])
    assert {program: each.why for program, each in found.items() if not each.passed} == {}


@pytest.mark.parametrize("name", IDS)
def test_a_wrong_answer_is_refused_by_the_program_that_sees_it(name: str) -> None:
    case = case_of(name)
    parts = manifests(topic_of(case))[name]
    found = judged(case, parts["bad"])
    if parts["objects"] == "checkov":
        assert all(each.passed for each in found.values()), "no other program was to see it"
    else:
        assert not found[parts["objects"]].passed


@pytest.mark.parametrize("topic", TOPICS)
def test_checkov_finds_what_is_high_and_nothing_else(topic: str, tmp_path: Path) -> None:
    cases = [case for case in SUITE.cases if topic_of(case) == topic]
    check = checks_of(cases[0])[-1]
    wanted = set()
    for case in cases:
        parts = manifests(topic)[case.id]
        for kind in ("good", "bad"):
            place = tmp_path / f"{case.id}-{kind}" / check.file
            place.parent.mkdir()
            place.write_text(parts[kind], "utf-8")
        if parts["objects"] == "checkov":
            wanted.add(f"{case.id}-bad")
    words = [word for word in check.arguments if not word.startswith("--file=")]
    done = subprocess.run(
        ["checkov", *words, f"--directory={tmp_path}", "--output=json"],
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    told = json.loads(done.stdout)
    found = {
        Path(each["file_path"]).parent.name
        for part in (told if isinstance(told, list) else [told])
        for each in part["results"]["failed_checks"]
    }
    assert found == wanted, done.stderr


@pytest.mark.parametrize("topic", TOPICS)
def test_checkov_judges_in_the_sandbox(topic: str) -> None:
    name = next(name for name, each in manifests(topic).items() if each["objects"] == "checkov")
    check, parts = checks_of(case_of(name))[-1], manifests(topic)[name]
    good, bad = (check_command(check, f"```\n{parts[kind]}```") for kind in ("good", "bad"))
    assert good == Found(True)
    assert not bad.passed and not bad.skipped and "Failed checks: " in bad.why


def test_a_template_in_json_is_as_good() -> None:
    case = case_of("infrastructure-cloudformation-002")
    template = yaml.safe_load(manifests("cloudformation")[case.id]["good"])
    linter = checks_of(case)[0]
    assert check_command(linter, f"```json\n{json.dumps(template, indent=2)}\n```").passed


def test_comments_alone_are_no_manifest() -> None:
    validator = checks_of(case_of("infrastructure-kubernetes-001"))[0]
    found = check_command(validator, "```yaml\n# apiVersion: v1\n```")
    assert not found.passed and not found.skipped


def test_a_manifest_of_another_kind_beside_it_is_judged_too() -> None:
    case = case_of("infrastructure-kubernetes-001")
    good = manifests("kubernetes")[case.id]["good"]
    extra = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n"
    validator = checks_of(case)[0]
    assert check_command(validator, f"```yaml\n{extra}```\n```yaml\n{good}```").passed
    wrong = extra.replace("name: web", "nome: web")
    assert not check_command(validator, f"```yaml\n{wrong}```\n```yaml\n{good}```").passed


def test_an_answer_that_cannot_be_prepared_says_what_is_wrong() -> None:
    case = case_of("infrastructure-terraform-001")
    found = judged(case, manifests("terraform")[case.id]["bad"])["terraform validate"]
    assert "error_message" in found.why, "init's preamble fills all that is shown"


def test_a_provider_that_would_have_to_be_fetched_fails() -> None:
    validate = checks_of(case_of("infrastructure-terraform-001"))[1]
    found = check_command(validate, '```hcl\nresource "random_pet" "name" {}\n```')
    assert not found.passed and not found.skipped


def test_a_program_that_a_suite_names_reads_nothing_of_the_users(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine", "utf-8")
    check = CommandCheck(
        kind="command",
        program="cat",
        arguments=(str(secret),),
        file="reply.txt",
        blocks=("text",),
    )
    found = check_command(check, "```text\nhello\n```")
    assert not found.passed and "mine" not in found.why
