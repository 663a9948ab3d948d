"""The user's own Ollama: found, started, and worked on by one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock

from app.home import Home
from ollama_bridge import ollama
from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.starting import installed_program, start
from ollama_bridge.errors import OllamaGone

LOCK_FILE = "ollama.lock"


def find_server() -> OllamaApi:
    """The user's Ollama, or what is missing."""
    server = ollama.find()
    if server is not None:
        return OllamaApi(server.address)
    if installed_program() is None:
        raise OllamaGone(
            "No Ollama answers, and none is installed on this computer.",
            "Install it from its own site, or set OLLAMA_HOST to where it runs.",
            kept="The persona answers in this window as before.",
        )
    raise OllamaGone(
        "Ollama is installed and does not run.",
        "Start its app or `ollama serve`, or let Perennial start it.",
        kept="The persona answers in this window as before.",
    )


def start_server(home: Home) -> None:
    """Have the Ollama of this computer run, if it does not."""
    program = installed_program()
    if ollama.find() is None and program is not None:
        start(program, home.logs / "ollama.log")


@contextmanager
def one_at_a_time(home: Home, *, wait: bool = True) -> Iterator[None]:
    """Two deployments at once would meet under the same names."""
    with FileLock(home.root / LOCK_FILE, timeout=-1 if wait else 0):
        yield
