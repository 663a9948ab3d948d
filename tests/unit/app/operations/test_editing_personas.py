"""A persona's name, prompt or adapter would be lost or spoilt by an edit if these failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.errors import PerennialError
from app.home import Home
from app.operations import editing_personas as editing
from app.operations.editing_personas import clean_name, draft_of, edit, prompt_of
from app.store import Persona, Store, open_store
from app.store.values import Traits
from tests.gui import homes

WARM = "You are Sunny, a warm companion."
NO_EMOJI = "Use no emoji and no emoticons."


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("B", "gguf", "b.gguf", "d")
    return store.personas.add("Sunny", WARM, base_id=base.id)


def test_a_trait_goes_into_the_prompt_and_out_again(
    home: Home, store: Store, sunny: Persona
) -> None:
    saved = edit(home, store, sunny.id, replace(draft_of(sunny), traits=Traits(emoji=0.0)))
    assert saved.persona.system_prompt == f"{WARM}\n\n{NO_EMOJI}"
    draft = draft_of(saved.persona)
    assert draft.own_words == WARM and draft.traits.emoji == 0.0
    back = edit(home, store, sunny.id, replace(draft, traits=Traits()))
    assert back.persona.system_prompt == WARM


def test_saving_again_and_again_never_doubles_the_prompt(
    home: Home, store: Store, sunny: Persona
) -> None:
    for number in range(5):
        persona = store.personas.get(sunny.id)
        changed = replace(
            draft_of(persona), name=f"Sunny {number}", traits=Traits(emoji=0.0, humour=number / 5)
        )
        edit(home, store, sunny.id, changed)
    prompt = store.personas.get(sunny.id).system_prompt
    assert prompt.count(WARM) == 1 and prompt.count(NO_EMOJI) == 1


def test_another_colour_leaves_a_prompt_alone_whose_traits_were_never_in_it(
    home: Home, store: Store
) -> None:
    """As the persona of the demo: its traits are what its replies are measured against."""
    made = store.personas.add("Sunny", WARM, traits=Traits(emoji=0.0))
    assert prompt_of(made, draft_of(made)).waiting
    saved = edit(home, store, made.id, replace(draft_of(made), colour="#15803d"))
    assert (saved.persona.system_prompt, saved.persona.colour) == (WARM, "#15803D")
    parts = prompt_of(made, replace(draft_of(made), own_words="Be brief."))
    assert parts.whole == f"Be brief.\n\n{NO_EMOJI}" and parts.said == NO_EMOJI


def test_a_prompt_that_was_changed_outside_is_edited_as_it_stands(
    home: Home, store: Store, sunny: Persona
) -> None:
    edit(home, store, sunny.id, replace(draft_of(sunny), traits=Traits(emoji=0.0)))
    by_hand = f"{WARM}\n\n{NO_EMOJI} And no haste."
    changed = store.personas.update(sunny.id, system_prompt=by_hand)
    assert draft_of(changed).own_words == by_hand
    saved = edit(home, store, sunny.id, replace(draft_of(changed), name="Sun"))
    assert saved.persona.system_prompt == by_hand


def test_the_first_language_is_the_one_of_the_traits(
    home: Home, store: Store, sunny: Persona
) -> None:
    draft = replace(draft_of(sunny), languages=("ko", "en"), traits=Traits(emoji=0.0))
    assert edit(home, store, sunny.id, draft).persona.system_prompt.endswith("쓰지 마세요.")
    now = draft_of(store.personas.get(sunny.id))
    assert now.own_words == WARM and now.languages == ("ko", "en")
    saved = edit(home, store, sunny.id, replace(now, languages=("en", "ko")))
    assert saved.persona.system_prompt == f"{WARM}\n\n{NO_EMOJI}"


def test_an_adapter_that_learned_with_another_prompt_is_told_of(
    home: Home, store: Store, sunny: Persona
) -> None:
    homes.put_live(store, home, sunny, "2026-10-sunny-1")
    draft = draft_of(store.personas.get(sunny.id))
    assert edit(home, store, sunny.id, replace(draft, name="Sun")).trained_before is None
    saved = edit(home, store, sunny.id, replace(draft, own_words="Be brief."))
    assert saved.trained_before == 1 and saved.left_adapter is None
    assert saved.persona.active_adapter_id is not None


def test_another_base_leaves_the_adapter_one_step_behind(
    home: Home, store: Store, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes.put_live(store, home, sunny, "2026-10-sunny-1")
    other = store.bases.add("C", "gguf", "c.gguf", "e")
    monkeypatch.setattr(
        "app.operations.choosing_bases.use_base",
        lambda _home, store, persona, base: store.deployments.move(persona.id, base.id),
    )
    draft = replace(draft_of(store.personas.get(sunny.id)), base_id=other.id, own_words="Short.")
    saved = edit(home, store, sunny.id, draft)
    assert (saved.left_adapter, saved.trained_before) == (1, None)
    assert (saved.persona.base_id, saved.persona.active_adapter_id) == (other.id, None)
    assert saved.persona.system_prompt == "Short."


def test_a_base_that_is_refused_leaves_everything_as_it_was(
    home: Home, store: Store, sunny: Persona
) -> None:
    gone = store.bases.add("C", "gguf", "nowhere.gguf", "e")
    with pytest.raises(PerennialError):
        edit(home, store, sunny.id, replace(draft_of(sunny), base_id=gone.id, name="Other"))
    assert store.personas.get(sunny.id) == sunny


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " \u200b\u202e "},
        {"name": "n" * 501},
        {"languages": ()},
        {"colour": "blue"},
        {"own_words": "w" * (editing.PROMPT_MOST + 1)},
    ],
)
def test_what_cannot_be_kept_changes_nothing(
    home: Home, store: Store, sunny: Persona, wrong: dict[str, object]
) -> None:
    with pytest.raises(PerennialError) as refused:
        edit(home, store, sunny.id, replace(draft_of(sunny), **wrong))  # type: ignore[arg-type]
    assert refused.value.kept and refused.value.next_step
    assert store.personas.get(sunny.id) == sunny


def test_a_long_prompt_that_was_there_before_does_not_keep_the_name_from_changing(
    home: Home, store: Store
) -> None:
    long = "w" * (editing.PROMPT_MOST + 5)
    made = store.personas.add("Sunny", long)
    saved = edit(home, store, made.id, replace(draft_of(made), name="Sun"))
    assert saved.persona.system_prompt == long


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Sunny\n of\tthe  Day ", "Sunny of the Day"),
        ("\u202eynnuS\u202c", "ynnuS"),
        ("Sun\x00\x1bny\ud800", "Sunny"),
        ("🌞", "🌞"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("써니 ☀️", "써니 ☀️"),
        ("\u200d\ufeff", ""),
        ("n" * 500, "n" * 500),
    ],
)
def test_a_name_is_one_line_that_can_be_seen(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept
    assert clean_name(kept) == kept


def test_halves_of_characters_never_reach_the_store(
    home: Home, store: Store, sunny: Persona
) -> None:
    draft = replace(draft_of(sunny), own_words="Be\x00 kind\ud83d.\n\tAlways.")
    assert edit(home, store, sunny.id, draft).persona.system_prompt == "Be kind.\n\tAlways."
