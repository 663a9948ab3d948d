"""Personas: whom one talks to, and who is on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import resources
from app.errors import PerennialError
from app.operations.chat_source import ChatSource, source_of
from app.store.store import Store
from app.store.values import Adapter, Base, Persona

CURRENT_KEY = "persona"
LANGUAGES = ("en", "ko")


@dataclass(frozen=True)
class PersonaCard:
    """A persona with what it speaks through."""

    persona: Persona
    base: Base | None
    adapter: Adapter | None
    source: ChatSource = field(default_factory=ChatSource)

    @property
    def former_prompt(self) -> bool:
        """Whether Ollama has the same adapter and another prompt; both go there together."""
        model, adapter = self.source.model, self.adapter
        same = model is not None and adapter is not None and model.run_id == adapter.run_id
        return same and self.source.former_prompt


@dataclass(frozen=True)
class Household:
    """Every persona, and the one that is on."""

    cards: tuple[PersonaCard, ...]
    current_id: int | None
    bases: int = 0

    @property
    def lacks_base(self) -> bool:
        """Whether somebody cannot speak for want of a base model."""
        return not self.bases or any(card.base is None for card in self.cards)


@dataclass(frozen=True)
class PersonaTemplate:
    """A persona to begin with."""

    name: str
    about: str
    languages: tuple[str, ...]
    system_prompt: str


def household(store: Store) -> Household:
    """Every persona, and the one that is on (the first, when none was chosen)."""
    bases = {base.id: base for base in store.bases.all()}
    cards = tuple(
        PersonaCard(
            persona,
            bases.get(persona.base_id) if persona.base_id is not None else None,
            store.adapters.get(persona.active_adapter_id)
            if persona.active_adapter_id is not None
            else None,
            source_of(store, persona),
        )
        for persona in store.personas.all()
    )
    ids = [card.persona.id for card in cards]
    chosen = store.settings.get(CURRENT_KEY)
    current = chosen if chosen in ids else next(iter(ids), None)
    return Household(cards, current, len(bases))


def create(
    store: Store,
    name: str,
    system_prompt: str,
    languages: Sequence[str],
    base_id: int | None,
) -> Persona:
    """A new persona, which is on at once."""
    if not name.strip():
        raise PerennialError("A persona needs a name.", "Write one and try again.", kind="no_name")
    persona = store.personas.add(
        name.strip(), system_prompt.strip(), tuple(languages) or ("en",), base_id=base_id
    )
    switch(store, persona.id)
    return persona


def switch(store: Store, persona_id: int) -> None:
    """Talk to another persona."""
    store.settings.set(CURRENT_KEY, persona_id)


def give_base(store: Store, base: Base) -> None:
    """Let every persona that has no base speak through this one."""
    for persona in store.personas.all():
        if persona.base_id is None:
            store.personas.update(persona.id, base_id=base.id)


def templates() -> list[PersonaTemplate]:
    """The personas that come with the app."""
    folder = Path(resources.__file__).parent / "personas"
    rows = json.loads((folder / "templates.json").read_text("utf-8"))
    return [
        PersonaTemplate(row["name"], row["about"], tuple(row["languages"]), row["system_prompt"])
        for row in rows
    ]
