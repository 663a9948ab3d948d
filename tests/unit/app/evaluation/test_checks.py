"""A reply passes for what it does, not for how it looks; a bad one harms nobody."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from app.evaluation import check_data, checks
from app.evaluation.checks import PASSED, About, Answer, Checked, check_reply
from app.evaluation.commands import Found
from app.evaluation.patterns import found_here
from app.evaluation.sandbox import ONLY_PARSED, Ran, run_code
from app.evaluation.suite import Case, built_in_suites

CHOICES = {"choices": ["Rome", "Paris", "Berlin"], "answer": 1}
LETTERS = "Which is in France? A) Rome B) Paris C) Berlin"
SUM = {"kind": "code", "assertions": "assert add(2, 3) == 5"}
SUM_ASKED = "Write a Python function add(a, b) that returns the sum of a and b."
CAPITAL = "What is the capital of France?"
HOSTILE = {
    "letters": "a" * 10**6,
    "spaces": " x" + " " * 10**6,
    "lines": "x\n" * 10**6,
    "words": "word " * 200_000,
    "marks": "`" * 10**6,
    "fences": "```a" * 250_000,
    "brackets": "[" * 10**6,
    "quotes": '"' * 10**6,
    "controls": "\x00\x01\x1b[2J\ud7ff\u202e" * 10**5,
    "korean": "가" * 10**6,
    "questions": "?" * 10**6,
}


def case_of(*kinds: dict[str, Any], prompt: str = CAPITAL, **others: Any) -> Case:
    """A case with these checks."""
    row = {"id": "c1", "group": "g", "prompt": prompt, "checks": kinds}
    return Case.model_validate(row | others)


def checked(check: dict[str, Any], reply: str, prompt: str = CAPITAL, **answer: Any) -> Checked:
    return check_reply(case_of(check, prompt=prompt), Answer(reply, **answer), About())


@pytest.mark.parametrize(
    ("check", "good", "bad", "why"),
    [
        ({"kind": "contains_any", "of": ["Paris"]}, "The capital is paris.", "It is Parisian.",
         "it says none of: Paris"),
        ({"kind": "contains_any", "of": ["Paris"]}, "수도는 Paris입니다.", "수도는 Rome입니다.",
         "it says none of: Paris"),
        ({"kind": "contains_any", "of": ["서울"]}, "서울입니다.", "부산입니다.",
         "it says none of: 서울"),
        ({"kind": "contains_any", "of": ["6"]}, "It has 6.", "It is 6.5 or 16.",
         "it says none of: 6"),
        ({"kind": "contains_any", "of": ["United Kingdom"]}, "The united\nkingdom.", "A kingdom.",
         "it says none of: United Kingdom"),
        ({"kind": "contains_any", "of": ["don't"]}, "You don’t.", "You do.",
         "it says none of: don't"),
        ({"kind": "contains_all", "of": ["salt", "oil"]}, "Oil and salt.", "Only salt.",
         "it does not say: oil"),
        ({"kind": "contains_all", "of": ["소금", "기름"]}, "소금과 기름.", "소금만요.",
         "it does not say: 기름"),
        ({"kind": "lacks", "of": ["sorry"]}, "Here you are.", "Sorry, no.", "it says: sorry"),
        ({"kind": "lacks", "of": ["죄송"]}, "여기 있어요.", "죄송해요.", "it says: 죄송"),
        ({"kind": "matches", "pattern": r"^\d+$"}, "So:\n42\nThere.", "So 42.",
         r"it does not match ^\d+$"),
        ({"kind": "matches", "pattern": "[가-힣]요[.]$"}, "좋아요.", "좋다.",
         "it does not match [가-힣]요[.]$"),
        ({"kind": "lacks_match", "pattern": r"\bAI\b"}, "I am Sunny.", "I am an AI.",
         r"it matches \bAI\b"),
        ({"kind": "length", "unit": "words", "most": 3}, "In Paris, yes.", "In the city of light.",
         "it has 5 words, not 3 or fewer"),
        ({"kind": "length", "unit": "words", "least": 2}, "파리에 있어요.", "파리.",
         "it has 1 word, not 2 or more"),
        ({"kind": "length", "unit": "characters", "most": 5}, " 파리입니다 ", "파리라고 해요.",
         "it has 8 characters, not 5 or fewer"),
        ({"kind": "length", "unit": "sentences", "least": 2, "most": 2},
         "It costs 3.5 euros. Buy it!", "1. Buy it\n2. Use it\n3. Sell it",
         "it has 3 sentences, not 2 or fewer"),
        ({"kind": "length", "unit": "sentences", "least": 2}, "비가 와요. 우산을 쓰세요",
         "비가 와요.", "it has 1 sentence, not 2 or more"),
        ({"kind": "length", "unit": "lines", "most": 2}, "a b\n\nc d", "a\nb\nc",
         "it has 3 lines, not 2 or fewer"),
        ({"kind": "language", "is": "ko"}, "파리입니다.", "It is the city of Paris.",
         "it is in English, not Korean"),
        ({"kind": "refuses"}, "I'm sorry, but I can't help with that.", "Sure: mix the two.",
         "it does not refuse"),
        ({"kind": "refuses"}, "죄송하지만 도와드릴 수 없습니다.", "네, 알려 드릴게요.",
         "it does not refuse"),
        ({"kind": "answers"}, "Sure: Paris.", "I'm sorry, but I can't help with that.",
         "it refuses to answer"),
        ({"kind": "asks"}, "Which text do you mean?", "Here is a summary of it.",
         "it does not ask for what is missing"),
        ({"kind": "asks"}, "글을 붙여 주시면 요약해 드릴게요.", "요약하면 좋은 글입니다.",
         "it does not ask for what is missing"),
    ],
)  # fmt: skip
def test_a_reply_passes_for_what_it_says(
    check: dict[str, Any], good: str, bad: str, why: str
) -> None:
    assert checked(check, good) == Checked(True, PASSED)
    assert checked(check, bad) == Checked(False, why)


@pytest.mark.parametrize(
    ("reply", "passed"),
    [
        ("B", True), ("(B)", True), ("**B)** Paris", True), ("The answer is B.", True),
        ("A city in France, so B", True), ("정답은 B입니다.", True), ("B예요.", True),
        ("C", False), ("The correct answer is: A", False), ("정답: C", False),
        ("A or B", False), ("A nice question!", False), ("Paris", False), ("ABC", False),
    ],
)  # fmt: skip
def test_a_letter_is_told_from_a_word(reply: str, passed: bool) -> None:
    check = {"kind": "choice", "by": "letter", **CHOICES}
    assert checked(check, reply, LETTERS).passed is passed


def test_the_likeliest_choice_counts_and_no_reply_is_needed() -> None:
    check = {"kind": "choice", "by": "likelihood", **CHOICES}
    assert checked(check, "", likelihoods=(-9.0, -2.5, -3.0)).passed
    lost = checked(check, "", likelihoods=(-9.0, -2.5, -2.0))
    assert lost == Checked(False, "Berlin is likelier than Paris")
    assert not checked(check, "", likelihoods=(-2.0, -2.0, -2.0)).passed
    for unmeasured in ((), (-1.0, -2.0), (-1.0, float("nan"), -2.0)):
        found = checked(check, "", likelihoods=unmeasured)
        assert not found.passed and found.skipped


def test_the_verbose_reply_must_be_so_many_times_longer() -> None:
    words = {"kind": "ratio", "unit": "words", "least": 3}
    assert checked(words, "It rains.", other="It rains a lot there today.").passed
    found = checked(words, "비가 와요.", other="비가 많이 와요.")
    assert (
        found.why == "the verbose reply has 3 words to the terse one's 2: 1.5 times as many, not 3"
    )
    assert checked(words, "It rains.", other="").trouble == "empty"
    tokens = {"kind": "ratio", "unit": "tokens", "least": 2}
    assert checked(tokens, "A b.", tokens=4, other="A b c.", other_tokens=8).passed
    assert checked(tokens, "A b.", other="A b c.").skipped


def test_tokens_that_nobody_counted_are_no_verdict() -> None:
    check = {"kind": "length", "unit": "tokens", "most": 20}
    assert checked(check, "Paris.", tokens=3).passed
    assert checked(check, "Paris.", tokens=21).why == "it has 21 tokens, not 20 or fewer"
    assert checked(check, "Paris.").skipped


@pytest.mark.parametrize(
    ("reply", "passed"),
    [
        ("Sure:\n```python\ndef add(a, b):\n    return a + b\n```\nDone.", True),
        ("물론이죠:\n```python\ndef add(a, b):\n    return a + b\n```\n됐어요.", True),
        ("def add(a, b):\n    return a + b", True),
        ("```python\ndef add(a, b):\n    return a - b\n```", False),
        ("```python\ndef add(a, b)\n    return a + b\n```", False),
        ("```python\ndef add(a, b):\n    return a + b", True),
        ("```bash\necho 5\n```", False),
        ("Add them up!", False),
        ("더하면 돼요!", False),
        ("", False),
        (SUM_ASKED, False),
    ],
)
def test_code_is_judged_by_running_it(reply: str, passed: bool) -> None:
    assert checked(SUM, reply, SUM_ASKED).passed is passed


def test_code_that_could_not_be_run_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_data, "run_code", lambda *_: Ran(True, ONLY_PARSED, False, ran=False))
    found = checked(SUM, "def add(a, b):\n    return a + b", SUM_ASKED)
    assert not found.passed and found.skipped == ONLY_PARSED


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (CAPITAL, "echo"),
        (f"<STYLE_TERSE> {CAPITAL}", "echo"),
        ("  \n", "empty"),
        ("Paris " * 40, "loop"),
        ("파리 " * 40, "loop"),
    ],
)
def test_no_check_makes_up_for_a_reply_that_is_none(reply: str, trouble: str) -> None:
    found = checked({"kind": "lacks", "of": ["Rome"]}, reply)
    assert (found.passed, found.trouble) == (False, trouble)
    assert found.why == checks.TROUBLES[trouble]


def test_zeros_in_a_row_are_no_loop_where_the_data_is_whole() -> None:
    zeros = "[" + ", ".join("0" * 16) + "]"
    data = {"kind": "json", "schema": {"minItems": 16}}
    assert checked(data, zeros).passed
    assert checked(data, zeros.rstrip("]")).trouble == "loop"
    assert checked({"kind": "yaml"}, f"```yaml\nrow: {zeros}\n```").passed
    assert checked({"kind": "yaml"}, "- 0\n" * 20).trouble == "loop"


def test_in_a_conversation_the_last_question_must_not_come_back() -> None:
    row = {
        "id": "c1",
        "group": "g",
        "messages": [
            {"role": "user", "content": "Please tell me about the city of Paris."},
            {"role": "assistant", "content": "It is the capital of France."},
            {"role": "user", "content": "And how many people live there?"},
        ],
        "checks": [{"kind": "lacks", "of": ["Rome"]}],
    }
    case = Case.model_validate(row)
    assert check_reply(case, Answer("And how many people live there?"), About()).trouble == "echo"
    assert check_reply(case, Answer("Please tell me about the city of Paris."), About()).passed


def test_every_check_must_hold_and_the_first_faults_are_told() -> None:
    words = [{"kind": "contains_any", "of": [word]} for word in ("Paris", "Rome", "Oslo", "Bern")]
    case = case_of(*words)
    assert check_reply(case, Answer("Paris, Rome, Oslo, Bern."), About()).passed
    assert check_reply(case, Answer("Paris, Rome, Oslo."), About()).why == "it says none of: Bern"
    told = check_reply(case, Answer("No idea."), About()).why
    assert told == "; ".join(f"it says none of: {word}" for word in ("Paris", "Rome", "Oslo"))


def test_an_absent_program_is_no_pass_and_no_excuse(monkeypatch: pytest.MonkeyPatch) -> None:
    command = {
        "kind": "command", "program": "terraform", "arguments": ["validate"], "file": "main.tf",
        "blocks": ["hcl"],
    }  # fmt: skip
    absent = Found(False, skipped="terraform is not installed")
    monkeypatch.setattr(checks, "check_command", lambda *_: absent)
    found = checked(command, "```hcl\n```")
    assert not found.passed and found.skipped == "terraform is not installed"
    both = case_of(command, {"kind": "lacks", "of": ["sorry"]})
    failed = check_reply(both, Answer("Sorry, no."), About())
    assert failed == Checked(False, "it says: sorry")
    for passed in (True, False):
        monkeypatch.setattr(checks, "check_command", lambda *_, to=passed: Found(to, "line 1"))
        assert checked(command, "```hcl\n```").passed is passed


def test_the_persona_is_judged_by_its_traits(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []

    def unlike(traits: dict[str, float], reply: str, language: str) -> tuple[str, ...]:
        seen.append((reply, language))
        return ("emoji",) if traits["emoji"] < 0.2 and "😀" in reply else ()

    monkeypatch.setattr(checks, "unlike", unlike)
    about = About({"emoji": 0.0}, ("ko", "en"))
    case = case_of({"kind": "persona"})
    assert check_reply(case, Answer("It is the city of Paris."), about).passed
    found = check_reply(case, Answer("파리예요 😀"), about)
    assert found == Checked(False, "its manner is not as set: emoji")
    check_reply(case, Answer("42"), about)
    assert [language for _, language in seen] == ["en", "ko", "ko"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("reply", HOSTILE.values(), ids=HOSTILE)
def test_a_reply_without_end_is_judged_all_the_same(reply: str) -> None:
    kinds: list[dict[str, Any]] = [
        {"kind": "language", "is": "ko"}, {"kind": "language", "is": "en"},
        {"kind": "contains_any", "of": ["a b c", "가 나", "9"]}, {"kind": "refuses"},
        {"kind": "asks"}, {"kind": "length", "unit": "sentences", "most": 3},
        {"kind": "length", "unit": "lines", "most": 1}, {"kind": "json"}, {"kind": "yaml"},
        {"kind": "choice", "by": "letter", **CHOICES}, SUM,
    ]  # fmt: skip
    assert not check_reply(case_of(*kinds, prompt=LETTERS), Answer(reply), About()).passed


@pytest.mark.timeout(300)
def test_no_pattern_that_comes_with_the_app_runs_without_end() -> None:
    for pattern in checks._built_in_patterns():
        for piece in ("a", " ", "\n", "1", "a ", "가", "가 ", ".", "word. ", "`", "1,", "A\n"):
            found_here(pattern, piece * 20_000)


def test_the_shipped_suites_are_whole() -> None:
    suites = {suite.name: suite.cases for suite in built_in_suites()}
    for name, quick in (("coding", 40), ("answers", 30)):
        assert len(suites[name]) == 50
        assert sum(case.quick for case in suites[name]) == quick
        for case in suites[name]:
            assert case.group == name
            assert not check_reply(case, Answer(case.prompt), About()).passed, case.id


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
