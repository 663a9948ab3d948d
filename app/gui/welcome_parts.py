"""Parts of a form or dialog that is used here as it is, found by their names."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

Part = TypeVar("Part", bound=QWidget)


def part_of(whole: QWidget, kind: type[Part], name: str = "") -> Part:
    """The one part of this kind and name; its lack is a bug."""
    found: Part | None = whole.findChild(kind, name) if name else whole.findChild(kind)
    assert found is not None, f"{whole.objectName()} has no {kind.__name__} {name}"
    return found
