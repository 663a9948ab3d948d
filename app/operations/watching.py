"""After an adapter went live: whether its replies are received worse than those before it."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma

from app.store.reception import Received
from app.store.store import Store

LEAST_REPLIES = 20
CHANCE = 0.05
# So many more replies are waited for once a person has said "not now".
NOT_NOW_REPLIES = 50


@dataclass(frozen=True)
class Watch:
    """What became of replies before and since; versions are None for the base alone."""

    adapter_id: int
    new: Received
    old: Received
    new_version: int
    old_version: int | None
    chance: float

    @property
    def enough(self) -> bool:
        """Whether there are replies enough on both sides."""
        return min(self.new.replies, self.old.replies) >= LEAST_REPLIES

    @property
    def worse(self) -> bool:
        """Whether the new one does worse than the old by more than chance."""
        return self.enough and self.chance < CHANCE


def watch(store: Store, persona_id: int) -> Watch | None:
    """The adapter that speaks now against what stood there before; None for a base alone."""
    persona = store.personas.get(persona_id)
    put = store.deployments.last(persona_id)
    if persona.active_adapter_id is None or put is None:
        return None
    if put.after_adapter_id != persona.active_adapter_id or put.before_base_id is None:
        return None
    found = store.reception.of_persona(persona_id)
    live = store.adapters.get(persona.active_adapter_id)
    before_id = put.before_adapter_id
    before = store.adapters.get(before_id) if before_id is not None else None
    new = _of(found, live.id, live.base_id)
    old = _of(found, before_id, put.before_base_id)
    return Watch(
        live.id,
        new,
        old,
        live.version,
        before.version if before else None,
        chance_of_worse(new, old),
    )


def suggestion(store: Store, persona_id: int) -> Watch | None:
    """A reason to go back, unless there is none or a person does not want to hear it now."""
    found = watch(store, persona_id)
    if found is None or not found.worse:
        return None
    quiet_until = int(store.settings.get(_key(found.adapter_id), 0))
    return found if found.new.replies >= quiet_until else None


def not_now(store: Store, persona_id: int) -> None:
    """Ask again after more replies of this adapter."""
    found = watch(store, persona_id)
    if found is not None:
        store.settings.set(_key(found.adapter_id), found.new.replies + NOT_NOW_REPLIES)


def per_hundred(part: int, replies: int) -> float:
    return 100 * part / replies if replies else 0.0


def chance_of_worse(new: Received, old: Received) -> float:
    """Fisher's exact test: how likely so many unwelcome ones fall to the new one by chance."""
    unwelcome = new.unwelcome + old.unwelcome
    every = new.replies + old.replies
    most = min(new.replies, unwelcome)
    whole = _log_ways(every, unwelcome)
    terms = (
        _log_ways(new.replies, count) + _log_ways(old.replies, unwelcome - count) - whole
        for count in range(new.unwelcome, most + 1)
    )
    return min(1.0, sum(exp(each) for each in terms))


def _log_ways(of: int, chosen: int) -> float:
    """The logarithm of in how many ways so many can be chosen."""
    if not 0 <= chosen <= of:
        return float("-inf")
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)


def _of(found: list[Received], adapter_id: int | None, base_id: int) -> Received:
    same = (each for each in found if (each.adapter_id, each.base_id) == (adapter_id, base_id))
    return next(same, Received(adapter_id, base_id))


def _key(adapter_id: int) -> str:
    return f"watching:{adapter_id}"
