"""A name that a shell or systemd takes for something else would run what nobody wrote."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ollama_bridge.errors import AdapterUnsupported
from ollama_bridge.serving_files import (
    README,
    SCRIPT,
    UNIT,
    ServedPersona,
    rank_limit,
    unit_word,
    vllm_command,
    write_vllm_files,
)

NASTY = (
    "sunny",
    "a sunny day",
    "it's",
    'so "called"',
    "100%h",
    "$HOME ${HOME} $(id) `id`",
    "back\\slash\\n",
    "a=b",
    "a,b",
    "-rf",
    "--port",
    "{brace}",
    "; rm *",
    "#no",
    "햇살",
    "!~&|<>?[]",
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell and its file names")


def people(folder: Path, *slugs: str, rank: int = 8) -> list[ServedPersona]:
    return [ServedPersona(slug, folder / slug / "adapter", rank) for slug in slugs]


def as_vllm_reads(item: str) -> tuple[str, str]:
    """The two forms of --lora-modules."""
    if "=" in item and "," not in item:
        name, path = item.split("=")
        return name, path
    found = json.loads(item)
    return found["name"], found["path"]


def as_systemd_reads(word: str) -> str:
    """A quoted word of ExecStart."""
    assert word[0] == word[-1] == '"'
    inner, read, at = word[1:-1], "", 0
    while at < len(inner):
        if inner[at] in "\\%$":
            assert inner[at + 1] == inner[at] or (inner[at] == "\\" and inner[at + 1] == '"')
            at += 1
        else:
            assert inner[at] != '"'
        read += inner[at]
        at += 1
    return read


@posix
def test_every_name_reaches_vllm_as_it_is(tmp_path: Path) -> None:
    served = people(tmp_path, *NASTY)
    write_vllm_files(tmp_path / "out", "org/base's $model", served, 8123)
    stub = tmp_path / "vllm"
    stub.write_text(
        f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n", "utf-8"
    )
    stub.chmod(0o755)
    told = subprocess.run(
        ["/bin/sh", str(tmp_path / "out" / SCRIPT)],
        check=True,
        capture_output=True,
        env={**os.environ, "VLLM": str(stub)},
    )
    given = json.loads(told.stdout)
    assert given == vllm_command("org/base's $model", served, 8123)
    modules = given[given.index("--lora-modules") + 1 :]
    assert [as_vllm_reads(item) for item in modules] == [
        (each.slug, str(each.folder)) for each in served
    ]
    assert not any(item.startswith("-") for item in modules), "one would be taken for an option"


def test_a_plain_name_is_written_as_people_know_it(tmp_path: Path) -> None:
    command = vllm_command("org/base", people(tmp_path, "sunny", "moon"), 8000)
    assert command[-1] == f"moon={tmp_path / 'moon' / 'adapter'}"
    assert command[:2] == ["serve", "org/base"]
    assert "--enable-lora" in command
    assert command[command.index("--max-loras") + 1] == "2", "the two would take turns"
    assert command[command.index("--host") + 1] == "127.0.0.1", "it would be open to the network"


def test_a_base_is_never_taken_for_an_option(tmp_path: Path) -> None:
    assert vllm_command("--trust", people(tmp_path, "sunny"), 8000)[1] == "./--trust"


@pytest.mark.parametrize("name", NASTY)
def test_systemd_reads_the_script_s_own_path(tmp_path: Path, name: str) -> None:
    assert as_systemd_reads(unit_word(name)) == name


@posix
@pytest.mark.parametrize("name", ["plain", 'a "b" $HOME 100%h \\n'])
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path, name: str) -> None:
    write_vllm_files(tmp_path / name, "org/base", people(tmp_path, "sunny"))
    unit = tmp_path / name / UNIT
    text = unit.read_text("utf-8")
    assert "\nRestart=on-failure\n" in text
    (line,) = [each for each in text.splitlines() if each.startswith("ExecStart=")]
    word = line.removeprefix("ExecStart=/bin/sh ")
    assert as_systemd_reads(word) == str(tmp_path / name / SCRIPT)
    verifier = shutil.which("systemd-analyze")
    if verifier:
        (tmp_path / "run").mkdir()
        told = subprocess.run(
            [verifier, "verify", "--user", str(unit)],
            capture_output=True,
            text=True,
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "run")},
        )
        assert UNIT not in told.stderr


@posix
def test_the_readme_s_question_is_for_the_first_persona(tmp_path: Path) -> None:
    write_vllm_files(tmp_path / "it's", "org/base", people(tmp_path, "it's $HOME"), 8123)
    text = (tmp_path / "it's" / README).read_text("utf-8")
    block = text.split("Ask a persona:\n\n")[1].split("\n\n")[0]
    asked = shlex.split(block.replace("\\\n", " "))
    assert json.loads(asked[-1])["model"] == "it's $HOME"
    assert ":8123/" in asked[1]
    script = text.split("    sh ")[1].splitlines()[0]
    assert shlex.split(script) == [str(tmp_path / "it's" / SCRIPT)]


@pytest.mark.parametrize(("rank", "limit"), [(1, 8), (8, 8), (9, 16), (48, 64), (512, 512)])
def test_a_rank_is_rounded_up_to_what_vllm_knows(tmp_path: Path, rank: int, limit: int) -> None:
    assert rank_limit(rank) == limit
    command = vllm_command("base", people(tmp_path, "a", rank=rank), 8000)
    assert command[command.index("--max-lora-rank") + 1] == str(limit)


def test_a_rank_that_vllm_has_no_room_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdapterUnsupported, match="513"):
        write_vllm_files(tmp_path / "out", "base", people(tmp_path, "a", rank=513))
    assert not (tmp_path / "out" / SCRIPT).exists()


@pytest.mark.parametrize("slug", ["two\nlines", "tab\there", "\x1b[2J", ""])
def test_a_name_that_cannot_be_printed_is_refused(tmp_path: Path, slug: str) -> None:
    served = [ServedPersona(slug, tmp_path / "adapter", 8)]
    with pytest.raises(AdapterUnsupported, match="printed"):
        write_vllm_files(tmp_path / "out", "base", served)
    assert not (tmp_path / "out").exists()


def test_nobody_to_serve_is_told(tmp_path: Path) -> None:
    with pytest.raises(AdapterUnsupported, match="no persona"):
        write_vllm_files(tmp_path / "out", "base", [])
