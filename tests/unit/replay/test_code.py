"""Code that does not parse must not be learned; a piece of code that is right must not be lost."""

from __future__ import annotations

import pytest

from replay.measures.code import fault_place, unparsable


def fenced(code: str, language: str = "python") -> str:
    return f"Here it is:\n\n```{language}\n{code}\n```\n\nThat is all."


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (fenced("def f(x):\nreturn x"), ("python", 2)),
        (fenced("print 'hello'"), ("python", 1)),
        (fenced("x = (1, 2"), ("python", 1)),
        (fenced('{"a": 1,}', "json"), ("json", 1)),
        (fenced("{'a': 1}", "json"), ("json", 1)),
        (fenced("x = 1") + fenced("y = = 2"), ("python", 1)),
        (fenced("%pip install x\ny = = 2"), ("python", 2)),
        (fenced('"a": 1,}', "json"), ("json", 1)),
        (fenced('{"a": 1} {"b": 2}', "json"), ("json", 1)),
        ("```python\nfor x in y\n    pass", ("python", 1)),
    ],
)
def test_code_that_does_not_parse(reply: str, found: tuple[str, int]) -> None:
    assert unparsable(reply) == found


@pytest.mark.parametrize(
    "reply",
    [
        fenced("def f(x):\n    return x"),
        fenced("    def method(self):\n        return self.x"),
        fenced(">>> sorted([3, 1])\n[1, 3]\n>>> for x in (1, 2):\n...     print(x)\n...\n1\n2"),
        fenced("class A:\n    ...\n    # more of it\n\nf(a, ..., b)"),
        fenced("items = […]"),
        fenced("await client.get(url)\nasync with lock:\n    pass"),
        fenced("%pip install numpy\nimport numpy\n!ls"),
        fenced("def f(a, b):"),
        fenced("else:\n    x = 2"),
        fenced("client = Client(<your key>)"),
        fenced("import re\nre.compile('\\d+')"),
        fenced('{"a": [1, 2]}', "json"),
        fenced('{"a": 1}\n{"a": 2}', "json"),
        fenced('{"a": 1, ...}', "json"),
        fenced('"scripts": {\n  "build": "vite build"\n},', "json"),
        fenced('{\n  "name": "a"\n}\n\n{\n  "id": 1\n}', "json"),
        fenced("text = ('%s and %s'\n        % (a, b))"),
        fenced("type Point = tuple[float, float]"),
        fenced("class Stack[T]:\n    def push(self, item: T) -> None: ..."),
        fenced('print(f"{user[\'id\']}: {user["name"]}")'),
        fenced("fn main() { let x = ; }", "rust"),
        fenced("anything at all ((", ""),
        fenced("", "python"),
        "1. First:\n   ```python\n   x = 1\n   ```\n2. Then more.",
        "No code, only `inline ((` words.",
    ],
)
def test_code_that_is_right_or_cannot_be_judged(reply: str) -> None:
    assert unparsable(reply) is None


def test_a_line_that_was_left_out_is_not_the_one_that_is_marked() -> None:
    reply = fenced("class A:\n    ...\nx = = 2")
    place = fault_place(reply)
    assert place is not None and reply[slice(*place)] == "x = = 2"


@pytest.mark.parametrize("code", ["(" * 50_000, "(" * 5_000, "-" * 19_000 + "1", "x = '\\0'\x00"])
def test_hostile_code_ends_in_a_verdict(code: str) -> None:
    unparsable(fenced(code))
    unparsable(fenced("[" * 10_000, "json"))
    unparsable(fenced('"a": ' + "[" * 10_000, "json"))
    unparsable(fenced('x = = 1\nf"' + "{" * 19_000))
