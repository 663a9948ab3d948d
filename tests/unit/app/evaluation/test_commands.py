"""An outside program's word counts for what it is: never a pass where it could not be asked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.evaluation import commands
from app.evaluation.commands import NO_BLOCK, SHOWN_CHARACTERS, CommandCheck, check_command, code_of
from app.evaluation.sandbox import ProgramRan

WELL = ProgramRan(0, "", "", True)
REPLY = "Sure:\n```hcl\nlocals {}\n```\n"


class Sandbox:
    """Stands in for the real one: notes what is run and ends as it is told to."""

    def __init__(self) -> None:
        self.ends = WELL
        self.trial = WELL
        self.calls: list[tuple[list[str], dict[str, str], list[Path]]] = []

    def run(
        self,
        arguments: Sequence[str],
        files: Mapping[str, str],
        *,
        readable: Sequence[Path] = (),
        **_: Any,
    ) -> ProgramRan:
        if not files:
            return self.trial
        self.calls.append((list(arguments), dict(files), list(readable)))
        return self.ends


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    stand_in = Sandbox()
    commands._hindrance.cache_clear()
    monkeypatch.setattr(commands, "run_program", stand_in.run)
    monkeypatch.setattr(
        shutil, "which", lambda name: None if name == "absent" else str(tmp_path / name)
    )
    yield stand_in
    commands._hindrance.cache_clear()


def check(**changes: Any) -> CommandCheck:
    settings = {
        "kind": "command",
        "program": "terraform",
        "arguments": ["validate"],
        "file": "main.tf",
        "blocks": ["hcl", "terraform", "tf"],
    }
    return CommandCheck.model_validate(settings | changes)


def test_a_program_that_ends_well_passes_the_reply(sandbox: Sandbox, tmp_path: Path) -> None:
    assert check_command(check(), REPLY).passed
    words, files, _ = sandbox.calls[0]
    assert words == [str((tmp_path / "terraform").resolve()), "validate"]
    assert files == {"main.tf": "locals {}\n"}


def test_a_program_that_objects_is_quoted_in_one_short_line(sandbox: Sandbox) -> None:
    sandbox.ends = ProgramRan(1, "\x1b[31mError:\x1b[0m no\n  such thing\n" + "x" * 900, "", True)
    found = check_command(check(), REPLY)
    assert not found.passed and not found.skipped
    assert found.why.startswith("terraform: Error: no such thing xxx")
    assert len(found.why) <= SHOWN_CHARACTERS + len("terraform: ")


def test_a_silent_objection_still_fails(sandbox: Sandbox) -> None:
    sandbox.ends = ProgramRan(3, "", "", True)
    assert check_command(check(), REPLY).why == "terraform: it ended with 3"


def test_a_program_that_never_ends_fails_the_reply(sandbox: Sandbox) -> None:
    sandbox.ends = ProgramRan(None, "", "it did not end in time", True)
    found = check_command(check(), REPLY)
    assert not found.passed and found.why == "terraform: it did not end in time"


def test_an_absent_program_is_never_a_pass(sandbox: Sandbox) -> None:
    found = check_command(check(program="absent"), REPLY)
    assert (found.passed, found.skipped) == (False, "absent is not installed")
    assert sandbox.calls == []


def test_a_missing_schema_is_never_a_pass(sandbox: Sandbox, tmp_path: Path) -> None:
    found = check_command(check(needs=["schemas/nowhere"]), REPLY, tmp_path)
    assert not found.passed
    assert found.skipped == "schemas/nowhere, which terraform needs here, is missing"


def test_a_broken_installation_is_not_blamed_on_the_reply(sandbox: Sandbox) -> None:
    sandbox.trial = ProgramRan(1, "No module named checkov\n", "", True)
    found = check_command(check(), REPLY)
    assert not found.passed
    assert found.skipped == "terraform does not run in the sandbox: No module named checkov"


def test_without_a_sandbox_nothing_is_run_and_nothing_passes(sandbox: Sandbox) -> None:
    sandbox.trial = ProgramRan(None, "", "this system has nothing to shut it in", False)
    found = check_command(check(), REPLY)
    assert not found.passed and "nothing to shut it in" in found.skipped
    assert sandbox.calls == []


def test_a_sandbox_that_does_not_start_is_not_blamed_on_the_reply(sandbox: Sandbox) -> None:
    sandbox.ends = ProgramRan(None, "", "it did not start", False)
    found = check_command(check(), REPLY)
    assert (found.passed, found.skipped) == (False, "terraform was not run: it did not start")


def test_a_reply_without_code_fails(sandbox: Sandbox) -> None:
    for reply in ("Use a local.", "```python\nprint()\n```", "```hcl\n\n```"):
        assert check_command(check(), reply).why == NO_BLOCK
    assert sandbox.calls == []


def test_blocks_in_no_language_or_in_ours_are_taken_and_others_are_not() -> None:
    reply = "```\na = 1\n```\n```bash\nterraform apply\n```\n```HCL\nb = 2\n```"
    assert code_of(check(), reply) == "a = 1\nb = 2\n"


def test_several_yaml_blocks_are_several_documents() -> None:
    reply = "```yaml\na: 1\n```\nand\n```yml\nb: 2\n```"
    wanted = check(file="all.yaml", blocks=["yaml", "yml"])
    assert code_of(wanted, reply) == "a: 1\n---\nb: 2\n"


def test_a_reply_that_was_cut_off_is_judged_by_what_is_there() -> None:
    assert code_of(check(), "```hcl\nlocals {") == "locals {\n"


def test_what_comes_first_runs_in_the_same_folder_and_is_not_quoted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    assert check_command(check(before=[["init", "-x=a b"]]), REPLY).passed
    words, _, readable = sandbox.calls[0]
    program = (tmp_path / "terraform").resolve()
    first, last = words[2].splitlines()
    assert first.startswith(f"said=$({program} init '-x=a b' 2>&1) || ")
    assert last == f"exec {program} validate"
    assert program in readable


def test_the_users_schemas_go_before_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "schemas" / "kubernetes").mkdir(parents=True)
    wanted = check(needs=["schemas/kubernetes"], arguments=["{schemas/kubernetes}/{{.Kind}}.json"])
    for own in (tmp_path, None):
        assert check_command(wanted, REPLY, own).passed
    mine, ours = (Path(words[1]).parent for words, _, _ in sandbox.calls)
    assert mine == (tmp_path / "schemas" / "kubernetes").resolve()
    assert ours.parts[-4:] == ("resources", "suites", "schemas", "kubernetes")
    assert ours in sandbox.calls[1][2]
    sandbox.ends = ProgramRan(1, f"{ours}/pod-v1.json says no", "", True)
    told = check_command(wanted, REPLY).why
    assert told == "terraform: schemas/kubernetes/pod-v1.json says no"


def test_words_of_a_program_can_fail_what_its_exit_code_lets_pass(sandbox: Sandbox) -> None:
    wanted = check(fails_on="Summary: 0 resource")
    sandbox.ends = ProgramRan(0, "Summary: 0 resources found\n", "", True)
    assert check_command(wanted, REPLY).why == "terraform: Summary: 0 resources found"
    sandbox.ends = ProgramRan(0, "Summary: 1 resource found\n", "", True)
    assert check_command(wanted, REPLY).passed


@pytest.mark.parametrize(
    "changes",
    [
        {"program": "../evil"},
        {"program": "/bin/sh"},
        {"file": "../main.tf"},
        {"file": ".profile"},
        {"needs": ["../../secrets"]},
        {"needs": ["/etc"]},
        {"needs": ["C:\\Windows"]},
        {"fails_on": "("},
        {"blocks": []},
        {"shell": True},
    ],
)
def test_a_suite_cannot_reach_beyond_its_place(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check(**changes)
