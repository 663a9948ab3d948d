"""A screen of the test's own, and windows that leave nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from app.home import Home
from tests.tiny_month import processes_of
from tests.window.driven import DrivenWindow

PICTURES_VARIABLE = "PERENNIAL_SCREENSHOTS"
# As large as the window, so that a picture of the screen is a picture of the window.
SCREEN = "1160x760x24"


class Opener(Protocol):
    """Opens the window on a home, on a system in a language."""

    def __call__(self, home: Home, language: str = "en_US") -> DrivenWindow: ...


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """An X server with a display that nobody else has."""
    missing = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (apt-get install xvfb xdotool)")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            "Xvfb",
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            SCREEN,
            "-nolisten",
            "tcp",
            "-noreset",
        ],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    assert number, "the X server did not start"
    yield f":{number}"
    server.terminate()
    server.wait(30)


@pytest.fixture
def open_window(display: str, tmp_path: Path) -> Iterator[Opener]:
    """Opens a window on a home; whatever still runs for the home at the end is ended."""
    opened: list[DrivenWindow] = []
    pictures = Path(os.environ.get(PICTURES_VARIABLE) or tmp_path / "pictures")

    def open_it(home: Home, language: str = "en_US") -> DrivenWindow:
        eye = tmp_path / f"eye-{len(opened)}"
        window = DrivenWindow(home, display, pictures, eye, language)
        opened.append(window)
        return window

    yield open_it
    for window in opened:
        for process in processes_of(window.home):
            os.kill(process.pid, signal.SIGKILL)
        window.process.wait(30)
        for pipe in (window.process.stdout, window.process.stderr):
            if pipe is not None:
                pipe.close()
