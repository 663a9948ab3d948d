"""Icons: glyphs of QtAwesome's Phosphor font, drawn in the colours of the theme.

The font is read from QtAwesome's files. Importing the package loads a dozen icon fonts and, for
them, half of the time and 40 MB of the memory that the whole window may take.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.gui.theme import size, theme

_DENSITY = 2


@cache
def _font() -> tuple[str, dict[str, str]]:
    """The family of the icon font and its glyphs by name."""
    spec = find_spec("qtawesome")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "fonts"
    font = next(folder.glob("phosphor-*.ttf"))
    glyphs = json.loads(next(folder.glob("phosphor-charmap-*.json")).read_text("utf-8"))
    number = QFontDatabase.addApplicationFontFromData(QByteArray(font.read_bytes()))
    return QFontDatabase.applicationFontFamilies(number)[0], glyphs


def icon(name: str, colour: str = "text_soft", on: str = "accent_text") -> QIcon:
    """An icon by its Phosphor name, in a colour of the theme, filled when it is on."""
    look = theme().look
    return _icon(name, look[colour], look[on], look["control_line"], size("icon"))


@cache
def _icon(name: str, colour: str, on: str, off: str, pixels: int) -> QIcon:
    _, glyphs = _font()
    filled = f"{name}-fill" if f"{name}-fill" in glyphs else name
    made = QIcon()
    for mode, plain in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, off)):
        made.addPixmap(glyph(name, plain, pixels), mode, QIcon.State.Off)
        made.addPixmap(glyph(filled, on, pixels), mode, QIcon.State.On)
    return made


def glyph(name: str, colour: str, pixels: int) -> QPixmap:
    """An icon as a picture, sharp on dense screens too."""
    family, glyphs = _font()
    letter = chr(int(glyphs[name], 16))  # before anything is painted, or its error ends the app
    pixmap = QPixmap(pixels * _DENSITY, pixels * _DENSITY)
    pixmap.setDevicePixelRatio(_DENSITY)
    pixmap.fill(Qt.GlobalColor.transparent)
    font = QFont(family)
    font.setPixelSize(pixels)
    painter = QPainter(pixmap)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(QRectF(0, 0, pixels, pixels), Qt.AlignmentFlag.AlignCenter, letter)
    painter.end()
    return pixmap


def put_icon(
    button: QAbstractButton, name: str, colour: str = "text_soft", on: str = "accent_text"
) -> None:
    """Give a button an icon that follows the theme."""
    button.setIconSize(QSize(size("icon"), size("icon")))
    button.setIcon(icon(name, colour, on))


def icon_label(name: str, colour: str, pixels: int = 0) -> QLabel:
    """An icon that stands by itself; the words beside it say what it means."""
    label = QLabel()
    side = pixels or size("icon")
    label.setPixmap(glyph(name, theme().look[colour], side))
    label.setFixedSize(side, side)
    return label
