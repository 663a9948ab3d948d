"""The section of the settings for language, theme and the size of letters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QRadioButton, QSlider, QWidget

from app.gui.controls import button, card, column, label, row, tool
from app.gui.flow import Flow
from app.gui.session import Session
from app.gui.settings_page import focus_again
from app.gui.theme import CHOICES, SCALES, USUAL_SCALE, Choice, space, theme, tokens
from app.gui.translation import LANGUAGES, Language, current_language, tr

if TYPE_CHECKING:
    from app.gui.window import MainWindow


class LookSection(QWidget):
    """Each choice is at work at once; the window is made anew, with the keyboard where it was."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("settings_look")
        self._session = session
        self._window = window
        self._groups: list[QButtonGroup] = []
        self._languages: dict[Language, QRadioButton] = {}
        self._themes: dict[Choice, QRadioButton] = {}
        self._percent = label("", "strong", name="scale_percent")
        self._sample = label(
            tr("This is how large a reply will be."), name="scale_sample", wrap=True
        )
        self._smaller = tool("scale_smaller", "minus", tr("Smaller letters"), self._make_smaller)
        self._larger = tool("scale_larger", "plus", tr("Larger letters"), self._make_larger)
        self._slider = self._made_slider()
        self._usual = button(
            "scale_usual", tr("Usual size"), "plain", lambda: self._choose_scale(USUAL_SCALE)
        )
        self._usual.setToolTip(tr("Back to letters of 100 %"))
        inside = column(self, gap=space("medium"))
        for part in (self._language_card(), self._theme_card(), self._scale_card()):
            inside.addWidget(part)
        self.refresh()

    def refresh(self) -> None:
        """Show what is on now."""
        self._languages[current_language()].setChecked(True)
        self._themes[theme().choice].setChecked(True)
        self._slider.blockSignals(True)
        self._slider.setValue(theme().scale // SCALES.step)
        self._slider.blockSignals(False)
        self._show_scale(theme().scale)

    def _language_card(self) -> QFrame:
        frame, inside = card("language_card")
        inside.addWidget(label(tr("Language"), "strong"))
        choices = self._choices()
        for code, words in LANGUAGES.items():
            made = self._choice(
                f"settings_language_{code}", words, partial(self._choose_language, code)
            )
            made.setToolTip(tr("Show the window in this language; personas keep theirs"))
            self._languages[code] = made
            choices.add(made)
        inside.addWidget(choices)
        return frame

    def _theme_card(self) -> QFrame:
        frame, inside = card("theme_card")
        inside.addWidget(label(tr("Theme"), "strong"))
        words = {"system": tr("As the system"), "light": tr("Light"), "dark": tr("Dark")}
        tips = {
            "system": tr("Light or dark, as the system is set"),
            "light": tr("Dark letters on a light ground"),
            "dark": tr("Light letters on a dark ground"),
        }
        choices = self._choices()
        for choice in CHOICES:
            made = self._choice(
                f"settings_theme_{choice}",
                words[choice],
                partial(self._choose_theme, choice),
            )
            made.setToolTip(tips[choice])
            self._themes[choice] = made
            choices.add(made)
        inside.addWidget(choices)
        return frame

    def _scale_card(self) -> QFrame:
        frame, inside = card("scale_card")
        head = row(gap=space("small"))
        head.addWidget(label(tr("Size of letters"), "strong"))
        head.addStretch()
        head.addWidget(self._percent)
        inside.addLayout(head)
        inside.addLayout(self._scale_row())
        inside.addWidget(self._sample)
        inside.addWidget(self._usual, alignment=Qt.AlignmentFlag.AlignLeft)
        return frame

    def _scale_row(self) -> QHBoxLayout:
        line = row(gap=space("small"))
        line.addWidget(self._smaller)
        line.addWidget(self._slider, 1)
        line.addWidget(self._larger)
        return line

    def _choices(self) -> Flow:
        self._groups.append(QButtonGroup(self))
        return Flow(gap=space("medium"))

    def _choice(self, name: str, words: str, on_chosen: Callable[[], None]) -> QRadioButton:
        made = QRadioButton(words)
        made.setObjectName(name)
        made.setAccessibleName(words)
        self._groups[-1].addButton(made)
        made.clicked.connect(lambda _on=False: on_chosen())
        return made

    def _made_slider(self) -> QSlider:
        made = QSlider(Qt.Orientation.Horizontal)
        made.setObjectName("scale_slider")
        made.setAccessibleName(tr("Size of letters in percent"))
        made.setToolTip(tr("Larger or smaller letters in the whole window, 80 to 200 %"))
        made.setRange(SCALES.start // SCALES.step, SCALES[-1] // SCALES.step)
        made.setPageStep(2)
        made.valueChanged.connect(self._on_slider_moved)
        made.sliderReleased.connect(self._on_slider_released)
        return made

    def _on_slider_moved(self, value: int) -> None:
        """While it is held only the sample follows: the window is made anew with each size."""
        self._show_scale(value * SCALES.step)
        if not self._slider.isSliderDown():
            # The slider goes with the window that it is in, and has to end its own event first.
            QTimer.singleShot(0, self, self._on_slider_released)

    def _on_slider_released(self) -> None:
        self._choose_scale(self._slider.value() * SCALES.step, "scale_slider")

    def _make_smaller(self) -> None:
        self._choose_scale(theme().scale - SCALES.step, "scale_smaller")

    def _make_larger(self) -> None:
        self._choose_scale(theme().scale + SCALES.step, "scale_larger")

    def _show_scale(self, percent: int) -> None:
        self._percent.setText(f"{percent} %")
        # At its own size, before the rest of the window has it.
        pixels = round(tokens()["type"]["body"] * percent / 100)
        self._sample.setStyleSheet(f"font-size: {pixels}px;")
        self._smaller.setEnabled(percent > SCALES.start)
        self._larger.setEnabled(percent < SCALES[-1])
        self._usual.setEnabled(percent != USUAL_SCALE)

    def _choose_scale(self, percent: int, control: str = "scale_slider") -> None:
        at_end = percent <= SCALES.start or percent >= SCALES[-1]
        focus_again(self._window, "scale_slider" if at_end else control)
        self._session.choose_scale(percent)

    def _choose_theme(self, choice: Choice) -> None:
        focus_again(self._window, f"settings_theme_{choice}")
        self._session.choose_theme(choice)

    def _choose_language(self, language: Language) -> None:
        focus_again(self._window, f"settings_language_{language}")
        self._session.choose_language(language)
