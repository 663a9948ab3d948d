"""Other programs that may talk to the personas: each with a key, and a consent of its own."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from app.errors import PerennialError
from app.store.programs import Program
from app.store.store import Store

LONGEST_NAME = 60
_KEY_START = "perennial-"
_KEY_BYTES = 32
PORT_KEY = "endpoints_port"
DEFAULT_PORT = 11535


@dataclass(frozen=True)
class NewProgram:
    """A program with its key, which nobody can look up again."""

    program: Program
    key: str


def add_program(
    store: Store, name: str, *, collect: bool = False, persona_id: int | None = None
) -> NewProgram:
    """Let a program talk to every persona, or to one; nothing is collected unless it is said."""
    words = " ".join(name.split())
    if not words or len(words) > LONGEST_NAME or not words.isprintable():
        raise PerennialError(
            f"A program needs a name of 1 to {LONGEST_NAME} characters.",
            "Write one, like Open WebUI, and try again.",
            kind="program_name",
        )
    key = _KEY_START + secrets.token_urlsafe(_KEY_BYTES)
    with store.transaction():
        if _find(store, words) is not None:
            raise PerennialError(
                f"There is a program {words} already.",
                f'For a new key remove it first: perennial programs remove "{words}"',
                kind="program_known",
            )
        return NewProgram(store.programs.add(words, hash_of(key), collect, persona_id), key)


def programs(store: Store) -> list[Program]:
    """Every program, the oldest first."""
    return store.programs.all()


def program_named(store: Store, name: str) -> Program:
    """The program of this name."""
    found = _find(store, name)
    if found is None:
        known = ", ".join(each.name for each in store.programs.all()) or "none yet"
        raise PerennialError(
            f"There is no program {name}.", f"Choose from: {known}.", kind="program_unknown"
        )
    return found


def remove_program(store: Store, name: str) -> Program:
    """Take a program's key back; what was collected stays, and can be forgotten like the rest."""
    found = program_named(store, name)
    store.programs.remove(found.id)
    return found


def set_collecting(store: Store, name: str, on: bool) -> Program:
    """Give the consent that what is said through a program is kept, or take it back."""
    return store.programs.set_collects(program_named(store, name).id, on)


def program_of_key(store: Store, key: str) -> Program | None:
    """Whose key it is; compared without telling by the time how much of it is right."""
    given = hash_of(key)
    found = None
    for each in store.programs.all():
        if hmac.compare_digest(each.key_hash, given):
            found = each
    return found


def hash_of(key: str) -> str:
    """What is kept of a key: it is long and random, so that no slow hash is needed."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def port(store: Store) -> int:
    """Where the endpoints are: always the same place, since programs remember it."""
    return int(store.settings.get(PORT_KEY, DEFAULT_PORT))


def set_port(store: Store, number: int) -> None:
    """Have the endpoints at another port from now on."""
    store.settings.set(PORT_KEY, number)


def _find(store: Store, name: str) -> Program | None:
    wanted = " ".join(name.split()).casefold()
    return next((each for each in store.programs.all() if each.name.casefold() == wanted), None)
