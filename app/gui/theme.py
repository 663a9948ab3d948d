"""The look: tokens of colour, space and type, and what every widget takes from them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

import resources
from app.gui.stylesheet import stylesheet

Choice = Literal["system", "light", "dark"]
Shade = Literal["light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")
USUAL_SCALE = 100
SCALES = range(80, 201, 10)
# How much of a larger type a size takes along, where it is not all of it: targets are higher than
# their letters already, and beside wide columns the page would have no room.
_SHARES = {"target": 0.5, "sidebar": 0.4, "history": 0.4}


@cache
def tokens() -> dict[str, Any]:
    """The tokens as they stand in their file."""
    path = Path(resources.__file__).parent / "themes" / "tokens.json"
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def space(name: str) -> int:
    return int(tokens()["space"][name])


def size(name: str) -> int:
    """A size of the window's parts, at the scale that is on."""
    return int(_scaled_sizes(_current_scale())[name])


def type_size(name: str) -> int:
    """A size of letters, at the scale that is on."""
    return int(_scaled_types(_current_scale())[name])


def fitted(px: int) -> int:
    """What holds letters and is so large at the usual scale, at the scale that is on."""
    return round(px * _current_scale() / 100)


def scaled_tokens(scale: int) -> dict[str, Any]:
    """The tokens with everything that letters have to fit into at a scale in percent."""
    return {**tokens(), "type": _scaled_types(scale), "size": _scaled_sizes(scale)}


def fitting_scale(percent: Any) -> int:
    """The scale that is nearest to what was asked for; what is no number is the usual one."""
    if not isinstance(percent, int | float) or not math.isfinite(percent):
        return USUAL_SCALE
    return min(SCALES, key=lambda each: abs(each - percent))


@cache
def _scaled_types(scale: int) -> dict[str, int]:
    return {name: round(px * scale / 100) for name, px in tokens()["type"].items()}


@cache
def _scaled_sizes(scale: int) -> dict[str, int]:
    more = (scale - USUAL_SCALE) / 100
    return {
        name: round(px * (1 + more * _SHARES.get(name, 1.0)))
        for name, px in tokens()["size"].items()
    }


@dataclass(frozen=True)
class Look:
    """The colours of one shade."""

    shade: Shade
    colours: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.colours[name]

    def colour(self, name: str) -> QColor:
        return QColor(self.colours[name])


def look(shade: Shade) -> Look:
    """The colours of a shade."""
    return Look(shade, tokens()["colour"][shade])


class Theme(QObject):
    """The look that is on; follows the system unless the user chose."""

    changed = Signal()

    def __init__(
        self, application: QApplication, choice: Choice = "system", scale: int = USUAL_SCALE
    ) -> None:
        super().__init__(application)
        self._application = application
        self.choice: Choice = choice
        self.scale = fitting_scale(scale)
        self.look = look(self._shade())
        application.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self._apply()

    def choose(self, choice: Choice) -> None:
        """Take a shade, or follow the system."""
        self.choice = choice
        self._follow()

    def choose_scale(self, percent: int) -> None:
        """Take letters of this size, in percent of the usual one, and what they have to fit."""
        scale = fitting_scale(percent)
        if scale == self.scale:
            return
        self.scale = scale
        self._apply()
        self.changed.emit()

    def _on_system_changed(self) -> None:
        self._follow()

    def _follow(self) -> None:
        shade = self._shade()
        if shade == self.look.shade:
            return
        self.look = look(shade)
        self._apply()
        self.changed.emit()

    def _shade(self) -> Shade:
        if self.choice != "system":
            return self.choice
        scheme = self._application.styleHints().colorScheme()
        return "dark" if scheme == Qt.ColorScheme.Dark else "light"

    def _apply(self) -> None:
        self._application.setPalette(_palette(self.look))
        self._application.setStyleSheet(stylesheet(scaled_tokens(self.scale), self.look.colours))


_THEME: list[Theme] = []


def install_theme(
    application: QApplication, choice: Choice = "system", scale: int = USUAL_SCALE
) -> Theme:
    """The one theme of the application."""
    _THEME[:] = [Theme(application, choice, scale)]
    return _THEME[0]


def _current_scale() -> int:
    return _THEME[0].scale if _THEME else USUAL_SCALE


def theme() -> Theme:
    """The theme that was installed."""
    return _THEME[0]


def _palette(colours: Look) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, "canvas"),
        (roles.WindowText, "text"),
        (roles.Base, "surface"),
        (roles.AlternateBase, "canvas"),
        (roles.Text, "text"),
        (roles.PlaceholderText, "text_soft"),
        (roles.Button, "raised"),
        (roles.ButtonText, "text"),
        (roles.Highlight, "selection"),
        (roles.HighlightedText, "text"),
        (roles.Link, "accent_text"),
        (roles.ToolTipBase, "raised"),
        (roles.ToolTipText, "text"),
    ):
        palette.setColor(role, colours.colour(name))
    palette.setColor(QPalette.ColorGroup.Disabled, roles.ButtonText, colours.colour("text_soft"))
    return palette


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG counts it, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
