"""What is looked for on everything that is pictured: names for those who listen, room for words."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QSpinBox,
    QTextEdit,
    QWidget,
)

from app.gui.controls import Line

CONTROLS = (
    QAbstractButton, QLineEdit, QTextEdit, QPlainTextEdit, QComboBox, QAbstractSlider, QSpinBox,
    QAbstractItemView,
)  # fmt: skip
_WRITTEN = (QLineEdit, QTextEdit, QPlainTextEdit)
# What a style may round away.
SPARE_PX = 2
# A lower list or text shows less than a line of what it holds.
LEAST_SCROLLED_PX = 40
# Where there is nothing, one scrolls no further than this.
MOST_EMPTY_PX = 40


def complaints(place: QWidget) -> list[str]:
    """What is wrong with what is shown."""
    return [*_without_name(place), *_without_tip(place), *without_room(place), *_empty_end(place)]


def _controls(place: QWidget) -> Iterator[QWidget]:
    for each in place.findChildren(QWidget):
        inner = isinstance(each.parent(), QAbstractScrollArea | QComboBox | QSpinBox | QLineEdit)
        of_qt = isinstance(each, QScrollBar) or each.objectName().startswith("qt_")
        if isinstance(each, CONTROLS) and each.isVisibleTo(place) and not (inner or of_qt):
            yield each


def _without_name(place: QWidget) -> Iterator[str]:
    for each in _controls(place):
        spoken = QAccessible.queryAccessibleInterface(each)
        if spoken is None or not spoken.text(QAccessible.Text.Name).strip():
            yield f"{_called(each)} has no spoken name"
        elif spoken.role() in (QAccessible.Role.NoRole, QAccessible.Role.Client):
            yield f"{_called(each)} has no role"
        elif each.focusPolicy() == Qt.FocusPolicy.NoFocus and isinstance(each, QAbstractButton):
            yield f"{_called(each)} cannot be reached by the keyboard"


def _without_tip(place: QWidget) -> Iterator[str]:
    """What can be used says what it does; lists, and texts that are only read, do not."""
    for each in _controls(place):
        only_read = isinstance(each, _WRITTEN) and each.isReadOnly()
        listed = isinstance(each, QAbstractItemView)
        if not (only_read or listed or each.toolTip().strip()):
            yield f"{_called(each)} has no tip"


def _empty_end(place: QWidget) -> Iterator[str]:
    """What scrolls on although its content has ended."""
    for area in place.findChildren(QScrollArea):
        held = area.widget()
        if held is None or not area.isVisibleTo(place) or not held.hasHeightForWidth():
            continue
        wanted = max(held.layout().heightForWidth(held.width()), area.viewport().height())
        if held.height() > wanted + MOST_EMPTY_PX:
            yield f"{_called(area)} scrolls {held.height() - wanted} px past its end"


def without_room(place: QWidget) -> Iterator[str]:
    """What is cut, squeezed, or beyond an edge that nothing scrolls over."""
    for each in place.findChildren(QWidget):
        if not each.isVisibleTo(place) or each.width() < 1:
            continue
        if isinstance(each, QLabel) and not isinstance(each, Line) and each.text():
            yield from _cut_label(each)
        elif isinstance(each, QAbstractButton) and each.text().strip():
            needed = each.minimumSizeHint().width()
            if needed > each.width() + SPARE_PX:
                yield f"{_called(each)} needs {needed} px and has {each.width()}: {each.text()!r}"
        yield from _squeezed(each)
        yield from _out_of_reach(each, place)
        yield from _over_one_another(each)


def _squeezed(each: QWidget) -> Iterator[str]:
    """Lower than it can be used; a layout without room does that to its last parts."""
    least = 0
    if isinstance(each, QAbstractButton | QLineEdit | QComboBox | QSpinBox):
        least = min(each.minimumSizeHint().height(), each.maximumHeight())
    elif isinstance(each, QAbstractScrollArea):
        least = min(LEAST_SCROLLED_PX, each.maximumHeight())
    inner = isinstance(each.parent(), QAbstractScrollArea | QComboBox | QLineEdit)
    if each.height() + SPARE_PX < least and not inner:
        yield f"{_called(each)} is {each.height()} px high and needs {least}"


def _over_one_another(parent: QWidget) -> Iterator[str]:
    """A layout with less room than its parts need lays them over one another."""
    laid = Qt.WidgetAttribute.WA_LaidOut
    parts = [
        each
        for each in parent.children()
        if isinstance(each, QWidget) and each.testAttribute(laid) and each.isVisible()
    ]
    for number, one in enumerate(parts):
        for other in parts[number + 1 :]:
            both = one.geometry().intersected(other.geometry())
            if both.width() > SPARE_PX and both.height() > SPARE_PX:
                yield f"{_called(one)} lies over {_called(other)} by {both.height()} px"


def _out_of_reach(each: QWidget, place: QWidget) -> Iterator[str]:
    """Over the edge of what it stands in, where nothing scrolls to it."""
    within = each.parentWidget()
    if each.isWindow() or within is None or each is place or within.width() < 1:
        return
    area = within.parentWidget()
    across = down = True
    if isinstance(area, QAbstractScrollArea) and area.viewport() is within:
        never = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        across = area.horizontalScrollBarPolicy() == never
        down = area.verticalScrollBarPolicy() == never
    if isinstance(within, QAbstractScrollArea | QComboBox | QLineEdit):
        return
    beyond = each.geometry().right() - within.rect().right()
    if across and (beyond > SPARE_PX or each.x() < -SPARE_PX):
        yield f"{_called(each)} is {max(beyond, -each.x())} px over the side"
    beyond = each.geometry().bottom() - within.rect().bottom()
    if down and (beyond > SPARE_PX or each.y() < -SPARE_PX):
        yield f"{_called(each)} is {max(beyond, -each.y())} px over the end"


def _cut_label(each: QLabel) -> Iterator[str]:
    if each.wordWrap():
        needed, there = each.heightForWidth(each.width()), each.height()
    else:
        needed, there = each.sizeHint().width(), each.width()
    if needed > there + SPARE_PX:
        yield f"{_called(each)} needs {needed} px and has {there}: {each.text()[:80]!r}"


def _called(each: QWidget) -> str:
    name = each.objectName() or "without a name"
    parent = each.parent()
    above = parent.objectName() if parent is not None else ""
    return f"{type(each).__name__} {name} (in {above})"
