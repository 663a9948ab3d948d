"""What a person asked to be forgotten would be read by somebody else if these failed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.cycle.process import can_go_on, sign_in
from app.cycle.stages import SAVED
from app.errors import PerennialError
from app.forgetting import adapters, journal, places, run_folders
from app.forgetting.plan import Forgotten, RunUnderWay
from app.forgetting.traces import Traces
from app.gui.trouble_words import words_beside_english
from app.home import Home
from app.operations import forgetting, helping
from app.operations.importing import import_files
from app.operations.mixing import rebuild_wanted
from app.operations.own_tests import add_test, held_out
from app.store import open_store
from app.store.forgetting import Scope
from app.store.portable_tables import AT_HOME
from app.store.removal import Removal
from tests.unit.app.forgetting.conftest import (
    COMMENT,
    EDIT,
    ENGLISH,
    GROWN_RUN,
    KOREAN,
    OTHER_RUN,
    REPLY,
    RUN,
    SecretHome,
    remains,
    tables,
)
from trainer.contract.folder import RunFolder, read_rows

_HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM messages").fetchone()
print("open", flush=True)
sys.stdin.readline()
"""


def forget_secret(secret: SecretHome, **options: Any) -> Forgotten:
    plan = forgetting.plan_conversations(secret.home, secret.store, [secret.secret_id])
    return forgetting.forget(secret.home, secret.store, plan, **options)


def test_forgotten_conversation_is_found_nowhere_in_the_home(months: SecretHome) -> None:
    """The sentence was said, answered, corrected, commented, edited, trained and backed up."""
    before = remains(months.home)
    for place in ("perennial.db", "backups/", "train.jsonl", "events.jsonl", "parity.json",
                  "report.html", "log.txt", "window.log", "crash-1", "answers"):  # fmt: skip
        assert any(place in each for each in before), place
    forget_secret(months)
    assert remains(months.home) == []
    assert not journal.journal(months.home).exists()


def test_nothing_but_that_conversation_is_lost(months: SecretHome) -> None:
    before = tables(months.home.database)
    forget_secret(months)
    after = tables(months.home.database)
    gone = {
        name: len(set(map(repr, rows)) - set(map(repr, after[name])))
        for name, rows in before.items()
    }
    counted = {name: count for name, count in gone.items() if count and name not in AT_HOME}
    assert counted == {
        "actions": 1, "choices": 1, "conversations": 1, "edits": 1, "messages": 3, "ratings": 2,
        "replay_items": 2, "run_messages": 1,
    }  # fmt: skip
    new = {
        name: [row for row in rows if repr(row) not in set(map(repr, before[name]))]
        for name, rows in after.items()
    }
    stones = new.pop("tombstones")
    assert {name: rows for name, rows in new.items() if rows} == {
        "settings": [("rebuild:sunny", "true")]
    }
    # A key, the digests of three messages, a correction and an edit, and those of what an export
    # calls both branches, as they were said and corrected.
    kinds = sorted(kind for _, kind, _ in stones)
    assert kinds == ["beginning"] * 4 + ["key"] + ["message"] * 5
    assert len(months.store.search.find("matter")) == 50
    copy = next(months.home.backups.glob("*.db"))
    assert tables(copy)["messages"] == after["messages"]


def test_run_keeps_what_others_said_in_it(months: SecretHome) -> None:
    folder = RunFolder(months.home.runs / RUN)
    forget_secret(months)
    rows = list(read_rows(folder.data / "train.jsonl"))
    assert [row["group"] for row in rows] == ["new", "earlier"]
    assert len(list(read_rows(folder.data / "preferences.jsonl"))) == 1
    manifest = json.loads((folder.data / "manifest.json").read_text("utf-8"))
    assert manifest["forgotten"] == {"train.jsonl": 3, "preferences.jsonl": 1}
    events = list(read_rows(folder.events))
    assert [(row["kind"], row["seq"]) for row in events] == [("step", 1), ("sample", 2)]
    assert events[1]["prompt"] == ""
    report = json.loads(folder.report.read_text("utf-8"))
    assert [row["prompt"] for row in report["replies"]] == ["What of matter 1?"]
    assert "probes" in json.loads(folder.parity.read_text("utf-8"))
    log = (months.home.logs / "window.log").read_text("utf-8")
    assert log.startswith("10:00 INFO a\n10:01 ERROR ****") and log.endswith("\n10:02 b\n")
    assert not folder.checkpoints.exists() and folder.adapter_gguf.exists()


def test_runs_that_never_met_it_are_left_byte_for_byte(months: SecretHome) -> None:
    def contents() -> dict[str, bytes]:
        root = months.home.runs / OTHER_RUN
        return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    before = contents()
    forget_secret(months)
    assert contents() == before


def test_adapters_that_learned_it_are_named_with_those_grown_from_them(months: SecretHome) -> None:
    plan = forgetting.plan_conversations(months.home, months.store, [months.secret_id])
    assert [(each.run, each.live, each.inherited) for each in plan.adapters] == [
        (RUN, False, False), (GROWN_RUN, True, True),
    ]  # fmt: skip
    done = forgetting.forget(months.home, months.store, plan)
    assert done.adapters == plan.adapters and done.rebuild == ("sunny",)
    assert rebuild_wanted(months.store, months.sunny)


@pytest.mark.parametrize("side", ["valid", "test"])
def test_adapter_that_was_only_judged_by_it_is_named(secret: SecretHome, side: str) -> None:
    """No table says so: it stands in the run's data alone."""
    adapter = secret.run(RUN, [secret.kept[1][1]])
    secret.write_run(RUN, secret_side=side)
    plan = forgetting.plan_conversations(secret.home, secret.store, [secret.secret_id])
    assert [each.adapter_id for each in plan.adapters] == [adapter.id]
    forgetting.forget(secret.home, secret.store, plan)
    assert remains(secret.home) == []


def test_adapters_are_deleted_on_demand_and_the_one_before_speaks_again(months: SecretHome) -> None:
    (months.home.runs / GROWN_RUN / "parent").mkdir()
    done = forget_secret(months, with_adapters=True)
    assert [each.run for each in done.removed_adapters] == [RUN, GROWN_RUN]
    assert done.gone_back == ("sunny",)
    persona = months.store.personas.get(months.sunny.id)
    live = months.store.adapters.of_run(OTHER_RUN)
    assert live is not None and persona.active_adapter_id == live.id and live.status == "live"
    for run in (RUN, GROWN_RUN):
        assert not (months.home.runs / run / "adapter").exists()
    assert not (months.home.runs / GROWN_RUN / "parent").exists()
    assert live.gguf_path.exists()


def test_way_back_never_leads_to_a_deleted_adapter(months: SecretHome) -> None:
    """A rebuild is live; a rollback from it would otherwise load a file that is gone."""
    rebuilt = months.run("2026-12-sunny-1", [months.kept[3][1]])
    months.live(rebuilt)
    done = forget_secret(months, with_adapters=True)
    assert done.gone_back == ()
    undone = months.store.deployments.undo_last(months.sunny.id)
    before = months.store.adapters.of_run(OTHER_RUN)
    assert before is not None and undone.before_adapter_id == before.id


def test_message_goes_with_what_answers_it_and_the_rest_can_be_read(secret: SecretHome) -> None:
    ids = secret.talk("Tell me a story.", "Once there was a fox.", "And then?", "It met a hen.")
    talk = secret.store.messages.get(ids[0]).conversation_id
    branch = secret.store.messages.add(talk, ids[1], "user", f"Or rather: {KOREAN}")
    answer = secret.store.messages.add(talk, branch.id, "assistant", KOREAN)
    plan = forgetting.plan_message(secret.home, secret.store, branch.id)
    assert (plan.counts.messages, plan.counts.conversations) == (2, 0)
    # The other conversation says it too; it was not asked for and stays.
    assert [str(each) for each in plan.stays_in] == [f"conversation {secret.secret_id}"]
    forgetting.forget(secret.home, secret.store, plan)
    assert [each.id for each in secret.store.messages.path(talk)] == ids
    with pytest.raises(PerennialError, match=f"no message {answer.id}"):
        secret.store.messages.get(answer.id)


def test_first_message_takes_its_words_out_of_the_title(secret: SecretHome) -> None:
    talk = secret.store.conversations.add(secret.sunny.id, "", ENGLISH[:60])
    first = secret.store.messages.add(talk.id, None, "user", f"{ENGLISH} Yes!")
    secret.store.messages.add(talk.id, None, "user", "How are the bees?")
    forgetting.forget(
        secret.home, secret.store, forgetting.plan_message(secret.home, secret.store, first.id)
    )
    left = secret.store.conversations.get(talk.id)
    assert left.title == "How are the bees?"
    assert [each.content for each in secret.store.messages.path(talk.id)] == ["How are the bees?"]


def test_sentence_is_found_wherever_it_stands(secret: SecretHome) -> None:
    quoted = secret.talk("Do you recall?", "Yes.")
    secret.store.ratings.rate(quoted[1], "down", (), f"it said {ENGLISH.upper()}")
    titled = secret.store.conversations.add(secret.sunny.id, "", f"On: {ENGLISH}")
    edited = secret.talk("Hello there", "Hi.")
    secret.store.actions.edit(edited[0], f"x{ENGLISH}")
    found = forgetting.find_sentence(secret.store, f"  {ENGLISH} ")
    talks = [secret.store.messages.get(ids[0]).conversation_id for ids in (quoted, edited)]
    assert found == sorted([secret.secret_id, titled.id, *talks])
    assert forgetting.find_sentence(secret.store, COMMENT) == [secret.secret_id]
    plan = forgetting.plan_conversations(secret.home, secret.store, found, ENGLISH)
    forgetting.forget(secret.home, secret.store, plan)
    assert remains(secret.home, (ENGLISH, "quork4711")) == []


def test_too_short_a_text_takes_nothing(secret: SecretHome) -> None:
    for text in ("ok", "  ", "the", "네"):
        with pytest.raises(PerennialError) as refused:
            forgetting.find_sentence(secret.store, text)
        assert refused.value.kind == "forgetting_short"


def test_all_that_was_said_to_a_persona_goes_and_the_persona_stays(months: SecretHome) -> None:
    said = [months.store.messages.get(each).content for talk in months.kept for each in talk]
    plan = forgetting.plan_persona(months.home, months.store, months.sunny.id)
    assert plan.counts.conversations == 31
    forgetting.forget(months.home, months.store, plan)
    ours = tuple(text for text in said if text.startswith("What of matter 2"))
    assert remains(months.home) == [] == remains(months.home, ours)
    assert months.store.conversations.page(months.sunny.id) == []
    assert len(months.store.conversations.page(months.rain.id)) == 1
    assert months.store.personas.get(months.sunny.id).active_adapter_id is not None
    assert (months.home.runs / RUN / "adapter" / "adapter.gguf").exists()


@pytest.mark.parametrize("step", ["files", "backups", "tables", "database"])
def test_forgetting_that_is_killed_goes_on(
    months: SecretHome, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its note says what is still to do, without a word of what is forgotten."""

    def kill(now: str) -> None:
        if now == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forget_secret(months, tell=kill)
    noted = journal.journal(months.home).read_text("utf-8")
    assert not any(word in noted for word in ("quork4711", "뚤훍", "\\ub6a4"))
    assert forgetting.unfinished(months.home)
    with open_store(months.home) as again:
        done = forgetting.go_on(months.home, again)
    assert done is not None and [each.run for each in done.adapters] == [RUN, GROWN_RUN]
    assert remains(months.home) == []
    assert not forgetting.unfinished(months.home)


def test_another_process_may_have_the_database_open(months: SecretHome) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(months.home.database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None and holder.stdout.readline() == "open\n"
        forget_secret(months)
        assert remains(months.home) == []
        holder.communicate("end\n")


def test_database_that_somebody_keeps_reading_is_not_called_clean(
    months: SecretHome, home: Home
) -> None:
    """A reader holds on to old pages; the forgetting says so, and ends once the reader has."""
    with open_store(home, busy_timeout_s=0.05) as store, open_store(home) as reader:
        plan = forgetting.plan_conversations(home, store, [months.secret_id])
        rows = reader._database._connection.execute("SELECT * FROM messages")
        rows.fetchone()
        with pytest.raises(PerennialError) as refused:
            forgetting.forget(home, store, plan)
        assert refused.value.kind in ("forgetting_kept_open", "locked")
        rows.close()
        assert forgetting.unfinished(home)
        forgetting.go_on(home, store)
    assert remains(home) == []


def test_backup_that_cannot_be_read_is_deleted_and_said_so(months: SecretHome) -> None:
    torn = months.home.backups / "perennial-20200101-000000-000000-v3.db"
    whole = next(months.home.backups.glob("*.db")).read_bytes()
    torn.write_bytes(whole[: len(whole) // 2] + ENGLISH.encode() + b"\0" * 4000)
    done = forget_secret(months)
    assert done.dropped_backups == (torn.name,)
    assert not torn.exists() and remains(months.home) == []


def test_backup_holds_what_was_removed_from_the_store_before(months: SecretHome) -> None:
    """A conversation deleted long ago quoted it; only a copy of the database remembers that."""
    gone = months.talk(f"Once more: {KOREAN}", "Hm.")
    months.store.back_up()
    months.store.conversations.delete(months.store.messages.get(gone[0]).conversation_id)
    forget_secret(months)
    assert remains(months.home) == []


def test_backup_holds_a_note_and_prompts_that_were_written_anew_since(months: SecretHome) -> None:
    store = months.store
    helping.set_about_me(store, f"I live alone. {ENGLISH}")
    store.personas.update(months.sunny.id, system_prompt=f"Be sunny. {KOREAN}")
    talk = store.conversations.add(months.sunny.id, f"Be sunny. {KOREAN}")
    store.messages.add(talk.id, None, "assistant", "Hi", system_prompt=f"Be sunny. {KOREAN}")
    copy = store.back_up()
    helping.set_about_me(store, "I live alone.")
    store.personas.update(months.sunny.id, system_prompt="Be sunny.")
    store.conversations.delete(talk.id)
    forget_secret(months)
    assert remains(months.home) == []
    assert ("sunny", "") in [(row[1], row[5]) for row in tables(copy)["personas"]]
    assert all(row[5] == "Be calm." for row in tables(copy)["personas"] if row[1] == "rain")


def test_conversation_whose_number_was_given_again_stays_in_a_backup(months: SecretHome) -> None:
    """A backup may know another conversation under the number of the forgotten one."""
    old = months.talk("An old talk about owls", "Owls are quiet.")
    number = months.store.messages.get(old[0]).conversation_id
    copy = months.store.back_up()
    months.store.conversations.delete(number)
    new = months.talk(f"{KOREAN} Again.", "Yes.")
    assert months.store.messages.get(new[0]).conversation_id == number
    plan = forgetting.plan_conversations(months.home, months.store, [number])
    forgetting.forget(months.home, months.store, plan)
    assert any("An old talk about owls" in row for row in tables(copy)["messages"])


def test_backup_of_the_first_version_is_cleaned_too(months: SecretHome) -> None:
    """It has none of the tables that came later."""
    from app.store.migrations import MIGRATIONS

    copy = next(months.home.backups.glob("*.db"))
    old = copy.with_name("perennial-20200101-000000-000000-v10.db")
    _write_first_version(old, months, MIGRATIONS[:10])
    assert any(old.name in each for each in remains(months.home))
    done = forget_secret(months)
    assert done.dropped_backups == () and old.exists()
    assert remains(months.home) == []


def _write_first_version(path: Path, secret: SecretHome, steps: Any) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    for step in steps:
        step(connection)
    connection.execute(f"PRAGMA user_version = {len(steps)}")
    rows = tables(secret.home.database)
    columns = "id, persona_id, title, system_prompt, never_train, source, created, updated"
    connection.execute("INSERT INTO personas VALUES (1,'sunny','Sunny','','[]','','{}',1,'',NULL)")
    connection.execute("INSERT INTO bases VALUES (1,'tiny','gguf','x','d1','llama',1,'[]')")
    connection.execute(
        f"INSERT INTO conversations ({columns}) VALUES (?, 1, ?, '', 0, 'chat', '', '')",
        (secret.secret_id, ENGLISH),
    )
    for row in rows["messages"]:
        if row[0] in secret.secret:
            connection.execute(
                "INSERT INTO messages VALUES (?, ?, ?, ?, ?, '', NULL, NULL, '', '{}', '')", row[:5]
            )
            connection.execute(
                "INSERT INTO message_index (rowid, terms) VALUES (?, ?)", (row[0], row[4])
            )
    connection.commit()
    connection.close()


def test_training_that_learns_from_it_is_to_be_stopped_first(months: SecretHome) -> None:
    import os

    months.store.runs.set_state(RUN, "running")
    sign_in(RunFolder(months.home.runs / RUN), os.getpid())
    before = tables(months.home.database)
    with pytest.raises(RunUnderWay) as refused:
        forget_secret(months)
    assert refused.value.run_id == RUN and RUN in refused.value.next_step
    assert tables(months.home.database) == before
    assert not forgetting.unfinished(months.home)


def test_training_that_learns_from_something_else_goes_on(months: SecretHome) -> None:
    import os

    folder = RunFolder(months.home.runs / OTHER_RUN)
    folder.spec.write_text("{}", "utf-8")
    sign_in(folder, os.getpid())
    forget_secret(months)
    assert remains(months.home) == []


def test_training_that_was_cut_off_does_not_go_on_from_what_it_learned(months: SecretHome) -> None:
    months.store.runs.complete_stage(RUN, "mixed")
    months.store.runs.set_state(RUN, "running")
    forget_secret(months)
    run = months.store.runs.get(RUN)
    assert run.state == "stopped" and "discarded" in run.reason


def test_too_little_room_is_said_before_anything_goes(
    months: SecretHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = __import__("shutil").disk_usage(months.home.root)
    monkeypatch.setattr(
        "app.forgetting.places.shutil.disk_usage", lambda _place: usage._replace(free=1000)
    )
    before = tables(months.home.database)
    with pytest.raises(PerennialError) as refused:
        forget_secret(months)
    assert refused.value.kind == "forgetting_no_room"
    assert tables(months.home.database) == before


def test_words_that_others_said_too_stay_theirs(secret: SecretHome) -> None:
    """A greeting in the forgotten conversation is no reason to take it out of all others."""
    greeting = "Good morning to you, dear Sunny!"
    kept = secret.talk(greeting, "Good morning!")
    gone = secret.talk(f"{greeting} {ENGLISH}", "Hello.")
    secret.run(OTHER_RUN, [kept[1]])
    secret.write_run(OTHER_RUN, secret_side=None)
    path = secret.home.runs / OTHER_RUN / "data" / "test.jsonl"
    path.write_text(json.dumps(secret.row(kept)) + "\n" + json.dumps(secret.row(gone)) + "\n")
    talk = secret.store.messages.get(gone[0]).conversation_id
    plan = forgetting.plan_conversations(secret.home, secret.store, [talk])
    kept_in = f"conversation {secret.store.messages.get(kept[0]).conversation_id}"
    assert kept_in in [str(each) for each in plan.stays_in]
    forgetting.forget(secret.home, secret.store, plan)
    assert [row["id"] for row in read_rows(path)] == [secret.row(kept)["id"]]


def test_undo_has_nothing_left_of_an_action_that_was_forgotten(months: SecretHome) -> None:
    assert months.store.actions.last(months.sunny.id) is not None
    forget_secret(months)
    assert months.store.actions.last(months.sunny.id) is None


def test_full_disk_in_the_middle_leaves_a_note_to_go_on_from(
    months: SecretHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_removal: Removal) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(Removal, "scour", full)
        forget_secret(months)
    assert forgetting.go_on(months.home, months.store) is not None
    assert remains(months.home) == []
    assert replace(months.store.personas.get(months.sunny.id)) is not None


def test_words_that_were_written_over_long_ago_are_gone_too(secret: SecretHome) -> None:
    """A row that was changed leaves its old bytes in pages that are free."""
    long_ago = "The first draft mentioned glimmerwurz. " * 2000
    reply = secret.talk("How does it begin?", long_ago)[1]
    secret.store.messages.set_content(reply, "Once.", "stop")
    assert remains(secret.home, ("glimmerwurz",)) != []
    forget_secret(secret)
    assert remains(secret.home, ("glimmerwurz",)) == []


def test_backup_that_is_made_meanwhile_is_cleaned_too(months: SecretHome) -> None:
    """Another persona's training begins, and copies the database, just before the tables go."""

    def copy(step: str) -> None:
        if step == "tables":
            months.store.back_up()

    forget_secret(months, tell=copy)
    assert len(list(months.home.backups.glob("*.db"))) == 2
    assert remains(months.home) == []


def test_candidate_that_waits_is_not_offered_once_its_files_are_deleted(
    secret: SecretHome,
) -> None:
    secret.run(RUN, [secret.secret[1]])
    secret.write_run(RUN, secret_side="train")
    secret.store.runs.complete_stage(RUN, "gated")
    secret.store.runs.set_state(RUN, "waiting")
    forget_secret(secret, with_adapters=True)
    run = secret.store.runs.get(RUN)
    assert run.state == "stopped" and not can_go_on(secret.home, secret.store, run)


def test_sentence_in_instructions_that_came_with_a_conversation_is_found(
    secret: SecretHome, tmp_path: Path
) -> None:
    """Other programs put there what a person told about themselves."""
    said = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    told = f"Answer shortly. {ENGLISH}"
    path = tmp_path / "brought.jsonl"
    path.write_text(json.dumps({"messages": [{"role": "system", "content": told}, *said]}), "utf-8")
    import_files(secret.store, secret.rain.id, [path])
    (brought,) = (
        each
        for each in secret.store.conversations.page(secret.rain.id)
        if each.system_prompt == told
    )
    plan = forgetting.plan_conversations(secret.home, secret.store, [secret.secret_id])
    assert f"conversation {brought.id}" in [str(each) for each in plan.stays_in]
    found = forgetting.find_sentence(secret.store, ENGLISH)
    assert found == [secret.secret_id, brought.id]
    plan = forgetting.plan_conversations(secret.home, secret.store, found, ENGLISH)
    forgetting.forget(secret.home, secret.store, plan)
    assert remains(secret.home, (ENGLISH, "quork4711")) == []


def test_prompt_of_a_persona_takes_no_conversation_with_it(secret: SecretHome) -> None:
    secret.store.personas.update(secret.rain.id, system_prompt="Be as calm as a lake.")
    secret.talk("How are you?", "Well.", persona_id=secret.rain.id)
    assert forgetting.find_sentence(secret.store, "calm as a lake") == []
    plan = forgetting.plan_conversations(secret.home, secret.store, [], "Be as calm as a lake.")
    assert [str(each) for each in plan.stays_in] == ["the prompt of Rain"]


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv"])
def test_a_test_set_that_asks_it_is_told_and_still_judges_all_it_did(
    secret: SecretHome, tmp_path: Path, ending: str
) -> None:
    """Else a question is lost unseen, an answer counts no more, or no training begins."""
    file = tmp_path / f"own.{ending}"
    row = {"id": "m1", "prompt": ENGLISH, "answer": REPLY}
    rows = {"jsonl": json.dumps(row), "json": json.dumps([row])}
    file.write_text(rows.get(ending, f'prompt,answer\n"{ENGLISH}","{REPLY}"\n'), "utf-8")
    test = add_test(secret.home, file).test
    before = test.path.read_bytes()
    plan = forgetting.plan_conversations(secret.home, secret.store, [secret.secret_id])
    assert [str(each) for each in plan.stays_in] == ["the test set own"]
    forgetting.forget(secret.home, secret.store, plan)
    assert test.path.read_bytes() == before
    assert held_out(secret.home, secret.sunny).asks(ENGLISH)


def test_title_of_another_conversation_that_quotes_it_is_told(secret: SecretHome) -> None:
    other = secret.store.conversations.add(secret.rain.id, "", f"On: {ENGLISH}")
    plan = forgetting.plan_conversations(secret.home, secret.store, [secret.secret_id])
    assert [str(each) for each in plan.stays_in] == [f"conversation {other.id}"]
    assert plan.stays_in[0].title == other.title


def test_title_that_quotes_a_forgotten_message_gets_other_words(secret: SecretHome) -> None:
    """Whatever the title was made of: an export may have brought it along."""
    talk = secret.store.conversations.add(secret.sunny.id, "", f"About: {EDIT}")
    first = secret.store.messages.add(talk.id, None, "user", "How are the bees?")
    later = secret.store.messages.add(talk.id, first.id, "user", f"{EDIT} Yes!")
    secret.store.conversations.delete(secret.secret_id)
    plan = forgetting.plan_message(secret.home, secret.store, later.id)
    assert plan.stays_in == ()
    forgetting.forget(secret.home, secret.store, plan)
    assert secret.store.conversations.get(talk.id).title == "How are the bees?"


def test_probe_of_a_forgotten_reply_goes_with_its_tokens(secret: SecretHome) -> None:
    """The question stays and says nothing; the numbers are the reply."""
    ids = secret.talk("And?", REPLY)
    secret.run(RUN, ids[1:])
    folder = secret.write_run(RUN, secret_side=None)
    valid = folder.data / "valid.jsonl"
    valid.write_text(json.dumps(secret.row(ids)) + "\n" + valid.read_text("utf-8"), "utf-8")
    asked = [[{"role": "user", "content": text}] for text in ("And?", "What of matter 1?")]
    probes = [{"prompt_messages": each, "reply_tokens": [47, 11]} for each in asked]
    folder.parity.write_text(json.dumps({"probes": probes}), "utf-8")
    plan = forgetting.plan_message(secret.home, secret.store, ids[1])
    forgetting.forget(secret.home, secret.store, plan)
    assert json.loads(folder.parity.read_text("utf-8")) == {"probes": probes[1:]}


def test_plain_files_beside_runs_and_backups_are_cleaned(months: SecretHome) -> None:
    beside = (months.home.runs / "notes.txt", months.home.backups / "list.txt")
    for place in beside:
        place.write_text(f"see: {KOREAN}", "utf-8")
    forget_secret(months)
    assert remains(months.home) == [] and all(place.exists() for place in beside)


def test_weights_are_not_searched_for_words(months: SecretHome) -> None:
    """A training beside it would keep the question waiting for minutes, for each sentence again."""
    folder = RunFolder(months.home.runs / OTHER_RUN)
    (folder.adapter / "adapter_model.safetensors").write_bytes(ENGLISH.encode())
    folder.log.write_text(KOREAN, "utf-8")
    traces = Traces(Scope("conversation", ()), [ENGLISH])
    assert not run_folders.says(folder, traces)
    assert run_folders.says(folder, Traces(Scope("conversation", ()), [KOREAN]))


def test_file_that_another_process_puts_away_breaks_nothing_off(
    months: SecretHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training beside it writes checkpoints, a runtime ends: their files come and go."""
    listed = places.files_of

    def with_one_that_went(root: Path) -> Iterator[Path]:
        yield from (root / "gone.json", root / "gone.txt", *listed(root))

    monkeypatch.setattr(places, "files_of", with_one_that_went)
    monkeypatch.setattr(run_folders, "files_of", with_one_that_went)
    forget_secret(months)
    assert remains(months.home) == []


def test_weights_on_the_way_to_a_deleted_adapter_are_deleted_too(months: SecretHome) -> None:
    grown = RunFolder(months.home.runs / GROWN_RUN)
    (grown.checkpoints / "step-000010").mkdir(parents=True)
    forget_secret(months, with_adapters=True)
    assert not grown.checkpoints.exists()


def test_candidate_grown_from_what_learned_it_is_not_offered_once_deleted(
    months: SecretHome,
) -> None:
    months.store.runs.complete_stage(GROWN_RUN, "gated")
    months.store.runs.set_state(GROWN_RUN, "waiting")
    forget_secret(months, with_adapters=True)
    run = months.store.runs.get(GROWN_RUN)
    assert run.state == "stopped" and not can_go_on(months.home, months.store, run)


def test_deletion_of_adapters_that_was_killed_goes_on_to_the_last(
    months: SecretHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is known by the first, whose files are gone by then."""

    def kill(home: Home, place: Path) -> None:
        remove(home, place)
        if place.name == "adapter":
            raise KeyboardInterrupt

    remove = adapters._remove
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(adapters, "_remove", kill)
        forget_secret(months, with_adapters=True)
    assert (months.home.runs / GROWN_RUN / "adapter").exists()
    forgetting.go_on(months.home, months.store)
    for run in (RUN, GROWN_RUN):
        assert not (months.home.runs / run / "adapter").exists()


def test_adapter_is_not_deleted_under_the_training_that_carries_it_on(months: SecretHome) -> None:
    import os

    persona = months.store.personas.get(months.sunny.id)
    months.store.runs.add(
        "2026-12-sunny-1", persona.id, months.base.id, persona.active_adapter_id, "starter", 7
    )
    folder = RunFolder(months.home.runs / "2026-12-sunny-1")
    folder.root.mkdir()
    folder.spec.write_text("{}", "utf-8")
    sign_in(folder, os.getpid())
    with pytest.raises(RunUnderWay) as refused:
        forget_secret(months, with_adapters=True)
    assert refused.value.run_id == "2026-12-sunny-1"
    assert (months.home.runs / GROWN_RUN / "adapter").exists()
    forget_secret(months)
    assert remains(months.home) == []


def test_training_that_ended_before_its_adapter_had_a_name_does_not_go_on(
    secret: SecretHome,
) -> None:
    """It stopped between two stages; nobody was told of its weights, and they know the secret."""
    store = secret.store
    store.runs.add(RUN, secret.sunny.id, secret.base.id, None, "starter", 7)
    store.runs.use(RUN, secret.secret[1:2])
    store.runs.complete_stage(RUN, "trained")
    store.runs.set_state(RUN, "stopped", reason=SAVED)
    folder = RunFolder(secret.home.runs / RUN)
    folder.adapter.mkdir(parents=True)
    (folder.root / "request.json").write_text("{}", "utf-8")
    assert can_go_on(secret.home, store, store.runs.get(RUN))
    forget_secret(secret)
    assert not folder.adapter.exists()
    assert not can_go_on(secret.home, store, store.runs.get(RUN))


def test_forgetting_that_cannot_go_on_does_not_say_that_all_is_as_it_was(
    months: SecretHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(step: str) -> None:
        if step == "database":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forget_secret(months, tell=kill)
    usage = __import__("shutil").disk_usage(months.home.root)
    monkeypatch.setattr(
        "app.forgetting.places.shutil.disk_usage", lambda _place: usage._replace(free=1000)
    )
    with pytest.raises(PerennialError) as refused:
        forgetting.go_on(months.home, months.store)
    assert refused.value.kind == "forgetting_no_room_again"
    assert "remains of it may still be there" in str(refused.value)
    assert words_beside_english("forgetting_no_room_again") is not None
