"""Who is on, and what they speak through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.errors import PerennialError
from app.home import Home
from app.operations import personas
from app.store import Store, open_store


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


def test_a_new_persona_is_on_at_once(store: Store) -> None:
    first = personas.create(store, "Sunny", "Be sunny.", ["en"], None)
    second = personas.create(store, " Technical ", "", ["en", "ko"], None)
    assert (second.name, second.languages) == ("Technical", ("en", "ko"))
    assert personas.household(store).current_id == second.id
    personas.switch(store, first.id)
    assert personas.household(store).current_id == first.id


def test_without_a_choice_the_first_persona_is_on(store: Store) -> None:
    assert personas.household(store).current_id is None
    first = store.personas.add("Sunny")
    store.personas.add("Technical")
    assert personas.household(store).current_id == first.id


def test_a_persona_needs_a_name(store: Store) -> None:
    with pytest.raises(PerennialError, match="name"):
        personas.create(store, "  ", "", ["en"], None)


def test_a_base_is_given_to_those_that_lack_one(store: Store) -> None:
    personas.create(store, "Sunny", "", ["en"], None)
    assert personas.household(store).lacks_base
    base = store.bases.add("B", "gguf", "b.gguf", "d")
    personas.give_base(store, base)
    household = personas.household(store)
    assert not household.lacks_base
    assert household.cards[0].base == base


def test_templates_are_complete() -> None:
    for template in personas.templates():
        assert template.name and template.about and template.system_prompt
        assert set(template.languages) <= set(personas.LANGUAGES)
