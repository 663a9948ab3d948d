"""Faults in a real process, chosen by its environment; Python imports this when it starts.

PERENNIAL_TEST_HIDE     packages that are not to be found, separated by commas
PERENNIAL_TEST_FAULT    module:function before which the disk gets full
PERENNIAL_TEST_AFTER    how many calls of that function go well before that
PERENNIAL_TEST_BALLAST  the file that fills the disk; without it the call is refused as if it had
"""

from __future__ import annotations

import errno
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

HIDDEN = {name for name in os.environ.get("PERENNIAL_TEST_HIDE", "").split(",") if name}
MODULE, _, FUNCTION = os.environ.get("PERENNIAL_TEST_FAULT", "").partition(":")
AFTER = int(os.environ.get("PERENNIAL_TEST_AFTER", "0"))
BALLAST = os.environ.get("PERENNIAL_TEST_BALLAST", "")

_find_spec = PathFinder.find_spec
_calls = [0]


def _find_what_is_not_hidden(
    name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
) -> ModuleSpec | None:
    if name.partition(".")[0] in HIDDEN:
        return None
    return _find_spec(name, path, target)


def _fill_the_disk() -> None:
    if not BALLAST:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if os.path.exists(BALLAST):  # noqa: PTH110 (pathlib may not be imported this early)
        return
    room = os.statvfs(os.path.dirname(BALLAST))  # noqa: PTH120
    with open(BALLAST, "wb", buffering=0) as file:  # noqa: PTH123
        try:
            file.write(bytes(room.f_bavail * room.f_frsize))
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def _with_fault(function: Callable[..., Any]) -> Callable[..., Any]:
    def faulty(*arguments: Any, **options: Any) -> Any:
        _calls[0] += 1
        if _calls[0] > AFTER:
            _fill_the_disk()
        return function(*arguments, **options)

    return faulty


class _Loader(importlib.abc.Loader):
    def __init__(self, inner: importlib.abc.Loader) -> None:
        self._inner = inner

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        *owners, name = FUNCTION.split(".")
        owner: Any = module
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, _with_fault(getattr(owner, name)))


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = _find_spec(name, path, target) if name == MODULE else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


if HIDDEN:
    PathFinder.find_spec = _find_what_is_not_hidden  # type: ignore[method-assign,assignment]
if MODULE:
    sys.meta_path.insert(0, _Finder())
