"""A reply passes for what it does, not for how it looks; a bad one harms nobody."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from app.evaluation.checks import check_reply, code_of
from app.evaluation.exam import AnswerCache, Examinee, examine
from app.evaluation.sandbox import run_code
from app.evaluation.suite import CodeCase, KeywordCase, SuiteError, load_suite, retention_cases

SUM = CodeCase(
    id="c1",
    group="coding",
    prompt="Write a Python function add(a, b) that returns the sum of a and b.",
    check="code",
    assertions="assert add(2, 3) == 5",
)
PARIS = KeywordCase(
    id="g1",
    group="general",
    prompt="What is the capital of France?",
    check="keywords",
    any=("Paris",),
)


@pytest.mark.parametrize(
    ("reply", "passed"),
    [
        ("Sure:\n```python\ndef add(a, b):\n    return a + b\n```\nDone.", True),
        ("def add(a, b):\n    return a + b", True),
        ("```python\ndef add(a, b):\n    return a - b\n```", False),
        ("```python\ndef add(a, b)\n    return a + b\n```", False),
        ("```python\ndef add(a, b):\n    return a + b", True),
        ("Add them up!", False),
        ("", False),
        ("Write a Python function add(a, b) that returns the sum of a and b.", False),
    ],
)
def test_code_is_judged_by_running_it(reply: str, passed: bool) -> None:
    assert check_reply(SUM, reply).passed is passed


@pytest.mark.parametrize(
    ("reply", "passed", "trouble"),
    [
        ("The capital is paris.", True, None),
        ("It is Parisian.", False, None),
        ("What is the capital of France?", False, "echo"),
        ("  \n", False, "empty"),
        ("no no " * 40, False, "loop"),
    ],
)
def test_words_must_stand_alone_and_an_echo_never_counts(
    reply: str, passed: bool, trouble: str | None
) -> None:
    checked = check_reply(PARIS, reply)
    assert (checked.passed, checked.trouble) == (passed, trouble)


def test_only_python_blocks_are_run() -> None:
    assert code_of("```bash\nrm x\n```\n```python\nx = 1\n```").strip() == "x = 1"


@pytest.mark.skipif(os.name != "posix", reason="code is not run on this system")
@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "x = bytearray(2 << 30)",
        "import os\nwhile True: os.fork()",
        "open('big', 'wb').write(b'0' * (5 << 20))",
        "import time; time.sleep(60)",
        "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
        "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "print('all assertions held'); raise SystemExit",
    ],
)
def test_hostile_code_fails_and_is_gone(code: str) -> None:
    """A model may write anything; it must not reach the person's files, net or memory."""
    began = time.monotonic()
    ran = run_code(code, "assert False", wall_s=3)
    assert not ran.ok and time.monotonic() - began < 40


@pytest.mark.skipif(os.name != "posix", reason="code is not run on this system")
def test_code_sees_neither_environment_nor_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", "utf-8")
    secret.chmod(0o600)
    os.environ["PERENNIAL_SECRET"] = "y"
    try:
        ran = run_code("import os", "assert 'PERENNIAL_SECRET' not in os.environ")
    finally:
        del os.environ["PERENNIAL_SECRET"]
    assert ran.ok, ran.reason


def test_the_shipped_suites_are_whole() -> None:
    cases = retention_cases()
    for group in ("coding", "general"):
        assert sum(case.group == group for case in cases) >= 40
    for case in cases:
        assert not check_reply(case, case.prompt).passed, case.id


def test_a_wrong_suite_names_every_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "version: 1\nname: x\ncases:\n"
        "  - {id: a, group: g, prompt: p, check: code}\n"
        "  - {id: b, group: g, prompt: p, check: smell}\n",
        "utf-8",
    )
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    assert "cases.0" in str(caught.value) and "cases.1" in str(caught.value)


def test_a_second_exam_of_the_same_is_free_and_a_torn_cache_is_mended(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(messages: list[dict[str, str]], most: int) -> str:
        asked.append(messages[-1]["content"])
        return "Paris."

    examinee = Examinee("base", "adapter", "Be short.", ask)
    path = tmp_path / "cache" / "answers.jsonl"
    assert examine(examinee, [PARIS], AnswerCache(path))[0].passed
    with path.open("ab") as file:
        file.write(b'{"key": "torn')
    assert examine(examinee, [PARIS], AnswerCache(path))[0].passed
    assert len(asked) == 1
    other = Examinee("base", "other adapter", "Be short.", ask)
    assert examine(other, [PARIS], AnswerCache(path))[0].passed
    assert len(asked) == 2
    assert examine(other, [PARIS], AnswerCache(path))[0].passed
    assert len(asked) == 2
