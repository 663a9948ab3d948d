"""Data that a reply holds has the form that was asked for, or the fault is named."""

from __future__ import annotations

from typing import Any

import pytest

from app.evaluation.cases import DataCheck
from app.evaluation.check_data import code_of, data_fault
from app.evaluation.check_schema import faults, misfit, same
from app.evaluation.patterns import found_here

TOWN = {
    "type": "object",
    "required": ["name", "people"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 2, "pattern": "^[A-Z가-힣]"},
        "people": {"type": "integer", "minimum": 1, "maximum": 50_000_000},
        "rivers": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
        "kind": {"enum": ["town", "city"]},
        "version": {"const": 1},
        "note": {"type": ["string", "null"], "maxLength": 3},
    },
}


def fault(kind: str, reply: str, schema: dict[str, Any] | None = None) -> str:
    check = DataCheck.model_validate({"kind": kind, "schema": schema or {}})
    return data_fault(check, reply, found_here)


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        ("json", '{"name": "Seoul", "people": 9400000, "rivers": ["Han"], "version": 1}'),
        ("json", 'Here:\n```json\n{"name": "서울", "people": 9.0e6, "note": null}\n```\nGood?'),
        ("yaml", "name: Seoul\npeople: 9400000\nkind: city"),
        ("yaml", "다음과 같아요.\n```yaml\nname: 서울\npeople: 9400000\nnote: ok\n```"),
        ("yaml", "```\nname: Seoul\npeople: 1\n---\nname: Busan\npeople: 2\n```"),
    ],
)
def test_data_of_the_right_form_passes(kind: str, reply: str) -> None:
    assert fault(kind, reply, TOWN) == ""


@pytest.mark.parametrize(
    ("kind", "reply", "why"),
    [
        ("json", "서울이에요.", "it is not JSON"),
        ("json", '{"a": NaN}', "NaN is no number"),
        ("json", "[" * 19_000, "nested too deep"),
        ("json", '```\n{}\n```\n```\n{}\n```', "it has 2 blocks, not one"),
        ("yaml", "Seoul is a city.", "it is not YAML: it is plain text"),
        ("yaml", "a: b: c", "it is not YAML"),
        ("yaml", "[" * 19_000, "more than 50 deep"),
        ("yaml", "# nothing", "there is nothing in it"),
        ("yaml", "!!python/object:os.system {}", "it is not YAML"),
        ("yaml", "? [a]\n: b", "it is not YAML"),
        ("yaml", "x: 1\n" * 5_000, "it is too long to be read"),
    ],
)  # fmt: skip
def test_what_is_no_data_is_said_to_be_none(kind: str, reply: str, why: str) -> None:
    assert why in fault(kind, reply)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([], "it is not an object"),
        ({"name": "Seoul"}, "it has no 'people'"),
        ({"name": "Seoul", "people": 1, "x": 2}, "x does not belong there"),
        ({"name": "Seoul", "people": True}, "people is not an integer"),
        ({"name": "Seoul", "people": 1.5}, "people is not an integer"),
        ({"name": "Seoul", "people": 0}, "people is 0, not 1 or more"),
        ({"name": "Seoul", "people": 10**9}, "people is 1000000000, not 50000000 or less"),
        ({"name": "S", "people": 1}, "name has 1 characters, not 2 or more"),
        ({"name": "seoul", "people": 1}, "name does not match ^[A-Z가-힣]"),
        ({"name": "Seoul", "people": 1, "rivers": []}, "rivers has 0 items, not 1 or more"),
        ({"name": "Seoul", "people": 1, "rivers": ["Han", 2]}, "rivers[1] is not a string"),
        ({"name": "Seoul", "people": 1, "kind": "land"}, "kind is none of: 'town', 'city'"),
        ({"name": "Seoul", "people": 1, "version": True}, "version is not 1"),
        ({"name": "Seoul", "people": 1, "note": 3}, "note is not a string or null"),
        ({"name": "Seoul", "people": 1, "note": "long"}, "note has 4 characters, not 3 or less"),
    ],
)
def test_the_first_part_that_does_not_fit_is_named(value: object, why: str) -> None:
    assert misfit(value, TOWN, found_here) == why


def test_truth_is_not_a_number() -> None:
    assert same({"a": [1, None]}, {"a": [1.0, None]})
    assert not same(True, 1) and not same([1], [True]) and not same({"a": 1}, {"b": 1})


def test_every_word_of_a_schema_that_is_not_known_is_named() -> None:
    found = list(
        faults(
            {
                "type": "objekt",
                "oneOf": [],
                "properties": {"a": {"minimum": "1"}, "b": 3},
                "items": {"pattern": "("},
                "required": "a",
                "additionalProperties": {"enum": []},
                "maxItems": -1,
            }
        )
    )
    assert [each.split(":")[0] for each in found] == [
        "schema.type", "schema", "schema.properties.a.minimum", "schema.properties.b must be a"
        " mapping", "schema.items.pattern", "schema.required", "schema.additionalProperties.enum",
        "schema.maxItems",
    ]  # fmt: skip
    assert list(faults(TOWN)) == []


def test_only_python_blocks_are_run() -> None:
    assert code_of("```bash\nrm x\n```\n```python\nx = 1\n```").strip() == "x = 1"
    assert code_of("```\n$ ls -l\n```\n```\nx = 1\n```").strip() == "x = 1"
