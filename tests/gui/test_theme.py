"""A look that cannot be read is no look: contrast, icons, and where the tokens go."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

import app.gui
from app.gui import icons
from app.gui.stylesheet import stylesheet
from app.gui.theme import Shade, contrast, install_theme, look, theme, tokens

# A persona's colour is its user's choice, in either theme.
_PERSONAS = {"avatar.py", "persona_colours.py", "persona_form.py"}
SOURCES = sorted(Path(app.gui.__file__).parent.glob("*.py"))
SURFACES = ("canvas", "surface", "sidebar", "raised", "hover", "pressed")
TEXT_PAIRS = [
    *[(text, surface) for text in ("text", "text_soft") for surface in SURFACES],
    ("on_accent", "accent"), ("on_accent", "accent_hover"), ("accent_text", "accent_soft"),
    ("accent_text", "canvas"), ("text", "question"), ("text_soft", "question"),
    ("text", "danger_soft"), ("text", "warning_soft"), ("text", "selection"),
    ("danger", "surface"), ("danger", "danger_soft"), ("warning", "surface"), ("good", "surface"),
    *[(f"code_{kind}", "code") for kind in ("keyword", "string", "comment", "number")],
]  # fmt: skip
CONTROL_PAIRS = [
    *[("control_line", surface) for surface in ("canvas", "surface", "raised", "sidebar")],
    *[("focus", surface) for surface in SURFACES[:4]],
    ("chart_train", "surface"), ("chart_valid", "surface"), ("accent", "pressed"),
]  # fmt: skip


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_text_can_be_read_in_both_shades(shade: Shade) -> None:
    colours = look(shade)
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in TEXT_PAIRS}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_controls_and_lines_of_charts_stand_out(shade: Shade) -> None:
    colours = look(shade)
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in CONTROL_PAIRS}
    assert {pair: value for pair, value in weak.items() if value < 3} == {}


def test_both_shades_have_the_same_tokens() -> None:
    assert set(look("light").colours) == set(look("dark").colours)


def test_style_sheet_uses_only_tokens() -> None:
    sheet = stylesheet(tokens(), look("light").colours)
    assert "$" not in sheet
    outside = [
        path.name
        for path in SOURCES
        if re.search(r"#[0-9A-Fa-f]{6}\b", path.read_text("utf-8")) and path.name not in _PERSONAS
    ]
    assert outside == []


def test_every_icon_is_in_the_font(qapp: QApplication) -> None:
    install_theme(qapp, "light")
    names = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and re.fullmatch(r"[a-z]+(-[a-z]+)+", node.value)
    }  # fmt: skip
    for name in names & _said_as_icons():
        assert not icons.icon(name).isNull()


def _said_as_icons() -> set[str]:
    """Names that stand where an icon is asked for."""
    found: set[str] = set()
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            places = {"icon_row": 0, "icon_label": 0, "tool": 1, "put_icon": 1}
            place = places.get(call.func.id)
            strings = [call.args[place]] if place is not None and len(call.args) > place else []
            strings += [each.value for each in call.keywords if each.arg == "icon"]
            found |= {
                each.value
                for each in strings
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
            }
    return found


def test_theme_follows_the_choice(qapp: QApplication) -> None:
    install_theme(qapp, "light")
    theme().choose("dark")
    assert theme().look.shade == "dark"
    assert qapp.palette().window().color().name().upper() == look("dark")["canvas"]
