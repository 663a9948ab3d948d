"""The box that chooses which replies are reviewed, each filter with what it has left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox

from app.gui.keys import with_keys
from app.gui.review_words import filter_name
from app.gui.translation import tr
from app.operations.reviewing import SAMPLE, ReviewCounts
from app.store.review import ReviewFilter

LEAST_LETTERS = 22
_ALWAYS = (ReviewFilter("flagged"), ReviewFilter("unrated"), ReviewFilter("all", decided=True))


class FilterBox(QComboBox):
    """Only filters with something in them, and those that are always there."""

    filter_chosen = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("review_filter")
        self.setAccessibleName(tr("Which replies"))
        tip = tr("Which replies are shown; go through one kind at a time, it is quicker")
        self.setToolTip(with_keys(tip, "review.filter"))
        self.setMaxVisibleItems(20)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(LEAST_LETTERS)
        self._shown: list[tuple[str, ReviewFilter]] = []
        self.activated.connect(self._on_activated)

    def show_counts(self, counts: ReviewCounts | None, chosen: ReviewFilter) -> None:
        """Every filter with its number; an open list is left as it is."""
        if self.view().isVisible():
            return
        entries = list(_entries(counts, chosen))
        if chosen not in [each for _, each in entries]:
            entries.append((filter_name(chosen), chosen))
        if entries != self._shown:
            self._shown = entries
            self.clear()
            for words, each in entries:
                self.addItem(words, each)
        self.setCurrentIndex([each for _, each in entries].index(chosen))

    def hidePopup(self) -> None:
        super().hidePopup()
        self.left.emit()

    def keyPressEvent(self, event: Any) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.text().strip() and event.text().isprintable():
            event.ignore()  # the page's keys, not a search among the filters
        else:
            super().keyPressEvent(event)

    def _on_activated(self, place: int) -> None:
        self.filter_chosen.emit(self._shown[place][1])


def _entries(
    counts: ReviewCounts | None, chosen: ReviewFilter
) -> Iterator[tuple[str, ReviewFilter]]:
    for each, number in _filters(counts):
        if number or each in _ALWAYS or each == chosen:
            name = filter_name(each)
            yield (name if number is None else f"{name} ({number:,})"), each


def _filters(counts: ReviewCounts | None) -> Iterator[tuple[ReviewFilter, int | None]]:
    """All that there are, in their order."""
    if counts is None:
        yield from ((each, None) for each in _ALWAYS)
        return
    yield ReviewFilter("flagged"), counts.flagged
    for kind, number in counts.flags.items():
        yield ReviewFilter("flagged", kind), number
    yield ReviewFilter("unrated"), counts.unrated
    yield ReviewFilter("sample"), counts.sample or min(SAMPLE, counts.archive)
    yield ReviewFilter("archive"), counts.archive
    for topic, number in counts.by_topic.items():
        yield ReviewFilter("topic", topic), number
    yield ReviewFilter("all"), counts.unrated + counts.archive
    yield ReviewFilter("all", decided=True), counts.decided
