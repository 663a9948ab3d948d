"""Two windows on one home would answer and rate past each other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.gui.single_window import SingleWindow
from app.home import Home
from tests.gui.waiting import wait_until

_SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.gui.single_window import SingleWindow
from app.home import open_home
application = QCoreApplication([])
second = SingleWindow(open_home(Path(sys.argv[1])))
sys.exit(1 if second.take() else 0 if second.knock() else 2)
"""

_KILLED = """
import os
import sys
from pathlib import Path
from app.gui.single_window import SingleWindow
from app.home import open_home
window = SingleWindow(open_home(Path(sys.argv[1])))
assert window.take()
os.kill(os.getpid(), 9)
"""


def test_second_window_brings_the_first_forward(home: Home, qtbot: QtBot) -> None:
    first = SingleWindow(home)
    assert first.take()
    knocks: list[bool] = []
    first.listen(lambda: knocks.append(True))
    second = subprocess.Popen(
        [sys.executable, "-c", _SECOND, str(home.root)], cwd=Path(__file__).parents[2],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    wait_until(qtbot, lambda: second.poll() is not None)
    assert second.returncode == 0
    assert knocks == [True]
    first.release()


def test_a_window_that_was_killed_locks_nobody_out(home: Home) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(home.root)], cwd=Path(__file__).parents[2], check=False
    )
    assert killed.returncode not in (0, 1)
    assert SingleWindow(home).take()
