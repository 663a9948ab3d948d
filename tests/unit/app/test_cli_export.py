"""`perennial export` and `perennial import` of what it wrote, as a user types them."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from app import cli
from app.home import Home, open_home
from app.store import open_store
from tests.unit.app.operations.full_home import FullHome


@pytest.fixture
def full(home: Home) -> Home:
    with open_store(home) as store:
        FullHome(home, store)
    return home


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Home, *words: str
) -> tuple[int, str, str]:
    """A verb in this process: code, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["perennial", *words, "--home", str(home.root)])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, told = capsys.readouterr()
    return int(ended.value.code or 0), out, told


def test_a_persona_moves_by_two_commands(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    full: Home,
    tmp_path: Path,
) -> None:
    other = open_home(tmp_path / "other")
    archive = str(tmp_path / "sunny.perennial")
    code, out, _ = run(
        capsys, monkeypatch, full, "export", "sunny", "--format", "archive", "--out", archive,
        "--without", "replay", "--json",
    )  # fmt: skip
    row = json.loads(out)
    assert (code, row["adapters"], row["parts"]) == (0, 3, ["adapters", "conversations", "ratings"])
    code, out, _ = run(capsys, monkeypatch, other, "import", archive, "--preview", "--json")
    assert (code, json.loads(out)["rows"]) == (0, row["rows"])
    assert run(capsys, monkeypatch, other, "personas", "--json")[1] == '{"personas": []}\n'
    code, out, _ = run(capsys, monkeypatch, other, "import", archive, "--as", "Rain", "--json")
    assert (code, json.loads(out)["persona"], json.loads(out)["missing_base"]) == (
        0, "rain", "tiny",
    )  # fmt: skip
    code, _, told = run(capsys, monkeypatch, other, "import", archive)
    assert code == 1 and "--again" in told
    assert run(capsys, monkeypatch, other, "import", archive, "--again")[0] == 0
    _, out, _ = run(capsys, monkeypatch, other, "personas", "--json")
    assert [each["slug"] for each in json.loads(out)["personas"]] == ["rain", "sunny"]


def test_what_becomes_of_each_test_set_is_told(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    full: Home,
    tmp_path: Path,
) -> None:
    other, archive = open_home(tmp_path / "other"), str(tmp_path / "sunny.perennial")
    command = ("export", "sunny", "--format", "archive", "--out", archive)
    assert "Test sets that go along: 2" in run(capsys, monkeypatch, full, *command)[1]
    assert "Test sets: 2" in run(capsys, monkeypatch, other, "import", archive, "--preview")[1]
    shutil.copytree(full.root / "tests", other.root / "tests")
    shutil.copy(full.root / "tests" / "theirs.csv", other.root / "tests" / "own.csv")
    out = " ".join(run(capsys, monkeypatch, other, "import", archive)[1].split())
    assert "own is kept as own-of-sunny" in out and "shared is here already" in out
    again = ("import", archive, "--again", "--json")
    tests = json.loads(run(capsys, monkeypatch, other, *again)[1])["tests"]
    assert [each["here_as"] for each in tests] == ["own-of-sunny-2", "shared"]


def test_a_half_copied_archive_is_told_as_such(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    full: Home,
    tmp_path: Path,
) -> None:
    """It is not taken for a file of conversations."""
    archive = tmp_path / "sunny.perennial"
    run(capsys, monkeypatch, full, "export", "sunny", "--format", "archive", "--out", str(archive))
    archive.write_bytes(archive.read_bytes()[:2000])
    code, _, told = run(capsys, monkeypatch, full, "import", str(archive))
    assert code == 1 and "not copied" in told


def test_a_file_is_named_after_the_persona_and_never_replaced_unasked(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    full: Home,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(capsys, monkeypatch, full, "export", "sunny")[0] == 0
    assert run(capsys, monkeypatch, full, "export", "sunny", "--format", "markdown")[0] == 0
    names = sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert names == ["sunny.md", "sunny.messages.jsonl"]
    code, _, told = run(capsys, monkeypatch, full, "export", "sunny")
    assert code == 1 and "--force" in told
    assert run(capsys, monkeypatch, full, "export", "sunny", "--force")[0] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("export", "sunny", "--format", "dpo", "--what", "all"), 1),
        (("export", "sunny", "--without", "ratings"), 2),
        (("export", "sunny", "--format", "archive", "--what", "approved"), 2),
        (("export", "nobody"), 1),
        (("export", "sunny", "--format", "pickle"), 2),
        (("export", "sunny", "--format", "archive", "--without", "everything"), 2),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    full: Home,
    tmp_path: Path,
    words: tuple[str, ...],
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    got, _, told = run(capsys, monkeypatch, full, *words)
    assert got == code and told.strip()
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_a_terminal_is_told_nothing_by_the_name_in_an_archive(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    full: Home,
    tmp_path: Path,
) -> None:
    """A preview shows what nobody has checked yet."""
    sound, spoiled = tmp_path / "sound.perennial", tmp_path / "spoiled.perennial"
    run(capsys, monkeypatch, full, "export", "sunny", "--format", "archive", "--out", str(sound))
    with zipfile.ZipFile(sound) as zipped, zipfile.ZipFile(spoiled, "w") as made:
        for name in zipped.namelist():
            data = zipped.read(name)
            if name == "archive.json":
                data = json.dumps({**json.loads(data), "persona": "\x1b]0;evil\x07"}).encode()
            made.writestr(name, data)
    code, out, _ = run(capsys, monkeypatch, full, "import", str(spoiled), "--preview")
    assert code == 0 and "evil" in out and out.replace("\n", "").isprintable()
