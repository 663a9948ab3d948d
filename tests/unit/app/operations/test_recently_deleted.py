"""What was deleted by mistake, or stayed after it was to be gone, if these failed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from app.cycle.process import sign_in
from app.home import Home
from app.operations import conversations, recently_deleted
from app.operations.personas import household, switch
from app.operations.recently_deleted import KEPT_DAYS, PersonaInTraining
from app.store import Persona, Store, open_store
from trainer.contract.folder import RunFolder

SECRET = "The zyxquork lies under the pot behind the house."
RUN = "2026-10-sunny-1"


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("tiny", "gguf", "tiny.gguf", "d1", "llama", 10)
    return store.personas.add("Sunny", f"Be sunny. {SECRET}", base_id=base.id)


def _talk(store: Store, persona: Persona, text: str) -> int:
    talk = store.conversations.add(persona.id, "", text)
    asked = store.messages.add(talk.id, None, "user", text)
    store.messages.add(talk.id, asked.id, "assistant", "I see.")
    return talk.id


def _run(home: Home, store: Store, persona: Persona) -> RunFolder:
    """A finished run whose adapter is live."""
    assert persona.base_id is not None
    folder = RunFolder(home.runs / RUN)
    folder.adapter.mkdir(parents=True)
    folder.adapter_gguf.write_bytes(b"GGUF")
    (folder.root / "report.json").write_text("{}")
    store.runs.add(RUN, persona.id, persona.base_id, None, "starter", 1)
    store.runs.set_state(RUN, "done", verdict="passed")
    adapter = store.adapters.add(
        persona.id, persona.base_id, RUN, None, folder.adapter, folder.adapter_gguf, "a1"
    )
    store.deployments.put_live(persona.id, RUN, adapter.id, "runtime", "1", "runtime", {})
    return folder


def _days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")


def _age(home: Home, days: float) -> None:
    """As if everything that is deleted had been so long ago."""
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("UPDATE actions SET created = ?", (_days_ago(days),))
        connection.execute(
            "UPDATE personas SET deleted = ? WHERE deleted IS NOT NULL", (_days_ago(days),)
        )
        connection.commit()


def _bytes(home: Home) -> bytes:
    """Every byte of a home, of files and of their names."""
    return b"".join(
        path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        for path in sorted(home.root.rglob("*"))
    )


def test_what_was_deleted_is_listed_with_its_days_and_comes_back(
    home: Home, store: Store, sunny: Persona
) -> None:
    talk = _talk(store, sunny, "The garden")
    conversations.delete(store, talk)
    (found,) = recently_deleted.recently_deleted(store)
    assert (found.deletion.title, found.deletion.persona) == ("The garden", "Sunny")
    assert found.days_left == KEPT_DAYS
    _age(home, 29.5)
    (found,) = recently_deleted.recently_deleted(store)
    assert found.days_left == 1
    assert not recently_deleted.any_expired(store), "it went before its time"
    assert recently_deleted.bring_back(store, found.deletion)
    assert recently_deleted.recently_deleted(store) == []
    assert [each.id for each in store.conversations.page(sunny.id)] == [talk]


def test_what_was_deleted_long_ago_goes_for_good_and_nothing_else(
    home: Home, store: Store, sunny: Persona
) -> None:
    kept = _talk(store, sunny, "The kitchen")
    conversations.delete(store, _talk(store, sunny, SECRET + " Truly."))
    _age(home, KEPT_DAYS + 1)
    conversations.delete(store, kept)
    assert recently_deleted.any_expired(store)
    (gone,) = recently_deleted.forget_expired(home, store)
    assert gone.title.startswith("The zyxquork")
    (left,) = recently_deleted.recently_deleted(store)
    assert left.deletion.id == kept
    assert b"Truly." not in _bytes(home)


def test_deletions_from_before_they_ended_have_all_their_days(home: Home, store: Store) -> None:
    from app.store import deletion_schema

    person = store.personas.add("Sunny")
    conversations.delete(store, _talk(store, person, "Long ago"))
    _age(home, 400)
    with closing(sqlite3.connect(home.database)) as connection:
        for table, column in (("personas", "deleted"), ("deletions", "since")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        deletion_schema.deletions_that_end(connection)
        connection.commit()
    (found,) = recently_deleted.recently_deleted(store)
    assert found.days_left == KEPT_DAYS
    assert recently_deleted.forget_expired(home, store) == []


def test_a_deleted_persona_is_nowhere_and_comes_back_whole(
    home: Home, store: Store, sunny: Persona
) -> None:
    rain = store.personas.add("Rain")
    talk = _talk(store, sunny, "The garden")
    _run(home, store, sunny)
    switch(store, sunny.id)
    recently_deleted.delete_persona(home, store, sunny.id)
    assert [each.id for each in store.personas.all()] == [rain.id]
    assert store.personas.by_slug("sunny") is None
    assert household(store).current_id == rain.id, "nobody is on"
    (found,) = recently_deleted.recently_deleted(store)
    assert (found.deletion.kind, found.deletion.title) == ("persona", "Sunny")
    assert recently_deleted.bring_back(store, found.deletion)
    assert household(store).current_id == sunny.id
    back = store.personas.get(sunny.id)
    assert (
        back.active_adapter_id is not None
        and store.adapters.get(back.active_adapter_id).gguf_path.is_file()
    )
    assert [each.id for each in store.conversations.page(sunny.id)] == [talk]


def test_a_new_persona_of_the_same_name_never_takes_the_place_of_a_deleted_one(
    home: Home, store: Store, sunny: Persona
) -> None:
    recently_deleted.delete_persona(home, store, sunny.id)
    assert store.personas.add("Sunny").slug == "sunny-2"


def test_a_persona_in_training_is_not_deleted(home: Home, store: Store, sunny: Persona) -> None:
    folder = _run(home, store, sunny)
    sign_in(folder, os.getpid())
    with pytest.raises(PersonaInTraining, match=f"stop {RUN}"):
        recently_deleted.delete_persona(home, store, sunny.id)
    assert [each.id for each in store.personas.all()] == [sunny.id]


def test_a_persona_that_is_forgotten_leaves_nothing(
    home: Home, store: Store, sunny: Persona
) -> None:
    rain = store.personas.add("Rain", "Be calm.", base_id=sunny.base_id)
    other = _talk(store, rain, "What of the moss?")
    _talk(store, sunny, "The vrombelsnit grows at night, and nobody knows of it.")
    folder = _run(home, store, sunny)
    store.settings.set("mix:sunny", {"day_cap": 3})
    store.settings.set("mix:rain", {"day_cap": 4})
    store.back_up()
    recently_deleted.delete_persona(home, store, sunny.id)
    (found,) = recently_deleted.recently_deleted(store)
    recently_deleted.forget_now(home, store, found.deletion)
    assert recently_deleted.recently_deleted(store) == []
    assert store.personas.everyone() == [rain]
    assert not folder.root.exists()
    for word in (b"zyxquork", b"vrombelsnit", b"sunny"):
        assert word not in _bytes(home).lower(), f"{word!r} is still there"
    assert [each.id for each in store.conversations.page(rain.id)] == [other]
    assert store.settings.get("mix:rain") == {"day_cap": 4}
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_forgetting_that_was_cut_off_is_ended_at_the_next_start(
    home: Home, store: Store, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _run(home, store, sunny)
    recently_deleted.delete_persona(home, store, sunny.id)
    (found,) = recently_deleted.recently_deleted(store)

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recently_deleted, "_let_go_of_files", cut_off)
        with pytest.raises(KeyboardInterrupt):
            recently_deleted.forget_now(home, store, found.deletion)
    assert recently_deleted.recently_deleted(store) == [], "half a persona can be brought back"
    assert recently_deleted.any_expired(store)
    recently_deleted.forget_expired(home, store)
    assert store.personas.everyone() == [] and not folder.root.exists()
