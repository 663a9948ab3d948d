"""Fixtures of every test: a home of its own, the starter model, and no way out to the network."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from app.home import HOME_VARIABLE, Home, open_home
from app.starter import VARIABLE, ensure_starter, find_starter

if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the cores; threads that wait for each other would be in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

_IN_CI = bool(os.environ.get("CI"))
_USERS_HOME = Path(
    os.environ.get(HOME_VARIABLE) or platformdirs.user_data_dir("perennial", appauthor=False)
)

# Windows of several workers on one display would take the keyboard from each other, and from who
# works there; tests/window has a display of its own.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _stay_on_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if not isinstance(address, tuple) or address[0] in ("localhost", ""):
        return
    try:
        loopback = ipaddress.ip_address(address[0].partition("%")[0]).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise RuntimeError(f"A test reaches out of this machine: {address}")


sys.addaudithook(_stay_on_this_machine)


@pytest.fixture(scope="session")
def starter_gguf() -> Path:
    """The starter model; a test that needs it is left out where it was never fetched."""
    if _IN_CI:
        return ensure_starter(_USERS_HOME)
    found = find_starter(_USERS_HOME)
    if found is None:
        pytest.skip(f"the starter model is not here: python3 start.py setup, or {VARIABLE}")
    return found


@pytest.fixture(scope="session", autouse=True)
def _no_home_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What forgets to name its home finds an empty one, never the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(tmp_path_factory.mktemp("default-home") / "home"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_card_of_the_user() -> Iterator[None]:
    """Tests run on the same engine everywhere, also where a `llama-server` with a card is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_LLAMA_SERVER", "off")
        yield


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh home."""
    return open_home(tmp_path / "home")
