"""`perennial import --from`, `--again` and `sources`: stores of other programs in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.home import Home
from app.store import Persona, open_store
from tests.unit.app.importers.desk import said
from tests.unit.app.operations.program_stores import (
    LONG_AGO,
    OpenWebUi,
    lm_studio,
    tree,
    write_jan,
    write_still,
)
from tests.unit.app.test_cli import run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def a_machine_without_programs(tmp_path: Path, monkeypatch: Patch) -> None:
    """What is installed on the machine of the test is not looked into."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sunny(home: Home) -> Persona:
    with open_store(home) as store:
        return store.personas.add("Sunny")


def test_each_program_is_taken_in_and_again_with_one_command(
    capsys: Capture, monkeypatch: Patch, home: Home, sunny: Persona, tmp_path: Path
) -> None:
    where = ("--home", str(home.root))
    web = OpenWebUi(tmp_path / "webui.db")
    web.put("c1", tree("q", "a"))
    write_still(tmp_path / "lm" / "conversations" / "1.conversation.json", lm_studio(("r", "b")))
    write_jan(tmp_path / "jan" / "threads", "jan_1", "s", "c")
    (tmp_path / "watched").mkdir()
    for kind, place, count in (
        ("open-webui", web.path, 1),
        ("lm-studio", tmp_path / "lm", 1),
        ("jan", tmp_path / "jan", 1),
        ("folder", tmp_path / "watched", 0),
    ):
        code, out, _ = run(capsys, monkeypatch, "import", "--from", kind, str(place), *where)
        assert code == 0
        assert f"{count} conversations came in for Sunny as archive" in out
    web.put("c1", tree("q", "EDITED", "r", "b"), updated=LONG_AGO + 1)
    write_still(tmp_path / "watched" / "a.jsonl", said("q", "a"))
    code, out, _ = run(capsys, monkeypatch, "import", "--again", *where)
    assert code == 0
    assert "1 had grown (1 new replies)" in out
    assert "1 messages read otherwise there now; here they stay as they came" in out
    code, out, _ = run(capsys, monkeypatch, "import", "--again", *where, "--json")
    looked = json.loads(out)["sources"]
    assert [each["kind"] for each in looked] == ["open-webui", "lm-studio", "jan", "folder"]
    assert all(each["conversations"] == each["grown"] == 0 for each in looked)


def test_sources_are_listed_and_removed_and_what_is_found_is_offered(
    capsys: Capture, monkeypatch: Patch, home: Home, sunny: Persona, tmp_path: Path
) -> None:
    where = ("--home", str(home.root))
    place = tmp_path / "user" / ".lmstudio" / "conversations"
    write_still(place / "1.conversation.json", lm_studio(("r", "b")))
    code, out, _ = run(capsys, monkeypatch, "sources", *where)
    assert code == 0 and "There are no sources yet." in out
    assert f"Found: LM Studio at {place}" in out.replace("\n", "")
    assert run(capsys, monkeypatch, "import", "--from", "lm-studio", *where)[0] == 0
    code, out, _ = run(capsys, monkeypatch, "sources", *where, "--json")
    listed = json.loads(out)
    assert [(each["persona"], each["place"]) for each in listed["sources"]] == [
        ("sunny", str(place))
    ]
    assert str(place) not in [each["place"] for each in listed["found"]]
    number = str(listed["sources"][0]["source"])
    code, out, _ = run(capsys, monkeypatch, "sources", "--remove", number, *where)
    assert code == 0 and "is looked into no more. What came in from there stays." in out
    with open_store(home) as store:
        assert len(store.conversations.page(sunny.id)) == 1


def test_a_store_that_cannot_be_read_is_told_of_and_the_others_come_in(
    capsys: Capture, monkeypatch: Patch, home: Home, sunny: Persona, tmp_path: Path
) -> None:
    where = ("--home", str(home.root))
    web = OpenWebUi(tmp_path / "webui.db")
    (tmp_path / "watched").mkdir()
    run(capsys, monkeypatch, "import", "--from", "open-webui", str(web.path), *where)
    web.path.write_bytes(b"no database")
    code, out, _ = run(capsys, monkeypatch, "import", "--again", *where)
    assert code == 1 and "cannot be read: it is no SQLite database" in out
    run(capsys, monkeypatch, "import", "--from", "folder", str(tmp_path / "watched"), *where)
    assert run(capsys, monkeypatch, "import", "--again", *where)[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--from", "lm-studio"), 1, "LM Studio was not found"),
        (("--from", "open-webui", "/nowhere/webui.db"), 1, "There is no webui.db of Open WebUI"),
        (("--from", "folder"), 2, "--from folder takes one place"),
        (("--from", "msn"), 2, "--from takes one of: open-webui, lm-studio, jan, folder"),
        (("--from", "jan", "--reviewed"), 2, "name files, or --from a program"),
        ((), 2, "name files, or --from a program"),
        (("--from", "jan", "--persona", "nobody"), 1, "There is no persona nobody"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_entered(
    capsys: Capture, monkeypatch: Patch, home: Home, sunny: Persona,
    words: tuple[str, ...], code: int, told: str,
) -> None:  # fmt: skip
    found, _, err = run(capsys, monkeypatch, "import", *words, "--home", str(home.root))
    assert (found, told in err) == (code, True), err
    with open_store(home) as store:
        assert store.sources.all() == []


def test_of_several_people_one_has_to_say_whose_chats_are_meant(
    capsys: Capture, monkeypatch: Patch, home: Home, sunny: Persona, tmp_path: Path
) -> None:
    web = OpenWebUi(tmp_path / "webui.db")
    web.put("mine", tree("q", "a"))
    web.put("yours", tree("r", "b"), user="you")
    words = ("import", "--from", "open-webui", str(web.path), "--home", str(home.root))
    code, _, err = run(capsys, monkeypatch, *words)
    assert code == 1 and "chats of 2 people: me@example.org, you." in err
    code, out, _ = run(capsys, monkeypatch, *words, "--user", "me@example.org", "--json")
    assert (code, json.loads(out)["conversations"]) == (0, 1)
