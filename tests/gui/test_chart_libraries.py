"""The libraries of the charts, in a process of their own: they are loaded once in each."""

from __future__ import annotations

import subprocess
import sys

LOADING = """
import os, sys, threading
import shiboken6
from importlib.abc import MetaPathFinder

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtWidgets import QApplication, QWidget
from app.gui import chart_libraries

threads, breaks = {}, [True]

class Watch(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "pyqtgraph"):
            threads.setdefault(threading.current_thread().name, []).append(name)
        if breaks and name == "pyqtgraph.functions":
            raise AttributeError("broken")
        return None

sys.meta_path.insert(0, Watch())
application = QApplication([])
heard = []

class Place(QWidget):
    def on_done(self):
        heard.append(self.objectName())

def load():
    heard.clear()
    gone, there = Place(objectName="gone"), Place(objectName="there")
    for each in (gone, there):
        chart_libraries.load_then(each.on_done, lambda error: heard.append(str(error)))
    shiboken6.delete(gone)
    while not heard:
        application.processEvents()
    return list(heard)

assert not chart_libraries.charts_loaded() and "pyqtgraph" not in sys.modules
assert load() == ["broken"], heard
assert not chart_libraries.charts_loaded() and "pyqtgraph" not in sys.modules
breaks.clear()
assert load() == ["there"], heard
assert chart_libraries.charts_loaded()
assert load() == ["there"], heard
import pyqtgraph
pyqtgraph.PlotWidget()
assert pyqtgraph.getConfigOption("antialias")
assert list(threads) == ["MainThread"], threads
print("as it should be")
"""


def test_they_are_loaded_by_the_thread_that_makes_widgets_and_who_waits_is_told() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADING], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout.strip() == "as it should be", ended.stderr
