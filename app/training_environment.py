"""The packages that only a training needs: whether they are there, their size, and their coming."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable

from app.errors import PerennialError
from app.installation import ROOT, install_extra, training_size

MODULES = ("torch", "transformers", "peft", "accelerate", "bitsandbytes")


def is_ready() -> bool:
    """Whether a training could start, without importing anything of it."""
    return not missing()


def missing() -> tuple[str, ...]:
    """The packages of a training that are not installed, or not whole."""
    return tuple(name for name in MODULES if not _is_whole(name))


def size_text() -> str:
    """What the installation costs, to be said before it begins."""
    return training_size()


def install(on_line: Callable[[str], None]) -> None:
    """Install what a training needs into the running environment; goes on where it was stopped."""
    if not (ROOT / "constraints.txt").exists():
        raise PerennialError(
            "Perennial does not run from its own folder here, so it cannot install for training.",
            'Install it yourself with: pip install "perennial[train]"',
            kind="setup_no_folder",
            kept="Nothing was changed.",
        )
    install_extra("train", on_line)
    importlib.invalidate_caches()


def _is_whole(name: str) -> bool:
    if importlib.util.find_spec(name) is None:
        return False
    try:
        # pip writes this after the last file of a package.
        return bool(importlib.metadata.distribution(name).read_text("INSTALLER"))
    except importlib.metadata.PackageNotFoundError:
        return False
