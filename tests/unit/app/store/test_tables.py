"""What is written is read again, by another window as well."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.errors import StoreError
from app.home import Home, open_home
from app.store import Score, Store, Traits, open_store
from tests.unit.app.store.conftest import Month


def test_persona_keeps_what_it_was_given(store: Store) -> None:
    traits = Traits(formality=0.1, code_examples=1.0)
    added = store.personas.add("Léa Sunny!", "Be warm.", ("ko", "en"), traits, "#112233")
    assert store.personas.get(added.id) == added == store.personas.by_slug("lea-sunny")
    assert (added.languages, added.traits, added.colour) == (("ko", "en"), traits, "#112233")
    assert added.active_adapter_id is None


def test_personas_of_one_name_do_not_share_a_folder(store: Store) -> None:
    slugs = [store.personas.add(name).slug for name in ("Sunny", "sunny", "하늘", "바다")]
    assert slugs == ["sunny", "sunny-2", "persona", "persona-2"]
    assert [persona.slug for persona in store.personas.all()] == slugs


def test_persona_is_changed_but_neither_its_slug_nor_what_is_live(store: Store) -> None:
    persona = store.personas.add("Sunny")
    changed = store.personas.update(
        persona.id, name="Rain", languages=["ko"], traits=Traits(humour=1)
    )
    assert (changed.name, changed.slug, changed.languages) == ("Rain", "sunny", ("ko",))
    assert changed.traits.humour == 1
    with pytest.raises(TypeError, match="active_adapter_id"):
        store.personas.update(persona.id, active_adapter_id=1)


def test_base_that_was_moved_stays_the_same_base(store: Store, home: Home) -> None:
    first = store.bases.add("tiny", "gguf", home.models / "a.gguf", "digest", "llama", 5)
    again = store.bases.add("tiny", "gguf", Path("/elsewhere/b.gguf"), "digest", "llama", 5)
    assert again.id == first.id
    assert first.path == home.models / "a.gguf"
    assert store.bases.by_digest("digest") == again == store.bases.all()[0]
    assert again.path == Path("/elsewhere/b.gguf")


def test_moved_home_still_finds_its_adapters(store: Store, home: Home, tmp_path: Path) -> None:
    base = store.bases.add("tiny", "gguf", home.models / "a.gguf", "digest")
    store.close()
    shutil.move(home.root, tmp_path / "moved")
    moved = open_home(tmp_path / "moved")
    with open_store(moved) as opened:
        assert opened.bases.get(base.id).path == moved.models / "a.gguf"


def test_conversations_are_paged_by_when_they_were_last_spoken_in(month: Month) -> None:
    talks = [month.talk("hello", "hi") for _ in range(5)]
    first_spoken = talks[0][0].conversation_id
    month.store.messages.add(first_spoken, talks[0][-1].id, "user", "again")
    newest = month.store.conversations.page(month.persona.id, limit=2)
    rest = month.store.conversations.page(month.persona.id, before=newest[-1].id)
    ids = [conversation.id for conversation in newest + rest]
    assert ids == [first_spoken, *(talk[0].conversation_id for talk in reversed(talks[1:]))]


def test_external_id_is_one_conversation_of_a_persona(month: Month) -> None:
    conversations = month.store.conversations
    added = conversations.add(month.persona.id, "", "Title", "file", "x1", never_train=True)
    assert conversations.by_external_id(month.persona.id, "x1") == added
    assert conversations.by_external_id(month.persona.id, "x2") is None
    conversations.set_title(added.id, "Other")
    conversations.set_never_train(added.id, False)
    changed = conversations.get(added.id)
    assert (changed.title, changed.never_train) == ("Other", False)


def test_long_conversation_is_deleted_with_all_that_hangs_on_it(month: Month) -> None:
    with month.store.transaction():
        said = month.talk(*(f"umbrella {place}" for place in range(1200)))
    month.store.ratings.rate(said[1].id, "up")
    month.train("r1", [said[1].id])
    month.store.conversations.delete(said[0].conversation_id)
    assert month.store.search.find("umbrella") == []
    assert month.store.ratings.of([said[1].id]) == {}
    assert month.store.runs.used("r1") == []
    # An id that a run once learned from must not come back as another message.
    assert month.talk("new")[0].id > said[-1].id


def test_run_keeps_its_last_stage_and_its_verdict(month: Month) -> None:
    month.train("2026-11-sunny-1")
    runs = month.store.runs
    runs.complete_stage("2026-11-sunny-1", "mixed")
    runs.set_state("2026-11-sunny-1", "waiting", verdict="passed", reason="better")
    assert [run.id for run in runs.unfinished()] == ["2026-11-sunny-1"]
    runs.set_state("2026-11-sunny-1", "done")
    run = runs.get("2026-11-sunny-1")
    assert (run.stage, run.state, run.verdict, run.seed) == ("mixed", "done", "passed", 7)
    assert runs.unfinished() == []
    assert runs.of_persona(month.persona.id) == [run]


def test_mix_drawn_again_learns_only_from_what_it_drew_last(month: Month) -> None:
    said = month.talk("a", "b", "c", "d")
    month.train("r1", [said[1].id, said[3].id])
    month.store.runs.use("r1", [said[3].id, said[3].id])
    assert month.store.runs.used("r1") == [said[3].id]


def test_adapter_of_a_repeated_stage_is_one_adapter(month: Month, home: Home) -> None:
    first = month.train("r1")
    again = month.store.adapters.add(
        month.persona.id, month.base.id, "r1", None, home.runs / "r1", home.runs / "x.gguf", "new"
    )
    second = month.train("r2")
    assert (again.id, again.version, again.digest) == (first.id, 1, "new")
    assert again.gguf_path == home.runs / "x.gguf"
    assert second.version == 2
    assert month.store.adapters.of_persona(month.persona.id) == [second, again]
    assert month.store.adapters.of_base(month.base.id) == [again, second]


def test_replay_taken_in_twice_is_there_once_and_stays_left_out(month: Month) -> None:
    row = {"id": "c1", "group": "coding", "messages": [{"role": "user", "content": "안녕"}]}
    replay = month.store.replay
    assert replay.add_all([row, {**row, "id": "g1", "group": "general"}], "starter") == 2
    item = replay.all(["coding"])[0]
    replay.set_left_out(item.id, True)
    assert replay.add_all([{**row, "checks": "assert True"}], "starter") == 0
    month.train("r1")
    replay.mark_used([item.id], "r1")
    replay.mark_used([item.id], "r1")
    kept = replay.all(["coding"])[0]
    assert (kept.left_out, kept.checks, kept.messages) == (True, "assert True", row["messages"])
    assert kept.last_used is not None
    replay.mark_used([], "r1")  # drawn anew after a kill, without it
    assert replay.all(["coding"])[0].last_used is None
    assert [other.last_used for other in replay.all() if other.group == "general"] == [None]


def test_scores_and_settings_are_replaced_not_doubled(month: Month) -> None:
    month.train("r1")
    score = Score("r1", "candidate", "loss", "coding", 1.5, 40)
    month.store.scores.put("r1", [score, Score("r1", "base", "loss", "coding", 1.0, 40)])
    month.store.scores.put("r1", [score])
    assert len(month.store.scores.of_run("r1")) == 2
    assert score in month.store.scores.of_run("r1")
    assert month.store.settings.get("theme", "system") == "system"
    month.store.settings.set("theme", {"name": "어둡게"})
    month.store.settings.set("theme", {"name": "dark"})
    assert month.store.settings.get("theme") == {"name": "dark"}


def test_another_window_sees_that_something_changed(store: Store, home: Home) -> None:
    before = store.data_version()
    store.settings.set("a", 1)
    assert store.data_version() == before
    with open_store(home) as other:
        other.settings.set("a", 2)
    assert store.data_version() != before
    assert store.settings.get("a") == 2


def test_half_of_a_change_is_none_of_it(store: Store) -> None:
    with pytest.raises(KeyError), store.transaction():
        store.settings.set("outer", 1)
        raise KeyError("broken off")
    assert store.settings.get("outer") is None
    with store.transaction():
        store.settings.set("outer", 2)
        with pytest.raises(KeyError), store.transaction():
            store.settings.set("inner", 3)
            raise KeyError("broken off")
    assert (store.settings.get("outer"), store.settings.get("inner")) == (2, None)


def test_what_is_gone_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match="no persona 7") as caught:
        store.personas.get(7)
    assert caught.value.kind == "missing"
    assert caught.value.next_step
