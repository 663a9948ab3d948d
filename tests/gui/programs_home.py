"""A home whose personas can be asked by other programs, with a runtime that says what it is told.

Ports are chosen by the system, so that tests meet neither one another nor what runs beside them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import pytest

from app.endpoints.server import LOOPBACK, EndpointServer
from app.gui import programs_server
from app.home import Home
from app.operations import programs
from app.store import Persona, Store
from tests.unit.app.endpoints.desk import ScriptedRuntime, add_persona


def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedRuntime:
    """The window's own server, with a runtime that needs no model."""
    runtime = ScriptedRuntime()
    monkeypatch.setattr(
        programs_server,
        "EndpointServer",
        partial(EndpointServer, connect=lambda _root: runtime),
    )
    return runtime


def sunny_at(store: Store) -> tuple[Persona, int]:
    """A persona that can be asked, and the port where that will be."""
    made = add_persona(store, "Sunny", system_prompt="Be sunny.")
    number = free_port()
    programs.set_port(store, number)
    return made, number


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        tried.bind((LOOPBACK, 0))
        return int(tried.getsockname()[1])


@contextmanager
def stranger(number: int) -> Iterator[None]:
    """Another program has the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind((LOOPBACK, number))
        taken.listen()
        taken.settimeout(0)
        yield


@contextmanager
def elsewhere(home: Home, number: int) -> Iterator[None]:
    """`perennial serve` runs."""
    server = EndpointServer(home, number)
    server.start()
    try:
        yield
    finally:
        server.stop()


def ask(number: int, key: str, *said: str) -> httpx.Response:
    """What a program would send."""
    return httpx.post(
        f"http://{LOOPBACK}:{number}/v1/chat/completions",
        headers={"Authorization": f"Bearer {key}"},
        json={"model": "sunny", "messages": [{"role": "user", "content": each} for each in said]},
        timeout=20,
        trust_env=False,
    )
