"""What the schedule did last, and which months it has ready: kept beside it in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from app.operations import scheduling
from app.operations.scheduling import Decision, Reason
from app.store.store import Store
from app.store.values import Persona

LONGEST = 50
LOG_KEY = "schedule.log"
LATER = timedelta(days=1)

Did = Literal["off", "not_due", "waits", "due", "prepared", "begun", "failed"]
Answer = Literal["", "review", "later"]


@dataclass(frozen=True)
class Entry:
    """What a look of the timer came to; the same again only moves `until` and counts."""

    at: str
    persona: str
    did: Did
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    until: str = ""
    times: int = 1

    @classmethod
    def of(cls, decision: Decision, at: datetime) -> Entry:
        moment = at.isoformat()
        return cls(
            moment, decision.persona, decision.state, decision.reasons, decision.notes, moment
        )


@dataclass(frozen=True)
class Ready:
    """A month that was prepared: what would be learned, what became of the word on it."""

    at: str
    new: int
    replay: int
    to_review: int
    answer: Answer = ""
    answered: str = ""
    begun: str = ""


def entries(store: Store) -> tuple[Entry, ...]:
    """The last decisions, newest first."""
    return tuple(_entry(row) for row in reversed(store.settings.get(LOG_KEY, [])))


def write(store: Store, entry: Entry) -> None:
    """Write a decision down."""
    with store.transaction():
        kept = [_entry(row) for row in store.settings.get(LOG_KEY, [])]
        place = next(
            (at for at in range(len(kept) - 1, -1, -1) if kept[at].persona == entry.persona), None
        )
        if place is not None and _says_the_same(kept[place], entry):
            last = kept.pop(place)
            entry = replace(last, until=entry.at, times=last.times + 1)
        rows = [asdict(each) for each in (*kept, entry)]
        store.settings.set(LOG_KEY, rows[-LONGEST:])


def ready_of(store: Store, slug: str) -> Ready | None:
    """What was prepared last for a persona, answered or not."""
    row = store.settings.get(_ready_key(slug), None)
    return Ready(**row) if row else None


def set_ready(store: Store, slug: str, ready: Ready) -> None:
    store.settings.set(_ready_key(slug), asdict(ready))


def _ready_key(slug: str) -> str:
    return f"schedule_ready:{slug}"  # Goes with the persona.


def to_be_told(store: Store, persona: Persona, now: datetime) -> Ready | None:
    """The month that waits for a person's eyes and of which they should hear now."""
    ready = ready_of(store, persona.slug)
    if ready is None or ready.begun or ready.answer == "review":
        return None
    if not scheduling.stored(store).on:
        return None
    if ready.answer == "later" and now < datetime.fromisoformat(ready.answered) + LATER:
        return None
    runs = store.runs.of_persona(persona.id)
    begun_since = runs and datetime.fromisoformat(runs[0].created) > datetime.fromisoformat(
        ready.at
    )
    return None if begun_since else ready


def answer(store: Store, persona: Persona, said: Answer, now: datetime) -> None:
    """Keep what a person said to it."""
    ready = ready_of(store, persona.slug)
    if ready is not None:
        said_so = replace(ready, answer=said, answered=now.isoformat())
        set_ready(store, persona.slug, said_so)


def _says_the_same(last: Entry, entry: Entry) -> bool:
    return (last.did, _kinds(last.reasons), last.notes) == (
        entry.did, _kinds(entry.reasons), entry.notes,
    ) and entry.did not in ("prepared", "begun")  # fmt: skip


def _kinds(reasons: Sequence[Reason]) -> tuple[object, ...]:
    """What changes with every look makes no other reason."""
    passing = {"percent", "now_c"}
    return tuple(
        (each.kind, *((name, each.values[name]) for name in each.values if name not in passing))
        for each in reasons
    )


def _entry(row: dict[str, Any]) -> Entry:
    reasons, notes = (
        tuple(Reason(each["kind"], each["values"]) for each in row[name])
        for name in ("reasons", "notes")
    )
    return Entry(**{**row, "reasons": reasons, "notes": notes})
