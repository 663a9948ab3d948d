"""What was held out at home is held out wherever a persona goes, or its tests judge nothing."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.home import Home, open_home
from app.operations.archive import ImportedPersona, export_archive, import_archive, look_into
from app.operations.mixing import draw_month
from app.operations.own_tests import (
    OwnTest,
    OwnTestRefused,
    add_test,
    held_out,
    own_test_named,
    own_tests_of,
)
from app.store import Persona, Store, open_store
from app.store.portable_tables import PARTS
from replay.filters import TEST_QUESTION
from tests.unit.app.operations.full_home import FullHome

ASKED = [
    f"Which {thing} would you bring to the {place}?"
    for thing in ("lantern", "umbrella", "violin", "basket", "mirror", "kettle", "blanket")
    for place in ("harbour", "mountain", "museum", "orchard", "library", "desert", "castle")
]


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("B", "gguf", "b.gguf", "d", languages=("en",))
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


@pytest.fixture
def other(tmp_path: Path) -> Home:
    return open_home(tmp_path / "other")


def add(home: Home, prompts: Sequence[str], name: str = "own", **how: Any) -> OwnTest:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.jsonl"
        rows = (json.dumps({"prompt": prompt, "answer": "Yes."}) for prompt in prompts)
        path.write_text("\n".join(rows), "utf-8")
        return add_test(home, path, **how).test


def packed(home: Home, store: Store, persona: Persona, path: Path, **how: Any) -> Path:
    export_archive(home, store, persona, path, **how)
    return path


def moved(home: Home, archive: Path) -> tuple[ImportedPersona, list[OwnTest]]:
    with open_store(home) as store:
        came = import_archive(home, store, archive)
        return came, own_tests_of(home, came.persona)


def lying(home: Home) -> dict[str, bytes]:
    """Every file of the test sets of a home."""
    folder = home.root / "tests"
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def test_every_test_set_is_the_same_after_a_move(
    home: Home, store: Store, other: Home, tmp_path: Path
) -> None:
    full = FullHome(home, store)
    archive = packed(home, store, full.persona, tmp_path / "a.perennial")
    assert look_into(archive).own_tests == 2
    came, tests = moved(other, archive)
    assert [(each.name, each.here_as, each.known) for each in came.tests] == [
        ("own", "own", False), ("shared", "shared", False),
    ]  # fmt: skip
    before = {test.name: test for test in own_tests_of(home, full.persona)}
    for test in tests:
        was = before[test.name]
        assert test.path.read_bytes() == was.path.read_bytes()
        assert (test.questions(), test.judging()) == (was.questions(), was.judging())
        assert (test.all_held_out, test.added) == (was.all_held_out, was.added)
    files = {name: data for name, data in lying(home).items() if not name.startswith("theirs")}
    assert lying(other).keys() == files.keys() and "shared.train.jsonl" in files
    assert lying(other)["shared.train.jsonl"] == files["shared.train.jsonl"]
    with open_store(other) as there:
        again = packed(other, there, came.persona, tmp_path / "b.perennial")
    assert own_members(again) == own_members(archive)


def own_members(archive: Path) -> dict[str, str]:
    members = look_into(archive).members
    return {name: each.sha256 for name, each in members.items() if name.startswith("tests/")}


def test_what_judged_before_a_move_is_learned_by_nobody_after_it(
    home: Home, store: Store, sunny: Persona, other: Home, tmp_path: Path
) -> None:
    add(home, ASKED[:2], personas=["sunny"])
    add(home, ASKED[2:3], "for all")
    with store.transaction():
        prompts = [*(f"Tell me of number {number} in words." for number in range(60)), *ASKED[:3]]
        for prompt in prompts:
            talk = store.conversations.add(sunny.id, sunny.system_prompt)
            question = store.messages.add(talk.id, None, "user", prompt)
            reply = store.messages.add(talk.id, question.id, "assistant", f"Yes: {prompt}")
            store.ratings.rate(reply.id, "up")
    archive = packed(home, store, sunny, tmp_path / "a.perennial")
    with open_store(other) as there:
        there.personas.add("Bystander")
        came = import_archive(other, there, archive).persona
        drawn = draw_month(there, came, seed=1)
        said = {
            message.content
            for side in (drawn.mix.train, drawn.mix.valid, drawn.mix.test)
            for example in side
            for message in example.messages
        }
        assert said and said.isdisjoint(ASKED)
        assert drawn.manifest()["left_out"] == {TEST_QUESTION: 3}
        # Whoever lives there already is judged by what is theirs.
        bystander = there.personas.by_slug("bystander")
        assert bystander is not None and own_tests_of(other, bystander) == []


QUESTION = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: any(each.isalnum() for each in text)
)
SET = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.lists(QUESTION, min_size=1, max_size=6),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(here=st.lists(SET, max_size=4), there=st.lists(SET, max_size=4))
def test_nothing_held_out_is_learnable_after_a_move(here: list[Any], there: list[Any]) -> None:
    """Whatever the test sets of both homes are called and ask."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        homes = open_home(root / "here"), open_home(root / "there")
        for home, sets in zip(homes, (here, there), strict=True):
            for name, prompts, all_held_out, for_all in sets:
                add_some(home, prompts, name, all_held_out, [] if for_all else ["other"])
        with open_store(homes[0]) as store:
            persona = store.personas.add("Other")
            asked = held_questions(homes[0], persona)
            archive = packed(homes[0], store, persona, root / "a.perennial")
        with open_store(homes[1]) as store:
            before = {test.name: (test, test.questions()) for test in own_tests_of(homes[1])}
            others = store.personas.add("Other")
            theirs = held_questions(homes[1], others)
            came = import_archive(homes[1], store, archive).persona
            assert asked <= held_questions(homes[1], came)
            assert all(map(held_out(homes[1], came).asks, asked))
            assert held_questions(homes[1], others) == theirs
            for test in own_tests_of(homes[1]):
                if test.name in before:
                    assert test.questions() == before[test.name][1]
                    assert set(test.personas) >= set(before[test.name][0].personas)


def add_some(
    home: Home, prompts: Sequence[str], name: str, all_held_out: bool, personas: Sequence[str]
) -> None:
    """A test set, unless there is one of this name, or no file may ask this."""
    try:
        add(home, prompts, name, all_held_out=all_held_out, personas=personas)
    except OwnTestRefused:
        return


def held_questions(home: Home, persona: Persona) -> set[str]:
    return {
        question.prompt
        for test in own_tests_of(home, persona)
        for question in test.questions()
        if test.side(question) != "train"
    }


def test_a_test_set_that_is_there_already_is_left_as_it_is(
    home: Home, store: Store, sunny: Persona, other: Home, tmp_path: Path
) -> None:
    add(home, ASKED)
    add(other, ASKED)
    before = lying(other)
    came, tests = moved(other, packed(home, store, sunny, tmp_path / "a.perennial"))
    assert [(each.here_as, each.known) for each in came.tests] == [("own", True)]
    assert [test.name for test in tests] == ["own"] and lying(other) == before


def test_a_test_set_of_somebody_else_there_judges_the_newcomer_too(
    home: Home, store: Store, sunny: Persona, other: Home, tmp_path: Path
) -> None:
    add(home, ASKED, personas=["sunny"])
    add(other, ASKED, personas=["rainy"])
    came, tests = moved(other, packed(home, store, sunny, tmp_path / "a.perennial"))
    assert [test.personas for test in tests] == [("rainy", "sunny")]
    assert [(each.here_as, each.known) for each in came.tests] == [("own", True)]


@pytest.mark.parametrize("same_words", [True, False])
def test_another_test_set_of_the_same_name_is_never_overwritten(
    home: Home, store: Store, sunny: Persona, other: Home, tmp_path: Path, same_words: bool
) -> None:
    """Nor is one of the same words that holds out fewer of them."""
    add(home, ASKED[:30])
    add(other, ASKED[: 30 if same_words else 5], all_held_out=not same_words)
    add(other, ASKED[:1], "own-of-sunny")
    before = lying(other)
    came, tests = moved(other, packed(home, store, sunny, tmp_path / "a.perennial"))
    assert [each.here_as for each in came.tests] == ["own-of-sunny-2"]
    assert len(tests) == 3 and before.items() <= lying(other).items()
    beside = own_test_named(other, "own of sunny 2")
    assert [each.prompt for each in beside.judging()] == ASKED[:30]


def test_a_long_name_still_tells_whose_it_is(
    home: Home, store: Store, sunny: Persona, other: Home, tmp_path: Path
) -> None:
    name = "부엌과-" * 15
    add(home, ASKED, name)
    add(other, ASKED[:1], name)
    came, tests = moved(other, packed(home, store, sunny, tmp_path / "a.perennial"))
    (arrived,) = came.tests
    assert arrived.here_as.endswith("-of-sunny") and len(arrived.here_as) <= 60
    assert own_test_named(other, arrived.here_as) in tests


def test_a_test_set_goes_along_whatever_stays_at_home(
    home: Home, store: Store, sunny: Persona, other: Home, tmp_path: Path
) -> None:
    add(home, ASKED)
    archive = packed(home, store, sunny, tmp_path / "a.perennial", without=PARTS)
    _, tests = moved(other, archive)
    assert [len(test.judging()) for test in tests] == [len(ASKED)]


def test_an_archive_of_before_there_were_test_sets_comes_in(
    home: Home, store: Store, sunny: Persona, other: Home, tmp_path: Path
) -> None:
    archive = packed(home, store, sunny, tmp_path / "a.perennial")
    stream = io.BytesIO()
    with zipfile.ZipFile(archive) as new, zipfile.ZipFile(stream, "w") as old:
        for name in new.namelist():
            data = new.read(name)
            if name == "archive.json":
                data = json.dumps(json.loads(data) | {"version": 1}).encode()
            old.writestr(name, data)
    archive.write_bytes(stream.getvalue())
    came, tests = moved(other, archive)
    assert (came.persona.name, came.tests, tests) == ("Sunny", (), [])


def test_a_test_set_that_nobody_can_read_is_not_silently_left_behind(
    home: Home, store: Store, sunny: Persona, tmp_path: Path
) -> None:
    add(home, ASKED).path.write_text("", "utf-8")
    with pytest.raises(OwnTestRefused, match="it is empty"):
        export_archive(home, store, sunny, tmp_path / "a.perennial")
    assert list(tmp_path.glob("*a.perennial*")) == []


def test_a_persona_that_did_not_come_in_leaves_no_test_set(
    home: Home,
    store: Store,
    sunny: Persona,
    other: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(home, ASKED, "new", all_held_out=False)
    add(home, ASKED, "shared")
    add(other, ASKED, "shared", personas=["rainy"])
    before = lying(other)
    archive = packed(home, store, sunny, tmp_path / "a.perennial")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    for place in ("archive.staging.Staging.move", "operations.own_tests._learnable"):
        with monkeypatch.context() as patch:
            patch.setattr(f"app.{place}", full)
            with pytest.raises(OSError, match="No space"):
                moved(other, archive)
        assert lying(other) == before
    assert [each.here_as for each in moved(other, archive)[0].tests] == ["new", "shared"]
