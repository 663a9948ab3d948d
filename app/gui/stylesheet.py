"""The style sheet, written from the tokens; widgets choose a style by their `kind` property."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Any

SCROLL_BAR_PX = 12
# Heights that letters have to fit into grow with them; these are at the usual target of 32 px.
_FITTED_PX, _USUAL_TARGET_PX = (9, 16, 22, 28, 30, 38, 42), 32

_SHEET = Template("""
* { font-size: ${type_body}px; color: $text; outline: none; }
QMainWindow, QDialog, QWidget[kind="page"], QWidget[kind="column"] { background: $canvas; }
QDialog#palette { border: 1px solid $control_line; }
QMessageBox { background: $surface; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 6px 8px; }

QWidget[kind="sidebar"] { background: $sidebar; border-right: 1px solid $line; }
QWidget[kind="header"] { background: $canvas; border-bottom: 1px solid $line; }
QWidget[kind="footer"] { background: $canvas; }
QWidget[kind="panel"] { background: $sidebar; border-left: 1px solid $line; }
QFrame[kind="card"] {
  background: $surface; border: 1px solid $line; border-radius: ${radius_large}px; }
QFrame[kind="drop"] { background: $canvas; border: 3px dashed $accent; }
QFrame[kind="question"] { background: $question; border-radius: ${radius_large}px; }
QFrame[kind="code"] {
  background: $code; border: 1px solid $line; border-radius: ${radius_medium}px; }
QFrame[kind="rule"] { background: $line; max-height: 1px; min-height: 1px; border: none; }
QFrame[kind="trouble"] { background: $danger_soft; border-bottom: 1px solid $danger; }
QFrame[kind="notice"] { background: $warning_soft; border-bottom: 1px solid $warning; }
QFrame[kind="warning"] { background: $warning_soft; border-radius: ${radius_medium}px; }
QFrame[kind="good"] { background: $good_soft; border-radius: ${radius_medium}px; }
QFrame[kind="danger"] { background: $danger_soft; border-radius: ${radius_medium}px; }

QLabel { background: transparent; }
QLabel[kind="small"] { font-size: ${type_small}px; color: $text_soft; }
QLabel[kind="soft"] { color: $text_soft; }
QLabel[kind="strong"] { font-weight: 600; }
QLabel[kind="title"] { font-size: ${type_title}px; font-weight: 600; }
QLabel[kind="display"] { font-size: ${type_display}px; font-weight: 600; }
QLabel[kind="section"] { font-size: ${type_small}px; font-weight: 600; color: $text_soft; }
QLabel[kind="badge"] {
  font-size: ${type_small}px; color: $accent_text; background: $accent_soft;
  border-radius: ${radius_small}px; padding: 2px 6px; }
QLabel[kind="tag"] {
  font-size: ${type_small}px; color: $text_soft; background: $hover;
  border-radius: ${radius_small}px; padding: 2px 6px; }
QLabel[kind="danger"] { color: $danger; }
QLabel[kind="good"] { color: $good; }
QLabel[kind="warning"] { color: $warning; }

QPushButton, QToolButton {
  min-height: ${fit_30}px; border-radius: ${radius_medium}px; border: 1px solid transparent;
  padding: 0 10px; background: transparent; text-align: center; }
QToolButton { min-width: ${fit_30}px; padding: 0; }
QLineEdit QToolButton { min-width: 0; min-height: 0; border: none; background: transparent; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $pressed; }
QPushButton:focus, QToolButton:focus { border: 2px solid $focus; }
QPushButton:disabled, QToolButton:disabled { color: $text_soft; }
QPushButton[kind="primary"] {
  background: $accent; color: $on_accent; font-weight: 600; border: 1px solid $accent;
  padding: 0 12px; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled {
  background: $hover; color: $text_soft; border: 1px solid $line; }
QPushButton#train_month { padding: 0 2px; }
QPushButton[kind="plain"] {
  background: $raised; border: 1px solid $control_line; padding: 0 16px; }
QPushButton[kind="plain"]:hover { background: $hover; }
QPushButton[kind="plain"]:focus { border: 2px solid $focus; }
QPushButton[kind="plain"]:disabled { border: 1px solid $line; }
QPushButton[kind="danger"] {
  background: $raised; color: $danger; border: 1px solid $danger; padding: 0 16px; }
QPushButton[kind="danger"]:hover { background: $danger_soft; }
QPushButton[kind="danger"]:focus { border: 2px solid $danger; }
QPushButton[kind="fold"] { text-align: left; padding: 0 8px 0 2px; }
QPushButton[kind="nav"] { text-align: left; padding: 0 8px; }
QPushButton[kind="nav"][sign="true"] { text-align: center; padding: 0; }
QPushButton[kind="nav"]:checked { background: $pressed; font-weight: 600; }
QPushButton[kind="chip"] {
  font-size: ${type_small}px; border: 1px solid $control_line; border-radius: ${chip_radius}px;
  padding: 0 12px; min-height: ${fit_28}px; }
QPushButton[kind="chip"]:checked {
  background: $accent_soft; color: $accent_text; border: 1px solid $accent; }
QPushButton[kind="chip"]:focus { border: 2px solid $focus; }
QPushButton[kind="persona"] { text-align: left; padding: 0; min-height: ${fit_42}px; }
QPushButton[kind="persona"]:checked { background: $pressed; }
QPushButton[kind="template"] {
  text-align: center; padding: 0 8px; background: $surface; border: 1px solid $control_line;
  min-height: ${fit_38}px; }
QPushButton[kind="template"]:hover { border: 1px solid $accent; background: $surface; }
QPushButton[kind="template"]:checked { border: 2px solid $accent; background: $accent_soft; }
QPushButton[kind="template"]:focus { border: 2px solid $focus; }
QToolButton:checked { background: $accent_soft; }
QToolButton[there="true"] { border: 1px dashed $accent; }
QToolButton[there="true"]:focus { border: 2px solid $focus; }
QToolButton[kind="send"] { background: $accent; }
QToolButton[kind="send"]:hover { background: $accent_hover; }
QToolButton[kind="send"]:focus { border: 2px solid $text; }
QToolButton[kind="send"]:disabled { background: $hover; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QPlainTextEdit, QTextEdit[kind="field"], QComboBox {
  background: $surface; border: 1px solid $control_line; border-radius: ${radius_medium}px;
  padding: 4px 8px; selection-background-color: $selection; selection-color: $text; }
QLineEdit, QComboBox { min-height: ${fit_22}px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit[kind="field"]:focus, QComboBox:focus {
  border: 2px solid $focus; padding: 3px 7px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow {
  width: 0; height: 0; border-left: 4px solid $surface; border-right: 4px solid $surface;
  border-top: 5px solid $text_soft; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; }
QFrame[kind="composer"] {
  background: $surface; border: 1px solid $control_line; border-radius: ${radius_large}px; }
QFrame[kind="composer"][focused="true"] { border: 2px solid $focus; }
QTextEdit[kind="bare"], QTextBrowser[kind="bare"], QPlainTextEdit[kind="bare"] {
  background: transparent; border: none; padding: 0;
  selection-background-color: $selection; selection-color: $text; }

QScrollArea { background: $canvas; border: none; }
QScrollArea[kind="clear"], QWidget[kind="clear"] { background: transparent; border: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar::handle:vertical {
  background: $control_line; min-height: 32px; border-radius: 3px; margin: 2px 3px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle:horizontal {
  background: $control_line; min-width: 32px; border-radius: 3px; margin: 3px 2px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QCheckBox, QRadioButton {
  min-height: ${fit_30}px; spacing: 8px; border: 1px solid transparent; padding: 0 4px;
  border-radius: ${radius_medium}px; }
QCheckBox:focus, QRadioButton:focus { border: 2px solid $focus; padding: 0 3px; }
QCheckBox:disabled, QRadioButton:disabled { color: $text_soft; }
QCheckBox::indicator, QRadioButton::indicator {
  width: ${fit_16}px; height: ${fit_16}px; background: $surface; border: 1px solid $control_line;
  border-radius: 4px; }
QCheckBox::indicator:checked { background: $accent; border: 1px solid $accent; }
QCheckBox::indicator:checked:disabled { background: $hover; border: 1px solid $line; }
QRadioButton::indicator { border-radius: ${fit_9}px; }
QRadioButton::indicator:checked {
  border: 1px solid $accent; background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5,
  fy: 0.5, stop: 0 $accent, stop: 0.5 $accent, stop: 0.6 $surface, stop: 1 $surface); }
QProgressBar {
  background: $pressed; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QMenu { background: $raised; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: ${radius_small}px; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $text_soft; background: transparent; }
QListView[kind="list"] { background: transparent; border: 2px solid transparent; }
QListView[kind="list"]::item { padding: 8px; border-radius: ${radius_medium}px; }
QListView[kind="list"]::item:hover { background: $hover; }
QListView[kind="list"]::item:selected { background: $pressed; color: $text; }
QListView[kind="list"]:focus { border: 2px solid $focus; border-radius: ${radius_medium}px; }
""")


def stylesheet(tokens: Mapping[str, Any], colours: Mapping[str, str]) -> str:
    """The sheet of one shade."""
    values = dict(colours)
    for group in ("type", "radius", "space"):
        values |= {f"{group}_{name}": str(value) for name, value in tokens[group].items()}
    target = tokens["size"]["target"]
    values |= {f"fit_{px}": str(round(px * target / _USUAL_TARGET_PX)) for px in _FITTED_PX}
    values["chip_radius"] = str(int(values["fit_28"]) // 2 + 1)  # a larger one would be none
    return _SHEET.substitute(values)
