"""From which archive a persona came, and which of its runs came along."""

from __future__ import annotations

from collections.abc import Iterable

from app.store import Persona, Store


def remember(store: Store, persona: Persona, archive_id: str, run_ids: Iterable[str]) -> None:
    """Write down where a persona comes from."""
    store.settings.set(_key(persona), {"archive": archive_id, "runs": list(run_ids)})


def came_along(store: Store, persona: Persona) -> frozenset[str]:
    """The runs of a persona that were made in another home: none of them goes on in this one."""
    return frozenset(store.settings.get(_key(persona), {}).get("runs", ()))


def come_from(store: Store, archive_id: str) -> Persona | None:
    """The persona that came from this archive."""
    for persona in store.personas.all():
        if store.settings.get(_key(persona), {}).get("archive") == archive_id:
            return persona
    return None


def _key(persona: Persona) -> str:
    return f"archive:{persona.slug}"
