"""The command line: one object on stdout, one sentence on stderr, and codes to rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from app.cli_crash import home_argument
from app.home import Home
from app.store import Persona, open_store

VERBS = (
    "demo", "chat", "about-me", "personas", "import", "export", "mix", "review", "replay", "cycle",
    "runs", "watch", "stop", "compare", "use", "evaluate", "rollback", "doctor", "forget",
    "sources", "serve", "programs", "deploy",
    "merge", "schedule", "storage", "backup", "restore",
)  # fmt: skip
ROOT = Path(__file__).parents[3]


@pytest.fixture
def sunny(home: Home) -> Persona:
    with open_store(home) as store:
        base = store.bases.add("tiny", "gguf", home.models / "tiny.gguf", "d", "llama", 1)
        return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int, str, str]:
    """A verb in this process: code, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["perennial", *words])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, told = capsys.readouterr()
    return int(ended.value.code or 0), out, told


def test_every_verb_helps_and_takes_home_and_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for verb in VERBS:
        code, out, _ = run(capsys, monkeypatch, verb, "--help")
        assert code == 0
        assert "--home" in out and "--json" in out, verb


def test_help_is_quick_since_nothing_heavy_is_loaded() -> None:
    """A terminal that waits for torch or Qt to show a help text is a nuisance."""
    script = (
        "import sys; sys.argv = ['perennial', '--help']\n"
        "from app.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'PySide6', 'xllamacpp', 'numpy', 'httpx', 'sqlite_utils'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_lists_are_objects_for_programs(
    home: Home, sunny: Persona, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--home", str(home.root), "--json")
    code, out, _ = run(capsys, monkeypatch, "personas", *place)
    assert code == 0
    assert [row["slug"] for row in json.loads(out)["personas"]] == ["sunny"]
    code, out, _ = run(capsys, monkeypatch, "runs", "sunny", *place)
    assert code == 0 and json.loads(out)["runs"] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("stop", "nope"), 1, "There is no run nope"),
        (("cycle", "nobody"), 1, "There is no persona nobody"),
        (("rollback", "sunny"), 1, "nothing to roll back"),
        (("import", "/nowhere.jsonl", "--persona", "sunny"), 1, "cannot be read"),
        (("cycle", "sunny", "--recipe", "none.yaml"), 1, "is not there"),
        (("cycle",), 2, "--help"),
        (("nonsense",), 2, "nonsense"),
        (("cycle", "sunny", "--seed", "-1"), 2, "--seed"),
        (("mix", "sunny", "--no-dry-run"), 2, "--help"),
    ],
)
def test_errors_end_in_one_sentence_and_their_code(
    home: Home,
    sunny: Persona,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    found, out, told = run(capsys, monkeypatch, *words, "--home", str(home.root))
    assert (found, out) == (code, "")
    assert said in told


def test_an_error_is_an_object_too(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = run(capsys, monkeypatch, "stop", "nope", "--json", "--home", str(home.root))
    assert json.loads(out)["error"]["kind"] == "run_unknown"


def test_a_bug_leaves_a_report_and_code_70(home: Home) -> None:
    """Somebody who meets a bug has something to send along."""
    script = (
        "import sys; sys.argv = ['perennial', 'personas', '--home', sys.argv[1]]\n"
        "import app.operations.personas as personas\n"
        "personas.household = lambda store: 1 / 0\n"
        "from app.cli import main\nmain()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(home.root)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 70
    (report,) = home.logs.glob("crash-*.txt")
    assert str(report) in ended.stderr
    assert "ZeroDivisionError" in report.read_text("utf-8")


def test_a_home_before_the_verb_counts(
    home: Home, sunny: Persona, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", "restored after the test")
    _, out, _ = run(capsys, monkeypatch, "--home", str(home.root), "personas", "--json")
    assert json.loads(out)["personas"][0]["name"] == "Sunny"


def test_the_home_is_found_in_any_command_line() -> None:
    assert home_argument(["cycle", "--home", "x"]) == Path("x")
    assert home_argument(["--home=y", "runs"]) == Path("y")
    assert home_argument(["runs", "--home"]) is None
