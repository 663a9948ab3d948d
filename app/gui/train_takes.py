"""What a training takes: device, time, memory and disk, told before its first step."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from app.gui.controls import card, clear, icon_row, label, row
from app.gui.dates import duration
from app.gui.run_state import RunState, Takes
from app.gui.theme import space
from app.gui.trainer_words import spoken
from app.gui.translation import tr

_DEVICES = {"cuda": "NVIDIA CUDA", "mps": "Apple MPS"}


class TakesCard:
    """A card with a line for each thing that a person may want to know; hidden until it is told."""

    def __init__(self) -> None:
        self.frame, self._inside = card("takes_card")
        self.frame.hide()
        self._shown: tuple[object, ...] = ()

    def show_state(self, state: RunState) -> None:
        """Show what the run told, once."""
        shown = (state.takes, state.device, state.precision, state.recipe_reasons)
        if state.takes is None or shown == self._shown:
            return
        self._shown = shown
        clear(self._inside)
        self._inside.addWidget(label(tr("What it takes"), "section"))
        for name, icon, words in takes_lines(state, state.takes):
            _add_line(self._inside, name, icon, words)
        self.frame.show()


def takes_lines(state: RunState, takes: Takes) -> Iterator[tuple[str, str, str]]:
    """Name, icon and words of each line; what is not known has none."""
    from trainer.contract.fitting import gigabytes  # brings libraries that a window starts without

    device = _DEVICES.get(state.device, tr("processor"))
    on = tr("On the {device}, the base held in {precision}", device=device, precision=_bits(state))
    yield "device", "cpu", f"{on}: {spoken(takes.reason)}" if takes.reason else on
    steps = tr(
        "{examples} examples, {steps} steps", examples=state.examples, steps=state.steps
    )  # fmt: skip
    told = tr("about {time}", time=duration(takes.seconds)) if takes.seconds else ""
    yield "time", "clock", f"{steps}, {told}" if told else steps
    cases, seconds = state.exam
    if cases:
        words = tr(
            "Then an exam of {cases} questions, about {time}", cases=cases, time=duration(seconds)
        )
        yield "exam", "clipboard-text", words
    for words in state.recipe_reasons:
        yield "recipe", "sliders-horizontal", spoken(words)
    if takes.needed_mb:
        needed, there = gigabytes(takes.needed_mb), gigabytes(takes.there_mb)
        words = tr(
            "Memory: {needed} of the {there} that are free for it", needed=needed, there=there
        )
        yield "memory", "stack", words
    if takes.disk_needed_mb:
        needed, free = gigabytes(takes.disk_needed_mb), gigabytes(takes.disk_free_mb)
        words = tr("Disk: {needed} will be written, {free} are free", needed=needed, free=free)
        yield "disk", "hard-drives", words
    if takes.checkpoints_kept:
        yield "kept", "archive", spoken(takes.checkpoints_kept)
    for words in takes.changes:
        yield "change", "arrow-down", tr("To fit: {change}", change=spoken(words))
    for words in takes.differences:
        yield "difference", "info", tr("Not as in the recipe: {what}", what=spoken(words))
    if takes.changes or takes.needed_mb > takes.there_mb:
        for words in takes.others:
            yield "other", "app-window", tr("Beside it: {who}", who=spoken(words))


def _bits(state: RunState) -> str:
    named = {"nf4": tr("4 bits (NF4)"), "bf16": tr("16 bits"), "fp32": tr("32 bits")}
    return named.get(state.precision, state.precision)


def _add_line(inside: QVBoxLayout, name: str, icon: str, words: str) -> None:
    line = row(gap=space("small"))
    line.addWidget(icon_row(icon, "text_soft"), alignment=Qt.AlignmentFlag.AlignTop)
    line.addWidget(label(words, "soft", name=f"takes_{name}", wrap=True), 1)
    inside.addLayout(line)
