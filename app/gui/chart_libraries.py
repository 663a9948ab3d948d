"""What charts are drawn with, numpy and pyqtgraph: loaded before the first one, bit by bit.

In the window's thread: PySide makes each of its types when it is first asked for, and the
process ends where two threads ask at once. It takes half a second, so the event loop comes round
in between.
"""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.util import find_spec, module_from_spec
from threading import Thread

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer

from app.gui.background import is_gone

SLICE_S = 0.005  # of work before the event loop comes round
# What libraries raise that are missing, or of versions that do not fit each other or the machine.
LIBRARY_ERRORS = (ImportError, AttributeError, RuntimeError, ValueError)
# They know nothing of Qt; pyqtgraph takes the second where it is installed.
_APART = ("numpy", "cuda.bindings.runtime")

Done = Callable[[], object]
Failed = Callable[[Exception], object]


def charts_loaded() -> bool:
    """Whether a chart can be drawn without a pause for its libraries."""
    return _loading().done


def load_then(done: Done, failed: Failed) -> None:
    """Have the libraries loaded, and go on; who is gone by then hears nothing."""
    _loading().add(done, failed)


class _Loading(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.done = False
        self._waiting: list[tuple[Done, Failed]] = []
        self._steps: Iterator[None] = iter(())
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    def add(self, done: Done, failed: Failed) -> None:
        self._waiting.append((done, failed))
        if not self._timer.isActive():
            self._steps = iter(()) if self.done else _steps()
            self._timer.start()

    def _go_on(self) -> None:
        until = time.perf_counter() + SLICE_S
        try:
            while time.perf_counter() < until:
                next(self._steps)
        except StopIteration:
            self.done = True
            self._end(None)
        except LIBRARY_ERRORS as error:
            self._end(error)

    def _end(self, error: Exception | None) -> None:
        self._timer.stop()
        waiting, self._waiting = self._waiting, []
        for done, failed in waiting:
            if is_gone(done):
                continue
            if error is not None:
                failed(error)
            else:
                done()


@cache
def _loading() -> _Loading:
    return _Loading()


def _steps() -> Iterator[None]:
    apart = Thread(target=_load_apart, name="chart-libraries", daemon=True)
    apart.start()
    while apart.is_alive():
        apart.join(SLICE_S)
        yield
    for module in (QtCore, QtGui, QtWidgets):
        for name in dir(module):
            getattr(module, name)
            yield
    yield from _import_in_steps("pyqtgraph")
    import_module("pyqtgraph").setConfigOptions(antialias=True)


def _load_apart() -> None:
    """What is missing or broken is told where it is needed."""
    for name in _APART:
        with suppress(Exception):
            import_module(name)


def _import_in_steps(name: str) -> Iterator[None]:
    """Import a package that takes long, one statement of its own after the other."""
    spec = find_spec(name)
    loader = spec.loader if spec is not None else None
    source = loader.get_source(name) if isinstance(loader, InspectLoader) else None
    if name in sys.modules or spec is None or source is None:
        import_module(name)
        return
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        for statement in ast.parse(source).body:
            code = compile(ast.Module([statement], []), str(spec.origin), "exec", dont_inherit=True)
            exec(code, module.__dict__)
            yield
    except BaseException:
        del sys.modules[name]
        raise
