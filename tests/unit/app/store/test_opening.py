"""Whatever happens to the database, it is said, nothing more is lost, and there is a way on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from app.errors import StoreError
from app.home import Home
from app.store import Store, migrations, open_store, opening
from app.store.backups import backups
from tests.unit.app.store.conftest import Month

WRITER = """
import sys
from pathlib import Path
from app.home import open_home
from app.store import open_store

store = open_store(open_home(Path(sys.argv[1])))
conversation = store.conversations.add(1, "")
parent_id = None
while True:
    message = store.messages.add(conversation.id, parent_id, "assistant", "학교에서 " * 50)
    store.ratings.rate(message.id, "up")
    parent_id = message.id
    print(message.id, flush=True)
"""


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def make_older(home: Home, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    with monkeypatch.context() as older:
        older.setattr(opening, "MIGRATIONS", migrations.MIGRATIONS[:version])
        open_store(home).close()


def test_database_is_readable_by_its_owner_alone(store: Store, home: Home) -> None:
    store.settings.set("a", 1)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in home.root.glob("perennial.db*")}
    assert modes == {0o600}
    assert stat.S_IMODE(store.back_up().stat().st_mode) == 0o600


def test_store_of_an_older_app_is_copied_then_brought_up_to_date(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_older(home, monkeypatch, 4)
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute(
            "INSERT INTO personas (slug, name, colour, languages, system_prompt, traits, created)"
            " VALUES ('old', 'Old', '#000000', '[]', '', '{}', '2026')"
        )
        connection.commit()
    with open_store(home) as store:
        assert store.personas.all()[0].name == "Old"
        store.settings.set("a", 1)
    (backup,) = backups(home)
    assert (version(backup), version(home.database)) == (4, len(migrations.MIGRATIONS))
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT name FROM personas").fetchall() == [("Old",)]


def test_new_store_needs_no_backup(store: Store, home: Home) -> None:
    assert backups(home) == []


def test_broken_off_migration_leaves_the_step_before(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_older(home, monkeypatch, 4)

    def breaks(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (id INTEGER)")
        raise RuntimeError("broken off")

    with monkeypatch.context() as broken:
        broken.setattr(opening, "MIGRATIONS", (*migrations.MIGRATIONS[:5], breaks))
        with pytest.raises(RuntimeError):
            open_store(home)
    assert version(home.database) == 5
    with open_store(home) as store:
        store.settings.set("a", 1)
    with closing(sqlite3.connect(home.database)) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()


def test_newer_database_is_refused_and_left_alone(store: Store, home: Home) -> None:
    store.close()
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("PRAGMA user_version = 999")
    before = home.database.read_bytes()
    with pytest.raises(StoreError, match="newer Perennial") as caught:
        open_store(home)
    assert caught.value.kind == "newer"
    assert home.database.read_bytes() == before


def test_several_processes_may_be_the_first(home: Home) -> None:
    errors: list[BaseException] = []

    def opens() -> None:
        try:
            with open_store(home) as store:
                store.personas.add("Sunny")
        except (StoreError, sqlite3.Error) as error:
            errors.append(error)

    threads = [threading.Thread(target=opens) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with open_store(home) as store:
        assert len({persona.slug for persona in store.personas.all()}) == 6
    assert backups(home) == []


@pytest.mark.parametrize("damage", ["garbage", "truncated", "emptied"])
def test_damaged_database_names_the_backup_and_the_way_back(
    month: Month, home: Home, damage: str
) -> None:
    month.talk(*("학교에서 " * 40 for _ in range(40)))
    month.store.back_up()
    backup = month.store.back_up()
    month.store.close()
    whole = home.database.read_bytes()
    home.database.write_bytes(
        {
            "garbage": b"\x00not a database" * 999,
            "truncated": whole[: len(whole) // 2],
            "emptied": b"",
        }[damage]
    )
    with pytest.raises(StoreError, match="is damaged") as caught, open_store(home) as store:
        list(store.learnable(month.persona.id))
        store.search.find("학교")
    assert caught.value.kind == "damaged"
    assert str(backup) in caught.value.kept
    # The next step, done to the letter.
    for path in home.root.glob(f"{home.database.name}*"):
        path.unlink()
    shutil.copy(backup, home.database)
    with open_store(home) as store:
        assert store.search.find("학교")
        assert store.personas.get(month.persona.id) == month.persona


def test_damaged_backup_is_not_offered(month: Month, home: Home) -> None:
    sound = month.store.back_up()
    month.store.back_up().write_bytes(b"garbage" * 1000)
    month.store.close()
    home.database.write_bytes(b"garbage" * 1000)
    with pytest.raises(StoreError) as caught:
        open_store(home)
    assert str(sound) in caught.value.kept


def test_full_disk_is_said_and_what_was_stored_stays(month: Month, home: Home) -> None:
    said = month.talk("q", "a")
    database = month.store._database
    (pages,) = database.rows("PRAGMA page_count")[0]
    database.change(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreError, match="full") as caught:
        month.talk(*("long " * 5000 for _ in range(20)))
    assert caught.value.kind == "disk_full"
    database.change("PRAGMA max_page_count = 1000000")
    assert month.store.messages.get(said[1].id) == said[1]
    month.talk("there is room again")


def test_writer_that_waits_in_vain_is_told_who_is_busy(store: Store, home: Home) -> None:
    with open_store(home, busy_timeout_s=0.05) as other, store.transaction():
        store.settings.set("a", 1)
        with pytest.raises(StoreError, match="busy") as caught:
            other.settings.set("a", 2)
    assert caught.value.kind == "locked"
    assert store.settings.get("a") == 1


@pytest.mark.skipif(os.name == "nt", reason="users and modes of POSIX")
def test_database_that_may_not_be_written_is_said(
    store: Store, home: Home, request: pytest.FixtureRequest
) -> None:
    store.close()
    home.database.chmod(0o400)
    request.getfixturevalue("ordinary_user")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        open_store(home)
    assert caught.value.kind == "read_only"


def test_killed_writer_loses_nothing_that_it_had_acknowledged(month: Month, home: Home) -> None:
    month.store.close()
    command = [sys.executable, "-c", WRITER, str(home.root)]
    for acknowledged in (1, 17, 40):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            written = [int(writer.stdout.readline()) for _ in range(acknowledged)]
            writer.kill()
            written += [int(line) for line in writer.stdout if line.endswith("\n")]
        with open_store(home) as store:
            conversation_id = store.messages.get(written[-1]).conversation_id
            path = [message.id for message in store.messages.path(conversation_id)]
            assert path[: len(written)] == written
            assert set(written) <= set(store.ratings.of(written))
            found = store.search.find("학교", limit=100_000)
            assert {hit.message_id for hit in found} >= set(written)
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.execute("INSERT INTO message_index(message_index) VALUES ('integrity-check')")
