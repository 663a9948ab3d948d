"""Which persona a verb is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.cycle.errors import CycleError
from app.home import Home
from app.store import Persona, Store


def person_named(store: Store, slug: str) -> Persona:
    """The persona of this short name."""
    found = store.personas.by_slug(slug)
    if found is None:
        known = ", ".join(persona.slug for persona in store.personas.all()) or "none yet"
        raise CycleError(
            f"There is no persona {slug}.", f"Choose from: {known}.", kind="persona_unknown"
        )
    return found


def person_or_current(store: Store, slug: str | None) -> Persona:
    """The persona of this short name; without one, the one that is on."""
    from app.operations.personas import household

    if slug is not None:
        return person_named(store, slug)
    current = household(store).current_id
    if current is None:
        raise CycleError(
            "There is no persona yet.",
            "Make one in the window, or with `perennial import FILE`.",
            kind="persona_unknown",
        )
    return store.personas.get(current)


def named_or_new(
    home: Home,
    store: Store,
    files: Sequence[Path],
    tell: Callable[[str], None],
    format: str | None = None,
) -> Persona:
    """The persona that files describe; a new one, unless it came with them before."""
    from app.operations import base, importing, offers, personas

    draft = importing.first_persona(files, format)
    wanted = (draft.name, draft.system_prompt.strip())
    known = [
        each for each in store.personas.all() if (each.name, each.system_prompt.strip()) == wanted
    ]
    if known:
        return known[0]
    starter = base.starter_base(home, store, tell)
    languages = offers.languages_of(draft.said or [draft.system_prompt])
    return personas.create(store, draft.name, draft.system_prompt, languages, starter.id)
