"""A small part of JSON Schema: enough to say which form an answer must have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.evaluation.patterns import compiles

Schema = Mapping[str, Any]
Search = Callable[[str, str], bool]

_TYPES: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        not isinstance(value, bool)
        and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
}
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength")
_BOUNDS = ("minimum", "maximum")
WORDS = (
    "type", "properties", "required", "additionalProperties", "items", "enum", "const",
    *_BOUNDS, *_COUNTS, "pattern",
)  # fmt: skip


def faults(schema: object, place: str = "schema") -> Iterator[str]:
    """Everything in a schema that is not known or not of the right form."""
    if not isinstance(schema, dict):
        yield f"{place} must be a mapping"
        return
    for word, value in schema.items():
        if word not in WORDS:
            yield f"{place}: the word {word!r} is not known; there are: {', '.join(WORDS)}"
        elif word == "properties":
            if not isinstance(value, dict):
                yield f"{place}.properties must be a mapping"
                continue
            for name, inner in value.items():
                yield from faults(inner, f"{place}.properties.{name}")
        elif word == "items" or (word == "additionalProperties" and not isinstance(value, bool)):
            yield from faults(value, f"{place}.{word}")
        elif not _is_well_formed(word, value):
            yield f"{place}.{word}: {value!r} is not {_FORMS[_form(word)]}"


def misfit(value: object, schema: Schema, search: Search, place: str = "") -> str:
    """The first thing that is not as the schema says, or nothing."""
    where = place or "it"
    types = _types(schema)
    if types and not any(_TYPES[name](value) for name in types):
        return f"{where} is not {' or '.join(map(_with_article, types))}"
    if "const" in schema and not same(value, schema["const"]):
        return f"{where} is not {schema['const']!r}"
    if "enum" in schema and not any(same(value, each) for each in schema["enum"]):
        return f"{where} is none of: {', '.join(map(repr, schema['enum']))}"
    if isinstance(value, dict):
        return _misfit_of_object(value, schema, search, place)
    if isinstance(value, list):
        return _misfit_of_array(value, schema, search, place)
    if isinstance(value, str):
        if "pattern" in schema and not search(schema["pattern"], value):
            return f"{where} does not match {schema['pattern']}"
        return _size_fault(len(value), schema, "Length", where, "characters")
    if _TYPES["number"](value):
        return _size_fault(value, schema, "imum", where, "")
    return ""


def same(one: object, other: object) -> bool:
    """Equal as JSON is: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


def _misfit_of_object(value: dict[Any, Any], schema: Schema, search: Search, place: str) -> str:
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place or 'it'} has no {name!r}"
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for name, inner in value.items():
        here = f"{place}.{name}" if place else str(name)
        if name not in known and others is False:
            return f"{here} does not belong there"
        rule = known.get(name, others)
        fault = misfit(inner, rule, search, here) if isinstance(rule, dict) else ""
        if fault:
            return fault
    return ""


def _misfit_of_array(value: list[Any], schema: Schema, search: Search, place: str) -> str:
    fault = _size_fault(len(value), schema, "Items", place or "it", "items")
    if fault or "items" not in schema:
        return fault
    for index, inner in enumerate(value):
        fault = misfit(inner, schema["items"], search, f"{place}[{index}]")
        if fault:
            return fault
    return ""


def _size_fault(size: Any, schema: Schema, word: str, where: str, unit: str) -> str:
    least, most = schema.get(f"min{word}"), schema.get(f"max{word}")
    told = f"has {size} {unit}" if unit else f"is {size}"
    if least is not None and not size >= least:
        return f"{where} {told}, not {least} or more"
    if most is not None and not size <= most:
        return f"{where} {told}, not {most} or less"
    return ""


_FORMS = {
    "type": f"one or several of {', '.join(_TYPES)}",
    "required": "a list of names",
    "enum": "a list with something in it",
    "count": "a whole number from 0",
    "bound": "a number",
    "pattern": "a regular expression",
    "const": "a value",
}


def _form(word: str) -> str:
    if word in _COUNTS:
        return "count"
    return "bound" if word in _BOUNDS else word


def _is_well_formed(word: str, value: Any) -> bool:
    match _form(word):
        case "type":
            names = value if isinstance(value, list) and value else [value]
            return all(isinstance(name, str) and name in _TYPES for name in names)
        case "required":
            return isinstance(value, list) and all(isinstance(name, str) for name in value)
        case "enum":
            return isinstance(value, list) and bool(value)
        case "count":
            return _TYPES["integer"](value) and value >= 0
        case "bound":
            return _TYPES["number"](value)
        case "pattern":
            return isinstance(value, str) and compiles(value)
    return True


def _types(schema: Schema) -> list[str]:
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def _with_article(name: str) -> str:
    return name if name == "null" else f"{'an' if name[0] in 'aio' else 'a'} {name}"
