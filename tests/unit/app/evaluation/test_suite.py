"""A suite of one's own is read as it is meant, or every mistake in it is told at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.evaluation import suite as suites
from app.evaluation.cases import CODE_TOKENS, TEXT_TOKENS, Case
from app.evaluation.suite import (
    SuiteError,
    built_in_suites,
    full_cases,
    load_suite,
    quick_cases,
    suites_of,
)

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "suites.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


def case_row(name: str = "a", **others: Any) -> dict[str, Any]:
    """A case as it stands in a file."""
    return {"id": name, "prompt": "Hi?", "checks": [{"kind": "answers"}]} | others


def write(folder: Path, name: str, *cases: dict[str, Any]) -> Path:
    path = folder / f"{name}.yaml"
    row = {"version": 1, "name": name, "cases": list(cases)}
    path.write_text(yaml.safe_dump(row, allow_unicode=True), "utf-8")
    return path


def errors_of(path: Path) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    return [line[2:] for line in caught.value.text.splitlines() if line.startswith("- ")]


def faults_of(folder: Path, **others: Any) -> list[str]:
    """What is wrong with a file of one case."""
    return errors_of(write(folder, "mine", case_row(**others)))


def test_a_case_has_what_it_does_not_say(tmp_path: Path) -> None:
    code = {"checks": [{"kind": "code", "assertions": "assert f() == 1"}]}
    path = write(tmp_path, "mine", case_row(), case_row("b", group="x", **code))
    plain, coded = load_suite(path).cases
    assert (plain.group, plain.quick, plain.language) == ("mine", False, None)
    assert (plain.max_tokens, coded.max_tokens) == (TEXT_TOKENS, CODE_TOKENS)
    assert coded.group == "x" and plain.digest != coded.digest


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        """
version: 0
name: mine
extra: 1
cases:
  - {id: one, prompt: p, checks: [{kind: smell}]}
  - {prompt: p, checks: []}
  - {id: three, prompt: p, checks: [{kind: answers}, {kind: contains_any, of: [yes, 6]}]}
  - {id: four, promt: p, checks: [{kind: matches, pattern: "("}]}
  - {id: five, prompt: p, checks: [{kind: json, schema: {typ: object}}, {of: [a]}]}
  - just text
  - {id: seven, prompt: p, checks: [{kind: code, assertions: "assert ("}]}
""",
        "utf-8",
    )
    found = errors_of(path)
    assert found[0].startswith("version: ")
    assert found[1].startswith("case one, check 1: the kind 'smell' is not known; there are")
    assert found[2:] == [
        "case number 2, id: is missing",
        "case number 2, checks: must not be empty",
        "case three, check 2 (contains_any), of.1: must be text; put it into quotes",
        "case three, check 2 (contains_any), of.2: must be text; put it into quotes",
        "case four, check 1 (matches), pattern: is not a regular expression",
        "case four, promt: is not known here",
        *[each for each in found if each.startswith("case five, check 1")],
        "case five, check 2: has no `kind`",
        "case number 6: must be a mapping",
        "case seven, check 1 (code), assertions: is not valid Python",
        "extra: is not known here",
    ]
    assert any("schema: the word 'typ' is not known" in each for each in found)


@pytest.mark.parametrize(
    ("others", "fault"),
    [
        ({"prompt": ""}, "needs either `prompt` or `messages`"),
        ({"messages": [{"role": "user", "content": "Hi"}]}, "needs either"),
        ({"prompt": "", "messages": [{"role": "assistant", "content": "Hi"}]}, "begin with user"),
        ({"prompt": "", "messages": [{"role": "user", "content": "Hi"},
          {"role": "assistant", "content": "Ho"}]}, "must end with user"),
        ({"language": "fr"}, "language: Input should be 'en' or 'ko'"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"checks": [{"kind": "length", "unit": "words"}]}, "needs `least`, `most` or both"),
        ({"checks": [{"kind": "length", "unit": "words", "least": 3, "most": 2}]}, "is below"),
        ({"checks": [{"kind": "choice", "choices": ["a", "b"], "answer": 2, "by": "likelihood"}]},
         "the last one is 1"),
        ({"checks": [{"kind": "choice", "choices": ["a", "a"], "answer": 1, "by": "likelihood"}]},
         "a choice is there twice"),
        ({"checks": [{"kind": "choice", "choices": ["x", "y"], "answer": 1, "by": "letter"}]},
         "the choice 'x' is not in the question"),
        ({"checks": [{"kind": "choice", "choices": ["x", "y"], "answer": 1, "by": "likelihood"},
          {"kind": "answers"}]}, "no other check can stand with it"),
        ({"style": "terse", "checks": [{"kind": "ratio", "unit": "words", "least": 2}]},
         "`style` cannot stand there"),
    ],
)  # fmt: skip
def test_a_case_that_makes_no_sense_is_refused(
    tmp_path: Path, others: dict[str, Any], fault: str
) -> None:
    assert fault in " ".join(faults_of(tmp_path, **others))


def test_of_many_mistakes_twenty_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    rows = [case_row(f"c{number}", odd=1) for number in range(33)]
    found = errors_of(write(tmp_path, "mine", *rows))
    assert len(found) == 21 and found[-1] == "and 13 more"


def test_a_name_that_is_not_the_files_and_ids_that_come_twice_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "mine", case_row(), case_row(), case_row("b"))
    path = path.rename(tmp_path / "yours.yaml")
    assert errors_of(path) == [
        "name: must be yours, as the file is",
        "case a: this id is there 2 times",
    ]


def test_the_groups_of_what_every_reply_tells_are_no_ones_own(tmp_path: Path) -> None:
    path = write(tmp_path, "mine", case_row(), case_row("b", group="flattery"))
    assert errors_of(path) == ["case b: the group flattery is for what every reply tells"]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (BOMB.encode(), "make too much of it"),
        (b"&a [*a]", "stands for nothing before it"),
        (b"[" * 100_000, "nested more than 50 deep"),
        (b"#" * (5 * 2**20), "larger than 2 MB"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"a: b: c", "cannot be read"),
        (b"", "has 0 documents, not one"),
        (b"a: 1\n---\nb: 1", "has 2 documents, not one"),
        (b"!!python/object/apply:os.system [ls]", "cannot be read"),
        (b"- 1", "the file: must be a mapping"),
    ],
)
def test_a_file_that_would_hurt_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=re.escape(why)):
        load_suite(path)
    with pytest.raises(SuiteError, match="is not a file"):
        load_suite(tmp_path)


def test_an_alias_stands_for_a_part_once_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "version: 1\nname: mine\ncases:\n"
        "  - {id: a, prompt: p, checks: &same [{kind: answers}]}\n"
        "  - {id: b, prompt: q, checks: *same}\n",
        "utf-8",
    )
    one, other = load_suite(path).cases
    assert one.checks == other.checks


def test_own_suites_are_added_and_replace_by_name(tmp_path: Path) -> None:
    names = [suite.name for suite in built_in_suites()]
    assert {"coding", "answers"} <= set(names)
    assert [suite.name for suite in suites_of(tmp_path / "none")] == names
    write(tmp_path, "mine", case_row("my-own"))
    write(tmp_path, "coding", case_row("coding-001"))
    found = {suite.name: suite for suite in suites_of(tmp_path)}
    assert list(found) == sorted([*names, "mine"])
    assert [case.prompt for case in found["coding"].cases] == ["Hi?"]


def test_an_id_in_two_suites_names_both_files(tmp_path: Path) -> None:
    write(tmp_path, "mine", case_row("coding-001"))
    with pytest.raises(SuiteError, match=r"coding\.yaml.*mine\.yaml"):
        suites_of(tmp_path)


def test_a_persona_is_asked_in_its_languages(tmp_path: Path) -> None:
    rows = [
        case_row("en", language="en", quick=True),
        case_row("ko", language="ko", quick=True),
        case_row("all", quick=True),
        case_row("late"),
    ]
    found = [load_suite(write(tmp_path, "mine", *rows))]

    def ids(cases: list[Case]) -> list[str]:
        return [case.id for case in cases]

    assert ids(full_cases(found, ["ko"])) == ["ko", "all", "late"]
    assert ids(quick_cases(found, ["en"])) == ["en", "all"]
    assert ids(quick_cases(found, ("en", "ko"))) == ["en", "ko", "all"]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_example_of_the_guide_can_be_copied(tmp_path: Path, block: str) -> None:
    text = block if block.startswith("version:") else f"version: 1\nname: mine\ncases:\n{block}"
    name = re.findall(r"^name: (\w+)", text, re.MULTILINE)[0]
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, "utf-8")
    assert load_suite(path).cases


def test_the_guide_shows_every_check() -> None:
    shown = set(re.findall(r"kind: (\w+)", "".join(BLOCKS)))
    schema = Case.model_json_schema(by_alias=True)
    kinds = set(schema["properties"]["checks"]["items"]["discriminator"]["mapping"])
    assert shown == kinds
    assert suites.MOST_BYTES == 2 * 2**20
