"""The traits of a persona as sliders: four in front, six behind a click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QStyle, QStyleOptionSlider, QWidget

from app.gui.controls import column, label, tool
from app.gui.theme import space, theme
from app.gui.train_fold import Fold
from app.gui.translation import later, tr
from app.operations.trait_prompt import MIDDLE
from app.store.values import Traits

STEPS = 100
_GROOVE_PX, _KNOB_PX, _SLIDER_PX = 4, 16, 28
_NAME_PX = 128


@dataclass(frozen=True)
class TraitWords:
    """What a trait is called, what its ends are, and what it does."""

    name: str
    least: str
    most: str
    about: str


_WORDS: dict[str, TraitWords] = {
    "formality": TraitWords(
        later("Formality"), later("casual"), later("formal"),
        later("How formally it speaks: low for a friend, high for letters and work. In Korean it"
              " chooses the level of speech."),
    ),
    "verbosity": TraitWords(
        later("Length"), later("short"), later("long"),
        later("How long its replies are: low when you want the answer alone, high when you want"
              " reasons and examples too."),
    ),
    "emoji": TraitWords(
        later("Emoji"), later("none"), later("many"),
        later("How many emoji and emoticons it uses: none for work, some for a chatty persona."),
    ),
    "questions": TraitWords(
        later("Questions back"), later("never"), later("many"),
        later("How much it asks you back: low for quick answers, high for a persona that wants to"
              " understand you first."),
    ),
    "humour": TraitWords(
        later("Humour"), later("serious"), later("playful"),
        later("How much it jokes and plays with words."),
    ),
    "empathy": TraitWords(
        later("Empathy"), later("matter-of-fact"), later("warm"),
        later("How much it minds how you feel: low for plain facts, high for comfort and"
              " encouragement."),
    ),
    "creativity": TraitWords(
        later("Creativity"), later("plain"), later("vivid"),
        later("How rich in images and unusual words it writes: low for instructions, high for"
              " stories."),
    ),
    "initiative": TraitWords(
        later("Initiative"), later("answers only"), later("goes ahead"),
        later("Whether it keeps to what was asked or suggests next steps by itself."),
    ),
    "technical_depth": TraitWords(
        later("Technical depth"), later("everyday words"), later("expert"),
        later("How far it goes into terms, figures and how things work inside."),
    ),
    "code_examples": TraitWords(
        later("Code examples"), later("none"), later("in every reply"),
        later("How readily it shows code: low for a persona that never codes."),
    ),
}  # fmt: skip
IN_FRONT = ("formality", "verbosity", "emoji", "questions")
ADVANCED = tuple(name for name in _WORDS if name not in IN_FRONT)


class TraitSlider(QSlider):
    """Filled from the middle; the wheel moves the page, unless the slider has the keyboard."""

    def __init__(self, name: str, words: TraitWords, value: float) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setObjectName(f"trait_{name}")
        self.setAccessibleName(tr(words.name))
        self.setAccessibleDescription(tr(words.about))
        self.setRange(0, STEPS)
        self.setSingleStep(STEPS // 20)
        self.setPageStep(STEPS // 10)
        self.setMinimumHeight(_SLIDER_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setValue(round(value * STEPS))

    def wheelEvent(self, event: Any) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: Any) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )
        look, at = theme().look, handle.center()
        middle, y = self.width() / 2, at.y() - _GROOVE_PX / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("control_line"))
        painter.drawRoundedRect(QRectF(0, y, self.width(), _GROOVE_PX), 2, 2)
        painter.drawRoundedRect(QRectF(middle - 1, y - 4, 2, _GROOVE_PX + 8), 1, 1)
        painter.setBrush(look.colour("accent"))
        painter.drawRect(QRectF(min(middle, at.x()), y, abs(at.x() - middle), _GROOVE_PX))
        painter.setPen(QPen(look.colour("surface"), 2))
        painter.setBrush(look.colour("accent" if self.value() != STEPS // 2 else "text_soft"))
        half = _KNOB_PX / 2
        painter.drawEllipse(QRectF(at.x() - half, at.y() - half, _KNOB_PX, _KNOB_PX))
        if self.hasFocus():
            painter.setPen(QPen(look.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()


class TraitRows(QWidget):
    """Some traits, one below the other; a value that is not touched stays exactly what it was."""

    moved = Signal(str, float)

    def __init__(self, names: Sequence[str], traits: Traits) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space("small"))
        grid.setVerticalSpacing(0)
        grid.setColumnMinimumWidth(0, _NAME_PX)
        grid.setColumnStretch(1, 1)
        values = asdict(traits)
        for place, name in enumerate(names):
            self._add(grid, place * 3, name, values[name])

    def _add(self, grid: QGridLayout, at: int, name: str, value: float) -> None:
        words = _WORDS[name]
        slider = TraitSlider(name, words, value)
        title = label(tr(words.name))
        for part in (title, slider):
            part.setToolTip(tr(words.about))
        back = tool(
            f"trait_{name}_middle",
            "arrow-counter-clockwise",
            tr("{trait}: as the base does, the prompt says nothing about it", trait=tr(words.name)),
            lambda: slider.setValue(round(MIDDLE * STEPS)),
        )
        back.setEnabled(slider.value() != round(MIDDLE * STEPS))
        slider.valueChanged.connect(lambda now: back.setEnabled(now != round(MIDDLE * STEPS)))
        slider.valueChanged.connect(lambda now: self.moved.emit(name, now / STEPS))
        grid.addWidget(title, at, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(slider, at, 1)
        grid.addWidget(back, at, 2)
        grid.addWidget(_ends(words), at + 1, 1)
        grid.setRowMinimumHeight(at + 2, space("small"))


class TraitSet(QWidget):
    """All ten."""

    changed = Signal()

    def __init__(self, traits: Traits) -> None:
        super().__init__()
        self.traits = traits
        inside = column(self, gap=space("hair"))
        inside.addWidget(self._rows(IN_FRONT))
        set_by_now = sum(getattr(traits, name) != MIDDLE for name in ADVANCED)
        beside = tr("{count} of 6 are set", count=set_by_now) if set_by_now else ""
        fold = Fold(
            "traits_advanced", tr("Advanced"), lambda: self._rows(ADVANCED), set(), beside=beside
        )
        fold.title.setToolTip(
            tr("Six more traits. They are harder to measure in a reply than the four above.")
        )
        inside.addWidget(fold)

    def _rows(self, names: Sequence[str]) -> TraitRows:
        made = TraitRows(names, self.traits)
        made.moved.connect(self._on_moved)
        return made

    def _on_moved(self, name: str, value: float) -> None:
        self.traits = replace(self.traits, **{name: value})
        self.changed.emit()


def _ends(words: TraitWords) -> QWidget:
    """Words below a slider; the middle ones stand in the very middle."""
    holder = QWidget()
    line = QGridLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
    told = (tr(words.least), tr("as the base does"), tr(words.most))
    for place, (text, side) in enumerate(zip(told, sides, strict=True)):
        made: QLabel = label(text, "small")
        line.addWidget(made, 0, place, side)
        line.setColumnStretch(place, 1)
    return holder
