"""Which base a persona speaks through: the ones there are, and moving to another."""

from __future__ import annotations

from dataclasses import dataclass

from app.cycle import process
from app.errors import BaseRefused
from app.home import Home
from app.operations.base import check_base
from app.operations.base_sources import BaseStanding, standing_of
from app.store import Base, Persona, Store
from app.training_table import model_of_file


@dataclass(frozen=True)
class BaseCard:
    """A base with how it stands and who speaks through it; `chat_only` says why, if so."""

    base: Base
    standing: BaseStanding
    chat_only: str
    personas: tuple[Persona, ...]


def base_cards(store: Store) -> list[BaseCard]:
    """Every base of the home."""
    everybody = store.personas.all()
    return [
        BaseCard(
            base,
            (standing := standing_of(base)),
            why_chat_only(base) if standing.usable else "",
            tuple(persona for persona in everybody if persona.base_id == base.id),
        )
        for base in store.bases.all()
    ]


def why_chat_only(base: Base) -> str:
    """Why no persona can be trained on a base; empty where one can."""
    return model_of_file(base.name, base.path).trouble if base.kind == "gguf" else ""


def base_named(store: Store, text: str) -> Base:
    """The base of this number, name, source or beginning of its digest."""
    bases = store.bases.all()
    plain = text.strip().casefold()
    for found in (
        [base for base in bases if str(base.id) == plain],
        [base for base in bases if plain in (base.name.casefold(), base.source.casefold())],
        [base for base in bases if len(plain) >= 8 and base.digest.startswith(plain)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise BaseRefused(
                f"Several bases are called {text}.",
                f"Name one by its number: {', '.join(str(base.id) for base in found)}.",
            )
    known = ", ".join(base.name for base in bases) or "none yet"
    raise BaseRefused(
        f"There is no base {text}.", f"Choose from: {known}; or add one: perennial base add."
    )


def use_base(home: Home, store: Store, persona: Persona, base: Base) -> Persona:
    """Let a persona speak through another base; its adapter stays behind, one roll-back away.

    An adapter belongs to its base: the next training builds one anew from all that was curated.
    """
    standing = standing_of(base)
    if not standing.usable:
        raise BaseRefused(standing.text, standing.next_step, kind=f"base_{standing.state}")
    check_base(home, base)
    with process.persona_lock(home, persona):
        store.deployments.move(persona.id, base.id)
    return store.personas.get(persona.id)
