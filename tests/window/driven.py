"""A hand on mouse and keyboard, and the window that it drives."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.home import Home

ROOT = Path(__file__).parents[2]
# Machines that run tests are slow and busy; whoever waits here stops as soon as it came.
LIMIT_S = 90.0
LOOK_EVERY_S = 0.05
KEY_DELAY_MS = 15


def wait_for(came: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> Any:
    """The first true value; an assertion that names what never came."""
    deadline = time.monotonic() + limit_s
    while not (value := came()):
        assert time.monotonic() < deadline, f"{what} did not come within {limit_s:.0f} s"
        time.sleep(LOOK_EVERY_S)
    return value


@dataclass(frozen=True)
class Seen:
    """A widget as it stands on the screen."""

    x: int
    y: int
    width: int
    height: int
    enabled: bool
    checked: bool
    text: str
    tip: str
    active: bool
    window: int
    points: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


class Hand:
    """Mouse and keyboard of one screen."""

    def __init__(self, display: str) -> None:
        self._environment = {**os.environ, "DISPLAY": display}

    def do(self, *words: str) -> str:
        """One line for xdotool."""
        done = subprocess.run(
            ["xdotool", *words], env=self._environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"xdotool {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def types(self, text: str) -> None:
        """Key after key, wherever the keyboard is."""
        self.do("type", "--delay", str(KEY_DELAY_MS), text)

    def give_keyboard_to(self, window: int) -> None:
        """What a window manager does when a window is clicked; on the test's screen is none."""
        self.do("windowfocus", str(window))

    def take_keyboard_away(self) -> None:
        """Give it to the screen itself, as if another program had it."""
        root = self.do("search", "--maxdepth", "0", ".*").split()[0]
        self.do("windowfocus", root)


class DrivenWindow:
    """The app in a process of its own, as a person has it before them."""

    def __init__(
        self, home: Home, display: str, pictures: Path, eye: Path, language: str = "en_US"
    ) -> None:
        self.home = home
        self.hand = Hand(display)
        self._pictures = pictures
        self._eye = eye
        environment = {
            **os.environ,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONFAULTHANDLER": "1",
            "LC_ALL": "",
            "LC_CTYPE": "C.UTF-8",
            "LANG": f"{language}.UTF-8",
            # Nobody's files and models but the test's own.
            "HOME": str(eye.parent),
            "XDG_CONFIG_HOME": str(eye.parent / ".config"),
            # Some desktops have a dialog for files of their own, in a process of their own.
            "XDG_CURRENT_DESKTOP": "none",
            "PYTHONPATH": str(ROOT),
            # The training keeps to one core: the other one is the window's.
            "OMP_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.window.launcher", str(eye), "--home", str(home.root)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def find(self, name: str, inside: str = "") -> Seen | None:
        """The widget of this name if it is on the screen now."""
        rows = self._ask({"find": name, "inside": inside}) or []
        seen = [Seen(**row) for row in rows]
        return next((each for each in seen if each.width > 0 and each.height > 0), None)

    def see(
        self,
        name: str,
        inside: str = "",
        *,
        until: Callable[[Seen], object] = lambda seen: True,
        limit_s: float = LIMIT_S,
    ) -> Seen:
        """Wait until the widget is there and as it should be."""
        last: list[Seen | None] = [None]

        def came() -> Seen | None:
            if self.process.poll() is not None:
                raise RuntimeError(f"the window ended: {self.ending()}")
            last[0] = found = self.find(name, inside)
            return found if found is not None and until(found) else None

        try:
            found: Seen = wait_for(came, f"{inside} {name}".strip(), limit_s)
        except AssertionError as error:
            trouble = self.find("trouble_text")
            self.picture("missing")
            told = f"; the window told: {trouble.text}" if trouble else ""
            raise AssertionError(f"{error}, last seen: {last[0]}{told}") from error
        return found

    def click(self, name: str, inside: str = "") -> None:
        """Click a widget once it stands still and can be clicked."""
        before: list[Seen | None] = [None]

        def still(seen: Seen) -> bool:
            same = seen == before[0]
            before[0] = seen
            return same and seen.enabled

        seen = self.see(name, inside, until=still)
        x, y = seen.middle
        self.hand.give_keyboard_to(seen.window)
        self.hand.do("mousemove", "--sync", str(x), str(y), "click", "1")

    def hover(self, name: str) -> None:
        """Move the mouse onto a widget, and a little on it."""
        x, y = self.see(name).middle
        for step in (-3, 0):
            self.hand.do("mousemove", "--sync", str(x + step), str(y))

    def press(self, keys: str, window: str = "main_window") -> None:
        """Press keys in the window or in a dialog, once it has the keyboard."""
        seen = self.see(window)
        if not seen.active:
            self.hand.give_keyboard_to(seen.window)
            self.see(window, until=lambda seen: seen.active)
        self.hand.do("key", keys)

    def write(self, name: str, text: str, inside: str = "") -> None:
        """Click into an editor and write in it, in the place of what stands there."""
        self.click(name, inside)
        self.hand.do("key", "ctrl+a")
        self.hand.types(text)
        self.see(name, inside, until=lambda seen: seen.text == text)

    def picture(self, name: str) -> Path:
        """Keep what is on the screen."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        path = self._pictures / f"{name}.png"
        assert self._ask({"picture": str(path)}), f"no picture {name}"
        return path

    def app_words(self) -> list[str]:
        """Everything that the app says on the screen just now, to the eye and aloud."""
        return list(self._ask({"words": "all"}))

    def activations(self) -> int:
        """How often the window was given the keyboard; another may have it again by now."""
        return int(self._ask({"activations": "how often"}))

    def kill(self) -> None:
        """End the window as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def wait_closed(self, limit_s: float = 30) -> int:
        """The exit code of a window that is being closed."""
        return self.process.wait(limit_s)

    def ending(self) -> str:
        """What the process said; only of one that has ended."""
        out, told = self.process.communicate(timeout=30)
        return f"{out}{told}".strip()

    def _ask(self, question: dict[str, str]) -> Any:
        """Nothing while the window is not there yet."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(LIMIT_S)
            try:
                line.connect(str(self._eye))
                line.sendall(json.dumps(question).encode() + b"\n")
                with line.makefile("rb") as answer:
                    return json.loads(answer.read() or b"null")
            except (FileNotFoundError, ConnectionError):
                return None
